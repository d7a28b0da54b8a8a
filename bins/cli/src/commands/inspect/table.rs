//! An inspection for people.

use doorward_core::{Code, Timestamp};

use super::found::{Inspection, Manifest, Signature, Unverified};
use super::table_trust;
use crate::render::block::Block;
use crate::render::words::{bytes, count};
use crate::text::Text;
use crate::tone::Tone;

/// What was asked for the image.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Layout,
    Registry,
}

/// The image, then each signed collection, then each signature with what it claims.
pub(super) fn text(found: &Inspection, asked: Asked, now: Timestamp) -> Text {
    let mut text = Text::new();
    text.line([Tone::Strong.of(found.image.as_str())]);
    let mut block = Block::new();
    match (&found.digest, &found.manifest) {
        (Some(digest), Some(one)) => {
            block.line("digest", digest);
            block.line("is", &manifest(one));
        }
        // Only an answer is put into anybody's mouth.
        _ if found
            .problems
            .iter()
            .any(|one| one.code == Code::REGISTRY_NOT_FOUND) =>
        {
            block.line("is", "unknown: the registry does not show it");
        }
        _ => block.line("is", "unknown, for the reason below"),
    }
    for (number, store) in found.stores.iter().enumerate() {
        if number == 0 {
            block.line("looked in", store);
        } else {
            block.more(store);
        }
    }
    // Where only a trust server counts, nobody misses a signature store.
    let expected = found.trust.is_empty();
    if expected && found.stores.is_empty() && found.problems.is_empty() {
        let kept = match asked {
            Asked::Layout => "the layout, which cannot hold simple signatures",
            Asked::Registry => "the registry, which keeps no signatures",
        };
        block.line(
            "looked in",
            &format!(
                "{kept}; no signature store was named (--lookaside, --filename or --registries-d)"
            ),
        );
    }
    if expected || !found.stores.is_empty() {
        block.line(
            "signatures",
            &count(found.signatures.len(), "simple signature"),
        );
    }
    for problem in &found.problems {
        block.line("problem", &format!("{}: {}", problem.code, problem.message));
    }
    text.append(block.finish());
    for trust in &found.trust {
        text.blank().append(table_trust::text(trust, now));
    }
    for (number, signature) in found.signatures.iter().enumerate() {
        let heading = format!("signature {} (unverified)", number + 1);
        text.blank()
            .line([Tone::Warn.of(heading)])
            .append(one(signature));
    }
    if !found.signatures.is_empty() {
        let what = if found.trust.is_empty() {
            "Nothing above was verified"
        } else {
            "None of these signatures was verified"
        };
        let claims = format!("{what}: anyone who can write to the store can claim anything.");
        text.blank().line([claims.into()]);
    }
    text
}

fn manifest(manifest: &Manifest) -> String {
    let platforms = if manifest.platforms.is_empty() {
        "platform unknown".to_owned()
    } else {
        manifest.platforms.join(", ")
    };
    let parts = match manifest.kind {
        "index" => count(manifest.parts, "manifest"),
        _ => count(manifest.parts, "layer"),
    };
    format!(
        "an {} for {platforms}; {parts}, {}, {}",
        manifest.kind,
        bytes(manifest.bytes),
        manifest.media_type.as_deref().unwrap_or("no media type"),
    )
}

fn one(signature: &Signature) -> Text {
    let mut block = Block::new();
    block.line(
        "found in",
        &format!("{} ({})", signature.source, bytes(signature.bytes)),
    );
    match (&signature.unverified, &signature.unreadable) {
        (Some(claim), _) => claimed(claim, &mut block),
        (None, Some(why)) => block.line("unreadable", why),
        (None, None) => {}
    }
    block.finish()
}

fn claimed(claim: &Unverified, block: &mut Block) {
    block.line("claims", &claim.reference);
    let whose = if claim.digest_is_of_this_image {
        "this image"
    } else {
        "NOT this image"
    };
    block.more(&format!("{whose}: {}", claim.digest));
    block.line("names key", claim.key.as_deref().unwrap_or("none"));
    if let Some(at) = &claim.signed_at {
        block.line("made at", at);
    }
    if let Some(creator) = &claim.creator {
        block.line("made by", creator);
    }
}
