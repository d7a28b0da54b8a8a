//! What is published of a stored signature.

use doorward_core::{BudgetExceeded, Digest, Fetched, Meter};
use serde::Serialize;

use crate::claim::unverified_claim_within;
use crate::{FramingError, SignatureBlob};

/// The most characters that are shown of what a signature says: more than any name or address has.
const MAX_TEXT: usize = 512;

/// One stored signature. Nothing in it was verified.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signature {
    pub(super) scheme: &'static str,
    pub(super) source: String,
    pub(super) bytes: usize,
    /// What it says about itself, believed by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unverified: Option<Unverified>,
    /// Why it cannot even be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unreadable: Option<String>,
}

/// What a signature says about itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unverified {
    pub(super) reference: String,
    pub(super) digest: String,
    /// Whether that digest is the image's.
    pub(super) digest_is_of_this_image: bool,
    pub(super) key: Option<String>,
    pub(super) signed_at: Option<String>,
    pub(super) creator: Option<String>,
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

impl Signature {
    /// A signature that was found while looking for those of `digest`.
    ///
    /// # Errors
    /// If reading it would cost too much.
    pub(super) fn of(
        blob: &SignatureBlob,
        digest: &Digest,
        meter: &mut Meter,
    ) -> Result<Self, BudgetExceeded> {
        let claim = unverified_claim_within(&blob.bytes, meter)?;
        Ok(Self {
            scheme: "simple-signing",
            source: blob.source.clone(),
            bytes: blob.bytes.len(),
            unreadable: claim.as_ref().err().map(ToString::to_string),
            unverified: claim.ok().map(|claim| Unverified {
                reference: short(claim.unverified_reference()),
                digest: claim.unverified_digest().to_string(),
                digest_is_of_this_image: claim.unverified_digest() == digest,
                key: claim.unverified_key().map(short),
                signed_at: claim
                    .unverified_signed_at()
                    .or_else(|| claim.unverified_timestamp())
                    .map(|time| time.to_string()),
                creator: claim.unverified_creator().map(short),
            }),
        })
    }

    /// The same, of so many bytes as it is stored.
    pub(super) fn sized(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// Something that is no signature.
    pub(super) fn unknown(found: &Fetched, error: &FramingError) -> Self {
        Self {
            scheme: "unknown",
            source: found.source.clone(),
            bytes: found.bytes.len(),
            unverified: None,
            unreadable: Some(error.to_string()),
        }
    }
}
