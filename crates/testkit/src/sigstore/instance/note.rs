//! Checkpoints: notes about the state of a log, with its signature (C2SP `tlog-checkpoint`, `signed-note`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::merkle::Hash;
use crate::pki::Certified;

/// A note that a log of this size has this root, in which the log is called by its origin and signs under `name`.
///
/// The identifier of the key begins with the four bytes that clients find it by.
pub(super) fn checkpoint(
    (origin, name): (&str, &str),
    (size, root): (usize, &Hash),
    key: &Certified,
    identifier: &Hash,
) -> String {
    let text = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root));
    let signature = [&identifier[..4], &key.sign(text.as_bytes())].concat();
    format!("{text}\n\u{2014} {name} {}\n", STANDARD.encode(signature))
}
