//! Which of the referrers of an image may be signatures, and where their envelopes are.

use std::collections::BTreeSet;

use doorward_core::{
    Checked, Content, Descriptor, Digest, Index, Listed, MediaType, Referrer, ReferrerError, json,
};

use crate::Envelope;

/// The artifact type of a signature (Signature Specification, "OCI Signatures").
pub(crate) const SIGNATURE: MediaType =
    MediaType::from_static("application/vnd.cncf.notary.signature");
/// The configuration of a manifest that names its artifact type.
const EMPTY: MediaType = MediaType::from_static("application/vnd.oci.empty.v1+json");
/// The annotation with the thumbprints of the chain (Signature Specification, "OCI Signatures").
const THUMBPRINTS: &str = "io.cncf.notary.x509chain.thumbprint#S256";
/// The most manifests of an index of signatures. No client in the field writes one; it would have one for each of its
/// signatures.
const MAX_NESTED: usize = 16;
/// The most thumbprints of an annotation that are read. A chain has ten certificates at most.
const MAX_THUMBPRINTS: usize = 10;

/// The signatures that a list names, those that claim a trusted certificate first, else in the order of the list; each
/// digest once.
///
/// What a list says is a hint that everybody who may push can write. So an entry without an artifact type may be a
/// signature, and one that says it is something else is taken at its word. The thumbprints decide no more than what is
/// tried first (Signing and Verification Workflow, "Verification", step 3, has them filter; stricter than that would
/// let a wrong annotation hide a good signature).
pub(crate) fn candidates(list: &Index, trusted: &BTreeSet<String>) -> Vec<Descriptor> {
    let mut seen = BTreeSet::new();
    let mut found: Vec<_> = list
        .manifests
        .listed()
        .filter_map(|entry| match entry {
            Listed::Named(descriptor) => Some(descriptor),
            _ => None,
        })
        .filter(|descriptor| match &descriptor.artifact_type {
            None => true,
            Some(named) => *named == SIGNATURE,
        })
        .filter(|descriptor| seen.insert(descriptor.digest.clone()))
        .cloned()
        .collect();
    // Those that say what they are before those that may be anything, and known signers before all others.
    found.sort_by_key(|descriptor| {
        let is_known = thumbprints(descriptor)
            .iter()
            .any(|thumbprint| trusted.contains(thumbprint));
        (!is_known, descriptor.artifact_type.is_none())
    });
    found
}

/// Why it is not known which signatures a list names: one of its entries that may be one cannot be read.
pub(crate) fn unreadable(list: &Index) -> Option<String> {
    list.manifests.listed().find_map(|entry| match entry {
        Listed::Unreadable {
            artifact_type,
            error,
        } if artifact_type.is_none_or(|named| *named == SIGNATURE) => {
            Some(format!("one of its entries cannot be read: {error}"))
        }
        _ => None,
    })
}

/// The thumbprints that an entry claims, in lower case. None if the annotation cannot be read.
fn thumbprints(descriptor: &Descriptor) -> Vec<String> {
    let Some(text) = descriptor.annotations.get(THUMBPRINTS) else {
        return Vec::new();
    };
    let Ok(json) = json::parse(text.as_bytes(), json::Limits::bytes(text.len())) else {
        return Vec::new();
    };
    let listed = json.as_array().unwrap_or_default();
    listed
        .iter()
        .take(MAX_THUMBPRINTS)
        .filter_map(|one| Some(one.as_str()?.to_ascii_lowercase()))
        .collect()
}

/// The manifests of an index of signatures, of at most [`MAX_NESTED`]. Returns `None` if it is something else: then
/// [`locate`] says what is wrong with it.
///
/// The index must refer to the image, and each manifest in it must do so too: what an index lists is a hint, like a
/// list of referrers (OCI image specification, "Image Index", member `subject`).
pub(crate) fn nested(manifest: &Checked, subject: &Descriptor) -> Option<(Vec<Descriptor>, bool)> {
    let read = Referrer::parse(&manifest.bytes, manifest.media_type.as_ref(), subject).ok()?;
    let Content::Manifests(manifests) = read.content else {
        return None;
    };
    if read.artifact_type.as_ref() != Some(&SIGNATURE) {
        return None;
    }
    let mut readable = manifests.readable().cloned();
    let first = readable.by_ref().take(MAX_NESTED).collect();
    Some((first, readable.next().is_some()))
}

/// An envelope that a signature manifest names.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    /// The digest of the manifest.
    pub(crate) manifest: Digest,
    /// The envelope.
    pub(crate) envelope: Descriptor,
}

/// Why a manifest leads to no signature.
#[derive(Clone, Debug)]
pub(crate) enum NotLocated {
    /// It is none of the image.
    None(String),
    /// It cannot be read, so that it may be one.
    Unreadable(String),
}

impl NotLocated {
    pub(crate) fn detail(&self) -> &str {
        let (Self::None(detail) | Self::Unreadable(detail)) = self;
        detail
    }
}

/// Reads the manifest of a signature: what it refers to is the image, it says that it is a signature in one of the two
/// legal forms, and it has exactly one blob, the envelope (Signature Specification, "OCI Signatures").
pub(crate) fn locate(
    manifest: &Checked,
    digest: &Digest,
    subject: &Descriptor,
) -> Result<Located, NotLocated> {
    let none = |detail: &str| NotLocated::None(detail.to_owned());
    let read = Referrer::parse(&manifest.bytes, manifest.media_type.as_ref(), subject);
    let read = read.map_err(|error| match error {
        ReferrerError::Document(error) => NotLocated::Unreadable(error.to_string()),
        error => NotLocated::None(error.to_string()),
    })?;
    let is_signature = read.artifact_type.as_ref() == Some(&SIGNATURE);
    let blobs = match read.content {
        // The old form marks itself by its configuration, the new one names the type and has none.
        Content::Image { config, layers }
            if is_signature && (config.media_type == SIGNATURE || config.media_type == EMPTY) =>
        {
            layers
        }
        Content::Blobs(blobs) if is_signature => blobs,
        _ => {
            return Err(none("it is no signature of the Notary Project"));
        }
    };
    let blobs = blobs
        .all()
        .map_err(|error| NotLocated::Unreadable(error.to_string()))?;
    let Ok([envelope]) = <[Descriptor; 1]>::try_from(blobs) else {
        return Err(none("it does not have exactly one envelope"));
    };
    let limit = Envelope::MAX_BYTES;
    if usize::try_from(envelope.size).is_ok_and(|size| size <= limit) {
        Ok(Located {
            manifest: digest.clone(),
            envelope,
        })
    } else {
        let detail = format!("its envelope is larger than {limit} bytes");
        Err(NotLocated::Unreadable(detail))
    }
}
