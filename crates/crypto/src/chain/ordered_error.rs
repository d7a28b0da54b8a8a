//! Why a list of certificates is no ordered chain.

use std::fmt;

use doorward_core::Timestamp;

use crate::{Certificate, KeyUse, Purpose, SignatureError};

/// Why a list of certificates is no ordered chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderedChainError {
    /// A certificate breaks a rule.
    #[error("{at} {rule}")]
    Certificate {
        /// Which one.
        at: ChainPosition,
        /// Which rule.
        rule: OrderedRule,
    },
    /// There is no certificate.
    #[error("the certificate chain is empty")]
    Empty,
    /// There are more certificates than are looked at.
    #[error("the certificate chain has {count} certificates, more than {limit}")]
    TooLong {
        /// How many there are.
        count: usize,
        /// The bound.
        limit: usize,
    },
}

/// Why a chain does not hold at a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotValidAt {
    /// A certificate had expired.
    #[error("{at} expired at {not_after}")]
    Expired {
        /// Which one.
        at: ChainPosition,
        /// The last second in which it was valid.
        not_after: Timestamp,
    },
    /// A certificate was not yet valid.
    #[error("{at} is not valid before {not_before}")]
    NotYet {
        /// Which one.
        at: ChainPosition,
        /// The first second in which it is valid.
        not_before: Timestamp,
    },
}

/// A certificate of a chain, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainPosition {
    position: usize,
    common_name: Option<String>,
}

impl ChainPosition {
    pub(crate) fn new(position: usize, certificate: &Certificate) -> Self {
        Self {
            position,
            common_name: certificate.common_name().map(str::to_owned),
        }
    }

    /// How many certificates stand before it; that of the leaf is 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The first common name of its subject.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }
}

impl fmt::Display for ChainPosition {
    /// Counts from one; the name is escaped, as an attacker chose it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {}", self.position + 1)?;
        match &self.common_name {
            Some(name) => write!(f, " ({name:?})"),
            None => Ok(()),
        }
    }
}

/// A rule for the certificates of an ordered chain (Notary Project, Signature Specification, "Certificate
/// Requirements").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderedRule {
    /// The signer's certificate is that of an authority.
    #[error("is that of an authority and not of a signer")]
    AuthorityAsLeaf,
    /// The basic constraints of an authority must be critical.
    #[error("has basic constraints that are not critical")]
    BasicConstraintsNotCritical,
    /// An authority has a critical extension that is not understood (RFC 5280, section 4.2).
    #[error("has a critical extension that is not understood")]
    CriticalExtension,
    /// The same certificate stands in the chain twice.
    #[error("is in the chain twice")]
    Duplicate,
    /// A signer's certificate has a purpose that it must not have.
    #[error("is also for {0}")]
    ForbiddenPurpose(Purpose),
    /// A signer's certificate has a use that it must not have.
    #[error("has the key usage {}", .0.as_str())]
    ForbiddenUse(KeyUse),
    /// The key usages must be critical.
    #[error("has key usages that are not critical")]
    KeyUsageNotCritical,
    /// A certificate lacks a use that it must have.
    #[error("lacks the key usage {}", .0.as_str())]
    MissingUse(KeyUse),
    /// An authority above may not certify one of its names (RFC 5280, section 4.2.1.10).
    #[error("has a name that an authority above it may not certify")]
    NameConstraint,
    /// An authority must have basic constraints.
    #[error("has no basic constraints")]
    NoBasicConstraints,
    /// Every certificate must have key usages.
    #[error("has no key usages")]
    NoKeyUsage,
    /// An issuer on the chain is no authority.
    #[error("is not that of an authority")]
    NotAnAuthority,
    /// An authority is restricted to purposes of which the signing of software is none.
    #[error("does not certify for the signing of software")]
    NotForCodeSigning,
    /// A certificate for time stamps must be for nothing else, and say so in a critical extension (RFC 3161, section
    /// 2.3).
    #[error("is not for time stamps alone, by a critical extension")]
    NotForTimeStampsAlone,
    /// An authority is restricted to purposes of which time stamps are none.
    #[error("does not certify for time stamps")]
    NotForTimeStamps,
    /// The name of the issuer is not that of the next certificate.
    #[error("was not issued by the next certificate")]
    NotIssuedByNext,
    /// The last certificate has another name as its issuer than as its subject.
    #[error("is the last one and not self-issued")]
    NotSelfIssued,
    /// There are more authorities below one than it allows.
    #[error("allows {length} authorities between it and the signer, and there are {below}")]
    PathLength {
        /// What it allows.
        length: u32,
        /// How many there are.
        below: usize,
    },
    /// A certificate that is not the last one is signed by itself.
    #[error("is self-signed and not the last one")]
    SelfSignedTooEarly,
    /// The signature on a certificate is not that of its issuer, or not one that is accepted.
    #[error("is not properly signed by its issuer: {0}")]
    Signature(SignatureError),
}
