//! The keys of a configuration: which repositories an entry is for.

use std::cmp::{Ordering, Reverse};

use doorward_core::{Authority, Port, Repository};

/// The key under which Docker keeps its credentials for Docker Hub.
const HUB_KEY: &str = "https://index.docker.io/v1/";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    text: String,
    server: Server,
    path: Vec<String>,
}

/// The registries that a key names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Server {
    One(Authority),
    /// Those whose host fits, label by label.
    Many {
        /// Lower case; labels may have `*` and `?`.
        host: String,
        /// Nothing for the standard port.
        port: Option<Port>,
    },
}

impl Server {
    /// Reads `host[:port]`, where labels of the host may have `*` and `?`. Returns `None` if no registry can be
    /// addressed so.
    fn parse(text: &str) -> Option<Self> {
        if !text.contains(['*', '?']) {
            return text.parse().ok().map(Self::One);
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse::<Port>().ok()?)),
            None => (text, None),
        };
        Some(Self::Many {
            host: host.to_ascii_lowercase(),
            port: port.filter(|port| port.get() != 443),
        })
    }

    fn contains(&self, authority: &Authority) -> bool {
        match self {
            Self::One(own) => own == authority,
            Self::Many { host, port } => {
                *port == authority.port() && host_matches(host, &authority.host().to_string())
            }
        }
    }
}

impl Key {
    /// Reads a key. Returns `None` if it has no host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let (is_url, rest) = match trimmed.split_once("://") {
            Some((scheme, rest))
                if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") =>
            {
                (true, rest)
            }
            Some(_) => return None,
            None => (false, trimmed),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() || authority.contains('@') {
            return None;
        }
        let server = Server::parse(authority)?;
        // The name of the API that Docker used to write into its keys stands for the whole registry. Without the
        // slash after it, and not in an URL, it is the first component of a path.
        let versioned = path
            .strip_prefix("v1")
            .or_else(|| path.strip_prefix("v2"))
            .filter(|rest| rest.starts_with('/') || (is_url && rest.is_empty()));
        Some(Self {
            text: text.to_owned(),
            server,
            path: versioned
                .unwrap_or(path)
                .split('/')
                .filter(|component| !component.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    }

    /// The key as it stands in the configuration.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the key is for a repository: its registry, at this port, and the path or a folder above it.
    pub(super) fn matches(&self, repository: &Repository) -> bool {
        let mut components = repository.path().split('/');
        self.server.contains(repository.authority())
            && self
                .path
                .iter()
                .all(|wanted| components.next() == Some(wanted))
    }

    /// Whether the key names exactly a repository's registry.
    pub(super) fn is_registry_of(&self, repository: &Repository) -> bool {
        self.path.is_empty()
            && matches!(&self.server, Server::One(authority) if authority == repository.authority())
    }

    /// The more specific key first: longer path, then a host spelt out, then the longer pattern; equals by text, the
    /// plain name before its URL.
    pub(super) fn cmp_by_specificity(&self, other: &Self) -> Ordering {
        let order = |key: &Self| {
            let (is_pattern, length) = match &key.server {
                Server::One(authority) => (false, authority.host().to_string().len()),
                Server::Many { host, .. } => (true, host.len()),
            };
            (
                Reverse(key.path.len()),
                is_pattern,
                Reverse(length),
                key.text.contains("://"),
                key.text.clone(),
            )
        };
        order(self).cmp(&order(other))
    }
}

/// The name by which credential helpers know a repository's registry.
pub(super) fn server_name(repository: &Repository) -> String {
    let authority = repository.authority();
    if authority.is_docker_hub() {
        HUB_KEY.to_owned()
    } else {
        authority.to_string()
    }
}

/// Whether every label of a host fits the pattern's label at the same place.
fn host_matches(pattern: &str, host: &str) -> bool {
    let (patterns, labels) = (pattern.split('.'), host.split('.'));
    patterns.clone().count() == labels.clone().count()
        && patterns
            .zip(labels)
            .all(|(pattern, label)| label_matches(pattern.as_bytes(), label.as_bytes()))
}

/// `*` is any number of characters, `?` is one. Backtracks to the last star only, so in time of at most the product of the
/// lengths.
fn label_matches(pattern: &[u8], label: &[u8]) -> bool {
    let (mut p, mut l) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while l < label.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, l));
                p += 1;
            }
            Some(c) if *c == b'?' || Some(c) == label.get(l) => {
                p += 1;
                l += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    l = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(key: &str, repository: &str) -> bool {
        Key::parse(key).is_some_and(|key| key.matches(&repository.parse().expect("a repository")))
    }

    #[test]
    fn every_spelling_of_a_registry_is_found() {
        for key in [
            "r.example",
            "R.Example",
            " r.example ",
            "r.example/",
            "r.example:443",
            "https://r.example",
            "http://r.example",
            "HTTPS://r.example/",
            "https://r.example/v1",
            "https://r.example/v1/",
            "https://r.example/v2/",
            "r.example/v2/",
        ] {
            assert!(matches(key, "r.example/team/app"), "{key}");
            assert!(matches(key, "R.example:443/team/app"), "{key}");
        }
    }

    #[test]
    fn every_name_of_docker_hub_is_found() {
        for key in [
            "docker.io",
            "index.docker.io",
            "registry-1.docker.io",
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1",
            "https://index.docker.io",
            "docker.io/library",
            "index.docker.io/library/nginx",
            "docker.io:443",
            "https://registry-1.docker.io:443/v2/",
            "registry.hub.docker.com",
        ] {
            for name in [
                "nginx",
                "registry-1.docker.io/nginx",
                "Docker.io:443/library/nginx",
            ] {
                assert!(matches(key, name), "{key} {name}");
            }
        }
        assert!(!matches("docker.io/other", "nginx"));
        assert!(!matches("https://index.docker.io/v1/", "r.example/nginx"));
    }

    #[test]
    fn a_key_is_for_its_own_port_only() {
        assert!(matches("r.example:5000", "r.example:5000/a"));
        assert!(!matches("r.example:5000", "r.example/a"));
        assert!(!matches("r.example:5000", "r.example:5001/a"));
        assert!(!matches("r.example", "r.example:5000/a"));
        assert!(!matches("*.example", "r.example:5000/a"));
        assert!(matches("*.example:5000", "r.example:5000/a"));
    }

    #[test]
    fn every_spelling_of_an_address_is_one_key() {
        assert!(matches("[0:0::1]:5000", "[::1]:5000/a"));
        assert!(matches("[::1]", "[0:0:0:0:0:0:0:1]:443/a"));
        assert!(!matches("127.1", "127.0.0.1/a"));
        assert!(!matches("[::ffff:7f00:1]", "127.0.0.1/a"));
    }

    #[test]
    fn a_path_counts_by_whole_components() {
        assert!(matches("r.example/team", "r.example/team/app"));
        assert!(matches("r.example/team/app", "r.example/team/app"));
        assert!(matches("https://r.example/team/", "r.example/team/app"));
        assert!(!matches("r.example/te", "r.example/team/app"));
        assert!(!matches("r.example/team/app/x", "r.example/team/app"));
        assert!(!matches("r.example/app", "r.example/team/app"));
        assert!(!matches("r.example/Team", "r.example/team/app"));
    }

    #[test]
    fn a_version_is_dropped_only_where_docker_writes_it() {
        assert!(matches("r.example/v1/team", "r.example/team/app"));
        assert!(matches("r.example/v1", "r.example/v1/app"));
        assert!(!matches("r.example/v1", "r.example/team/app"));
        assert!(!matches("https://r.example/v10", "r.example/team/app"));
        assert!(!matches("https://r.example/v3/", "r.example/team/app"));
    }

    #[test]
    fn wildcards_stay_within_one_label() {
        assert!(matches("*.example", "r.example/a"));
        assert!(matches("r?.example", "r1.example/a"));
        assert!(matches("*.dkr.*.example", "1.dkr.eu.example/a"));
        assert!(matches(
            "prefix-*-suffix.example",
            "prefix-x-y-suffix.example/a"
        ));
        assert!(!matches("*.example", "a.r.example/a"));
        assert!(!matches("*.example", "example.com/a"));
        assert!(!matches("*", "r.example/a"));
        assert!(!matches("r?.example", "r.example/a"));
        assert!(!matches("*.example", "r.example.attacker.test/a"));
        assert!(!matches("*.example", "r.xexample/a"));
    }

    #[test]
    fn what_names_no_registry_matches_nothing() {
        for key in [
            "",
            "/",
            "https://",
            "https:///v1/",
            "ftp://r.example",
            "u@r.example",
            "r.example:0443",
            "r.example:",
            "r.example.",
            "*.example:0443",
            "r.example:443:443",
        ] {
            assert!(!matches(key, "r.example/a"), "{key}");
        }
    }

    #[test]
    fn the_more_specific_key_comes_first() {
        let mut keys: Vec<_> = [
            "*.example",
            "r.example",
            "https://r.example",
            "r.example/team/app",
            "r?.example",
            "r.example/team",
            "*.example/team",
        ]
        .iter()
        .map(|text| Key::parse(text).expect("a key"))
        .collect();
        keys.sort_by(Key::cmp_by_specificity);
        assert_eq!(
            keys.iter().map(|key| key.text.as_str()).collect::<Vec<_>>(),
            [
                "r.example/team/app",
                "r.example/team",
                "*.example/team",
                "r.example",
                "https://r.example",
                "r?.example",
                "*.example",
            ]
        );
    }

    #[test]
    fn helpers_know_docker_hub_by_its_old_key() {
        let name = |text: &str| server_name(&text.parse().expect("a repository"));
        assert_eq!(name("nginx"), "https://index.docker.io/v1/");
        assert_eq!(name("R.example:443/a"), "r.example");
        assert_eq!(name("r.example:5000/a"), "r.example:5000");
    }
}
