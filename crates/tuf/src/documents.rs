//! The door to the server: every document passes it, bounded and counted.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Answer, Fetch, FetchError, Fetcher, Resource};
use url::Url;

use crate::refusal::{document, unfetched};
use crate::{Limits, Location, TufError};

/// The documents of one load.
pub(crate) struct Documents {
    fetcher: Arc<dyn Fetcher>,
    location: Location,
    limits: Limits,
    /// How many documents after the roots were asked for.
    asked: usize,
}

impl Documents {
    pub(crate) fn new(fetcher: Arc<dyn Fetcher>, location: Location, limits: Limits) -> Self {
        Self {
            fetcher,
            location,
            limits,
            asked: 0,
        }
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The root of this version, or `None` if there is none (TUF 1.0.34, 5.3.3).
    ///
    /// Stores of objects answer 403 for what does not exist to those who may not list. Anyone who can forge that answer can
    /// forge 404, so the end of the roots may be either; for anything else it is a failure.
    pub(crate) async fn root(&self, version: u64) -> Result<Option<Bytes>, TufError> {
        let url = self.location.document(&format!("{version}.root.json"));
        match get(&*self.fetcher, &url, self.limits.root_bytes).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FetchError::NotFound | FetchError::Unauthorized { .. }) => Ok(None),
            Err(error) => Err(unfetched(document(&url), error)),
        }
    }

    /// A document of another role, of `limit` bytes at most.
    pub(crate) async fn other(&mut self, name: &str, limit: usize) -> Result<Bytes, TufError> {
        self.asked = self.asked.saturating_add(1);
        if self.asked > self.limits.documents {
            return Err(TufError::TooMany {
                what: "documents".to_owned(),
                limit: u64::try_from(self.limits.documents).unwrap_or(u64::MAX),
            });
        }
        let url = self.location.document(name);
        get(&*self.fetcher, &url, limit)
            .await
            .map_err(|error| unfetched(document(&url), error))
    }

    /// A file that metadata lists, under the name that it has on the server.
    pub(crate) async fn target(&self, url: &Url, limit: usize) -> Result<Bytes, FetchError> {
        get(&*self.fetcher, url, limit).await
    }

    pub(crate) const fn location(&self) -> &Location {
        &self.location
    }
}

/// One bounded answer.
async fn get(fetcher: &dyn Fetcher, url: &Url, max_bytes: usize) -> Result<Bytes, FetchError> {
    let resource = Resource::Lookaside {
        url: url.to_string(),
        access: None,
    };
    let fetch = Fetch::new(resource, max_bytes);
    let answer: Answer = fetcher.fetch(&fetch).await;
    Ok(fetch.check(answer)?.into_fetched().bytes)
}
