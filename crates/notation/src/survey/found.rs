//! What is published of something that refers to an image.

use doorward_core::text::one_line;
use doorward_core::{Descriptor, Digest, MediaType};
use serde::Serialize;

use crate::Envelope;

/// The most characters that are shown of what a signature says: more than any name has.
const MAX_TEXT: usize = 512;
/// What is said of an artifact of ORAS.
pub(super) const ORAS: &str = "it has the form that ORAS had before OCI 1.1, and is not read; \
                               attach it again with a current `oras attach`";

/// Something that refers to the image, or to something that does.
#[derive(Debug)]
pub(super) struct Node {
    /// As it is listed.
    pub(super) descriptor: Descriptor,
    /// The place of what it refers to; nothing for the image.
    pub(super) of: Option<usize>,
    pub(super) depth: usize,
    /// What it is by its own word, or else by that of the list.
    pub(super) artifact_type: Option<MediaType>,
    pub(super) signature: Option<Unverified>,
    /// Why it cannot be shown.
    pub(super) unreadable: Option<String>,
}

impl Node {
    pub(super) fn listed(descriptor: Descriptor, of: Option<usize>, depth: usize) -> Self {
        Self {
            artifact_type: descriptor.artifact_type.clone(),
            descriptor,
            of,
            depth,
            signature: None,
            unreadable: None,
        }
    }

    pub(super) fn published(self) -> Published {
        Published {
            digest: self.descriptor.digest.to_string(),
            media_type: self.descriptor.media_type.to_string(),
            artifact_type: self.artifact_type.map(|kind| kind.to_string()),
            size: self.descriptor.size,
            depth: self.depth,
            of: self.of,
            unverified: self.signature,
            unreadable: self.unreadable,
        }
    }
}

/// Those of `nodes` that have a type, with what they are attached to and what is attached to them. A node stands behind
/// what it refers to.
pub(super) fn only(nodes: Vec<Node>, wanted: &MediaType) -> Vec<Node> {
    let is_it = |node: &Node| node.artifact_type.as_ref() == Some(wanted);
    // Whether a node is of the type, or attached to one that is.
    let mut kept: Vec<bool> = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let of = node.of.and_then(|of| kept.get(of)).copied();
        kept.push(is_it(node) || of == Some(true));
    }
    for (place, node) in nodes.iter().enumerate().rev() {
        if kept.get(place) == Some(&true)
            && let Some(above) = node.of.and_then(|of| kept.get_mut(of))
        {
            *above = true;
        }
    }
    let mut places = Vec::with_capacity(nodes.len());
    let mut left: Vec<Node> = Vec::new();
    for (mut node, is_kept) in nodes.into_iter().zip(kept) {
        places.push(left.len());
        if is_kept {
            node.of = node.of.and_then(|of| places.get(of)).copied();
            left.push(node);
        }
    }
    left
}

/// The published form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Published {
    digest: String,
    media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    size: u64,
    depth: usize,
    /// The place in this list of what it refers to; nothing for the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
    /// What a signature says about itself, believed by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<Unverified>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// What a signature says about itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unverified {
    pub(super) format: &'static str,
    /// The common name of the signing certificate.
    pub(super) signer: Option<String>,
    /// The SHA-256 fingerprint of that certificate.
    pub(super) certificate: Option<String>,
    pub(super) scheme: Option<String>,
    pub(super) signed_at: Option<String>,
    /// When the signature ends, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
    /// When the signing certificate ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) certificate_until: Option<String>,
    pub(super) agent: Option<String>,
    /// Whether it has a countersignature.
    pub(super) has_timestamp: bool,
    pub(super) digest: Option<String>,
    /// Whether that digest is the one of what it refers to.
    pub(super) digest_is_of_subject: bool,
}

impl Unverified {
    pub(super) fn of(envelope: &Envelope, subject: &Digest) -> Self {
        let leaf = envelope.unverified_certificates().first();
        let payload = envelope.unverified_payload().ok();
        let digest = payload.as_ref().map(|payload| payload.digest());
        let short = |text: &str| one_line(text, MAX_TEXT);
        Self {
            format: envelope.format().as_str(),
            signer: leaf.and_then(|leaf| leaf.common_name()).map(short),
            certificate: leaf.map(|leaf| leaf.fingerprint().to_string()),
            scheme: envelope.unverified_scheme().map(short),
            signed_at: envelope
                .unverified_signing_time()
                .map(|time| time.earliest().to_string()),
            expires: envelope
                .unverified_expiry()
                .map(|time| time.latest().to_string()),
            certificate_until: leaf.map(|leaf| leaf.not_after().to_string()),
            agent: envelope.unverified_agent().map(short),
            has_timestamp: envelope.unverified_timestamp().is_some(),
            digest_is_of_subject: digest == Some(subject),
            digest: digest.map(ToString::to_string),
        }
    }
}
