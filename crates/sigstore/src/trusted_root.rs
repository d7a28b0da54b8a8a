//! Trusted roots: whose certificates, logs and time stamps count.

mod expiry;
mod read;

use std::sync::Arc;

use doorward_core::{Digest, Expiry};
use doorward_crypto::Certificate;

use crate::engine::Engine;

pub(crate) use expiry::expiries_of;
pub(crate) use read::{Issuer, Material};

/// Why something is no trusted root that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustedRootError {
    /// It names what it should not, or what cannot be used.
    #[error("the trusted root cannot be used: {reason}")]
    Invalid {
        /// Why, in one line.
        reason: String,
    },
    /// It is not the JSON that a trusted root is.
    #[error("not a trusted root: {reason}")]
    Malformed {
        /// Why, in one line.
        reason: String,
    },
    /// It has more of something than is read.
    #[error("the trusted root has more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

/// A trusted root (`trusted_root.json` of the protobuf-specs): certificate authorities, transparency logs, certificate
/// logs and time-stamping authorities, each with the time for which it counts.
#[derive(Clone, Debug)]
pub struct TrustedRoot {
    digest: Digest,
    material: Material,
    /// The certificates of its authorities, also those that stand between.
    authorities: Arc<[Certificate]>,
    engine: Arc<Engine>,
}

impl TrustedRoot {
    /// Reads a trusted root of at most 1 MiB, with at most 32 entries of each kind. What cannot be used in it makes it
    /// unusable as a whole: half a root would refuse signatures for no reason that anybody sees.
    ///
    /// # Errors
    /// Any [`TrustedRootError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustedRootError> {
        Self::of(Material::read(bytes)?)
    }

    pub(crate) fn of(material: Material) -> Result<Self, TrustedRootError> {
        let json = material.json();
        let engine = Engine::new(&json).map_err(|reason| TrustedRootError::Invalid { reason })?;
        let chains = material.certificate_authorities.iter();
        let ders = chains.flat_map(|issuer| &issuer.certificates);
        let authorities = ders.map(|der| Certificate::from_der(der));
        let authorities = authorities
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| {
                let reason = format!("the certificate of an authority: {error}");
                TrustedRootError::Invalid { reason }
            })?;
        Ok(Self {
            authorities: authorities.into(),
            digest: Digest::sha256(json.as_bytes()),
            material,
            engine: Arc::new(engine),
        })
    }

    /// The digest of what it says, which is not that of the bytes it was read from.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whether it names a transparency log.
    #[must_use]
    pub fn has_log(&self) -> bool {
        self.material.counts().logs > 0
    }

    /// Whether it names a certificate log.
    #[must_use]
    pub fn has_certificate_log(&self) -> bool {
        self.material.counts().certificate_logs > 0
    }

    /// Whether it names a time-stamping authority.
    #[must_use]
    pub fn has_timestamp_authority(&self) -> bool {
        self.material.counts().timestamp_authorities > 0
    }

    /// For each kind of what it names, when the last one ends: from then on nothing new of that kind counts. Kinds of which
    /// one has no end are left out.
    #[must_use]
    pub fn expiries(&self) -> Vec<Expiry> {
        expiry::expiries(&self.material)
    }

    /// The certificates of its authorities, also those that stand between a signer's and a root.
    pub(crate) fn authorities(&self) -> &[Certificate] {
        &self.authorities
    }

    pub(crate) const fn material(&self) -> &Material {
        &self.material
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}
