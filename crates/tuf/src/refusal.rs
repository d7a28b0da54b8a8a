//! What the errors of the library below mean here.

use std::fmt::Display;

use doorward_core::FetchError;
use doorward_core::text::one_line;
use sigstore_tuf::Error;
use url::Url;

use crate::TufError;

/// The most characters of someone else's text in a message.
const MAX_TEXT: usize = 200;

/// Text from elsewhere, escaped and cut.
pub(crate) fn bounded(text: &dyn Display) -> String {
    one_line(&text.to_string(), MAX_TEXT)
}

/// The name of a document in a message.
pub(crate) fn document(url: &Url) -> String {
    let name = url
        .path_segments()
        .and_then(|mut segments| segments.next_back())
        .unwrap_or_default();
    bounded(&name)
}

/// What came of a fetch of `document`, as an error of this crate.
pub(crate) fn unfetched(document: String, source: FetchError) -> TufError {
    match source {
        FetchError::NotFound => TufError::Missing { document },
        FetchError::TooLarge { limit } => TufError::TooLarge {
            document,
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        },
        source => TufError::Fetch { document, source },
    }
}

/// Why the metadata of `role` was not taken over.
pub(crate) fn refusal(role: &str, error: &Error) -> TufError {
    let of = bounded(&role);
    let detail = bounded(error);
    match error {
        Error::Expired { role, .. } => TufError::Expired {
            role: bounded(role),
        },
        Error::DuplicateSignature { role, .. } | Error::ThresholdNotMet { role, .. } => {
            TufError::Threshold {
                role: bounded(role),
                detail,
            }
        }
        Error::BadRootVersion { .. } | Error::Rollback { .. } | Error::EqualVersion { .. } => {
            TufError::Rollback { detail }
        }
        Error::IntegrityMismatch(_) => TufError::HashMismatch { document: of },
        Error::Json(_)
        | Error::Malformed(_)
        | Error::NonIntegerNumber
        | Error::UnknownRole(_)
        | Error::UnsupportedScheme { .. }
        | Error::UnusableKey { .. } => TufError::Malformed { role: of, detail },
        _ => TufError::Internal { detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_is_escaped_and_cut() {
        assert_eq!(
            bounded(&"a\nb\u{1b}[0m\u{2066}"),
            "a\\nb\\u{1b}[0m\\u{2066}"
        );
        assert_eq!(bounded(&"x".repeat(5000)).chars().count(), MAX_TEXT);
    }
}
