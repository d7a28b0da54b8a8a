//! What a registry holds.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::{Descriptor, Digest, MediaType};
use serde_json::Value;

use crate::image::{Blob, Image};

/// The content of a registry, by repository path.
#[derive(Debug, Default)]
pub(super) struct Store {
    repositories: BTreeMap<String, Contents>,
}

/// The content of one repository.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) manifests: BTreeMap<Digest, Blob>,
    pub(super) tags: BTreeMap<String, Digest>,
    pub(super) blobs: BTreeMap<Digest, Bytes>,
    /// Signatures of the signature extension, by the digest they are for, as JSON objects.
    pub(super) signatures: BTreeMap<Digest, Vec<Value>>,
}

impl Store {
    pub(super) fn repository(&self, path: &str) -> Option<&Contents> {
        self.repositories.get(path)
    }

    pub(super) fn repository_mut(&mut self, path: &str) -> &mut Contents {
        self.repositories.entry(path.to_owned()).or_default()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.repositories.keys().map(String::as_str).collect()
    }

    /// The blob, in whichever repository it lies: registries mount blobs across repositories.
    pub(super) fn blob_anywhere(&self, digest: &Digest) -> Option<Bytes> {
        self.repositories
            .values()
            .find_map(|contents| contents.blobs.get(digest).cloned())
    }
}

impl Contents {
    /// Stores an image with everything that it refers to.
    pub(super) fn push(&mut self, image: &Image) {
        for blob in image.blobs() {
            self.blobs
                .insert(blob.digest().clone(), blob.bytes().clone());
        }
        for child in image.children() {
            self.push(child);
        }
        self.manifests
            .insert(image.digest().clone(), image.manifest().clone());
    }

    /// The manifest that a tag or a digest names.
    pub(super) fn manifest(&self, reference: &str) -> Option<&Blob> {
        let digest = match self.tags.get(reference) {
            Some(digest) => digest,
            None => &reference.parse().ok()?,
        };
        self.manifests.get(digest)
    }

    /// Descriptors of the manifests whose subject is `digest`, in the order of their digests.
    pub(super) fn referrers(&self, digest: &Digest) -> Vec<Descriptor> {
        self.manifests
            .values()
            .filter_map(|manifest| {
                let json: Value = serde_json::from_slice(manifest.bytes()).ok()?;
                (subject(&json)? == *digest).then(|| describe(manifest, &json))
            })
            .collect()
    }
}

/// The digest of a manifest's subject.
pub(super) fn subject(manifest: &Value) -> Option<Digest> {
    manifest
        .get("subject")?
        .get("digest")?
        .as_str()?
        .parse()
        .ok()
}

/// A referrer's descriptor: its artifact type, else its configuration's type, and its annotations (OCI distribution
/// specification, "Listing Referrers").
pub(super) fn describe(manifest: &Blob, json: &Value) -> Descriptor {
    let text = |value: Option<&Value>| {
        value
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(MediaType::new)
    };
    let mut descriptor = manifest.descriptor();
    descriptor.artifact_type = text(json.get("artifactType")).or_else(|| {
        text(
            json.get("config")
                .and_then(|config| config.get("mediaType")),
        )
    });
    if let Some(annotations) = json.get("annotations").and_then(Value::as_object) {
        descriptor.annotations = annotations
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
    }
    descriptor
}
