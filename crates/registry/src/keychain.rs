//! Where credentials come from.

use std::sync::Arc;

use doorward_core::Repository;

use crate::{Credential, Fingerprint};

/// Knows what to show to which repository.
///
/// The client asks only after an anonymous attempt was refused, and on a thread that may block, so an implementation
/// may read files or run a process; it must come back in bounded time.
pub trait Keychain: Send + Sync {
    /// The credentials to try for a repository, in this order. `repository` is the physical one, where the bytes
    /// are kept. For the trust metadata of a collection the keychain is asked twice: for the logical repository, and
    /// for the same path on the trust server.
    fn credentials(&self, repository: &Repository) -> Vec<Credential>;

    /// What tells this keychain from others. Two keychains that could answer differently must have different
    /// fingerprints: work is shared between callers whose keychains have the same one.
    fn fingerprint(&self) -> Fingerprint;
}

/// A keychain without credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anonymous;

impl Keychain for Anonymous {
    fn credentials(&self, _: &Repository) -> Vec<Credential> {
        Vec::new()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(["anonymous"])
    }
}

/// Several keychains, one after the other: the pull secrets of a workload in the order they are listed.
#[derive(Clone, Default)]
pub struct KeychainChain {
    links: Vec<Arc<dyn Keychain>>,
}

impl KeychainChain {
    /// A chain of `links`, the first to be asked first.
    #[must_use]
    pub fn new(links: impl IntoIterator<Item = Arc<dyn Keychain>>) -> Self {
        Self {
            links: links.into_iter().collect(),
        }
    }
}

impl Keychain for KeychainChain {
    /// The credentials of all links in order; one that two links offer is tried once.
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        let mut all = Vec::new();
        for credential in self
            .links
            .iter()
            .flat_map(|link| link.credentials(repository))
        {
            if !all.contains(&credential) {
                all.push(credential);
            }
        }
        all
    }

    fn fingerprint(&self) -> Fingerprint {
        if self.links.is_empty() {
            return Anonymous.fingerprint();
        }
        Fingerprint::of(self.links.iter().map(|link| link.fingerprint()))
    }
}

impl std::fmt::Debug for KeychainChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeychainChain({} links)", self.links.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::Basic;

    struct Fixed(Vec<Credential>);

    impl Keychain for Fixed {
        fn credentials(&self, _: &Repository) -> Vec<Credential> {
            self.0.clone()
        }

        fn fingerprint(&self) -> Fingerprint {
            Fingerprint::of(self.0.iter().map(Credential::fingerprint))
        }
    }

    fn user(name: &str) -> Credential {
        Credential::Basic(Basic::new(name, "p"))
    }

    fn chain(links: &[&[&str]]) -> KeychainChain {
        KeychainChain::new(links.iter().map(|names| {
            Arc::new(Fixed(names.iter().map(|n| user(n)).collect())) as Arc<dyn Keychain>
        }))
    }

    #[test]
    fn links_are_asked_in_order_and_repeats_are_dropped() {
        let repository = "r.example/a".parse().expect("valid");
        assert_eq!(
            chain(&[&["c", "a"], &["a", "b"]]).credentials(&repository),
            vec![user("c"), user("a"), user("b")]
        );
    }

    #[test]
    fn chains_in_another_order_are_other_keychains() {
        assert_ne!(
            chain(&[&["a"], &["b"]]).fingerprint(),
            chain(&[&["b"], &["a"]]).fingerprint()
        );
        assert_ne!(
            chain(&[&["a", "b"]]).fingerprint(),
            chain(&[&["a"], &["b"]]).fingerprint()
        );
    }

    #[test]
    fn an_empty_chain_is_anonymous() {
        assert_eq!(chain(&[]).fingerprint(), Anonymous.fingerprint());
        assert_ne!(chain(&[&["a"]]).fingerprint(), Anonymous.fingerprint());
    }
}
