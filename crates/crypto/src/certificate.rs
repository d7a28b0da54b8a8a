//! X.509 certificates, read once and asked by what a verifier needs to know.

mod general_name;
mod name_constraints;
mod read;
mod span;
mod subject;
mod usage;

use std::fmt;

use doorward_core::{BudgetExceeded, Digest, Timestamp};
use rustls_pki_types::pem::{PemObject, SectionKind};

pub use general_name::AlternativeNames;
pub(crate) use general_name::list_addresses;
pub use subject::{Attribute, AttributeValue, RelativeName};
pub use usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUse};

use crate::der::Malformed;
use crate::signed::SignatureScheme;
use crate::{KeyError, PublicKey, SignatureAlgorithm, SignatureChecks, SignatureError};
use read::{Extensions, Fields};

/// The most certificates read from one PEM text. Chains have three or four; trust stores of a site a few dozen.
const MAX_CERTIFICATES: usize = 256;

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

impl From<Malformed> for CertificateError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// An X.509 certificate (RFC 5280). That it could be read says nothing about whether it is to be trusted.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    common_name: Option<String>,
    key: Result<PublicKey, KeyError>,
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Extensions,
    fields: Fields,
    scheme: SignatureScheme,
}

impl Certificate {
    /// Reads one certificate in DER, which must be all of `der`.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], also for an extension that is there twice (RFC 5280, section 4.2), and for
    /// basic constraints or key usages that cannot be read. A key that is not on the allow-list is no error here: see
    /// [`Self::key`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        read::from_der(der)
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
    pub fn is_authority(&self) -> bool {
        let constraints = self.extensions.basic_constraints;
        constraints.is_some_and(|constraints| constraints.is_authority())
    }

    /// Whether it may issue certificates: it is that of an authority, and its key, if it says what that is for, is for signing
    /// certificates (RFC 5280, sections 4.2.1.3 and 6.1.4(n)).
    #[must_use]
    pub fn issues_certificates(&self) -> bool {
        let usage = self.key_usage();
        self.is_authority() && usage.is_none_or(|usage| usage.contains(KeyUse::KeyCertSign))
    }

    /// Whether its key, if it says what that is for, is for signatures that are neither on certificates nor on revocation lists
    /// (RFC 5280, section 4.2.1.3).
    #[must_use]
    pub fn signs(&self) -> bool {
        let usage = self.key_usage();
        usage.is_none_or(|usage| {
            usage.contains(KeyUse::DigitalSignature) || usage.contains(KeyUse::NonRepudiation)
        })
    }

    /// Whether its own signature is over MD2, MD5 or SHA-1, which RFC 3279 still has.
    #[must_use]
    pub fn is_weakly_signed(&self) -> bool {
        self.scheme == SignatureScheme::Weak
    }

    /// The serial number as the content of its DER `INTEGER` (RFC 5280, section 4.1.2.2).
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.fields.serial.within(&self.der)
    }

    /// The name of the issuer in DER (RFC 5280, section 4.1.2.4).
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        self.fields.issuer.within(&self.der)
    }

    /// The name of the subject in DER (RFC 5280, section 4.1.2.6).
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        self.fields.subject.within(&self.der)
    }

    /// The name of the subject (RFC 5280, section 4.1.2.6), in the order of the certificate. It is decoded with each
    /// call.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], also if there are more than 64 attributes.
    pub fn subject(&self) -> Result<Vec<RelativeName>, CertificateError> {
        subject::read(self.subject_der())
    }

    /// Other names of the subject (RFC 5280, section 4.2.1.6), none if it has no such extension. They are decoded with
    /// each call.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], also if there are more than 256.
    pub fn alternative_names(&self) -> Result<AlternativeNames, CertificateError> {
        let value = self.extensions.alternative_name;
        value.map_or_else(
            || Ok(AlternativeNames::default()),
            |value| AlternativeNames::read(value.within(&self.der)),
        )
    }

    /// Whether and how it is that of an authority (RFC 5280, section 4.2.1.9).
    #[must_use]
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// The uses of the key (RFC 5280, section 4.2.1.3).
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// The purposes of the key (RFC 5280, section 4.2.1.12).
    #[must_use]
    pub const fn extended_key_usage(&self) -> Option<ExtendedKeyUsage> {
        self.extensions.extended_key_usage
    }

    /// The URIs under which the issuer answers OCSP requests about it (RFC 5280, section 4.2.2.1).
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], also if there are more than 8 or one is longer than 2048 bytes.
    pub fn ocsp_addresses(&self) -> Result<Vec<String>, CertificateError> {
        self.ocsp_sources().map(|(addresses, _)| addresses)
    }

    /// The same, and whether it names any place at all where the issuer answers.
    pub(crate) fn ocsp_sources(&self) -> Result<(Vec<String>, bool), CertificateError> {
        let value = self.extensions.authority_info_access;
        value.map_or_else(
            || Ok((Vec::new(), false)),
            |value| general_name::ocsp_addresses(value.within(&self.der)),
        )
    }

    /// The URIs under which the issuer publishes complete revocation lists (RFC 5280, section 4.2.1.13).
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], also if there are more than 8 or one is longer than 2048 bytes.
    pub fn list_addresses(&self) -> Result<Vec<String>, CertificateError> {
        let value = self.extensions.distribution_points;
        value.map_or_else(
            || Ok(Vec::new()),
            |value| list_addresses(value.within(&self.der)),
        )
    }

    /// Whether it says where revocation lists are published at all, in whatever form (RFC 5280, section 4.2.1.13).
    #[must_use]
    pub const fn has_distribution_points(&self) -> bool {
        self.extensions.distribution_points.is_some()
    }

    /// Whether it names delta lists itself, rather than the list that they are for (RFC 5280, section 4.2.1.15).
    #[must_use]
    pub const fn names_delta_lists(&self) -> bool {
        self.extensions.freshest_list
    }

    /// Whether its issuer vouches for it without a way to revoke it: an OCSP responder with `id-pkix-ocsp-nocheck` (RFC
    /// 6960, section 4.2.2.2.1).
    #[must_use]
    pub const fn is_never_revoked(&self) -> bool {
        self.extensions.ocsp_nocheck
    }

    /// Whether it has a critical extension beside basic constraints, key usages, alternative names, policies and the
    /// addresses of revocation (RFC 5280, section 4.2). Name constraints are among the unknown ones.
    #[must_use]
    pub const fn has_unknown_critical_extension(&self) -> bool {
        self.extensions.unknown_critical || self.extensions.critical_name_constraints
    }

    /// The same where name constraints are held against what it certified.
    pub(crate) const fn has_unknown_critical_extension_beside_names(&self) -> bool {
        self.extensions.unknown_critical
    }

    /// A digest of the name of its subject and its key: what answers about certificates that it issued are held against.
    #[must_use]
    pub fn authority(&self) -> Digest {
        // The name says its own length.
        Digest::sha256(&[self.subject_der(), self.key_bits()].concat())
    }

    /// Whether the name of issuer and subject are the same, byte by byte (RFC 5280, section 3.2: self-issued).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer_der() == self.subject_der()
    }

    /// Checks its signature with the key of `issuer` (RFC 5280, section 4.1.1.3). Names and what the issuer may do are
    /// not looked at. This is one public-key operation, for which nobody is charged: what an attacker can choose goes
    /// through [`SignatureChecks`].
    ///
    /// # Errors
    /// Any [`SignatureError`].
    pub fn verify_signed_by(&self, issuer: &Self) -> Result<(), SignatureError> {
        let (key, algorithm) = self.scheme.by(issuer.key())?;
        let (signed, signature) = self.signed();
        Ok(key.verify(algorithm, signed, signature)?)
    }

    /// The same on account of a decision.
    pub(crate) fn check_signed_by(
        &self,
        issuer: &Self,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Result<(), SignatureError>, BudgetExceeded> {
        let (signed, signature) = self.signed();
        self.scheme.verify(issuer.key(), signed, signature, checks)
    }

    /// What has to be verified for it: key, algorithm, message and signature. Returns `None` if nothing can be.
    pub(crate) fn signature_by<'c>(
        &'c self,
        issuer: &'c Self,
    ) -> Option<(&'c PublicKey, SignatureAlgorithm, &'c [u8], &'c [u8])> {
        let (key, algorithm) = self.scheme.by(issuer.key()).ok()?;
        let (signed, signature) = self.signed();
        Some((key, algorithm, signed, signature))
    }

    /// What is signed, and the signature.
    fn signed(&self) -> (&[u8], &[u8]) {
        let Fields {
            signed, signature, ..
        } = &self.fields;
        (signed.within(&self.der), signature.within(&self.der))
    }

    /// The bits of the key without its algorithm, which OCSP identifies an issuer by (RFC 6960, section 4.1.1).
    pub(crate) fn key_bits(&self) -> &[u8] {
        self.fields.key_bits.within(&self.der)
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
