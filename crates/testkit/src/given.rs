//! A fetcher with one answer, and asking without a runtime.

use std::task::{Context, Poll, Waker};

use doorward_core::{Answer, Fetch, FetchFuture, Fetcher};

/// Answers every question alike, and at once.
#[derive(Clone, Debug)]
pub struct Given(pub Answer);

impl Fetcher for Given {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

/// What a fetcher answers that waits for nothing.
///
/// # Panics
/// If it waits.
pub fn ask_at_once(fetcher: &dyn Fetcher, fetch: &Fetch) -> Answer {
    let mut context = Context::from_waker(Waker::noop());
    match fetcher.fetch(fetch).as_mut().poll(&mut context) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits for something"),
    }
}
