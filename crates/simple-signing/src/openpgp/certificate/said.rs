//! What a key says about one thing: itself, one of its user IDs or one of its subkeys.

use pgp::crypto::hash::HashAlgorithm;

use super::RawKey;
use crate::openpgp::signature::{Signature, Use, protects_binding};

/// The self-signatures on one thing. Each of them verifies.
#[derive(Clone, Default)]
pub(super) struct Said<'a> {
    /// Those that bind.
    binding: Vec<&'a Signature>,
    /// Those that do not bind for a rule of ours, such as their hash. The owner made them all the same, and GnuPG
    /// counts most of them: they grant nothing, and what they forbid holds.
    forbidding: Vec<&'a Signature>,
}

impl<'a> Said<'a> {
    /// Notes a signature that `signer` made, and its hash in `weak` if it does not bind for that.
    pub(super) fn note(
        &mut self,
        signature: &'a Signature,
        signer: &RawKey,
        weak: &mut Option<HashAlgorithm>,
    ) {
        if binds(signature, signer, weak) {
            self.binding.push(signature);
        } else if when(signature) >= signer.created {
            self.forbidding.push(signature);
        }
    }

    /// The newest signature that binds; of several with one date the last.
    pub(super) fn newest(&self) -> Option<&'a Signature> {
        self.binding.iter().copied().max_by_key(|s| when(s))
    }

    /// What forbids and is not older than the newest signature that binds: with that one, the owner took back what came
    /// before.
    pub(super) fn forbidding(&self) -> impl Iterator<Item = &'a Signature> {
        let since = self.newest().map(when);
        let all = self.forbidding.iter().copied();
        all.filter(move |signature| since.is_none_or(|since| when(signature) >= since))
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Signature> {
        self.binding.iter().chain(&self.forbidding).copied()
    }
}

/// When a signature was made. One that does not say counts as the newest: such a one can only forbid.
pub(super) fn when(signature: &Signature) -> i64 {
    signature.created().unwrap_or(i64::MAX)
}

/// Whether a signature that `signer` made binds: it has a date (RFC 9580, section 5.2.3.11), not before its key, a hash
/// that protects (section 9.5), and demands nothing unknown (section 5.2.3.7). Notes the hash if it does not bind for
/// that.
pub(super) fn binds(
    signature: &Signature,
    signer: &RawKey,
    weak: &mut Option<HashAlgorithm>,
) -> bool {
    let material = signer.material.as_ref();
    if !protects_binding(signature.hash) || !material.is_ok_and(|key| key.takes(signature.hash)) {
        *weak = Some(signature.hash);
        return false;
    }
    signature
        .created()
        .is_some_and(|created| created >= signer.created)
        && !signature.demands_unknown(Use::Binding)
}
