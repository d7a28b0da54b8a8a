//! Whether a signature is about the artifact at hand.

use std::collections::BTreeMap;

use doorward_core::text::one_line;
use doorward_core::{Descriptor, Digest, Fact, Rejection};

use crate::{SignedPayload, codes};

/// What a signature must be for.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// A file with this digest and size, and of this media type if it matters. Parameters of the media type count.
    Blob {
        /// The digest of its content, by the [algorithm of the signature](crate::Envelope::blob_algorithm).
        digest: &'a Digest,
        /// How many bytes it has.
        size: u64,
        /// The media type.
        media_type: Option<&'a str>,
    },
    /// A manifest with this descriptor, of which media type, digest and size count.
    Manifest(&'a Descriptor),
}

/// Media type, digest and size must be those that were signed (Signature Specification, "Payload"; Signing and
/// Verification Workflow, step 5).
pub(super) fn check(signed: &SignedPayload, artifact: &Artifact<'_>) -> Result<(), Rejection> {
    let payload = signed.payload();
    let (media_type, digest, size) = match artifact {
        Artifact::Blob {
            digest,
            size,
            media_type,
        } => {
            // The algorithm follows the key ("Signature Algorithm Requirements").
            let algorithm = signed.blob_algorithm();
            if digest.algorithm() != algorithm {
                let detail = format!(
                    "the file was hashed by {}, not by {algorithm}",
                    digest.algorithm()
                );
                return Err(Rejection::new(codes::WRONG_ARTIFACT, detail));
            }
            (*media_type, (*digest).clone(), *size)
        }
        Artifact::Manifest(descriptor) => (
            Some(descriptor.media_type.as_str()),
            descriptor.digest.clone(),
            descriptor.size,
        ),
    };
    let wrong = |detail: String| Err(Rejection::new(codes::WRONG_ARTIFACT, detail));
    if digest != *payload.digest() {
        let detail = format!("signed was {}, not {digest}", payload.digest());
        return wrong(detail).map_err(|rejection| {
            rejection.with_fact(Fact::Digests {
                expected: digest,
                actual: payload.digest().clone(),
            })
        });
    }
    if size != payload.size() {
        return wrong(format!("signed were {} bytes, not {size}", payload.size()));
    }
    match media_type {
        Some(media_type) if media_type != payload.media_type() => {
            let signed = one_line(payload.media_type(), 100);
            wrong(format!(
                "signed was the media type {signed}, not {media_type}"
            ))
        }
        _ => Ok(()),
    }
}

/// What is demanded must be among the annotations that were signed (Signature Specification, "Payload").
pub(super) fn check_metadata(
    signed: &SignedPayload,
    demanded: &BTreeMap<String, String>,
) -> Result<(), Rejection> {
    let annotations = signed.payload().annotations();
    let lacking = demanded
        .iter()
        .find(|(key, value)| annotations.get(*key) != Some(*value));
    let Some((key, value)) = lacking else {
        return Ok(());
    };
    let found = annotations.get(key).map_or_else(
        || "does not have it".to_owned(),
        |other| format!("has {:?}", one_line(other, 100)),
    );
    let detail =
        format!("demanded is the user metadata {key:?} with {value:?}; the signature {found}");
    Err(Rejection::new(codes::USER_METADATA, detail))
}
