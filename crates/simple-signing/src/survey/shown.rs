//! Stored signatures for people.

use doorward_core::text::size;
use doorward_core::{Field, Part};

use super::found::{Signature, Unverified};

/// How many there are.
pub(super) fn count(signatures: &[Signature]) -> Field {
    let noun = if signatures.len() == 1 { "" } else { "s" };
    let count = signatures.len();
    Field::new("signatures", format!("{count} simple signature{noun}"))
}

/// Each with what it claims.
pub(super) fn parts(signatures: &[Signature]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (number, signature) in signatures.iter().enumerate() {
        parts.push(Part::Claim(format!(
            "signature {} (unverified)",
            number + 1
        )));
        let found = format!("{} ({})", signature.source, size(signature.bytes));
        parts.push(Field::new("found in", found).into());
        match (&signature.unverified, &signature.unreadable) {
            (Some(claim), _) => claimed(claim, &mut parts),
            (None, Some(why)) => parts.push(Field::new("unreadable", why).into()),
            (None, None) => {}
        }
    }
    parts
}

fn claimed(claim: &Unverified, parts: &mut Vec<Part>) {
    let whose = if claim.digest_is_of_this_image {
        "this image"
    } else {
        "NOT this image"
    };
    let claims = Field::new("claims", &claim.reference).and(format!("{whose}: {}", claim.digest));
    parts.push(claims.into());
    let key = claim.key.as_deref().unwrap_or("none");
    parts.push(Field::new("names key", key).into());
    if let Some(at) = &claim.signed_at {
        parts.push(Field::new("made at", at).into());
    }
    if let Some(creator) = &claim.creator {
        parts.push(Field::new("made by", creator).into());
    }
}
