//! Redirects: followed by hand, because a credential must not follow.

use doorward_core::FetchError;
use http::HeaderValue;
use http::header::LOCATION;
use url::{Host, Url};

use super::{Failure, Reply, Request, Transport};

/// The most redirects of one request. Registries send one, to where their blobs are kept.
const MAX_REDIRECTS: usize = 5;

/// Sends a request and follows the redirects that answer it.
///
/// The `Authorization` header is sent only to the origin (scheme, host and port) that it was made for, and never
/// again once another one was visited. A redirect from https to http is refused: what follows could be read and
/// changed on its way. The answer to a form is never a redirect. Where a redirect is not followed the resource was not
/// asked for, so nothing is said about it.
pub(super) async fn follow(transport: &Transport, request: &Request) -> Result<Reply, Failure> {
    let mut url = request.url.clone();
    let mut authorization = request.authorization.as_ref();
    for _ in 0..=MAX_REDIRECTS {
        let reply = transport.exchange(request, &url, authorization).await?;
        if request.form.is_some() || !matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(reply);
        }
        let next = target(&url, reply.headers.get(LOCATION)).map_err(|detail| Failure {
            error: FetchError::Unavailable { detail },
            again: false,
        })?;
        if next.origin() != url.origin() {
            authorization = None;
        }
        url = next;
    }
    Err(Failure {
        error: FetchError::Unavailable {
            detail: format!(
                "{} leads through more than {MAX_REDIRECTS} redirects",
                crate::endpoint::host_of(&request.url)
            ),
        },
        again: false,
    })
}

/// Where a redirect leads. The reason for a refusal does not show the location, which may carry a signature.
fn target(from: &Url, location: Option<&HeaderValue>) -> Result<Url, String> {
    let host = crate::endpoint::host_of(from);
    let next = location
        .and_then(|location| std::str::from_utf8(location.as_bytes()).ok())
        .and_then(|location| from.join(location).ok())
        .ok_or_else(|| format!("a redirect of {host} has no valid location"))?;
    match (from.scheme(), next.scheme()) {
        ("https", "http") => return Err(format!("{host} redirects from https to http")),
        (_, "https" | "http") => {}
        _ => return Err(format!("{host} redirects to something other than http")),
    }
    if next.host_str().is_none_or(str::is_empty) {
        return Err(format!("a redirect of {host} has no valid location"));
    }
    if !next.username().is_empty() || next.password().is_some() {
        return Err(format!(
            "{host} redirects to a location with user information"
        ));
    }
    Ok(next)
}

/// Whether an URL is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(from: &str, location: &str) -> Result<String, String> {
        target(
            &from.parse().expect("an URL"),
            Some(&location.parse().expect("a header value")),
        )
        .map(Into::into)
    }

    #[test]
    fn a_location_may_be_relative() {
        assert_eq!(
            lead("https://r.example/v2/a/blobs/x", "/y?z=1"),
            Ok("https://r.example/y?z=1".to_owned())
        );
        assert_eq!(
            lead("https://r.example/v2/a", "//s.example/y"),
            Ok("https://s.example/y".to_owned())
        );
        assert_eq!(
            lead("http://r.example/a", "https://s.example/y"),
            Ok("https://s.example/y".to_owned())
        );
    }

    #[test]
    fn where_a_redirect_may_not_lead() {
        for location in [
            "http://r.example/y",
            "ftp://r.example/y",
            "file:///etc/passwd",
            "data:,x",
            "https://u:s3cret@r.example/y",
            "https://u@r.example/y",
            "https://:0:0/s3cret",
        ] {
            let error = lead("https://r.example/x", location).expect_err(location);
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(target(&"https://r.example/x".parse().expect("an URL"), None).is_err());
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_sounds_like_it() {
        for (url, expected) in [
            ("http://localhost:1/", true),
            ("http://127.1.2.3/", true),
            ("http://[::1]:5/", true),
            ("http://localhost.example/", false),
            ("http://127.0.0.1.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(
                is_loopback(&url.parse().expect("an URL")),
                expected,
                "{url}"
            );
        }
    }
}
