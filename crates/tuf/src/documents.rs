//! The door between `tough` and the fetcher: every document of metadata passes it, bounded and counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use doorward_core::{Answer, Fetch, FetchError, Fetcher, Resource};
use futures::stream;
use tough::{Transport, TransportError, TransportErrorKind, TransportStream, async_trait};
use url::Url;

use crate::Limits;

/// A load wanted more documents than it may have.
#[derive(Debug, thiserror::Error)]
#[error("there are more than {limit} documents")]
pub(crate) struct TooManyDocuments {
    pub(crate) limit: usize,
}

/// The documents of one load.
#[derive(Clone)]
pub(crate) struct Documents {
    fetcher: Arc<dyn Fetcher>,
    limits: Limits,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// The roots that came, by the version in their names. Nothing is verified here.
    roots: BTreeMap<u64, Bytes>,
    /// How many documents after the roots were asked for. Zero while roots are still being asked for.
    others: usize,
}

/// What a document is, by its name and by when it is asked for.
enum Kind {
    Root(u64),
    Snapshot,
    Targets,
    Timestamp,
}

impl Documents {
    pub(crate) fn new(fetcher: Arc<dyn Fetcher>, limits: Limits) -> Self {
        Self {
            fetcher,
            limits,
            seen: Arc::default(),
        }
    }

    /// The roots that came so far.
    pub(crate) fn roots(&self) -> BTreeMap<u64, Bytes> {
        self.lock().roots.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a document and says what it is. The roots come first; from the timestamp on, no document is a root,
    /// whatever a delegated role is called.
    fn enter(&self, name: &str) -> Result<Kind, TooManyDocuments> {
        let mut seen = self.lock();
        if seen.others == 0
            && let Some(version) = versioned(name, "root.json")
        {
            return Ok(Kind::Root(version));
        }
        seen.others = seen.others.saturating_add(1);
        if seen.others > self.limits.documents {
            return Err(TooManyDocuments {
                limit: self.limits.documents,
            });
        }
        Ok(match seen.others {
            1 => Kind::Timestamp,
            2 => Kind::Snapshot,
            _ => Kind::Targets,
        })
    }

    const fn limit(&self, kind: &Kind) -> usize {
        match kind {
            Kind::Root(_) => self.limits.root_bytes,
            Kind::Snapshot => self.limits.snapshot_bytes,
            Kind::Targets => self.limits.targets_bytes,
            Kind::Timestamp => self.limits.timestamp_bytes,
        }
    }
}

#[async_trait]
impl Transport for Documents {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let kind = match self.enter(last_segment(&url)) {
            Ok(kind) => kind,
            Err(error) => return Ok(failing(&url, error)),
        };
        match (get(&*self.fetcher, &url, self.limit(&kind)).await, kind) {
            (Ok(bytes), Kind::Root(version)) => {
                self.lock().roots.insert(version, bytes.clone());
                Ok(Box::pin(stream::iter([Ok(bytes)])))
            }
            (Ok(bytes), _) => Ok(Box::pin(stream::iter([Ok(bytes)]))),
            // The end of the roots (TUF 1.0.34, 5.3.3). Stores of objects answer 403 for what does not exist to those
            // who may not list. Anyone who can forge that answer can forge 404, so the end of the roots may be either;
            // for anything else it is a failure.
            (Err(FetchError::NotFound), _)
            | (Err(FetchError::Unauthorized { .. }), Kind::Root(_)) => {
                Err(TransportError::new(TransportErrorKind::FileNotFound, url))
            }
            (Err(error), _) => Ok(failing(&url, error)),
        }
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// One bounded answer.
pub(crate) async fn get(
    fetcher: &dyn Fetcher,
    url: &Url,
    max_bytes: usize,
) -> Result<Bytes, FetchError> {
    let resource = Resource::Lookaside {
        url: url.to_string(),
        access: None,
    };
    let fetch = Fetch::new(resource, max_bytes);
    let answer: Answer = fetcher.fetch(&fetch).await;
    Ok(fetch.check(answer)?.into_fetched().bytes)
}

/// A stream that ends in an error. An error of `fetch` itself means that a document does not exist, which for a root
/// is the end of the roots (TUF 1.0.34, 5.3.3); what could not be asked must not pass for it.
fn failing(
    url: &Url,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> TransportStream {
    let error = TransportError::new_with_cause(TransportErrorKind::Other, url, error);
    Box::pin(stream::iter([Err(error)]))
}

/// The part of a URL that names its document.
pub(crate) fn last_segment(url: &Url) -> &str {
    url.path_segments()
        .and_then(|mut segments| segments.next_back())
        .unwrap_or_default()
}

/// The number of `NUMBER.base`.
pub(crate) fn versioned(name: &str, base: &str) -> Option<u64> {
    let number = name.strip_suffix(base)?.strip_suffix('.')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_before_the_name_is_a_version() {
        assert_eq!(versioned("12.root.json", "root.json"), Some(12));
        for name in [
            "root.json",
            ".root.json",
            "+1.root.json",
            "1.2.root.json",
            "1root.json",
            "99999999999999999999.root.json",
        ] {
            assert_eq!(versioned(name, "root.json"), None, "{name}");
        }
    }
}
