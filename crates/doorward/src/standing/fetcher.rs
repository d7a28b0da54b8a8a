//! Asking only for what is not there already.

use std::fmt;
use std::sync::Arc;

use doorward_core::{Authority, Fetch, FetchError, FetchFuture, Fetcher, Repository, Resource};

use super::{Found, StandingView, Stands};
use crate::caught::caught;

/// A fetcher that gives answers which stay good in place of asking again, and where nothing newer can be had.
pub(crate) struct StandingFetcher {
    inner: Arc<dyn Fetcher>,
    view: StandingView,
}

impl fmt::Debug for StandingFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandingFetcher").finish_non_exhaustive()
    }
}

impl StandingFetcher {
    pub(crate) fn new(inner: Arc<dyn Fetcher>, view: StandingView) -> Self {
        Self { inner, view }
    }
}

impl Fetcher for StandingFetcher {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        // Nothing else stays good from one review to the next, so nothing else is looked for.
        if !matches!(fetch.resource, Resource::Revocation { .. }) {
            return self.inner.fetch(fetch);
        }
        let Found { stands, known } = self.view.find(fetch);
        let (fetched, verified) = match stands {
            None if known.is_empty() => return self.inner.fetch(fetch),
            None => {
                let answer = self.inner.fetch(fetch);
                return Box::pin(async move { Ok(answer.await?.knowing(known)) });
            }
            Some(Stands::Fresh(fetched)) => {
                return Box::pin(std::future::ready(Ok(fetched.knowing(known))));
            }
            Some(Stands::Old { fetched, verified }) => (fetched, verified),
        };
        Box::pin(async move {
            let fault = || {
                Err(FetchError::Internal {
                    detail: format!("{} could not be fetched", fetch.resource),
                })
            };
            // That nothing newer could be had does not take away what still counts, and nor does something newer that
            // turns out to be none: only the session can say that.
            let fetched = match caught(self.inner.fetch(fetch), fault).await {
                Ok(newer) if newer.bytes == verified => newer,
                Ok(newer) => newer.beside(verified),
                Err(_) => {
                    self.view.silent(fetch);
                    fetched
                }
            };
            Ok(fetched.knowing(known))
        })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.other_name(repository)
    }
}
