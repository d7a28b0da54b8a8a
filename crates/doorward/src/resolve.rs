//! The one resolution of a reference to a digest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::{
    Checked, Code, Digest, Fetch, FetchError, Fetcher, Outline, Reference, Rejection, Resource,
    Selector,
};
use futures::FutureExt;

use crate::caught::caught;
use crate::resolution::{Asking, Resolved};
use crate::review_budget::Tab;

/// The largest manifest that is read: the bound that registries themselves are advised to set (OCI distribution
/// specification, "Pushing Manifests").
pub(crate) const MAX_MANIFEST: usize = 4 << 20;

/// The resolutions of one review: each reference is asked for once, so that a tag which several containers name is one
/// image for all of them.
pub(crate) struct Resolutions {
    fetcher: Arc<dyn Fetcher>,
    tab: Arc<Tab>,
    asked: Mutex<HashMap<Reference, Asking>>,
}

impl Resolutions {
    pub(crate) fn new(fetcher: Arc<dyn Fetcher>, tab: Arc<Tab>) -> Self {
        Self {
            fetcher,
            tab,
            asked: Mutex::new(HashMap::new()),
        }
    }

    /// The question what `reference` resolves to. It is put when the first one waits for the answer.
    pub(crate) fn ask(&self, reference: &Reference) -> Asking {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked
            .entry(reference.clone())
            .or_insert_with(|| {
                let (fetcher, tab) = (Arc::clone(&self.fetcher), Arc::clone(&self.tab));
                let reference = reference.clone();
                let fault = format!("{reference} could not be resolved");
                let answer = async move {
                    resolve(&reference, fetcher.as_ref(), &tab)
                        .await
                        .map(Arc::new)
                };
                caught(answer, || Err(Rejection::new(Code::INTERNAL_ERROR, fault)))
                    .boxed()
                    .shared()
            })
            .clone()
    }
}

/// Fetches the manifest that `reference` names and hashes it.
///
/// The digest is computed here from the bytes, whatever the registry says it is. A reference with a digest gives
/// that digest or an error.
async fn resolve(
    reference: &Reference,
    fetcher: &dyn Fetcher,
    tab: &Tab,
) -> Result<Resolved, Rejection> {
    let fetch = manifest_of(reference, MAX_MANIFEST)?;
    let refused = |error: &FetchError| Rejection::from_fetch(&fetch.resource, error);
    tab.fetches(1)?;
    let answer = fetcher.fetch(&fetch).await;
    let fetched = fetch.check(answer).map_err(|error| refused(&error))?;
    tab.arrived(fetched.bytes.len())?;
    let outline = Outline::read(&fetched.bytes, fetched.media_type.as_ref()).map_err(|error| {
        refused(&FetchError::Malformed {
            detail: error.to_string(),
        })
    })?;
    let digest = digest_of(reference, &fetched);
    let bytes = fetched.bytes.len();
    Ok(Resolved {
        descriptor: outline.descriptor(&digest, bytes),
        digest,
        bytes,
        index: outline.index,
    })
}

/// The request for the manifest that `reference` names: by its digest, if it has one.
pub(crate) fn manifest_of(reference: &Reference, max_bytes: usize) -> Result<Fetch, Rejection> {
    let selector = match (reference.digest(), reference.tag()) {
        (Some(digest), _) => Selector::Digest(digest.clone()),
        (None, Some(tag)) => Selector::Tag(tag.clone()),
        (None, None) => {
            return Err(Rejection::new(
                Code::INTERNAL_ERROR,
                "a reference without tag and digest reached the registry",
            ));
        }
    };
    let repository = reference.repository().clone();
    let resource = Resource::Manifest {
        repository,
        selector,
    };
    Ok(Fetch::new(resource, max_bytes))
}

/// The digest of what was fetched for `reference`: its own, which the content was checked against, or that of the
/// content.
pub(crate) fn digest_of(reference: &Reference, manifest: &Checked) -> Digest {
    let own = reference.digest().cloned();
    own.unwrap_or_else(|| Digest::sha256(&manifest.bytes))
}
