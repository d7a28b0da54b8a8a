//! What issuers of certificates say about what they took back.

use std::time::Duration;

use bytes::Bytes;
use doorward_core::{Answer, FetchError};
use http::{HeaderValue, StatusCode};
use url::Url;

use super::ScopedClient;
use super::resource::fetched;
use crate::ExchangeKind;
use crate::origin::host_of;
use crate::transport::{Hop, Reply, Request};

/// The media type of a question (RFC 6960, appendix A.1).
const OCSP_REQUEST: &str = "application/ocsp-request";
/// The longest URL. Certificates of the field have some hundred characters, and the whole of an OCSP question in GET
/// form is below 255 beside its address.
const MAX_URL: usize = 2048;
/// How long one answer may take. Responders of the field answer within a second. A responder and a list that are both
/// silent must leave some of the nine seconds of a review.
const PATIENCE: Duration = Duration::from_secs(3);

impl ScopedClient {
    /// A revocation list, or the answer to a question of OCSP.
    ///
    /// Only `http`, as RFC 5280 (section 4.2.1.13) and RFC 6960 (appendix A.1) have it: what is answered is signed, and
    /// a server with TLS would need certificates that may have been revoked themselves. No failure is an outage that a
    /// policy forgives: else those who can keep the answer away could have a revoked certificate pass.
    pub(super) async fn revocation(
        &self,
        url: &str,
        question: Option<&Bytes>,
        limit: usize,
    ) -> Answer {
        let parsed = parse(url)?;
        let host = host_of(&parsed);
        let mut request = Request {
            hop: Hop::Certificate,
            question: question.map(|question| (OCSP_REQUEST, question.clone())),
            ..Request::get(ExchangeKind::Revocation, parsed, limit)
        };
        if question.is_some() {
            request.accept = Some(HeaderValue::from_static("application/ocsp-response"));
        }
        let sent = self.inner.transport.send(&request);
        match tokio::time::timeout(PATIENCE, sent).await {
            Ok(Ok(reply)) => answer(reply, &host, url),
            Ok(Err(failure)) => Err(without_outage(failure.error)),
            Err(_) => Err(FetchError::Unavailable {
                detail: format!("{host} did not answer within {} s", PATIENCE.as_secs()),
            }),
        }
    }
}

fn answer(reply: Reply, host: &str, url: &str) -> Answer {
    match reply.status() {
        StatusCode::OK => {
            let bare = url.split('?').next().unwrap_or_default();
            Ok(fetched(reply.not_a_page()?, bare))
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(FetchError::NotFound),
        status => Err(FetchError::Unavailable {
            detail: format!("{host} answered {status}"),
        }),
    }
}

fn without_outage(error: FetchError) -> FetchError {
    match error {
        FetchError::Outage(outage) => FetchError::Unavailable {
            detail: outage.detail().to_owned(),
        },
        other => other,
    }
}

fn parse(url: &str) -> Result<Url, FetchError> {
    let malformed = |what: &str| FetchError::Malformed {
        detail: format!("the address that a certificate names {what}"),
    };
    if url.len() > MAX_URL {
        return Err(malformed("is too long"));
    }
    let parsed = Url::parse(url).map_err(|_| malformed("is not an URL"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(malformed("has user information in it"));
    }
    if parsed.scheme() != "http" {
        return Err(malformed("is not on http"));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_certificate_names_is_asked_on_http_alone_and_without_a_user() {
        for url in [
            "https://ca.example/a.crl",
            "ldap://ca.example/cn=a",
            "file:///etc/passwd",
            "http://user@ca.example/a.crl",
            "http://user:word@ca.example/a.crl",
            "ca.example/a.crl",
            "",
        ] {
            let told = parse(url);
            assert!(matches!(told, Err(FetchError::Malformed { .. })), "{url}");
        }
        assert!(parse("http://ca.example/a.crl?part=1").is_ok());
        let long = format!("http://ca.example/{}", "a".repeat(MAX_URL));
        assert!(parse(&long).is_err());
    }
}
