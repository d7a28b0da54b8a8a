//! Content by its digest, and what refers to it, as a registry holds it.

use std::collections::BTreeMap;

use doorward_core::{
    Answer, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType, Resource, Selector,
};
use doorward_testkit::Image;
use serde_json::{Value, json};

/// What a registry holds.
#[derive(Clone, Default)]
pub struct Held {
    content: BTreeMap<Digest, (MediaType, Vec<u8>)>,
    referrers: BTreeMap<Digest, Vec<Value>>,
}

impl Held {
    /// Puts content there, under its digest.
    pub fn put(&mut self, media_type: &MediaType, bytes: &[u8]) {
        let held = (media_type.clone(), bytes.to_vec());
        self.content.insert(Digest::sha256(bytes), held);
    }

    /// Puts an artifact there.
    pub fn push(&mut self, artifact: &Image) {
        let manifest = artifact.manifest();
        self.put(manifest.media_type(), manifest.bytes());
        for blob in artifact.blobs() {
            self.put(blob.media_type(), blob.bytes());
        }
    }

    /// Puts an artifact there and lists it as something that refers to `subject`, of this type if one is given.
    pub fn attach(&mut self, subject: &Descriptor, artifact: &Image, kind: Option<&str>) {
        self.push(artifact);
        let descriptor = artifact.manifest().descriptor();
        let mut entry = json!(descriptor);
        if let Some(kind) = kind {
            entry["artifactType"] = json!(kind);
        }
        let listed = self.referrers.entry(subject.digest.clone()).or_default();
        listed.push(entry);
    }

    /// What a registry with the referrers API answers.
    pub fn answer(&self, fetch: &Fetch) -> Answer {
        match &fetch.resource {
            Resource::Referrers { digest, .. } => {
                let entries = self.referrers.get(digest).cloned().unwrap_or_default();
                let text = json!({"schemaVersion": 2, "manifests": entries}).to_string();
                Ok(Fetched::new(text, Some(MediaType::OCI_INDEX), "list"))
            }
            Resource::Blob { digest, .. }
            | Resource::Manifest {
                selector: Selector::Digest(digest),
                ..
            } => {
                let (kind, bytes) = self.content.get(digest).ok_or(FetchError::NotFound)?;
                Ok(Fetched::new(bytes.clone(), Some(kind.clone()), "held"))
            }
            _ => Err(FetchError::NotFound),
        }
    }
}
