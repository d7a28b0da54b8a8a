//! Origins: who a challenge comes from, and who alone a credential is for.

use std::fmt;

use url::{Host, Url};

/// The origin of an URL (RFC 6454): scheme, host and port. What one origin asks for is never shown to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    is_tls: bool,
    host: Host<String>,
    port: u16,
}

impl Origin {
    /// The origin of an URL on http or https. Other URLs have none.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self {
            is_tls,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    /// Whether both are on one host, whatever the port and the scheme.
    pub(crate) fn shares_host_with(&self, other: &Self) -> bool {
        self.host == other.host
    }

    pub(crate) const fn host(&self) -> &Host<String> {
        &self.host
    }

    pub(crate) const fn is_tls(&self) -> bool {
        self.is_tls
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// The server of an URL, `host` or `host:port`.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        None => host.to_owned(),
        Some(port) => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Option<Origin> {
        Origin::of(&url.parse().expect("an URL"))
    }

    #[test]
    fn scheme_host_and_port_make_an_origin_and_nothing_else_does() {
        assert_eq!(
            origin("https://R.example/a"),
            origin("https://r.example:443/b?c#d")
        );
        for other in [
            "http://r.example/a",
            "https://r.example:444/a",
            "https://x.r.example/a",
            "https://r.example.test/a",
            "https://r.example./a",
        ] {
            assert_ne!(origin("https://r.example/a"), origin(other), "{other}");
        }
        assert_eq!(origin("file:///a"), None);
        assert_eq!(origin("data:,x"), None);
    }
}
