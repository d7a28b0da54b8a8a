//! What refers to an image, for people.

use doorward_core::text::{one_line, size};
use doorward_core::{Field, Part};

use super::found::{Node, Unverified};

/// The most characters of a type that are shown.
const MAX_TYPE: usize = 120;

/// How much there is.
pub(super) fn count(nodes: &[Node]) -> Field {
    let signatures = nodes.iter().filter(|node| node.signature.is_some()).count();
    let others = nodes.len() - signatures;
    let noun =
        |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let text = format!(
        "{}, {} attached",
        noun(signatures, "Notary Project signature"),
        noun(others, "other thing")
    );
    Field::new("referrers", text)
}

/// Each with what it says, and what refers to it below it.
pub(super) fn parts(nodes: &[Node]) -> Vec<Part> {
    let mut parts = Vec::new();
    below(nodes, None, "", &mut parts);
    parts
}

/// What refers to the node at `of`, or to the image. A node is behind what it refers to, so this ends.
fn below(nodes: &[Node], of: Option<usize>, prefix: &str, parts: &mut Vec<Part>) {
    let children = nodes.iter().enumerate().filter(|(_, node)| node.of == of);
    for ((place, node), number) in children.zip(1..) {
        let number = format!("{prefix}{number}");
        let what = match &node.signature {
            // Who signed the one has not signed the other.
            Some(_) if prefix.is_empty() => "signature on the image".to_owned(),
            Some(_) => format!("signature on {}", prefix.trim_end_matches('.')),
            None => match &node.artifact_type {
                Some(kind) => one_line(kind.as_str(), MAX_TYPE),
                None => "something without a type".to_owned(),
            },
        };
        parts.push(Part::Claim(format!("{number} {what} (unverified)")));
        let bytes = usize::try_from(node.descriptor.size).unwrap_or(usize::MAX);
        let digest = format!("{} ({})", node.descriptor.digest, size(bytes));
        parts.push(Field::new("digest", digest).into());
        if let Some(signature) = &node.signature {
            claimed(signature, parts);
        }
        if let Some(why) = &node.unreadable {
            parts.push(Field::new("unreadable", why).into());
        }
        below(nodes, Some(place), &format!("{number}."), parts);
    }
}

fn claimed(signature: &Unverified, parts: &mut Vec<Part>) {
    let signer = signature
        .signer
        .as_deref()
        .unwrap_or("a certificate without a name");
    let mut by = Field::new("signed by", signer);
    if let Some(certificate) = &signature.certificate {
        by = by.and(format!("certificate {certificate}"));
    }
    parts.push(by.into());
    if let Some(at) = &signature.signed_at {
        let stamped = if signature.has_timestamp {
            ", with a countersignature"
        } else {
            ""
        };
        parts.push(Field::new("made at", format!("{at}{stamped}")).into());
    }
    let until = [
        signature
            .expires
            .as_ref()
            .map(|end| format!("{end} (the signature)")),
        signature
            .certificate_until
            .as_ref()
            .map(|end| format!("{end} (the certificate)")),
    ];
    let mut until = until.into_iter().flatten();
    if let Some(first) = until.next() {
        let field = until.fold(Field::new("until", first), Field::and);
        parts.push(field.into());
    }
    let made = signature
        .agent
        .as_deref()
        .unwrap_or("a tool that does not say so");
    parts.push(Field::new("made by", format!("{made}, {}", signature.format)).into());
    let whose = if signature.digest_is_of_subject {
        "what it is attached to"
    } else {
        "NOT what it is attached to"
    };
    let digest = signature
        .digest
        .as_deref()
        .unwrap_or("nothing that can be read");
    parts.push(Field::new("signs", format!("{whose}: {digest}")).into());
}
