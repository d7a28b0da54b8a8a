//! Asking the keychain, which may block.

use std::sync::Arc;

use doorward_core::{FetchError, Repository};

use super::ScopedClient;
use crate::keychain::{MAX_CREDENTIALS, fill};
use crate::space::ProtectionSpace;
use crate::{Credential, Keychain};

/// How many threads one caller has at once. A thread cannot be stopped: what a review leaves behind that ended is at
/// most this, and each looks through configurations of bounded size once.
pub(super) const THREADS: usize = 4;
/// The most failures of sources that one refusal tells.
const MAX_FAILED: usize = 4;

impl ScopedClient {
    /// Does work that may block on a thread where that does no harm. What waits for its turn ends with its caller.
    /// Nothing comes back from work that panicked.
    pub(super) async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turn = Arc::clone(&self.threads).acquire_owned().await.ok()?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.ok()
    }

    /// The keychain's answer, bounded.
    pub(super) async fn offered(&self, space: &ProtectionSpace) -> Result<Offered, FetchError> {
        let (keychain, names) = (Arc::clone(&self.keychain), space.names.clone());
        let asked = self.on_thread(move || Offered::by(keychain.as_ref(), &names));
        asked.await.ok_or_else(|| FetchError::Unavailable {
            detail: "the keychain failed".to_owned(),
        })
    }
}

/// What a keychain has for the names of a protection space.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// What is tried, each once.
    pub(super) credentials: Vec<Credential>,
    /// How sources failed that may have had one more: fragments.
    pub(super) failed: Vec<String>,
    /// Whether there are more credentials than are tried.
    pub(super) has_more: bool,
}

impl Offered {
    fn by(keychain: &dyn Keychain, names: &[Repository]) -> Self {
        let (mut credentials, mut failed) = (Vec::new(), Vec::new());
        for name in names {
            let offer = keychain.offer(name);
            let fragments = offer.failed.iter().map(ToString::to_string);
            fill(&mut failed, fragments, MAX_FAILED);
            if fill(&mut credentials, offer.credentials, MAX_CREDENTIALS) {
                break;
            }
        }
        failed.truncate(MAX_FAILED);
        let has_more = credentials.len() > MAX_CREDENTIALS;
        credentials.truncate(MAX_CREDENTIALS);
        Self {
            credentials,
            failed,
            has_more,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use doorward_core::Basic;

    use super::*;
    use crate::{CredentialSource, DropReason, Dropped, Fingerprint, Offer, RegistryClient};

    /// This many passwords, and a source that failed, whatever is asked for.
    struct Many(usize);

    impl Keychain for Many {
        fn credentials(&self, _: &Repository) -> Vec<Credential> {
            (0..self.0)
                .map(|number| Credential::Basic(Basic::new(number.to_string(), "s3cret")))
                .collect()
        }

        fn offer(&self, repository: &Repository) -> Offer {
            let failed = Dropped {
                source: CredentialSource::Provider("cloud".to_owned()),
                why: DropReason::Failed {
                    detail: "it is not there".to_owned(),
                },
            };
            Offer {
                failed: vec![failed],
                ..Offer::of(self.credentials(repository))
            }
        }

        fn fingerprint(&self) -> Fingerprint {
            Fingerprint::of(["many"])
        }
    }

    #[test]
    fn no_more_credentials_are_tried_than_the_bound_and_it_is_known_that_there_are_more() {
        let names: Vec<Repository> = vec!["r.example/a".parse().expect("a repository")];
        let most = Offered::by(&Many(MAX_CREDENTIALS), &names);
        assert_eq!((most.credentials.len(), most.has_more), (16, false));
        let more = Offered::by(&Many(MAX_CREDENTIALS + 4), &names);
        assert_eq!((more.credentials.len(), more.has_more), (16, true));
    }

    #[test]
    fn a_source_that_failed_for_two_names_of_a_space_is_told_once() {
        let names: Vec<Repository> = ["r.example/a", "n.example/a"]
            .map(|name| name.parse().expect("a repository"))
            .into();
        assert_eq!(
            Offered::by(&Many(1), &names).failed,
            ["credential provider cloud failed: it is not there"]
        );
    }

    #[tokio::test]
    async fn a_caller_that_is_gone_leaves_no_queue_of_work_behind() {
        let client = RegistryClient::builder().build().expect("a client");
        let scoped = client.anonymous();
        let begun = Arc::new(AtomicUsize::new(0));
        let one = || {
            let begun = Arc::clone(&begun);
            scoped.on_thread(move || {
                begun.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(200));
            })
        };
        let all = futures::future::join_all((0..100).map(|_| one()));
        let ended = tokio::time::timeout(Duration::from_millis(50), all).await;
        assert!(ended.is_err());
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(begun.load(Ordering::SeqCst) <= THREADS);
        assert_eq!(scoped.on_thread(|| 1).await, Some(1));
    }
}
