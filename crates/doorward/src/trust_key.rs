//! Under which key Notary v1 collections are remembered.

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

/// The key under which the engine remembers the Notary v1 collection of `repository`, by its logical name.
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
        repository.to_string(),
    )
}

/// The trust servers of a registry whose policy names none: where the two that had their own name for it kept theirs,
/// else the registry itself, as Docker's client asks.
#[must_use]
pub fn usual_trust_servers(repository: &Repository) -> Vec<String> {
    vec![match repository.canonical().registry() {
        "docker.io" => "https://notary.docker.io".to_owned(),
        "quay.io" => "https://quay.io".to_owned(),
        other => format!("https://{other}"),
    }]
}
