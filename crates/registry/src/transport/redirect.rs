//! Redirects: followed by hand, because a credential must not follow.

use doorward_core::FetchError;
use http::HeaderValue;
use http::header::LOCATION;
use url::{Host, Url};

use super::reply::{Direct, Led};
use super::{Failure, Hop, Reply, Request, Transport};
use crate::origin::Origin;
use crate::origin::host_of;

/// The most redirects of one request. Registries send one, to where their blobs are kept.
const MAX_REDIRECTS: usize = 5;

/// Sends a request and follows the redirects that answer it.
///
/// The `Authorization` header is sent only to the origin that it was made for, and never again once another one was
/// visited; what answers there is [`Led`]. A redirect leads to https or stays with the origin: what follows could
/// otherwise be read and changed on its way. It does not lead from elsewhere to this machine or its link. The answer to
/// what was posted is never a redirect, nor is one where only the word of the server itself counts. Where a redirect is not
/// followed the resource was not asked for, so nothing is said about it.
pub(super) async fn follow(transport: &Transport, request: &Request) -> Result<Reply, Failure> {
    let mut url = request.url.clone();
    let Some(first) = Origin::of(&url) else {
        return Err(unfollowed(format!("{} is not on http", host_of(&url))));
    };
    let mut origin = first.clone();
    let mut hop = request.hop;
    let stays = request.is_direct || request.form.is_some() || request.question.is_some();
    let (mut authorization, mut is_led) = (request.authorization.as_ref(), false);
    for _ in 0..=MAX_REDIRECTS {
        let shown = authorization.filter(|shown| *shown.origin() == origin);
        let content = transport
            .exchange(request, &url, &origin, hop, shown)
            .await
            .map_err(|failure| Failure {
                // What becomes of a redirect says nothing about the server that was asked.
                cause: failure.cause.filter(|_| !is_led),
                ..failure
            })?;
        if stays || !matches!(content.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(if is_led {
                Reply::Led(Led {
                    from: host_of(&request.url),
                    content,
                })
            } else {
                Reply::Direct(Direct { origin, content })
            });
        }
        let next = target(&url, content.headers.get(LOCATION)).map_err(unfollowed)?;
        let Some(next_origin) = Origin::of(&next) else {
            return Err(unfollowed(format!("{} redirects nowhere", host_of(&url))));
        };
        if next_origin != origin {
            is_led = true;
            authorization = None;
            hop = match hop {
                // What only a certificate names may not lead where it may not go itself.
                Hop::Certificate => Hop::Certificate,
                Hop::First | Hop::Operator | Hop::Led { .. } => Hop::Led {
                    from_local: content.is_local,
                },
            };
        }
        (url, origin) = (next, next_origin);
    }
    Err(unfollowed(format!(
        "{} leads through more than {MAX_REDIRECTS} redirects",
        host_of(&request.url)
    )))
}

const fn unfollowed(detail: String) -> Failure {
    Failure::of(FetchError::Unavailable { detail })
}

/// Where a redirect leads. The reason for a refusal does not show the location, which may carry a signature.
fn target(from: &Url, location: Option<&HeaderValue>) -> Result<Url, String> {
    let host = host_of(from);
    let next = location
        .and_then(|location| std::str::from_utf8(location.as_bytes()).ok())
        .and_then(|location| from.join(location).ok())
        .ok_or_else(|| format!("a redirect of {host} has no valid location"))?;
    match (from.scheme(), next.scheme()) {
        ("https", "http") => return Err(format!("{host} redirects from https to http")),
        ("http", "http") if from.origin() != next.origin() => {
            return Err(format!("{host} redirects to another server on http"));
        }
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
            "//r.example:notaport/",
        ] {
            let error = lead("https://r.example/x", location).expect_err(location);
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(target(&"https://r.example/x".parse().expect("an URL"), None).is_err());
        // Without TLS from the start: to the same server or into TLS, and nowhere else.
        assert!(lead("http://r.example/x", "/y").is_ok());
        for location in [
            "http://s.example/y",
            "http://r.example:81/y",
            "//s.example/y",
        ] {
            assert!(lead("http://r.example/x", location).is_err(), "{location}");
        }
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
