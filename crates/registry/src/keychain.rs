//! Where credentials come from.

use std::sync::Arc;

use doorward_core::Repository;

use crate::{Credential, CredentialSource, DropReason, Dropped, Fingerprint, Offer};

/// The most credentials that are tried for one repository, so that no keychain needs to offer more. Each costs up to
/// three round trips.
pub(crate) const MAX_CREDENTIALS: usize = 16;
/// The most reasons that a chain gives for what it could not offer. A refusal shows a few of them.
const MAX_DROPPED: usize = 64;

/// Adds what is not there yet, up to one more than `most`, which says that there are too many. Whether that is reached:
/// the rest need not be looked at. Each costs at most `most` comparisons.
pub(crate) fn fill<T: PartialEq>(
    all: &mut Vec<T>,
    more: impl IntoIterator<Item = T>,
    most: usize,
) -> bool {
    for one in more {
        if all.len() > most {
            break;
        }
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.len() > most
}

/// Knows what to show to which repository.
///
/// The client asks only after an anonymous attempt was refused, and on a thread that may block, so an implementation
/// may read files or run a process; it must come back in bounded time.
pub trait Keychain: Send + Sync {
    /// The credentials to try for a repository, in this order. `repository` is the physical one, where the bytes
    /// are kept. For the trust metadata of a collection the keychain is asked twice: for the logical repository, and
    /// for the same path on the trust server.
    ///
    /// No more than 16 different ones are tried, so an implementation over what others wrote stops soon after those.
    fn credentials(&self, repository: &Repository) -> Vec<Credential>;

    /// The same, with the sources that failed, so that it is not known what they have. This is what the client asks.
    ///
    /// The two are told at once, because a source that fails now may answer a moment later.
    fn offer(&self, repository: &Repository) -> Offer {
        Offer::of(self.credentials(repository))
    }

    /// The keychains that this one is made of, if it is: the client asks one after the other, each only if what those before
    /// it offered was refused.
    fn links(&self) -> Option<&[Arc<dyn Keychain>]> {
        None
    }

    /// What this keychain knows of and could not offer for a repository, and why: shown where access was refused.
    ///
    /// Asked after [`credentials`](Self::credentials), so an implementation may remember what became of that instead of
    /// trying again. It goes to this caller alone and is no part of the [`fingerprint`](Self::fingerprint).
    fn dropped(&self, _repository: &Repository) -> Vec<Dropped> {
        Vec::new()
    }

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

/// A workload or service account that brings no credential: it names no pull secret, or does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithoutPullSecrets(Dropped);

impl WithoutPullSecrets {
    /// The account `name` of `namespace`, which names no pull secret.
    #[must_use]
    pub fn named_by_account(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::because(namespace, name, DropReason::NoPullSecret)
    }

    /// The account `name` of `namespace`, which does not exist.
    #[must_use]
    pub fn without_account(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::because(namespace, name, DropReason::Absent)
    }

    /// A workload that names no pull secret and whose service account does not count.
    #[must_use]
    pub const fn named_by_workload() -> Self {
        Self(Dropped {
            source: CredentialSource::Workload,
            why: DropReason::NoPullSecret,
        })
    }

    fn because(namespace: impl Into<String>, name: impl Into<String>, why: DropReason) -> Self {
        let source = CredentialSource::ServiceAccount {
            namespace: namespace.into(),
            name: name.into(),
        };
        Self(Dropped { source, why })
    }
}

impl Keychain for WithoutPullSecrets {
    fn credentials(&self, _: &Repository) -> Vec<Credential> {
        Vec::new()
    }

    fn dropped(&self, _: &Repository) -> Vec<Dropped> {
        vec![self.0.clone()]
    }

    fn fingerprint(&self) -> Fingerprint {
        Anonymous.fingerprint()
    }
}

/// Several keychains, one after the other: the pull secrets of a workload in the order they are listed. The client asks a
/// link only if what those before it offered was refused.
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
        self.offer(repository).credentials
    }

    fn offer(&self, repository: &Repository) -> Offer {
        let mut all = Offer::default();
        for link in &self.links {
            let offer = link.offer(repository);
            fill(&mut all.failed, offer.failed, MAX_DROPPED);
            if fill(&mut all.credentials, offer.credentials, MAX_CREDENTIALS) {
                break;
            }
        }
        all
    }

    fn links(&self) -> Option<&[Arc<dyn Keychain>]> {
        Some(&self.links)
    }

    fn dropped(&self, repository: &Repository) -> Vec<Dropped> {
        let mut all = Vec::new();
        for link in &self.links {
            if fill(&mut all, link.dropped(repository), MAX_DROPPED) {
                break;
            }
        }
        all
    }

    /// Links that offer nothing to anybody do not count, so callers whose pull secrets are missing share the work of
    /// those who have none.
    fn fingerprint(&self) -> Fingerprint {
        let nobody = Anonymous.fingerprint();
        let mut links = self
            .links
            .iter()
            .map(|link| link.fingerprint())
            .filter(|link| *link != nobody)
            .peekable();
        if links.peek().is_none() {
            return nobody;
        }
        Fingerprint::of(links)
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
    fn a_chain_asks_no_more_links_than_it_takes_to_have_too_many() {
        struct Unasked;
        impl Keychain for Unasked {
            fn credentials(&self, _: &Repository) -> Vec<Credential> {
                panic!("there are enough")
            }

            fn fingerprint(&self) -> Fingerprint {
                Fingerprint::of(["unasked"])
            }
        }
        let names: Vec<_> = (0..=MAX_CREDENTIALS).map(|n| n.to_string()).collect();
        let many = Fixed(names.iter().map(|name| user(name)).collect());
        let chain = KeychainChain::new([
            Arc::new(many) as Arc<dyn Keychain>,
            Arc::new(Unasked) as Arc<dyn Keychain>,
        ]);
        let repository = "r.example/a".parse().expect("valid");
        assert_eq!(chain.credentials(&repository).len(), MAX_CREDENTIALS + 1);
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

    #[test]
    fn a_link_that_offers_nothing_says_why_and_changes_no_fingerprint() {
        let missing = || {
            Arc::new(WithoutPullSecrets::named_by_account("shop", "default")) as Arc<dyn Keychain>
        };
        let user = Arc::new(Fixed(vec![user("a")])) as Arc<dyn Keychain>;
        let with = KeychainChain::new([missing(), Arc::clone(&user), missing()]);
        assert_eq!(with.fingerprint(), KeychainChain::new([user]).fingerprint());
        assert_eq!(
            KeychainChain::new([missing()]).fingerprint(),
            Anonymous.fingerprint()
        );
        let repository = "r.example/a".parse().expect("valid");
        let said: Vec<_> = with
            .dropped(&repository)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(said, ["service account shop/default names no pull secret"]);
    }
}
