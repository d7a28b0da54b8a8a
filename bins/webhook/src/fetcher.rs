//! The way out of a review: counted, and without the local disk.

use std::sync::Arc;

use doorward_core::{
    Answer, Authority, Fetch, FetchError, FetchFuture, Fetcher, Repository, Resource,
};
use tokio::time::Instant;

use crate::metrics::Metrics;

/// A fetcher whose answers are counted, and that reads no file of this host.
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
            let answer = if is_local(&fetch.resource) {
                // The store of a policy is named by a tenant, and the files of this pod are none of a tenant's.
                Err(FetchError::Malformed {
                    detail: "a signature store of a cluster is read over http or https only"
                        .to_owned(),
                })
            } else {
                self.inner.fetch(fetch).await
            };
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

fn is_local(resource: &Resource) -> bool {
    let Resource::Lookaside { url, .. } = resource else {
        return false;
    };
    !["http://", "https://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
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
        Err(FetchError::Internal { .. }) => "internal",
        Err(error) if error.is_unavailable() => "unavailable",
        Err(_) => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::Fetched;

    /// Answers everything with the same bytes.
    struct Anything;

    impl Fetcher for Anything {
        fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
            Box::pin(std::future::ready(Ok(Fetched::new(
                &b"x"[..],
                None,
                "test",
            ))))
        }
    }

    fn lookaside(url: &str) -> Fetch {
        let resource = Resource::Lookaside {
            url: url.to_owned(),
            access: None,
        };
        Fetch::new(resource, 10)
    }

    #[tokio::test]
    async fn no_file_of_the_host_is_read_for_a_policy() {
        let metrics = Arc::new(Metrics::new().unwrap());
        let fetcher = Counted::new(Anything, Arc::clone(&metrics));
        for url in [
            "file:///etc/certs/tls.key",
            "FILE:/etc",
            "/etc/passwd",
            "",
            "data:,x",
            "httpx://h",
        ] {
            assert!(fetcher.fetch(&lookaside(url)).await.is_err(), "{url}");
        }
        assert!(
            fetcher
                .fetch(&lookaside("HTTPS://store.example/s"))
                .await
                .is_ok()
        );
        let text = String::from_utf8(metrics.render().unwrap()).unwrap();
        assert!(
            text.contains(r#"doorward_fetch_total{outcome="malformed",resource="lookaside"} 6"#),
            "{text}"
        );
        assert!(
            text.contains(r#"doorward_fetch_total{outcome="ok",resource="lookaside"} 1"#),
            "{text}"
        );
    }
}
