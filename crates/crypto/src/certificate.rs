//! X.509 certificates, read once and asked by what a verifier needs to know.

use std::fmt;

use doorward_core::{Digest, Timestamp};
use rustls_pki_types::pem::{PemObject, SectionKind};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::{KeyError, PublicKey};

/// The most certificates read from one PEM text. Chains have three or four; trust stores of a site a few dozen.
const MAX_CERTIFICATES: usize = 256;

/// Signature algorithms whose hash no longer protects: with MD2, MD5 and SHA-1 (RFC 3279, sections 2.2.1 to 2.2.3).
const WEAK_SIGNATURES: &[&str] = &[
    "1.2.840.113549.1.1.2",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10040.4.3",
    "1.2.840.10045.4.1",
    "1.3.14.3.2.29",
];

/// Why something is not a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The bytes do not follow RFC 5280, or there is something beside the certificate.
    #[error("not an X.509 certificate")]
    Malformed,
    /// A PEM text has no section at all, or one that is not a certificate.
    #[error("not PEM certificates")]
    NotPem,
    /// A PEM text has more certificates than are read.
    #[error("more than {limit} certificates")]
    TooMany {
        /// The bound.
        limit: usize,
    },
}

/// An X.509 certificate (RFC 5280). That it could be read says nothing about whether it is to be trusted.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    common_name: Option<String>,
    key: Result<PublicKey, KeyError>,
    not_before: Timestamp,
    not_after: Timestamp,
    authority: bool,
    weakly_signed: bool,
}

impl Certificate {
    /// Reads one certificate in DER, which must be all of `der`.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`]. A key that is not on the allow-list is no error here: see [`Self::key`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
        if !rest.is_empty() {
            return Err(CertificateError::Malformed);
        }
        // A second extension of the same kind could say the opposite (RFC 5280, section 4.2). Whether it is one of an
        // authority: section 4.2.1.9.
        let constraints = parsed
            .basic_constraints()
            .map_err(|_| CertificateError::Malformed)?;
        let signature = parsed.signature_algorithm.algorithm.to_id_string();
        Ok(Self {
            common_name: parsed
                .subject()
                .iter_common_name()
                .next()
                .and_then(|name| name.as_str().ok())
                .map(str::to_owned),
            key: PublicKey::from_spki_der(parsed.public_key().raw),
            not_before: Timestamp::from_unix(parsed.validity().not_before.timestamp()),
            not_after: Timestamp::from_unix(parsed.validity().not_after.timestamp()),
            authority: constraints.is_some_and(|constraints| constraints.value.ca),
            weakly_signed: WEAK_SIGNATURES.contains(&signature.as_str()),
            der: der.to_vec(),
        })
    }

    /// Reads the certificates of a PEM text (RFC 7468, section 5), of which there must be at least one and nothing
    /// else.
    ///
    /// # Errors
    /// Any [`CertificateError`].
    pub fn from_pem(pem: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let mut certificates = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
            let (kind, der) = section.map_err(|_| CertificateError::NotPem)?;
            if kind != SectionKind::Certificate {
                return Err(CertificateError::NotPem);
            }
            if certificates.len() == MAX_CERTIFICATES {
                return Err(CertificateError::TooMany {
                    limit: MAX_CERTIFICATES,
                });
            }
            certificates.push(Self::from_der(&der)?);
        }
        if certificates.is_empty() {
            return Err(CertificateError::NotPem);
        }
        Ok(certificates)
    }

    /// The whole certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The SHA-256 fingerprint: the digest of the certificate in DER.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::sha256(&self.der)
    }

    /// The first common name of the subject (RFC 5280, section 4.1.2.6), if there is one and it is text.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// The key that is certified.
    ///
    /// # Errors
    /// A [`KeyError`] where the key is not on the allow-list, for example because it is too short.
    pub fn key(&self) -> Result<&PublicKey, KeyError> {
        self.key.as_ref().map_err(Clone::clone)
    }

    /// The first second in which it is valid.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second in which it is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether `now` is within its validity period, both ends included (RFC 5280, section 4.1.2.5).
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Whether it says that it may issue certificates (basic constraints, RFC 5280, section 4.2.1.9).
    #[must_use]
    pub const fn is_authority(&self) -> bool {
        self.authority
    }

    /// Whether its own signature is over MD2, MD5 or SHA-1, which RFC 3279 still has.
    #[must_use]
    pub const fn is_weakly_signed(&self) -> bool {
        self.weakly_signed
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("common_name", &self.common_name)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
