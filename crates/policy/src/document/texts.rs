//! Policies as texts of their own.

use super::Document;
use super::reading::read;
use crate::node::Node;

/// The policies and exceptions of a text, each as the JSON of its object and nothing besides: no comment, and no other object
/// of the text, such as a Secret. Each is read again as the same one, but for its place.
///
/// Returns `None` if there is a mistake in the text: what cannot be read may be anything, and what stands twice cannot
/// be written so.
#[must_use]
pub fn policy_texts(source: &str, bytes: &[u8]) -> Option<Vec<(Document, String)>> {
    let (documents, diagnostics, texts) = read(source, bytes, true);
    let is_ours = |document: &Document| match document {
        Document::Exception(_) | Document::Policy(_) => true,
        Document::Other { .. } | Document::NotAnObject { .. } => false,
    };
    let policies: Vec<Document> = documents.into_iter().filter(is_ours).collect();
    let whole = diagnostics.is_empty() && policies.len() == texts.len();
    whole.then(|| policies.into_iter().zip(texts).collect())
}

/// A policy as JSON, if nothing in it stands twice.
pub(super) fn json(node: Node) -> Option<String> {
    let mut is_plain = true;
    let value = node.into_value(&mut |_, _| is_plain = false);
    is_plain.then(|| value.to_string())
}
