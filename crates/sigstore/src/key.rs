//! Public keys that policies trust.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;
use doorward_crypto::{KeyAlgorithm, KeyError, PublicKey};

/// A public key that signatures are verified with, as it was written: a log has the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationKey {
    key: PublicKey,
    spki: Vec<u8>,
}

impl VerificationKey {
    /// A key from the one `PUBLIC KEY` section of a PEM text, as `cosign generate-key-pair` and `cosign public-key` write
    /// it.
    ///
    /// # Errors
    /// Any [`KeyError`]; [`KeyError::Malformed`] also if there is another section, a private key for instance.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::from_spki_der(&PublicKey::spki_der_of_pem(pem)?)
    }

    /// A key from a DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), which must be all of `der`.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        Ok(Self {
            key: PublicKey::from_spki_der(der)?,
            spki: der.to_vec(),
        })
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key as DER `SubjectPublicKeyInfo`, as it was given.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The digest of the key as DER `SubjectPublicKeyInfo`, which reports name it by.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::sha256(&self.spki)
    }

    /// How bundles that cosign makes hint at the key: the same digest in base64.
    #[must_use]
    pub fn hint(&self) -> String {
        STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, &self.spki))
    }

    /// The 32 bytes of the key, if it is one of Ed25519.
    pub(crate) fn ed25519(&self) -> Option<[u8; 32]> {
        // RFC 8410, section 4: the key stands at the end, and everything before it is fixed.
        if self.key.algorithm() != KeyAlgorithm::Ed25519 {
            return None;
        }
        self.spki.last_chunk().copied()
    }
}
