//! One look at the world per review.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::{
    Authority, Checked, Fetch, FetchError, FetchFuture, Fetcher, Repository, Standing,
};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use crate::caught::caught;
use crate::driver::{Arrived, Source};
use crate::standing::StandingView;

/// A fetcher that asks for each resource once, checks the answer once, and gives it to every asker.
///
/// One review uses one memo, so that several requirements on one image share what they read. It lives as long as the
/// review and is never a cache across reviews. A fetcher that panics gives everyone who waits for that answer
/// [`FetchError::Internal`].
pub struct Memo {
    inner: Arc<dyn Fetcher>,
    /// Where answers are kept that stay good for other reviews.
    standing: Option<StandingView>,
    asked: Mutex<HashMap<Fetch, Shared<BoxFuture<'static, Arrived>>>>,
}

impl Memo {
    /// A memo over `inner` that has seen nothing.
    #[must_use]
    pub fn new(inner: Arc<dyn Fetcher>) -> Self {
        Self {
            inner,
            standing: None,
            asked: Mutex::new(HashMap::new()),
        }
    }

    /// The same, which keeps answers that stay good for other reviews, and takes note of those that do not.
    pub(crate) fn keeping(mut self, view: StandingView) -> Self {
        self.standing = Some(view);
        self
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

impl Source for Memo {
    fn ask<'a>(&'a self, fetch: &'a Fetch) -> BoxFuture<'a, Arrived> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = asked.entry(fetch.clone()).or_insert_with(|| {
            let inner = Arc::clone(&self.inner);
            let fetch = fetch.clone();
            let fault = format!("{} could not be fetched", fetch.resource);
            let arrived = async move { Arrived::of(&fetch, inner.fetch(&fetch).await) };
            caught(arrived, || {
                Arrived::failed(FetchError::Internal { detail: fault })
            })
            .boxed()
            .shared()
        });
        answer.clone().boxed()
    }

    fn doubts(&self, fetch: &Fetch) {
        if let Some(view) = &self.standing {
            view.doubt(fetch);
        }
    }

    fn stands(&self, standing: Standing) {
        let Some(view) = &self.standing else {
            return;
        };
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let given = asked.iter().find_map(|(fetch, arrived)| {
            let is_it =
                fetch.resource == standing.resource && fetch.authority == standing.authority;
            let arrived = arrived.peek().filter(|_| is_it)?;
            let fetched = arrived.answer.as_ref().ok()?.clone().into_fetched();
            Some((fetch.max_bytes, fetched))
        });
        if let Some((max_bytes, fetched)) = given {
            view.keep(standing, max_bytes, fetched);
        }
    }
}

impl Fetcher for Memo {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move { self.ask(fetch).await.answer.map(Checked::into_fetched) })
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

#[cfg(test)]
mod tests {
    use doorward_core::{Digest, Fetched, Resource};

    use super::*;

    /// Answers with these bytes, whatever is asked.
    struct Always(&'static [u8]);

    impl Fetcher for Always {
        fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
            Box::pin(async { Ok(Fetched::new(self.0, None, "test")) })
        }
    }

    fn blob(content: &[u8]) -> Fetch {
        let resource = Resource::Blob {
            repository: "r.example/a".parse().expect("a repository"),
            digest: Digest::sha256(content),
        };
        Fetch::new(resource, 8)
    }

    #[tokio::test]
    async fn an_answer_is_checked_once_for_all_who_ask() {
        let memo = Memo::new(Arc::new(Always(b"x")));
        let fetch = blob(b"x");
        let (first, second) = (memo.ask(&fetch).await, memo.ask(&fetch).await);
        let (first, second) = (first.answer.expect("it"), second.answer.expect("it"));
        // The same check, and not another one with the same result.
        assert!(std::ptr::eq(first.fetch(), second.fetch()));
        assert_eq!(memo.asked(), 1);
    }

    #[tokio::test]
    async fn an_answer_that_is_refused_is_refused_for_all_who_ask() {
        let memo = Memo::new(Arc::new(Always(b"y")));
        for fetch in [blob(b"x"), blob(b"x")] {
            let arrived = memo.ask(&fetch).await;
            assert!(matches!(
                arrived.answer,
                Err(FetchError::DigestMismatch { .. })
            ));
        }
        assert!(matches!(
            memo.fetch(&blob(b"x")).await,
            Err(FetchError::DigestMismatch { .. })
        ));
    }
}
