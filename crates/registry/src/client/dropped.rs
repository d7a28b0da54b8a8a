//! What a refusal says about the credentials that were not shown.

use std::sync::Arc;

use doorward_core::{Answer, Fetch, FetchError, Repository, Resource};

use super::ScopedClient;
use crate::keychain::{MAX_CREDENTIALS, fill};
use crate::{Credential, Dropped, Keychain};

/// The most that one refusal says.
const MAX_SAID: usize = 8;
/// The most that is collected for it.
const MAX_DROPPED: usize = 128;

impl ScopedClient {
    /// Adds to a refusal of access which credentials this caller has none of, or could not offer, and why. The server
    /// alone cannot say that, and it is the usual reason.
    pub(super) async fn with_dropped(&self, fetch: &Fetch, answer: Answer) -> Answer {
        let Err(FetchError::Unauthorized { detail }) = answer else {
            return answer;
        };
        let (keychain, names) = (Arc::clone(&self.keychain), self.names(&fetch.resource));
        let said = self.on_thread(move || said(keychain.as_ref(), &names));
        let said = said.await.unwrap_or_default();
        Err(FetchError::Unauthorized {
            detail: joined(detail, &said),
        })
    }

    /// What a keychain was asked for to get a resource.
    fn names(&self, resource: &Resource) -> Vec<Repository> {
        match resource {
            Resource::Blob { repository, .. }
            | Resource::Manifest { repository, .. }
            | Resource::Referrers { repository, .. }
            | Resource::SignatureExtension { repository, .. } => {
                vec![self.inner.mirrors.locate(repository)]
            }
            Resource::NotaryMetadata { servers, gun, .. } => self
                .trust_servers(servers)
                .unwrap_or_default()
                .iter()
                .flat_map(|server| server.space(gun).names)
                .collect(),
            // A store never sees a keychain.
            _ => Vec::new(),
        }
    }
}

/// What there is to say about a keychain, each thing once.
fn said(keychain: &dyn Keychain, names: &[Repository]) -> Vec<String> {
    let (mut offered, mut dropped): (Vec<Credential>, Vec<Dropped>) = (Vec::new(), Vec::new());
    for name in names {
        fill(&mut offered, keychain.credentials(name), MAX_CREDENTIALS);
        fill(&mut dropped, keychain.dropped(name), MAX_DROPPED);
    }
    let mut said: Vec<String> = dropped.iter().map(ToString::to_string).collect();
    if offered.len() > MAX_CREDENTIALS {
        let more = format!("only the first {MAX_CREDENTIALS} credentials were tried, of more");
        said.insert(0, more);
    }
    said
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
    use doorward_core::Basic;

    use super::*;
    use crate::{Fingerprint, KeychainChain, PullSecret};

    /// This many passwords, whatever is asked for.
    struct Many(usize);

    impl Keychain for Many {
        fn credentials(&self, _: &Repository) -> Vec<Credential> {
            (0..self.0)
                .map(|number| Credential::Basic(Basic::new(number.to_string(), "s3cret")))
                .collect()
        }

        fn fingerprint(&self) -> Fingerprint {
            Fingerprint::of(["many"])
        }
    }

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

    #[test]
    fn a_refusal_says_that_there_are_more_credentials_than_are_tried() {
        assert_eq!(said(&Many(MAX_CREDENTIALS), &names()), [""; 0]);
        assert_eq!(
            said(&Many(MAX_CREDENTIALS + 4), &names()),
            ["only the first 16 credentials were tried, of more"]
        );
    }
}
