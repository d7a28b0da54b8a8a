//! Addresses of services that the operator names.

use url::Url;

use crate::BuildError;
use crate::plain_http::PlainHttp;
use crate::transport::is_loopback;

/// The address of a service that credentials are shown to.
pub(crate) fn service(
    service: &'static str,
    text: &str,
    plain: &PlainHttp,
) -> Result<Url, BuildError> {
    let is_safe = |url: &Url| match url.scheme() {
        "https" => true,
        "http" => is_loopback(url) || plain.contains_server(url),
        _ => false,
    };
    let is_bare = |url: &Url| {
        url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some_and(|host| !host.is_empty())
    };
    let url = Url::parse(text).ok();
    url.filter(|url| is_safe(url) && is_bare(url))
        .ok_or(BuildError::InvalidService { service })
}
