//! Where a registry listens.

use doorward_core::{Authority, FetchError, Repository};
use url::Url;

use crate::auth::scope::Scope;
use crate::origin::host_of;
use crate::plain_http::PlainHttp;
use crate::space::{Absence, ProtectionSpace};

/// Where Docker Hub listens.
const HUB_HOST: &str = "registry-1.docker.io";

/// The server that is connected to for an authority, as a URL names it.
pub(crate) fn dialled(authority: &Authority) -> String {
    if authority.is_docker_hub() {
        HUB_HOST.to_owned()
    } else {
        match authority.port() {
            None => authority.host().to_string(),
            Some(port) => format!("{}:{port}", authority.host()),
        }
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
        let authority = repository.authority();
        let server = dialled(authority);
        let scheme = if plain.contains(authority) {
            "http"
        } else {
            "https"
        };
        let malformed = || FetchError::Malformed {
            detail: format!("{server} is not the address of a registry"),
        };
        let base = Url::parse(&format!("{scheme}://{server}/")).map_err(|_| malformed())?;
        // What is connected to is what policy was asked about, to the letter: an URL parser may read a domain in the
        // form of internationalised names as another one.
        let same_host = base.host_str().is_some_and(|host| {
            server
                .strip_prefix(host)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        if !same_host {
            return Err(malformed());
        }
        Ok(Self {
            repository: repository.canonical(),
            base,
        })
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

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests {
    use super::*;

    fn url(repository: &str, plain: &[&str]) -> String {
        let mut hosts = PlainHttp::default();
        for host in plain {
            hosts.add(host.parse().expect("an authority"));
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
    fn every_name_of_docker_hub_is_asked_at_the_same_place() {
        for name in [
            "nginx",
            "docker.io:443/nginx",
            "INDEX.docker.io/library/nginx",
            "registry-1.docker.io/nginx",
            "registry.hub.docker.com/library/nginx",
        ] {
            assert_eq!(
                url(name, &[]),
                "https://registry-1.docker.io/v2/library/nginx/manifests/1",
                "{name}"
            );
            assert_eq!(
                url(name, &["registry-1.docker.io:443"]),
                "http://registry-1.docker.io/v2/library/nginx/manifests/1",
                "{name}"
            );
        }
    }

    #[test]
    fn a_server_without_tls_is_found_by_its_url_whether_or_not_that_spells_out_the_port() {
        for (named, url, expected) in [
            ("s.example:80", "http://s.example/x", true),
            ("s.example:80", "http://S.example:80/x", true),
            ("s.example", "http://s.example/x", true),
            ("s.example", "http://s.example:80/x", true),
            ("s.example:81", "http://s.example:81/x", true),
            ("s.example:81", "http://s.example/x", false),
            ("s.example", "http://s.example:81/x", false),
            ("s.example:80", "http://t.example/x", false),
        ] {
            let mut hosts = PlainHttp::default();
            hosts.add(named.parse().expect("an authority"));
            let found = hosts.contains_server(&url.parse().expect("an URL"));
            assert_eq!(found, expected, "{named} {url}");
        }
    }

    #[test]
    fn a_server_without_tls_has_one_name_only() {
        let ambiguous = |names: &[&str]| {
            let mut hosts = PlainHttp::default();
            for name in names {
                hosts.add(name.parse().expect("an authority"));
            }
            hosts.ambiguous().map(ToString::to_string)
        };
        assert_eq!(
            ambiguous(&["r.example", "r.example:80"]).as_deref(),
            Some("r.example:80")
        );
        assert_eq!(
            ambiguous(&["[::1]:80", "[0::1]"]).as_deref(),
            Some("[::1]:80")
        );
        assert_eq!(ambiguous(&["r.example:80", "s.example"]), None);
        assert_eq!(ambiguous(&["r.example", "r.example:5000"]), None);
    }

    #[test]
    fn a_server_without_tls_is_called_by_the_name_that_it_was_given() {
        let mut hosts = PlainHttp::default();
        for name in ["r.example", "s.example:80", "localhost", "[::1]:80"] {
            hosts.add(name.parse().expect("an authority"));
        }
        for (name, expected) in [
            ("r.example:80", Some("r.example")),
            ("R.example:080", None),
            ("s.example", Some("s.example:80")),
            ("s.example:443", Some("s.example:80")),
            ("localhost:80", Some("localhost")),
            ("[0::1]", Some("[::1]:80")),
            ("r.example", None),
            ("r.example:81", None),
            ("s.example:80", None),
            ("t.example:80", None),
            ("t.example", None),
        ] {
            let Ok(authority) = name.parse() else {
                continue;
            };
            let other = hosts.other_name(&authority).map(|name| name.to_string());
            assert_eq!(other.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_name_that_an_url_parser_reads_as_another_one_is_not_asked() {
        for name in [
            "xn--a.example/a",
            "xn--example-.example/a",
            "xn--.example/a",
        ] {
            // The last is no reference.
            let Ok(repository) = name.parse::<Repository>() else {
                continue;
            };
            if let Ok(endpoint) = Endpoint::of(&repository, &PlainHttp::default()) {
                assert_eq!(endpoint.host(), repository.authority().to_string());
            }
        }
    }
}
