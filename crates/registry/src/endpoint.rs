//! Where a registry listens.

use std::collections::BTreeSet;

use doorward_core::{FetchError, Repository};
use url::Url;

use crate::auth::Scope;
use crate::space::{Absence, ProtectionSpace};

/// What Docker Hub is called in references.
const HUB: &str = "docker.io";
/// Where it listens.
const HUB_HOST: &str = "registry-1.docker.io";

/// The servers that are spoken to without TLS: exactly those named. For a registry a loopback address gets no
/// exception, because "this machine" is another one in every pod and a reference does not say which scheme is meant;
/// the URL of a trust server does.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainHttp(BTreeSet<String>);

impl PlainHttp {
    pub(crate) fn add(&mut self, authority: &str) {
        self.0.insert(authority.to_ascii_lowercase());
    }

    fn contains(&self, authority: &str) -> bool {
        self.0.contains(authority)
    }

    /// Whether the server of an URL was named, with or without the standard port of its scheme.
    pub(crate) fn contains_server(&self, url: &Url) -> bool {
        let spelt_out = url.host_str().zip(url.port_or_known_default());
        self.contains(&host_of(url))
            || spelt_out.is_some_and(|(host, port)| self.contains(&format!("{host}:{port}")))
    }
}

/// One repository on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    repository: Repository,
    /// `scheme://host:port/`.
    base: Url,
}

impl Endpoint {
    /// The endpoint of a physical repository.
    pub(crate) fn of(repository: &Repository, plain: &PlainHttp) -> Result<Self, FetchError> {
        let repository = repository.canonical();
        let authority = match repository.registry() {
            HUB => HUB_HOST,
            other => other,
        };
        let scheme = if plain.contains(authority) || plain.contains(repository.registry()) {
            "http"
        } else {
            "https"
        };
        let base =
            Url::parse(&format!("{scheme}://{authority}/")).map_err(|_| FetchError::Malformed {
                detail: format!("{authority} is not the address of a registry"),
            })?;
        Ok(Self { repository, base })
    }

    /// The server, for messages: `host` or `host:port`.
    pub(crate) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// What tells this server from others.
    pub(crate) fn origin(&self) -> String {
        self.base.to_string()
    }

    /// What an identity opens: the repository.
    pub(crate) fn space(&self, plain: &PlainHttp) -> ProtectionSpace {
        ProtectionSpace {
            base: self.base.clone(),
            names: vec![self.repository.clone()],
            scope: Scope::pull(&self.repository),
            is_plain: self.base.scheme() == "http",
            plain: plain.clone(),
            hides: true,
            probe: self.ping(),
            absence: Absence::Believed,
        }
    }

    /// The URL of the version check.
    pub(crate) fn ping(&self) -> Url {
        self.url("/v2/")
    }

    /// The URL of something in the repository: `manifests/latest`. Names, tags and digests need no escaping.
    pub(crate) fn resource(&self, rest: &str) -> Url {
        self.url(&format!("/v2/{}/{rest}", self.repository.path()))
    }

    /// The URL of the signatures that the registry keeps for a digest.
    pub(crate) fn signatures(&self, digest: &doorward_core::Digest) -> Url {
        self.url(&format!(
            "/extensions/v2/{}/signatures/{digest}",
            self.repository.path()
        ))
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
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

    fn url(repository: &str, plain: &[&str]) -> String {
        let mut hosts = PlainHttp::default();
        for host in plain {
            hosts.add(host);
        }
        Endpoint::of(&repository.parse().expect("a repository"), &hosts)
            .expect("an endpoint")
            .resource("manifests/1")
            .to_string()
    }

    #[test]
    fn docker_hub_listens_elsewhere() {
        assert_eq!(
            url("nginx", &[]),
            "https://registry-1.docker.io/v2/library/nginx/manifests/1"
        );
    }

    #[test]
    fn tls_is_left_out_only_for_the_authority_named() {
        assert_eq!(
            url("r.example:5000/a", &["R.example:5000"]),
            "http://r.example:5000/v2/a/manifests/1"
        );
        for (repository, plain) in [
            ("localhost/a", "localhost:5000"),
            ("localhost:5000/a", "localhost"),
            ("127.0.0.1:5000/a", "localhost:5000"),
            ("x.r.example/a", "r.example"),
            ("[::1]:5000/a", "127.0.0.1:5000"),
        ] {
            assert!(
                url(repository, &[plain]).starts_with("https://"),
                "{repository}"
            );
        }
    }

    #[test]
    fn a_digest_stands_in_a_path_unescaped() {
        let digest = doorward_core::Digest::sha256(b"");
        let endpoint = Endpoint::of(
            &"[::1]:5000/a/b".parse().expect("a repository"),
            &PlainHttp::default(),
        )
        .expect("an endpoint");
        assert_eq!(
            endpoint.signatures(&digest).to_string(),
            format!("https://[::1]:5000/extensions/v2/a/b/signatures/{digest}")
        );
        assert_eq!(endpoint.host(), "[::1]:5000");
        assert_eq!(endpoint.ping().path(), "/v2/");
    }

    #[test]
    fn a_port_that_cannot_be_is_an_error_and_not_a_request() {
        let repository = "r.example:99999/a".parse().expect("a repository");
        assert!(matches!(
            Endpoint::of(&repository, &PlainHttp::default()),
            Err(FetchError::Malformed { .. })
        ));
    }
}
