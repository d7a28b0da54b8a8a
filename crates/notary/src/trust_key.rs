//! The key that a collection is remembered under.

use std::fmt;

use doorward_core::{Repository, Scheme, StateKey};

/// Whose policies remembered trust is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustScope<'a> {
    /// Those of the cluster.
    Cluster,
    /// Those of this namespace.
    Namespace(&'a str),
}

impl fmt::Display for TrustScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Namespace(namespace) => write!(f, "namespace/{namespace}"),
        }
    }
}

/// The key that the collection of `repository` is remembered under, by its logical name, whatever its
/// spelling: else the first contact could be had once more under another one.
///
/// `servers` are those that the policy names, in its order; if it names none, the [usual ones](usual_trust_servers) are
/// meant. A slash at the end of an address makes no difference.
#[must_use]
pub fn trust_state_key(
    scope: TrustScope<'_>,
    servers: &[String],
    repository: &Repository,
) -> StateKey {
    let servers = if servers.is_empty() {
        usual_trust_servers(repository)
    } else {
        let bare = |server: &String| server.trim_end_matches('/').to_owned();
        servers.iter().map(bare).collect()
    };
    StateKey::new(
        scope.to_string(),
        Scheme::NOTARY,
        servers,
        repository.canonical().to_string(),
    )
}

/// The trust servers of a registry whose policy names none: where the two that had their own name for it kept theirs,
/// else the registry itself, as Docker's client asks.
#[must_use]
pub fn usual_trust_servers(repository: &Repository) -> Vec<String> {
    let authority = repository.authority();
    vec![if authority.is_docker_hub() {
        "https://notary.docker.io".to_owned()
    } else {
        format!("https://{authority}")
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(repository: &str) -> StateKey {
        let repository = repository.parse().expect("a repository");
        trust_state_key(TrustScope::Cluster, &[], &repository)
    }

    #[test]
    fn every_spelling_of_a_repository_is_remembered_under_one_key() {
        for (one, others) in [
            ("r.example/a", &["R.Example/a", "r.example:443/a"][..]),
            ("[::1]:5000/a", &["[0:0::1]:5000/a"]),
            (
                "docker.io/library/nginx",
                &["nginx", "registry-1.docker.io/nginx", "Docker.io:443/nginx"],
            ),
        ] {
            for other in others {
                assert_eq!(key(one), key(other), "{other}");
            }
        }
        assert_ne!(key("r.example/a"), key("r.example:5000/a"));
    }

    #[test]
    fn docker_hub_has_one_trust_server_under_all_its_names() {
        for name in ["nginx", "registry-1.docker.io/nginx", "index.docker.io/a/b"] {
            let repository = name.parse().expect("a repository");
            assert_eq!(
                usual_trust_servers(&repository),
                ["https://notary.docker.io"],
                "{name}"
            );
        }
    }
}
