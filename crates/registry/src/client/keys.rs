//! Asking the keychain, which may block.

use std::sync::Arc;

use doorward_core::FetchError;

use super::ScopedClient;
use crate::Credential;
use crate::keychain::{MAX_CREDENTIALS, fill};
use crate::space::ProtectionSpace;

/// How many threads one caller has at once. A thread cannot be stopped: what a review leaves behind that ended is at
/// most this, and each looks through configurations of bounded size once.
pub(super) const THREADS: usize = 4;

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
    pub(super) async fn credentials(
        &self,
        space: &ProtectionSpace,
    ) -> Result<Vec<Credential>, FetchError> {
        let (keychain, names) = (Arc::clone(&self.keychain), space.names.clone());
        let asked = self.on_thread(move || {
            let mut all = Vec::new();
            for name in &names {
                if fill(&mut all, keychain.credentials(name), MAX_CREDENTIALS) {
                    break;
                }
            }
            all.truncate(MAX_CREDENTIALS);
            all
        });
        asked.await.ok_or_else(|| FetchError::Unavailable {
            detail: "the keychain failed".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::RegistryClient;

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
