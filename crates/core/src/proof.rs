//! Proofs: what remains of a verification that succeeded.

use bytes::Bytes;

use crate::{Check, Digest, Scheme, Timestamp, UsedImages};

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
    /// The whole subject of the signer's certificate, written as RFC 4514 says, where there is a certificate; of one that is for
    /// an identity instead, the identity and who vouched for it. It stays the same when the certificate is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the signer says the image is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// When the signature says it was made, or the time before which its certificate did not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Timestamp>,
    /// By when the signature existed, where somebody beside the signer vouches for it: a time-stamping or a signing
    /// authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentic_at: Option<Timestamp>,
    /// The verification plug-in that had a say, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Where the signature was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The document that says something about the image, if the evidence is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentEvidence>,
}

impl Evidence {
    /// Who signed, in a way that tells signers apart and outlasts a certificate: the subject of the certificate, else the
    /// fingerprint of the key, else the name.
    #[must_use]
    pub fn signer_identity(&self) -> Option<&str> {
        let named = [&self.subject, &self.key, &self.signer];
        named.into_iter().find_map(Option::as_deref)
    }

    /// When it was signed, where that decides which of several counts: as the signer says, and not later than an authority
    /// vouches. Where the signer says nothing, nothing is known: a countersignature alone would not do. It is not signed,
    /// so that anybody can have an old signature stamped again, and shows only that the signature existed by then.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        match (self.signed_at, self.authentic_at) {
            (Some(said), Some(vouched)) => Some(said.min(vouched)),
            (said, _) => said,
        }
    }
}

/// A document that says something about an image.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DocumentEvidence {
    /// The digest of the manifest that attaches it.
    pub digest: Digest,
    /// The format of its content.
    pub format: String,
    /// The program that made it, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
}

impl DocumentEvidence {
    /// The document of this digest and format.
    #[must_use]
    pub const fn new(digest: Digest, format: String, tool: Option<String>) -> Self {
        Self {
            digest,
            format,
            tool,
        }
    }
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
    /// The images that the build of the image used, if what was verified tells them.
    fn used_images(&self) -> Option<UsedImages> {
        None
    }
    /// A digest of what is signed and of the key or certificate that it was signed with, where the same may be found in several
    /// places, such as an envelope. A refusal of another copy [has it](crate::Rejection::signature) too.
    fn signature(&self) -> Option<Digest> {
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
    /// Few proofs have any of these two.
    used_images: Option<Box<UsedImages>>,
    signature: Option<Box<Digest>>,
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
            used_images: witness.used_images().map(Box::new),
            signature: witness.signature().map(Box::new),
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

    /// The images that the build of the image used, if what was verified tells them. As long as those are not admitted that
    /// [have to be](UsedImages::levels), the proof does not count.
    #[must_use]
    pub fn used_images(&self) -> Option<&UsedImages> {
        self.used_images.as_deref()
    }

    /// A digest of what was signed and of the key or certificate that it was signed with, where the witness tells it.
    #[must_use]
    pub fn signature(&self) -> Option<&Digest> {
        self.signature.as_deref()
    }

    /// Until when the proof may be remembered, if it depends on time.
    #[must_use]
    pub const fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_countersignature_tells_is_no_time_of_signing() {
        let time = |said: Option<i64>, vouched: Option<i64>| {
            let evidence = Evidence {
                signed_at: said.map(Timestamp::from_unix),
                authentic_at: vouched.map(Timestamp::from_unix),
                ..Evidence::default()
            };
            evidence.time().map(Timestamp::unix)
        };
        assert_eq!(time(None, Some(9)), None);
        assert_eq!(time(None, None), None);
        assert_eq!(time(Some(5), None), Some(5));
        assert_eq!(time(Some(5), Some(9)), Some(5));
        assert_eq!(time(Some(9), Some(5)), Some(5));
    }
}
