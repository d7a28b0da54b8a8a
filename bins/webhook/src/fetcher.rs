//! The way out of a review, counted.

use std::sync::Arc;

use doorward_core::{Answer, Authority, Fetch, FetchError, FetchFuture, Fetcher, Repository};
use tokio::time::Instant;

use crate::metrics::Metrics;

/// A fetcher whose answers are counted.
pub(crate) struct Counted<F> {
    inner: F,
    metrics: Arc<Metrics>,
}

impl<F: Fetcher> Counted<F> {
    pub(crate) const fn new(inner: F, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }
}

impl<F: Fetcher> Fetcher for Counted<F> {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move {
            let started = Instant::now();
            let answer = self.inner.fetch(fetch).await;
            self.metrics
                .fetched(fetch.resource.kind(), outcome(&answer), started.elapsed());
            answer
        })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.other_name(repository)
    }
}

fn outcome(answer: &Answer) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(FetchError::DigestMismatch { .. }) => "digest-mismatch",
        Err(FetchError::Malformed { .. }) => "malformed",
        Err(FetchError::NotFound) => "not-found",
        Err(FetchError::NotSupported) => "not-supported",
        Err(FetchError::TooLarge { .. }) => "too-large",
        Err(FetchError::Unauthorized { .. }) => "unauthorized",
        Err(FetchError::AddressNotAllowed { .. }) => "address-not-allowed",
        Err(FetchError::CredentialProvider { .. }) => "credential-provider",
        Err(FetchError::Internal { .. }) => "internal",
        Err(error) if error.is_unavailable() => "unavailable",
        Err(_) => "other",
    }
}
