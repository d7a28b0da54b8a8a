//! Whether a key made a signature, within the work that is spent on one ring.

use std::collections::HashMap;

use super::RawKey;
use crate::KeyringError;
use crate::limits::{KEYRING_COST, KEYRING_TRIES, TRY_BYTES};
use crate::openpgp::material::Material;
use crate::openpgp::signature::Signature;

/// Whether a key made a signature over something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Yes,
    No,
    /// Nobody here can tell: the key is none that is computed with, or what was hashed holds a made-up collision. What
    /// would take something back counts nevertheless, and nothing else does.
    Unknown,
}

/// Bounds on the work for one key ring.
#[derive(Default)]
pub(crate) struct Work {
    tries: usize,
    cost: usize,
    /// What was computed already, by key, digest and signature: copies of a signature cost nothing more.
    known: HashMap<Vec<u8>, bool>,
}

impl Work {
    /// Counts one try of a signature over `length` bytes.
    pub(super) fn hash(&mut self, length: usize) -> Result<(), KeyringError> {
        self.tries = self.tries.saturating_add(1 + length / TRY_BYTES);
        if self.tries > KEYRING_TRIES {
            return Err(KeyringError::TooLarge {
                limit: KEYRING_TRIES,
                unit: "tries of signatures",
            });
        }
        Ok(())
    }

    /// Counts one public-key operation by what it costs.
    fn spend(&mut self, cost: usize) -> Result<(), KeyringError> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > KEYRING_COST {
            return Err(KeyringError::TooLarge {
                limit: KEYRING_COST,
                unit: "signatures to check, of which those by costly keys count several times",
            });
        }
        Ok(())
    }

    /// Whether `signer` made `signature` over `parts`. Policy has no part in it: whether a signature that fits counts
    /// is for the caller to say.
    ///
    /// The announced beginning of the hash decides without arithmetic, unless `thorough`: it is not protected, so a
    /// revocation that names the key is not given up for it, though a flood of such revocations costs an operation
    /// each. [`KEYRING_COST`] bounds what they cost together, and a ring beyond it is refused.
    pub(super) fn fits(
        &mut self,
        signature: &Signature,
        signer: &RawKey,
        parts: &[&[u8]],
        thorough: bool,
    ) -> Result<Fit, KeyringError> {
        // A signature of one version is made by a key of the same (RFC 9580, section 10.1.1).
        if (signature.version() == 6) != (signer.version == 6) {
            self.hash(0)?;
            return Ok(Fit::No);
        }
        let Ok(material) = &signer.material else {
            self.hash(0)?;
            return Ok(Fit::Unknown);
        };
        let bytes = signature.hashed_with(parts);
        self.hash(bytes.len())?;
        // Only a made-up SHA-1 collision has no digest.
        let Ok(digest) = signature.hash.digest(&bytes) else {
            return Ok(Fit::Unknown);
        };
        if !thorough && !signature.announces(&digest) {
            return Ok(Fit::No);
        }
        let fits = self.compute(signature, signer, material, &bytes, &digest)?;
        Ok(if fits { Fit::Yes } else { Fit::No })
    }

    fn compute(
        &mut self,
        signature: &Signature,
        signer: &RawKey,
        material: &Material,
        hashed: &[u8],
        digest: &[u8],
    ) -> Result<bool, KeyringError> {
        let question = [
            signer.fingerprint.as_slice(),
            &[u8::from(signature.hash)],
            digest,
            &signature.integers(),
        ]
        .concat();
        if let Some(known) = self.known.get(&question) {
            return Ok(*known);
        }
        self.spend(material.cost(signature.hash))?;
        let fits = material.fits(signature.hash, hashed, digest, &signature.bytes);
        self.known.insert(question, fits);
        Ok(fits)
    }
}
