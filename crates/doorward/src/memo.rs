//! One look at the world per review.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::{Answer, Authority, Fetch, FetchError, FetchFuture, Fetcher, Repository};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use crate::caught::caught;

/// A fetcher that asks for each resource once and gives every asker the same answer.
///
/// One review uses one memo, so that several requirements on one image share what they read. It lives as long as the
/// review and is never a cache across reviews. A fetcher that panics gives everyone who waits for that answer
/// [`FetchError::Internal`].
pub struct Memo {
    inner: Arc<dyn Fetcher>,
    asked: Mutex<HashMap<Fetch, Shared<BoxFuture<'static, Answer>>>>,
}

impl Memo {
    /// A memo over `inner` that has seen nothing.
    #[must_use]
    pub fn new(inner: Arc<dyn Fetcher>) -> Self {
        Self {
            inner,
            asked: Mutex::new(HashMap::new()),
        }
    }

    /// How many different resources were asked for.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

impl Fetcher for Memo {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = asked.entry(fetch.clone()).or_insert_with(|| {
            let inner = Arc::clone(&self.inner);
            let fetch = fetch.clone();
            let fault = format!("{} could not be fetched", fetch.resource);
            let answer = async move { inner.fetch(&fetch).await };
            caught(answer, || Err(FetchError::Internal { detail: fault }))
                .boxed()
                .shared()
        });
        Box::pin(answer.clone())
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.other_name(repository)
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo")
            .field("asked", &self.asked())
            .finish_non_exhaustive()
    }
}
