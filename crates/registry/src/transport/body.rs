//! Reading bodies within bounds, and what it means when that fails.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::{FetchError, OutageCause};
use serde::Deserialize;

use super::failure::{Failure, causes};

/// As much of the body of an error as is read, to be able to use the connection again and to name the error.
const MAX_ERROR_BODY: usize = 64 << 10;

/// Why a body could not be had.
pub(super) enum ReadError {
    Broken(Failure),
    Silent(Failure),
    TooLarge(usize),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Broken(failure) | ReadError::Silent(failure) => failure,
            ReadError::TooLarge(limit) => Self::of(FetchError::TooLarge { limit }),
        }
    }
}

/// Reads the whole body, of at most `limit` bytes after decompression.
pub(super) async fn read(
    mut response: reqwest::Response,
    limit: usize,
    idle: Duration,
    host: &str,
    count: &mut usize,
) -> Result<Bytes, ReadError> {
    let announced = response.content_length();
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit))
    {
        return Err(ReadError::TooLarge(limit));
    }
    // An announcement costs nothing, so it does not decide how much memory is set aside.
    let capacity = announced
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(0)
        .min(64 << 10);
    let mut body = Vec::with_capacity(capacity);
    loop {
        match tokio::time::timeout(idle, response.chunk()).await {
            Err(_) => {
                let detail = format!("{host} stopped in the middle of its answer");
                return Err(ReadError::Silent(Failure::seen(
                    OutageCause::Silent,
                    detail,
                    false,
                )));
            }
            Ok(Err(error)) => return Err(ReadError::Broken(broken_body(host, &error))),
            Ok(Ok(None)) => return Ok(body.into()),
            Ok(Ok(Some(chunk))) => {
                *count += chunk.len();
                if chunk.len() > limit - body.len() {
                    return Err(ReadError::TooLarge(limit));
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
}

/// Reads the beginning of the body of an answer that is not 200. That this fails changes nothing.
pub(super) async fn read_error(
    mut response: reqwest::Response,
    idle: Duration,
    count: &mut usize,
) -> Bytes {
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(idle, response.chunk()).await {
        *count += chunk.len();
        if chunk.len() > MAX_ERROR_BODY - body.len() {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    body.into()
}

/// The first error code of the distribution specification in a body, if it looks like one.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<Code>,
    }
    #[derive(Deserialize)]
    struct Code {
        code: String,
    }
    let errors: Errors = serde_json::from_slice(body).ok()?;
    let code = errors.errors.into_iter().next()?.code;
    // Goes into messages, so nothing but the form that the specification gives codes.
    let is_code = !code.is_empty()
        && code.len() <= 40
        && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    is_code.then_some(code)
}

fn broken_body(host: &str, error: &reqwest::Error) -> Failure {
    // Behind a decompressor every error is one of decoding; only these are about what came, the others are about
    // what did not.
    let corrupt = error.is_decode()
        && causes(error)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| {
                matches!(
                    cause.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
                )
            });
    if corrupt {
        Failure::of(FetchError::Malformed {
            detail: format!("the answer of {host} cannot be decompressed"),
        })
    } else {
        let detail = format!("the answer of {host} broke off");
        Failure::seen(OutageCause::ConnectionLost, detail, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_an_error_code_is_named() {
        assert_eq!(
            error_code(br#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "m"}]}"#).as_deref(),
            Some("MANIFEST_UNKNOWN")
        );
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"errors": []}"#,
            r#"{"errors": [{"code": 1}]}"#,
            r#"{"errors": [{"code": ""}]}"#,
            r#"{"errors": [{"code": "denied; try again"}]}"#,
            r#"{"errors": [{"code": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#,
        ] {
            assert_eq!(error_code(body.as_bytes()), None, "{body}");
        }
    }
}
