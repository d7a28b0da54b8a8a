//! Repository names: a registry and a path on it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::authority::{Authority, split_port};

/// The registry that a name without a host means.
const DEFAULT_REGISTRY: &str = "docker.io";
/// The name that older clients wrote for the same registry.
const LEGACY_DEFAULT_REGISTRY: &str = "index.docker.io";
/// The namespace that a Docker Hub name of one component means.
const DEFAULT_NAMESPACE: &str = "library";

/// A repository: a registry, and a path on it.
///
/// Familiar names are completed: `nginx` is `docker.io/library/nginx`, and `index.docker.io` is `docker.io`. Otherwise
/// the registry is displayed as it was written, because that is how a node's pull secrets and mirrors know it.
///
/// Repositories are compared by what they address and not by how they are written: those on the same
/// [authority](Self::authority) with the same path are equal. [`canonical`](Self::canonical) gives the one spelling of
/// all that are.
#[derive(Clone, Debug)]
pub struct Repository {
    /// As written, but for familiar names.
    registry: String,
    authority: Authority,
    path: String,
}

impl Repository {
    /// Normalises the two halves of a familiar name. The caller has checked the path against the grammar.
    pub(crate) fn normalise(host: Option<(&str, Authority)>, path: &str) -> Self {
        let (registry, authority) = match host {
            None => (DEFAULT_REGISTRY, Authority::docker_hub()),
            Some((LEGACY_DEFAULT_REGISTRY, authority)) => (DEFAULT_REGISTRY, authority),
            Some(written) => written,
        };
        let path = if authority.is_docker_hub() && !path.contains('/') {
            format!("{DEFAULT_NAMESPACE}/{path}")
        } else {
            path.to_owned()
        };
        Self {
            registry: registry.to_owned(),
            authority,
            path,
        }
    }

    /// The registry as it was written, `host` or `host:port`. For what is shown or written; what is decided goes by
    /// [`authority`](Self::authority).
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The registry's host as it was written, without its port. An IPv6 address keeps its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        split_port(&self.registry).0
    }

    /// The registry's port as it was written, if one is.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        split_port(&self.registry).1
    }

    /// The registry as every part of a decision knows it.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The path on the registry, without a leading slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same repository in the one spelling that stands for all: with the registry as its
    /// [authority](Self::authority) is displayed.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self {
            registry: self.authority.to_string(),
            ..self.clone()
        }
    }

    /// Whether the registry is written in its canonical spelling.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.registry == self.authority.to_string()
    }

    fn key(&self) -> (&Authority, &str) {
        (&self.authority, &self.path)
    }
}

impl PartialEq for Repository {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Repository {}

impl PartialOrd for Repository {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Repository {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Repository {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::ReferenceError;

    fn repository(text: &str) -> Repository {
        text.parse().expect("a repository")
    }

    #[test]
    fn a_short_name_is_a_docker_hub_library_name() {
        assert_eq!(repository("nginx").to_string(), "docker.io/library/nginx");
        assert_eq!(repository("team/app").to_string(), "docker.io/team/app");
        assert_eq!(
            repository("index.docker.io/nginx").to_string(),
            "docker.io/library/nginx"
        );
    }

    #[test]
    fn canonical_drops_the_default_port_and_the_case_of_the_host() {
        assert_eq!(
            repository("ICR.io:443/a").canonical(),
            repository("icr.io/a")
        );
        assert_eq!(
            repository("icr.io:5000/a").canonical().to_string(),
            "icr.io:5000/a"
        );
        assert_eq!(
            repository("Index.Docker.io/nginx").canonical().to_string(),
            "docker.io/library/nginx"
        );
    }

    #[test]
    fn repositories_are_compared_by_what_they_address() {
        for spelling in [
            "nginx",
            "library/nginx",
            "docker.io/nginx",
            "Docker.io:443/nginx",
            "INDEX.docker.io/library/nginx",
            "registry-1.docker.io/nginx",
            "registry-1.docker.io:443/library/nginx",
            "registry.hub.docker.com/library/nginx",
        ] {
            assert_eq!(repository(spelling), repository("nginx"), "{spelling}");
            assert_eq!(repository(spelling).path(), "library/nginx", "{spelling}");
        }
        for (one, other) in [
            ("ICR.io:443/a", "icr.io/a"),
            ("[0:0::1]:5000/a", "[::1]:5000/a"),
        ] {
            assert_eq!(repository(one), repository(other));
        }
        for (one, other) in [
            ("icr.io:5000/a", "icr.io/a"),
            ("docker.io:5000/library/nginx", "nginx"),
            ("registry-2.docker.io/library/nginx", "nginx"),
            ("r.example/a", "r.example/b"),
        ] {
            assert_ne!(repository(one), repository(other));
        }
    }

    #[test]
    fn the_registry_is_shown_as_it_was_written() {
        for text in [
            "ICR.io:443/a",
            "quay.io:443/ns/app",
            "registry-1.docker.io/library/nginx",
            "registry.hub.docker.com/library/nginx",
        ] {
            assert_eq!(repository(text).to_string(), text);
            assert!(!repository(text).is_canonical(), "{text}");
            assert!(repository(text).canonical().is_canonical(), "{text}");
        }
    }

    #[test]
    fn an_address_in_brackets_keeps_its_colons() {
        let name = repository("[::1]:5000/a");
        assert_eq!((name.host(), name.port()), ("[::1]", Some("5000")));
        assert_eq!(repository("[::1]/a").port(), None);
    }

    #[test]
    fn the_canonical_text_of_a_repository_names_it_and_no_other() {
        for text in [
            "harbor:443/a",
            "HARBOR/a",
            "harbor:5000/a",
            "harbor/a",
            "localhost/a",
            "localhost:443/a",
            "nginx",
            "LIBRARY/nginx",
            "r.example:443/a",
            "[0:0::1]:443/a",
        ] {
            let written = repository(text);
            let canonical = written.canonical().to_string();
            assert_eq!(repository(&canonical), written, "{text}: {canonical}");
        }
        assert_ne!(repository("harbor:443/a"), repository("harbor/a"));
    }

    #[test]
    fn a_tag_is_not_part_of_a_repository() {
        assert_eq!(
            "r.example/a:1".parse::<Repository>(),
            Err(ReferenceError::NotNameOnly)
        );
    }
}
