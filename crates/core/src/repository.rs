//! Repository names: a registry host and a path on it.

use std::fmt;
use std::str::FromStr;

use crate::reference::{Reference, ReferenceError};

/// The registry that a name without a host means.
pub(crate) const DEFAULT_REGISTRY: &str = "docker.io";
/// The name that older clients wrote for the same registry.
const LEGACY_DEFAULT_REGISTRY: &str = "index.docker.io";
/// The namespace that a Docker Hub name of one component means.
const DEFAULT_NAMESPACE: &str = "library";

/// A repository: registry host with optional port, and path.
///
/// Always in normalised form: `nginx` is `docker.io/library/nginx`, and `index.docker.io` is `docker.io`. The case
/// of the host is kept as written; compare hosts with [`Repository::canonical`] when spelling must not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    path: String,
}

impl Repository {
    /// Normalises the two halves of a familiar name. The caller has checked both against the grammar.
    pub(crate) fn normalise(host: Option<&str>, path: &str) -> Self {
        let registry = match host {
            None | Some(LEGACY_DEFAULT_REGISTRY) => DEFAULT_REGISTRY,
            Some(host) => host,
        };
        let path = if registry == DEFAULT_REGISTRY && !path.contains('/') {
            format!("{DEFAULT_NAMESPACE}/{path}")
        } else {
            path.to_owned()
        };
        Self {
            registry: registry.to_owned(),
            path,
        }
    }

    /// The registry, `host` or `host:port`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The registry's host without its port. An IPv6 address keeps its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.split_port().0
    }

    /// The registry's port, if one is written.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        self.split_port().1
    }

    fn split_port(&self) -> (&str, Option<&str>) {
        match self.registry.rsplit_once(':') {
            // The colons of a bracketed address without a port are not a port separator.
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (&self.registry, None),
        }
    }

    /// The path on the registry, without a leading slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same repository with the spellings removed that address the same server: the host in lower case, and no
    /// `:443`, the port that a registry is asked on anyway.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let (host, port) = self.split_port();
        let host = host.to_ascii_lowercase();
        let registry = match port {
            None | Some("443") => host,
            Some(port) => format!("{host}:{port}"),
        };
        Self::normalise(Some(&registry), &self.path)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

impl FromStr for Repository {
    type Err = ReferenceError;

    /// Parses a name without tag and digest; short Docker Hub names are completed.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let reference: Reference = text.parse()?;
        if reference.tag().is_some() || reference.digest().is_some() {
            return Err(ReferenceError::NotNameOnly);
        }
        Ok(reference.into_repository())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            repository("Index.Docker.io/nginx").canonical(),
            repository("nginx")
        );
    }

    #[test]
    fn an_address_in_brackets_keeps_its_colons() {
        let name = repository("[::1]:5000/a");
        assert_eq!((name.host(), name.port()), ("[::1]", Some("5000")));
        assert_eq!(repository("[::1]/a").port(), None);
    }

    #[test]
    fn a_tag_is_not_part_of_a_repository() {
        assert_eq!(
            "r.example/a:1".parse::<Repository>(),
            Err(ReferenceError::NotNameOnly)
        );
    }
}
