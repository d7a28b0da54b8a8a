//! What one review may spend on asking authorities about certificates.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use doorward_core::{Authority, Fetch, FetchError, FetchFuture, Fetcher, Repository, Resource};
use tokio::time::{Instant, timeout};

/// A fetcher that asks authorities no more often, and no longer, than a review may.
///
/// Certificates name whom to ask, one after another where the first ones are silent, and an image may have many
/// signatures. Without a common bound, a few authorities that are out would end a review at its deadline before a
/// signature is tried that needs none of them. What is not asked for is not known, like what is not answered: a
/// validation that fails, and never an outage that a policy forgives.
///
/// Plug-ins share the purse: they too are named by signatures, and may be silent.
///
/// Questions that go out together share the time: what counts is how long the review waits.
pub(crate) struct Purse {
    inner: Arc<dyn Fetcher>,
    time: Duration,
    fetches: usize,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    time: Duration,
    fetches: usize,
    /// How many questions are out, and since when there was one.
    out: usize,
    since: Option<Instant>,
}

impl Spent {
    /// All time so far.
    fn time(&self, now: Instant) -> Duration {
        let running = self.since.map(|since| now.saturating_duration_since(since));
        self.time.saturating_add(running.unwrap_or_default())
    }
}

/// A question that is out. It comes back however it ends.
struct Out<'p>(&'p Purse);

impl Drop for Out<'_> {
    fn drop(&mut self) {
        let mut spent = self.0.spent();
        spent.out = spent.out.saturating_sub(1);
        if spent.out == 0 {
            spent.time = spent.time(Instant::now());
            spent.since = None;
        }
    }
}

impl Purse {
    pub(crate) fn new(inner: Arc<dyn Fetcher>, time: Duration, fetches: usize) -> Self {
        Self {
            inner,
            time,
            fetches,
            spent: Mutex::default(),
        }
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a question out, with the time that is left for it.
    fn send(&self) -> Result<(Out<'_>, Duration), FetchError> {
        let now = Instant::now();
        let mut spent = self.spent();
        if spent.fetches >= self.fetches {
            let detail = format!(
                "not asked: no more than {} questions about certificates are asked for one review",
                self.fetches
            );
            return Err(FetchError::Unavailable { detail });
        }
        let left = self.time.saturating_sub(spent.time(now));
        if left.is_zero() {
            return Err(self.over("not asked"));
        }
        spent.fetches += 1;
        spent.out += 1;
        spent.since.get_or_insert(now);
        Ok((Out(self), left))
    }

    fn over(&self, what: &str) -> FetchError {
        let seconds = self.time.as_secs_f32();
        let detail = format!("{what} within the {seconds} s that one review has for authorities");
        FetchError::Unavailable { detail }
    }
}

impl Fetcher for Purse {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        if !matches!(
            fetch.resource,
            Resource::Plugin { .. } | Resource::Revocation { .. }
        ) {
            return self.inner.fetch(fetch);
        }
        Box::pin(async move {
            let (_out, left) = self.send()?;
            let answer = timeout(left, self.inner.fetch(fetch)).await;
            answer.unwrap_or_else(|_| Err(self.over("no answer")))
        })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.other_name(repository)
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::{Answer, Fetched};
    use futures::future::join_all;

    use super::*;

    const TIME: Duration = Duration::from_secs(5);

    /// Answers after a time: the number in the address, in seconds.
    struct Slow;

    impl Fetcher for Slow {
        fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
            Box::pin(async move {
                if let Resource::Revocation { url, .. } = &fetch.resource {
                    let seconds = url.rsplit('/').next().unwrap().parse().unwrap();
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                Ok(Fetched::new(Vec::new(), None, "test"))
            })
        }
    }

    fn purse(fetches: usize) -> Purse {
        Purse::new(Arc::new(Slow), TIME, fetches)
    }

    fn question(seconds: u64) -> Fetch {
        let resource = Resource::Revocation {
            url: format!("http://ca.example/{seconds}"),
            request: None,
        };
        Fetch::new(resource, 8)
    }

    fn is_unknown(answer: &Answer) -> bool {
        // Never an outage, which a policy may forgive.
        matches!(answer, Err(FetchError::Unavailable { .. }))
    }

    #[tokio::test(start_paused = true)]
    async fn silent_authorities_one_after_another_take_no_more_than_the_time_of_a_review() {
        let (purse, begin) = (purse(100), Instant::now());
        assert!(purse.fetch(&question(3)).await.is_ok());
        for _ in 0..20 {
            assert!(is_unknown(&purse.fetch(&question(3)).await));
        }
        assert_eq!(begin.elapsed(), TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn questions_that_go_out_together_share_the_time() {
        let (purse, asked) = (purse(100), [question(3), question(3), question(3)]);
        let answers = join_all(asked.iter().map(|one| purse.fetch(one))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert!(purse.fetch(&question(1)).await.is_ok());
        assert!(is_unknown(&purse.fetch(&question(2)).await));
    }

    #[tokio::test(start_paused = true)]
    async fn what_else_a_review_does_meanwhile_does_not_count() {
        let purse = purse(100);
        assert!(purse.fetch(&question(4)).await.is_ok());
        tokio::time::sleep(TIME).await;
        assert!(purse.fetch(&question(0)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_is_let_go_comes_back() {
        let (purse, long) = (purse(100), question(60));
        let dropped = timeout(Duration::from_secs(1), purse.fetch(&long)).await;
        assert!(dropped.is_err());
        tokio::time::sleep(TIME).await;
        assert!(purse.fetch(&question(3)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn questions_are_counted_and_what_else_is_fetched_is_not() {
        let purse = purse(2);
        for expected in [true, true, false, false] {
            assert_eq!(purse.fetch(&question(0)).await.is_ok(), expected);
        }
        let resource = Resource::Lookaside {
            url: "https://s.example/x".to_owned(),
            access: None,
        };
        assert!(purse.fetch(&Fetch::new(resource, 8)).await.is_ok());
    }
}
