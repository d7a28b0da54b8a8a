//! Where signatures of an image are, and what of a manifest may be one.
//!
//! What a list of referrers says about its entries is a hint that everybody who may push can write, and clients write wrong
//! ones: indexes under a fallback tag call bundles what their configuration is called. So lists decide no more than what is
//! looked at first, and every manifest says itself what it is.

use std::collections::BTreeSet;

use bytes::Bytes;
use doorward_core::{
    Checked, Content, Descriptor, Descriptors, Digest, DocumentError, Index, Listed, Manifest,
    MediaType, Referrer, ReferrerError, Tag,
};

use crate::{COSIGN_SIGNATURE, Candidate, CandidateForm};

/// The layer of a claim, and what beside it is signed (cosign, "Signature Specification", "OCI").
const CLAIM: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// A bundle, of any version: `.v0.3+json`, or `+json;version=0.1` as it was called before (Sigstore bundle format).
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The envelope of a statement (cosign, "Attestation Specification").
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// The artifact type of signature layers that refer to the image.
const COSIGN_ARTIFACT: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
/// What the configuration of a manifest without one is called.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The annotation of a manifest with the type of the statement in its bundle.
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// What a blob is that a manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Form {
    /// An envelope with a statement, with what vouches for it in annotations.
    Attestation,
    /// A bundle.
    Bundle,
    /// A claim, with its signature in annotations.
    Layer,
}

impl Form {
    pub(crate) fn of(layer: &MediaType) -> Option<Self> {
        match layer.as_str() {
            CLAIM => Some(Self::Layer),
            ENVELOPE => Some(Self::Attestation),
            bundle if bundle.starts_with(BUNDLE) => Some(Self::Bundle),
            _ => None,
        }
    }

    /// What it is called.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Attestation => "attestation",
            Self::Bundle => "bundle",
            Self::Layer => "signature layer",
        }
    }
}

/// Something that may be a signature, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    /// What it is.
    pub(crate) form: Form,
    /// The blob. Its annotations belong to it.
    pub(crate) blob: Descriptor,
    /// The type of the statement that its manifest says is in it, for a bundle.
    pub(crate) predicate_type: Option<String>,
}

impl Located {
    /// What of a blob that cannot be read as a whole tells who signed it.
    pub(crate) fn bare(&self, bytes: &Bytes) -> Vec<Candidate> {
        let form = match self.form {
            Form::Attestation => CandidateForm::Attestation,
            Form::Bundle => CandidateForm::Bundle,
            Form::Layer => CandidateForm::Layer,
        };
        Candidate::bare(form, bytes, &self.blob.annotations)
    }

    /// Whether its manifest says that it is a statement about something else than that the image is signed. Who wrote that
    /// wrote the bundle: another manifest with the same bundle that says something else is looked at.
    pub(crate) fn says_otherwise(&self) -> bool {
        let named = self.predicate_type.as_deref();
        named.is_some_and(|named| !named.is_empty() && !is_signature(named))
    }
}

/// Whether statements of this type say that an image is signed.
pub(crate) fn is_signature(predicate_type: &str) -> bool {
    predicate_type == COSIGN_SIGNATURE
}

/// What a manifest has that may be a signature or an attestation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// What it has, the last first: what is added to a manifest is put behind what is there.
    pub(crate) located: Vec<Located>,
    /// How many of its layers cannot be read.
    pub(crate) unreadable: usize,
}

/// The tag under which clients keep signatures (`sig`) or attestations (`att`) of a digest. Returns `None` where the digest
/// is too long for one.
pub(crate) fn tag_of(digest: &Digest, kind: &str) -> Option<Tag> {
    let name = digest.as_str().replace(':', "-");
    format!("{name}.{kind}").parse().ok()
}

/// The manifests that a list names, each digest once: those that it says are signatures first, then those of which it says
/// nothing, then all others.
pub(crate) fn listed(list: &Index) -> Vec<Descriptor> {
    let mut seen = BTreeSet::new();
    let named = list.manifests.listed().filter_map(|entry| match entry {
        Listed::Named(descriptor) => Some(descriptor),
        _ => None,
    });
    let mut found: Vec<Descriptor> = named
        .filter(|descriptor| seen.insert(descriptor.digest.clone()))
        .cloned()
        .collect();
    found.sort_by_key(likelihood);
    found
}

/// What an entry has that a list calls something else.
const OTHERWISE: u8 = 3;

/// Less is likelier to be a signature.
fn likelihood(listed: &Descriptor) -> u8 {
    match listed.artifact_type.as_ref().map(MediaType::as_str) {
        Some(COSIGN_ARTIFACT) => 0,
        Some(bundle) if bundle.starts_with(BUNDLE) => {
            let named = listed.annotations.get(PREDICATE_TYPE);
            u8::from(named.is_some_and(|named| named != COSIGN_SIGNATURE)) * 2
        }
        None | Some(EMPTY) => 1,
        Some(_) => OTHERWISE,
    }
}

/// Whether a list says that an entry is neither a signature nor an attestation.
pub(crate) fn is_called_otherwise(listed: &Descriptor) -> bool {
    likelihood(listed) == OTHERWISE
}

/// Why the list leaves open which signatures there are: one of its entries cannot be read.
pub(crate) fn unreadable(list: &Index) -> Option<String> {
    list.manifests.listed().find_map(|entry| match entry {
        Listed::Unreadable { error, .. } => {
            Some(format!("one of its entries cannot be read: {error}"))
        }
        _ => None,
    })
}

/// What is under the tag of signatures or attestations.
///
/// # Errors
/// If it is no image manifest.
pub(crate) fn tagged(manifest: &Checked) -> Result<Found, DocumentError> {
    let read = Manifest::parse(&manifest.bytes, manifest.media_type.as_ref())?;
    Ok(of_layers(&read.layers, None))
}

/// What a manifest has that refers to the image. What is nothing of sigstore has nothing.
///
/// # Errors
/// If it cannot be read, or refers to something else.
pub(crate) fn referring(manifest: &Checked, subject: &Descriptor) -> Result<Found, ReferrerError> {
    let read = Referrer::parse(&manifest.bytes, manifest.media_type.as_ref(), subject)?;
    let predicate_type = read.annotations.get(PREDICATE_TYPE);
    Ok(match &read.content {
        Content::Image { layers, .. } | Content::Blobs(layers) => of_layers(layers, predicate_type),
        _ => Found::default(),
    })
}

fn of_layers(layers: &Descriptors, predicate_type: Option<&String>) -> Found {
    let mut found = Found::default();
    for layer in layers.entries() {
        match layer {
            Ok(layer) => {
                let Some(form) = Form::of(&layer.media_type) else {
                    continue;
                };
                found.located.push(Located {
                    form,
                    blob: layer.clone(),
                    predicate_type: predicate_type.cloned(),
                });
            }
            Err(_) => found.unreadable += 1,
        }
    }
    found.located.reverse();
    found
}

#[cfg(test)]
mod tests;
