//! What remains of a signature that was accepted.

use doorward_core::{Check, Digest, Evidence, Scheme, Timestamp, Witness};

use crate::claim::Content;

/// A claim whose signature was verified, for an image it was accepted for. There is no way to make one but to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub(crate) content: Content,
    pub(crate) fingerprint: String,
    pub(crate) user_id: Option<String>,
    pub(crate) signed_at: Timestamp,
    pub(crate) source: String,
    pub(crate) valid_until: Option<Timestamp>,
}

impl Claim {
    /// The digest that was signed.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.content.digest
    }

    /// The name that was signed, as written in the claim.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.content.reference
    }

    /// The program that made the claim. Its word for it; nothing is decided by it.
    #[must_use]
    pub fn creator(&self) -> Option<&str> {
        self.content.creator.as_deref()
    }

    /// The time inside the claim. The signer's word for it; nothing is decided by it.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Timestamp> {
        self.content.timestamp
    }

    /// The fingerprint of the trusted primary key, also when a subkey signed, in upper-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The primary user ID of the trusted key.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// When the signature was made, by the signer's clock.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Where the signature was found.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The last second at which key and signature are both good, if either ends.
    #[must_use]
    pub const fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.signer = self.user_id.clone();
        evidence.key = Some(self.fingerprint.clone());
        evidence.identity = Some(self.content.reference.clone());
        evidence.signed_at = Some(self.signed_at);
        evidence.source = Some(self.source.clone());
        evidence
    }
}

/// That every requirement was met. There is no way to make one but to evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub(crate) digest: Digest,
    pub(crate) claims: Vec<Claim>,
    pub(crate) checks: Vec<Check>,
}

impl Accepted {
    /// The claims that met the requirements, one per `signedBy`, in the requirements' order. Empty if everything
    /// is accepted unsigned.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }
}

impl Witness for Accepted {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.claims.iter().map(Claim::evidence).collect()
    }

    fn checks(&self) -> Vec<Check> {
        self.checks.clone()
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.claims.iter().filter_map(Claim::valid_until).min()
    }
}
