//! Proofs: what remains of a verification that succeeded.

use bytes::Bytes;

use crate::{Check, Digest, Scheme, Timestamp};

/// Who signed, with what, when, and where the signature was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Evidence {
    /// The signer's name as the trusted key or certificate gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The fingerprint of the trusted key or certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the signer says the image is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// When the signature says it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Timestamp>,
    /// Where the signature was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A type that only the crate that verified something can make.
///
/// Implement it for a type of yours that has no public constructor; holding a value then shows that your
/// verification ran, and a [`Proof`] can be made from it.
pub trait Witness {
    /// The scheme that verified.
    fn scheme(&self) -> Scheme;
    /// The digest that was verified.
    fn digest(&self) -> &Digest;
    /// Who signed.
    fn evidence(&self) -> Vec<Evidence>;
    /// The checks that were made, in order.
    fn checks(&self) -> Vec<Check> {
        Vec::new()
    }
    /// The statement about the image that was signed, where the signature is over one, such as the payload of an
    /// envelope (in-toto attestation framework). Nobody else gets hold of it.
    fn statement(&self) -> Option<Bytes> {
        None
    }
    /// The last point in time at which the verification would still give the same answer, if it depends on time.
    fn valid_until(&self) -> Option<Timestamp> {
        None
    }
}

/// That a requirement was met for one digest.
///
/// There is no way to make one but from a [`Witness`]:
///
/// ```compile_fail
/// let forged = doorward_core::Proof { .. };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    scheme: Scheme,
    digest: Digest,
    evidence: Vec<Evidence>,
    checks: Vec<Check>,
    statement: Option<Bytes>,
    valid_until: Option<Timestamp>,
}

impl Proof {
    /// The proof that `witness` stands for.
    #[must_use]
    pub fn of(witness: &impl Witness) -> Self {
        Self {
            scheme: witness.scheme(),
            digest: witness.digest().clone(),
            evidence: witness.evidence(),
            checks: witness.checks(),
            statement: witness.statement(),
            valid_until: witness.valid_until(),
        }
    }

    /// The scheme that verified.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The digest that was verified.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Who signed.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// The checks that were made, in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The statement that was signed, if the signature is over one: as it is, byte by byte.
    #[must_use]
    pub const fn statement(&self) -> Option<&Bytes> {
        self.statement.as_ref()
    }

    /// Until when the proof may be remembered, if it depends on time.
    #[must_use]
    pub const fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }
}
