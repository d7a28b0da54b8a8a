//! Content by its digest, as a registry holds it.

use std::collections::BTreeMap;

use doorward_core::{Answer, Digest, Fetch, FetchError, Fetched, MediaType, Resource, Selector};
use serde_json::{Value, json};

/// What a registry holds.
#[derive(Default)]
pub(crate) struct Held(BTreeMap<Digest, (MediaType, Vec<u8>)>);

impl Held {
    pub(crate) fn put(&mut self, media_type: &MediaType, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        let held = (media_type.clone(), bytes.to_vec());
        self.0.insert(digest.clone(), held);
        digest
    }

    /// What is asked for by digest.
    ///
    /// # Panics
    /// If something else is asked for.
    pub(crate) fn answer(&self, fetch: &Fetch) -> Answer {
        let (Resource::Blob { digest, .. }
        | Resource::Manifest {
            selector: Selector::Digest(digest),
            ..
        }) = &fetch.resource
        else {
            panic!("nobody asks for {}", fetch.resource);
        };
        let (media_type, bytes) = self.0.get(digest).ok_or(FetchError::NotFound)?;
        Ok(Fetched::new(
            bytes.clone(),
            Some(media_type.clone()),
            "held",
        ))
    }
}

/// An index of these entries.
pub(crate) fn list(entries: &[Value]) -> Answer {
    let text = json!({"schemaVersion": 2, "manifests": entries}).to_string();
    Ok(Fetched::new(text, Some(MediaType::OCI_INDEX), "list"))
}
