//! The one resolution of a reference to a digest.

use std::sync::Mutex;

use doorward_core::{
    Code, Digest, Fetch, FetchError, Fetcher, Meter, Reference, Rejection, Resource, Selector,
};

use crate::driver::fly;

/// The largest manifest that is read: the bound that registries themselves are advised to set (OCI distribution
/// specification, "Pushing Manifests").
pub(crate) const MAX_MANIFEST: usize = 4 << 20;

/// Fetches the manifest that `reference` names and hashes it.
///
/// The digest is computed here from the bytes, whatever the registry says it is. A reference with a digest gives
/// that digest or an error.
pub(crate) async fn manifest_digest(
    reference: &Reference,
    fetcher: &dyn Fetcher,
    meter: &Mutex<Meter>,
) -> Result<Digest, Rejection> {
    let selector = match (reference.digest(), reference.tag()) {
        (Some(digest), _) => Selector::Digest(digest.clone()),
        (None, Some(tag)) => Selector::Tag(tag.clone()),
        (None, None) => {
            return Err(Rejection::new(
                Code::InternalError,
                "a reference without tag and digest reached the registry",
            ));
        }
    };
    let fetch = Fetch::new(
        Resource::Manifest {
            repository: reference.repository().clone(),
            selector: selector.clone(),
        },
        MAX_MANIFEST,
    );
    let answer = fly(std::slice::from_ref(&fetch), fetcher, meter)
        .await?
        .pop();
    let fetched = match answer {
        Some(Ok(fetched)) => fetched,
        Some(Err(error)) => return Err(Rejection::from_fetch(&fetch.resource, &error)),
        None => {
            return Err(Rejection::new(
                Code::InternalError,
                "a fetch was not answered",
            ));
        }
    };
    require_manifest(&fetched.bytes)
        .map_err(|error| Rejection::from_fetch(&fetch.resource, &error))?;
    Ok(match selector {
        Selector::Digest(digest) => digest,
        Selector::Tag(_) => Digest::sha256(&fetched.bytes),
    })
}

/// Whether the bytes are a manifest or index at all. A page of HTML behind a proxy has a digest too.
fn require_manifest(bytes: &[u8]) -> Result<(), FetchError> {
    #[derive(serde::Deserialize)]
    struct Outline {
        #[serde(rename = "schemaVersion")]
        schema_version: u64,
    }
    let malformed = |detail: &str| FetchError::Malformed {
        detail: detail.to_owned(),
    };
    let outline: Outline = serde_json::from_slice(bytes)
        .map_err(|_| malformed("not the JSON of a manifest or index"))?;
    match outline.schema_version {
        2 => Ok(()),
        _ => Err(malformed("a manifest of an unknown schema version")),
    }
}
