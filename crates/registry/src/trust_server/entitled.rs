//! Whose credentials a trust server may be shown.

use doorward_core::Repository;
use url::Url;

/// Registries whose trust server has another name than they have.
const BUILT_IN: [(&str, &str); 1] = [("docker.io", "notary.docker.io")];

/// The names by which the server at `base` may have a keychain asked for it: that of the collection, for the
/// credentials of its registry, if the server belongs to that registry, and then the collection as it would be called
/// on the server itself.
///
/// The address of a server stands in a policy, and the author of a policy need not be one who may read the pull
/// secret. So a registry's credentials go to that registry's host on any port, to the server that is built in for
/// it, and to nobody else; another server needs an entry of its own. None goes over http to a server that was not
/// named as one without TLS, also not on this machine.
pub(super) fn names(base: &Url, is_plain: bool, gun: &Repository) -> Vec<Repository> {
    if base.scheme() != "https" && !is_plain {
        return Vec::new();
    }
    let Some(own) = on_server(base, gun) else {
        return Vec::new();
    };
    let (registry, server) = (gun.canonical(), own.canonical());
    let mut names = Vec::new();
    if registry.host() == server.host() || is_built_in(base, &registry) {
        names.push(gun.clone());
    }
    if registry.registry() != server.registry() {
        names.push(own);
    }
    names
}

/// Whether this is the trust server that a registry has under another name, at the port that it has there.
fn is_built_in(base: &Url, registry: &Repository) -> bool {
    BUILT_IN.iter().any(|(known, server)| {
        registry.registry() == *known
            && base.host_str() == Some(server)
            && base.scheme() == "https"
            && base.port().is_none()
    })
}

/// The collection as it would be called on this server.
fn on_server(base: &Url, gun: &Repository) -> Option<Repository> {
    // With its port, because a host without a dot or a port would be the beginning of a path.
    let (host, port) = (base.host_str()?, base.port_or_known_default()?);
    format!("{host}:{port}/{}", gun.path()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain_http::PlainHttp;
    use crate::trust_server::TrustServer;
    use crate::{Credential, DockerConfig, Keychain};

    fn parse(text: &str, plain: &[&str]) -> Option<TrustServer> {
        let mut hosts = PlainHttp::default();
        for host in plain {
            hosts.add(host.parse().expect("an authority"));
        }
        TrustServer::parse(text, &hosts).ok()
    }

    fn gun(text: &str) -> Repository {
        text.parse().expect("a repository")
    }

    /// Whose credentials a server is shown, by canonical names.
    fn shown(server: &str, plain: &[&str], of: &str) -> Vec<String> {
        let server = parse(server, plain).expect("a server");
        let space = server.space(&gun(of));
        space
            .names
            .iter()
            .map(|n| n.canonical().to_string())
            .collect()
    }

    #[test]
    fn the_credentials_of_a_registry_go_to_its_own_host_and_its_built_in_server_only() {
        for (server, of, expected) in [
            (
                "https://r.example/x",
                "r.example:443/a",
                &["r.example/a"][..],
            ),
            ("https://R.example", "r.example/a", &["r.example/a"]),
            (
                "https://r.example:4443",
                "r.example/a",
                &["r.example/a", "r.example:4443/a"],
            ),
            (
                "https://r.example",
                "r.example:5000/a",
                &["r.example:5000/a", "r.example/a"],
            ),
            (
                "https://notary.docker.io",
                "nginx",
                &["docker.io/library/nginx", "notary.docker.io/library/nginx"],
            ),
            // A server of another name needs an entry of its own.
            ("https://n.example/x", "nginx", &["n.example/library/nginx"]),
            ("https://notary", "r.example/a", &["notary:443/a"]),
            (
                "https://r.example.evil.test",
                "r.example/a",
                &["r.example.evil.test/a"],
            ),
            (
                "https://evil-r.example",
                "r.example/a",
                &["evil-r.example/a"],
            ),
            (
                "https://notary.docker.io",
                "r.example/a",
                &["notary.docker.io/a"],
            ),
            (
                "https://notary.docker.io:8443",
                "nginx",
                &["notary.docker.io:8443/library/nginx"],
            ),
            (
                "https://notary.docker.io.evil.test",
                "nginx",
                &["notary.docker.io.evil.test/library/nginx"],
            ),
        ] {
            assert_eq!(shown(server, &[], of), expected, "{server} {of}");
        }
    }

    #[test]
    fn no_credential_goes_over_http_to_a_server_that_was_not_named() {
        for (server, of) in [
            ("http://127.0.0.1:4443", "127.0.0.1:5000/a"),
            ("http://localhost:4443", "localhost:5000/a"),
            ("http://[::1]", "[::1]/a"),
        ] {
            assert_eq!(shown(server, &[], of), [""; 0], "{server}");
        }
        assert_eq!(
            shown(
                "http://127.0.0.1:4443",
                &["127.0.0.1:4443"],
                "127.0.0.1:5000/a"
            ),
            ["127.0.0.1:5000/a", "127.0.0.1:4443/a"]
        );
        // Docker's own server is not asked without TLS for the sake of its name.
        assert_eq!(
            shown("http://notary.docker.io", &["notary.docker.io"], "nginx"),
            ["notary.docker.io:80/library/nginx"]
        );
    }

    /// A configuration with one entry for each host, whose password is the name of the host.
    fn entries(hosts: &[&str]) -> DockerConfig {
        let auths: serde_json::Map<_, _> = hosts
            .iter()
            .map(|host| {
                let entry = serde_json::json!({"username": "u", "password": host});
                ((*host).to_owned(), entry)
            })
            .collect();
        let config = serde_json::json!({ "auths": auths }).to_string();
        DockerConfig::parse(config.as_bytes()).expect("a configuration")
    }

    const HOSTS: [&str; 9] = [
        "r.example",
        "r.example:5000",
        "docker.io",
        "notary.docker.io",
        "n.example",
        "n.example:4443",
        "evil.test",
        "r.example.evil.test",
        "127.0.0.1:5000",
    ];

    proptest::proptest! {
        #[test]
        fn no_credential_of_a_pull_secret_reaches_a_host_that_it_is_not_for(
            scheme in proptest::sample::select(vec!["https", "http"]),
            host in proptest::sample::select(HOSTS.to_vec()),
            port in proptest::sample::select(vec!["", ":443", ":80", ":5000", ":4443"]),
            path in proptest::sample::select(vec!["", "/", "/notary", "/r.example", "/@r.example"]),
            registry in proptest::sample::select(HOSTS.to_vec()),
            plain in proptest::sample::subsequence(HOSTS.to_vec(), 0..4),
        ) {
            let host = host.split(':').next().unwrap_or_default();
            let Some(server) = parse(&format!("{scheme}://{host}{port}{path}"), &plain) else {
                return Ok(());
            };
            let gun = gun(&format!("{registry}/team/app"));
            let bare = |authority: &str| authority.split(':').next().unwrap_or_default().to_owned();
            let offered: Vec<Credential> = server
                .space(&gun)
                .names
                .iter()
                .flat_map(|name| entries(&HOSTS).credentials(name))
                .collect();
            for credential in offered {
                let Credential::Basic(pair) = credential else {
                    return Err(proptest::test_runner::TestCaseError::fail("not a password"));
                };
                let of = bare(pair.expose_password());
                let is_built_in = of == "docker.io" && registry == "docker.io" && host == "notary.docker.io";
                proptest::prop_assert!(of == host || is_built_in, "{of} to {}", server.base());
                let was_named = plain.iter().any(|named| bare(named) == host);
                proptest::prop_assert!(scheme == "https" || was_named, "{of} to {}", server.base());
            }
        }
    }
}
