//! What remains of a signature that was accepted.

use bytes::Bytes;
use doorward_core::{Digest, Evidence, Scheme, Timestamp, Witness};

/// That a signature says that an image is signed, by an authority of a policy. There is no way to make one but to
/// [verify](crate::verify()).
#[derive(Clone, Debug)]
pub struct Accepted {
    pub(crate) digest: Digest,
    pub(crate) signer: Signer,
    /// A digest of what was signed, of the key or certificate, and of the image.
    pub(crate) signature: Digest,
}

/// Who signed, and what vouches for when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signer {
    /// The name of the authority in the policy.
    pub(crate) authority: Option<String>,
    /// The identity in the certificate.
    pub(crate) identity: Option<String>,
    /// Who vouched for the identity.
    pub(crate) issuer: Option<String>,
    /// The digest of the key or the fingerprint of the certificate.
    pub(crate) key: Option<Digest>,
    /// What the claim says the image is called.
    pub(crate) claimed_name: Option<String>,
    /// The time before which there was no signature: the beginning of the signer's certificate. A log or a stamp can be had
    /// again for an old signature, and this cannot. A key tells none.
    pub(crate) not_before: Option<Timestamp>,
    /// The time by which the signature existed, if a log or an authority vouches for one.
    pub(crate) signed_at: Option<Timestamp>,
    /// Its place in the log, if a log vouches for it.
    pub(crate) log_index: Option<u64>,
    /// The last second at which a certificate that was held against now is valid.
    pub(crate) valid_until: Option<Timestamp>,
    /// Where it was found.
    pub(crate) source: Option<String>,
}

impl Signer {
    pub(crate) fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = Evidence::default();
        evidence.signer = self.identity.clone().or_else(|| self.authority.clone());
        evidence.key = self.key.as_ref().map(ToString::to_string);
        evidence.subject = self.subject();
        evidence.identity.clone_from(&self.claimed_name);
        evidence.signed_at = self.not_before;
        evidence.authentic_at = self.signed_at;
        evidence.source.clone_from(&self.source);
        vec![evidence]
    }

    /// Who signed, the same for every certificate: a short-lived one is for one signature.
    fn subject(&self) -> Option<String> {
        let identity = self.identity.as_ref()?;
        Some(match &self.issuer {
            None => identity.clone(),
            Some(issuer) => format!("{identity} ({issuer})"),
        })
    }
}

macro_rules! of_signer {
    () => {
        /// The identity in the signer's certificate: an email address, a URI or a DNS name. Returns `None` for a key.
        #[must_use]
        pub fn identity(&self) -> Option<&str> {
            self.signer.identity.as_deref()
        }

        /// Who vouched for the identity: the URL of an OpenID Connect issuer, as the certificate has it.
        #[must_use]
        pub fn issuer(&self) -> Option<&str> {
            self.signer.issuer.as_deref()
        }

        /// The digest of the key as DER `SubjectPublicKeyInfo`, or of the certificate in DER.
        #[must_use]
        pub const fn key(&self) -> Option<&Digest> {
            self.signer.key.as_ref()
        }

        /// The time by which the signature existed, if a log or a time-stamping authority vouches for one.
        #[must_use]
        pub const fn signed_at(&self) -> Option<Timestamp> {
            self.signer.signed_at
        }

        /// The time from which the signer's certificate is valid, before which there was no signature. Returns `None` for a
        /// key.
        #[must_use]
        pub const fn not_before(&self) -> Option<Timestamp> {
            self.signer.not_before
        }

        /// Its place in the transparency log, if one vouches for it.
        #[must_use]
        pub const fn log_index(&self) -> Option<u64> {
            self.signer.log_index
        }

        /// The name of the authority in the policy.
        #[must_use]
        pub fn authority(&self) -> Option<&str> {
            self.signer.authority.as_deref()
        }

        /// Where it was found.
        #[must_use]
        pub fn source(&self) -> Option<&str> {
            self.signer.source.as_deref()
        }
    };
}

impl Accepted {
    of_signer!();

    /// What the claim says that the image is called. cosign writes it, and nothing checks it there.
    #[must_use]
    pub fn claimed_name(&self) -> Option<&str> {
        self.signer.claimed_name.as_deref()
    }
}

impl Witness for Accepted {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.signer.evidence()
    }

    fn signature(&self) -> Option<Digest> {
        Some(self.signature.clone())
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.signer.valid_until
    }
}

/// That an authority made a signature over bytes. It is no [`Witness`]: nothing was said of an image. There is no way to make one but
/// to have [the bytes signed](crate::signed_bytes).
#[derive(Clone, Debug)]
pub struct SignedBytes {
    pub(crate) signer: Signer,
}

impl SignedBytes {
    of_signer!();
}

/// That an authority of a policy made a statement about an image. There is no way to make one but to have it
/// [attested](crate::attested).
#[derive(Clone, Debug)]
pub struct Attested {
    pub(crate) digest: Digest,
    pub(crate) signer: Signer,
    pub(crate) statement: Bytes,
    pub(crate) predicate_type: String,
    pub(crate) predicate: Bytes,
    /// A digest of what was signed, of the key or certificate, and of the image.
    pub(crate) signature: Digest,
}

impl Attested {
    of_signer!();

    /// The type of the predicate: a URI.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// The predicate as it was signed: one JSON value, byte by byte.
    #[must_use]
    pub const fn predicate(&self) -> &Bytes {
        &self.predicate
    }
}

impl Witness for Attested {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.signer.evidence()
    }

    fn statement(&self) -> Option<Bytes> {
        Some(self.statement.clone())
    }

    fn signature(&self) -> Option<Digest> {
        Some(self.signature.clone())
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.signer.valid_until
    }
}
