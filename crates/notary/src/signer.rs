//! Signers that a policy demands.

use doorward_core::Timestamp;
use doorward_crypto::{Certificate, PublicKey};

/// A person or system whose own signature under a tag is demanded: a name, which is that of the delegation
/// `targets/<name>`, and the key that must have signed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    name: String,
    key: PublicKey,
}

/// Why something is not a signer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The certificate of the key is not valid at the time.
    #[error("the certificate of the public key is not valid now")]
    CertificateExpired,
    /// The name is empty.
    #[error("the name is empty")]
    NoName,
    /// There is no public key or certificate in PEM, or one that cannot be used.
    #[error("no public key: {reason}")]
    PublicKey {
        /// Why not, a lowercase fragment.
        reason: String,
    },
}

impl Signer {
    /// A signer by name and by a public key or one certificate in PEM, which must be valid at `now`.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn new(name: &str, pem: &[u8], now: Timestamp) -> Result<Self, SignerError> {
        if name.is_empty() {
            return Err(SignerError::NoName);
        }
        let unusable = |reason: String| SignerError::PublicKey { reason };
        let key = match Certificate::from_pem(pem) {
            Ok(certificates) => {
                let [certificate] = certificates.as_slice() else {
                    return Err(unusable("more than one certificate".to_owned()));
                };
                if !certificate.is_valid_at(now) {
                    return Err(SignerError::CertificateExpired);
                }
                certificate
                    .key()
                    .cloned()
                    .map_err(|e| unusable(e.to_string()))?
            }
            Err(_) => PublicKey::from_pem(pem).map_err(|e| unusable(e.to_string()))?,
        };
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}
