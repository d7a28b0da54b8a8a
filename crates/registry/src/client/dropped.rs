//! What a refusal says about the credentials that were not shown.

use std::sync::Arc;

use doorward_core::{Answer, Fetch, FetchError, Repository, Resource};

use super::ScopedClient;
use crate::keychain::fill;
use crate::{Dropped, Keychain};

/// The most that one refusal says.
const MAX_SAID: usize = 8;
/// The most that is collected for it.
const MAX_DROPPED: usize = 128;

impl ScopedClient {
    /// Adds to a refusal of access which credentials this caller has none of, or could not offer, and why. The server
    /// alone cannot say that, and it is the usual reason.
    pub(super) async fn with_dropped(&self, fetch: &Fetch, answer: Answer) -> Answer {
        let (detail, failed) = match answer {
            Err(FetchError::CredentialProvider { detail }) => (detail, true),
            Err(FetchError::Unauthorized { detail }) => (detail, false),
            other => return other,
        };
        let (keychain, names) = (Arc::clone(&self.keychain), self.names(&fetch.resource));
        let said = self.on_thread(move || said(keychain.as_ref(), &names));
        let mut said = said.await.unwrap_or_default();
        if failed {
            // How a source failed is the end of the detail already.
            said.retain(|said| !detail.contains(said));
            let detail = joined(detail, &said);
            return Err(FetchError::CredentialProvider { detail });
        }
        Err(FetchError::Unauthorized {
            detail: joined(detail, &said),
        })
    }

    /// What a keychain was asked for to get a resource. A store never sees one.
    fn names(&self, resource: &Resource) -> Vec<Repository> {
        match resource {
            Resource::NotaryMetadata { servers, gun, .. } => self
                .trust_servers(servers)
                .unwrap_or_default()
                .iter()
                .flat_map(|server| server.space(gun).names)
                .collect(),
            of_registry => self.asked(of_registry).into_iter().collect(),
        }
    }
}

/// What there is to say about a keychain, each thing once.
fn said(keychain: &dyn Keychain, names: &[Repository]) -> Vec<String> {
    let mut dropped: Vec<Dropped> = Vec::new();
    for name in names {
        fill(&mut dropped, keychain.dropped(name), MAX_DROPPED);
    }
    dropped.iter().map(ToString::to_string).collect()
}

fn joined(mut detail: String, said: &[String]) -> String {
    for said in said.iter().take(MAX_SAID) {
        detail.push_str("; ");
        detail.push_str(said);
    }
    match said.len().saturating_sub(MAX_SAID) {
        0 => {}
        more => detail.push_str(&format!("; and {more} more")),
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeychainChain, PullSecret};

    fn names() -> Vec<Repository> {
        vec!["r.example/a".parse().expect("a repository")]
    }

    #[test]
    fn a_refusal_lists_what_dropped_out_up_to_a_bound() {
        let chain = KeychainChain::new((0..10).map(|number| {
            let absent = PullSecret::absent("n", number.to_string());
            Arc::new(absent) as Arc<dyn Keychain>
        }));
        let text = joined("r answered 401".to_owned(), &said(&chain, &names()));
        assert!(text.starts_with("r answered 401; pull secret n/0 does not exist; "));
        assert!(text.ends_with("; pull secret n/7 does not exist; and 2 more"));
        assert_eq!(joined("x".to_owned(), &[]), "x");
    }
}
