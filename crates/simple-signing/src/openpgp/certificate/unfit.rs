//! Signatures that fit nothing where they stand, and on which other keys they are tried.

use super::RawKey;
use crate::openpgp::signature::{Named, Signature};

/// A signature that fits nothing in the certificate it stands in.
pub(super) struct Unfit<'a> {
    pub(super) signature: &'a Signature,
    pub(super) origin: Option<usize>,
    pub(super) alone: bool,
    pub(super) fits: bool,
}

impl<'a> Unfit<'a> {
    pub(super) const fn new(signature: &'a Signature, origin: Option<usize>, alone: bool) -> Self {
        Self {
            signature,
            origin,
            alone,
            fits: false,
        }
    }
}

/// Whether `signature` is tried on `key` for whom it names, and if it is, whether the beginning of the hash that it
/// announces is not asked first.
pub(super) fn tried(signature: &Signature, key: &RawKey) -> Option<bool> {
    let revocation = signature.is_revocation();
    match signature.named(&key.fingerprint, &key.key_id) {
        Named::This => Some(revocation),
        Named::Nobody => Some(false),
        // Whom a revocation names in the part that anybody can change does not keep it from being tried.
        Named::Other if revocation => Some(false),
        Named::Other | Named::OtherForSure => None,
    }
}
