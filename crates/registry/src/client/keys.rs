//! Asking the keychain, which may block.

use std::collections::VecDeque;
use std::sync::Arc;

use doorward_core::{FetchError, Repository};

use super::ScopedClient;
use crate::keychain::{MAX_CREDENTIALS, fill};
use crate::{Credential, Fingerprint, Keychain, Offer};

/// How many threads one caller has at once. A thread cannot be stopped: what a review leaves behind that ended is at
/// most this, and each asks one source under the names of one resource, for as long as that source lets itself be asked.
pub(super) const THREADS: usize = 4;
/// The most failures of sources that one refusal says, less the one that [`fill`] takes beyond it.
const MAX_FAILED: usize = 3;

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
}

/// What a keychain offers for the names of a protection space, asked for link by link.
pub(super) struct Offers<'a> {
    client: &'a ScopedClient,
    names: Vec<Repository>,
    links: VecDeque<Arc<dyn Keychain>>,
    /// What was offered so far, each once; one more than are tried if there are too many.
    offered: Vec<Credential>,
    /// How many of those were taken.
    taken: usize,
    /// How sources failed that may have had one more: fragments.
    pub(super) failed: Vec<String>,
}

impl<'a> Offers<'a> {
    pub(super) fn new(client: &'a ScopedClient, names: &[Repository]) -> Self {
        let links = match client.keychain.links() {
            Some(links) => links.iter().cloned().collect(),
            None => VecDeque::from([Arc::clone(&client.keychain)]),
        };
        Self {
            client,
            names: names.to_vec(),
            links,
            offered: Vec::new(),
            taken: 0,
            failed: Vec::new(),
        }
    }

    /// Asks the next link, unless there are enough already. Returns whether there was one to ask.
    pub(super) async fn ask(&mut self) -> Result<bool, FetchError> {
        if self.has_more() {
            return Ok(false);
        }
        let Some(link) = self.links.pop_front() else {
            return Ok(false);
        };
        let names = self.names.clone();
        let asked = self.client.on_thread(move || {
            let offers = names.iter().map(|name| link.offer(name));
            offers.collect::<Vec<Offer>>()
        });
        let offers = asked.await.ok_or_else(|| FetchError::Unavailable {
            detail: "the keychain failed".to_owned(),
        })?;
        for offer in offers {
            let fragments = offer.failed.iter().map(ToString::to_string);
            fill(&mut self.failed, fragments, MAX_FAILED);
            fill(&mut self.offered, offer.credentials, MAX_CREDENTIALS);
        }
        Ok(true)
    }

    /// The credential with this fingerprint, which takes as many links as there are before it.
    pub(super) async fn find(
        &mut self,
        identity: Fingerprint,
    ) -> Result<Option<Credential>, FetchError> {
        loop {
            let mut all = self.offered.iter().take(MAX_CREDENTIALS);
            if let Some(found) = all.find(|known| known.fingerprint() == identity) {
                return Ok(Some(found.clone()));
            }
            if !self.ask().await? {
                return Ok(None);
            }
        }
    }

    /// What was offered since this was called last, as far as it is tried.
    pub(super) fn take(&mut self) -> Vec<Credential> {
        let new = self.offered.iter().take(MAX_CREDENTIALS).skip(self.taken);
        let new: Vec<Credential> = new.cloned().collect();
        self.taken += new.len();
        new
    }

    /// Whether there are more credentials than are tried.
    pub(super) const fn has_more(&self) -> bool {
        self.offered.len() > MAX_CREDENTIALS
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use doorward_core::Basic;

    use super::*;
    use crate::{CredentialSource, DropReason, Dropped, KeychainChain, RegistryClient};

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

    fn names(names: &[&str]) -> Vec<Repository> {
        let names = names.iter().map(|name| name.parse());
        names.collect::<Result<_, _>>().expect("repositories")
    }

    fn client(links: &[usize]) -> ScopedClient {
        let links = links
            .iter()
            .map(|&many| Arc::new(Many(many)) as Arc<dyn Keychain>);
        let client = RegistryClient::builder().build().expect("a client");
        client.with_keychain(Arc::new(KeychainChain::new(links)))
    }

    #[tokio::test]
    async fn no_more_credentials_are_tried_than_the_bound_and_it_is_known_that_there_are_more() {
        let names = names(&["r.example/a"]);
        for (there_are, has_more) in [(MAX_CREDENTIALS, false), (MAX_CREDENTIALS + 4, true)] {
            let client = client(&[there_are, 1]);
            let mut offers = Offers::new(&client, &names);
            assert_eq!(offers.ask().await, Ok(true));
            assert_eq!((offers.take().len(), offers.has_more()), (16, has_more));
            // Of what would not be tried no more is asked for.
            assert_eq!(offers.ask().await, Ok(!has_more));
            assert_eq!(offers.take(), []);
        }
    }

    #[tokio::test]
    async fn a_source_that_failed_for_two_names_of_a_space_is_told_once() {
        let client = client(&[1]);
        let mut offers = Offers::new(&client, &names(&["r.example/a", "n.example/a"]));
        assert_eq!(offers.ask().await, Ok(true));
        assert_eq!(
            offers.failed,
            ["credential provider cloud failed: it is not there"]
        );
    }

    #[tokio::test]
    async fn no_more_links_are_asked_than_it_takes_to_find_a_credential() {
        let client = client(&[1, 3, 9]);
        let mut offers = Offers::new(&client, &names(&["r.example/a"]));
        let second = Credential::Basic(Basic::new("2", "s3cret"));
        assert_eq!(offers.find(second.fingerprint()).await, Ok(Some(second)));
        assert_eq!(offers.take().len(), 3);
        let unknown = Credential::Basic(Basic::new("x", "s3cret"));
        assert_eq!(offers.find(unknown.fingerprint()).await, Ok(None));
        assert_eq!(offers.take().len(), 6);
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
