//! Why metadata is refused.

use crate::codes;
use doorward_core::{BudgetExceeded, Code, Digest, Fact, Rejection, Scheme, Timestamp};

use crate::RoleName;

/// Why metadata, or what it says about an image, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The decision would cost more than it may.
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// The clock is behind the time of the last verification.
    #[error("the time is {now}, but metadata was verified here at {seen} already")]
    ClockSetBack {
        /// When metadata was last verified.
        seen: Timestamp,
        /// The time of this decision.
        now: Timestamp,
    },
    /// A delegation role that must speak for the image has no published metadata.
    #[error("{role} is delegated to, but the snapshot does not list it")]
    DelegationMissing {
        /// The role.
        role: RoleName,
    },
    /// The digest that the reference names is not the released one.
    #[error("{tag} is released as {released}, but the reference names {expected}")]
    DigestMismatch {
        /// The tag.
        tag: String,
        /// The digest that is released.
        released: Digest,
        /// The digest in the reference.
        expected: Digest,
    },
    /// The metadata of a role has expired.
    #[error("{role} expired at {expires}")]
    Expired {
        /// The role.
        role: RoleName,
        /// The first second in which it no longer counts.
        expires: Timestamp,
    },
    /// A file does not have the length or a hash that is listed for it.
    #[error("{role} does not have the {what} that is listed for it")]
    HashMismatch {
        /// The role of the file.
        role: RoleName,
        /// `length`, `sha256` or `sha512`.
        what: &'static str,
    },
    /// A file does not have the form that its role demands.
    #[error("{role} is malformed: {detail}")]
    Malformed {
        /// The role of the file.
        role: RoleName,
        /// What is wrong, a lowercase fragment.
        detail: String,
    },
    /// A list that must have a role does not.
    #[error("{list} does not list {role}")]
    Missing {
        /// The role whose file is the list.
        list: RoleName,
        /// The role that should be in it.
        role: RoleName,
    },
    /// No role that releases images has signed what was asked for.
    #[error("{what} is not released by {by}")]
    NotReleased {
        /// The tag or digest.
        what: String,
        /// The roles that would count.
        by: String,
    },
    /// The root of trust is none that is pinned.
    #[error("the root of trust does not match the pins of the policy: {detail}")]
    PinMismatch {
        /// Which pins were compared, and why none fits.
        detail: String,
    },
    /// Nothing says which root of trust to start from.
    #[error(
        "no root of trust is pinned for {gun} and none is remembered; `doorward trust pin {gun}` prints the pins of a \
         root that you can check"
    )]
    PinRequired {
        /// The globally unique name.
        gun: String,
    },
    /// The root is signed by enough of its keys, but not by enough that are pinned or that pinned keys vouched for.
    #[error(
        "the root has {valid} valid signatures of {threshold} demanded, of which {accepted} are by keys that the pins accept"
    )]
    PinThreshold {
        /// Distinct accepted keys that signed.
        accepted: usize,
        /// Distinct keys that signed.
        valid: usize,
        /// How many must.
        threshold: usize,
    },
    /// A file is older than one that was verified before.
    #[error("{role} has version {version}, but version {seen} was verified before")]
    Rollback {
        /// The role.
        role: RoleName,
        /// The version of the file.
        version: u64,
        /// The version that was seen.
        seen: u64,
    },
    /// A file has the version of one that was verified before and other content.
    #[error("{role} has version {version} as before, but other content")]
    SameVersion {
        /// The role.
        role: RoleName,
        /// The version of both.
        version: u64,
    },
    /// No root key has a certificate that may stand for the repository now.
    #[error("no root key of {gun} has a usable certificate: {detail}")]
    RootCertificate {
        /// The globally unique name.
        gun: String,
        /// Why not, of the first one.
        detail: String,
    },
    /// A new root is not signed by enough keys of the one before it.
    #[error("root {to} has {valid} valid signatures of root {from}, which demands {threshold}")]
    RootRotation {
        /// The version of the trusted root.
        from: u64,
        /// The version of the new root.
        to: u64,
        /// Distinct keys of the trusted root that signed.
        valid: usize,
        /// How many must.
        threshold: usize,
    },
    /// The role of a demanded signer is signed, but not by the signer's key.
    #[error("{role} is not signed by the key that the policy demands of {signer}")]
    SignerKeyMismatch {
        /// The signer's name.
        signer: String,
        /// The signer's role.
        role: RoleName,
    },
    /// A demanded signer has signed another digest than the released one.
    #[error("{signer} has signed {tag} as {signed}, but it is released as {released}")]
    SignerMismatch {
        /// The signer's name.
        signer: String,
        /// The tag.
        tag: String,
        /// What the signer signed.
        signed: Digest,
        /// What is released.
        released: Digest,
    },
    /// A demanded signer has not signed the tag, or is no signer of this repository.
    #[error("{signer} has not signed {tag}: {detail}")]
    SignerMissing {
        /// The signer's name.
        signer: String,
        /// The tag.
        tag: String,
        /// What is missing.
        detail: String,
    },
    /// The signed entry of a tag has no usable digest.
    #[error("the entry {tag} of {role} has {detail}")]
    TargetInvalid {
        /// The role.
        role: RoleName,
        /// The tag.
        tag: String,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// A role has fewer valid signatures than its threshold.
    #[error("{role} has {valid} valid signatures of {threshold} demanded")]
    Threshold {
        /// The role.
        role: RoleName,
        /// Distinct keys of the role that signed.
        valid: usize,
        /// How many must.
        threshold: usize,
    },
    /// There is more than is read.
    #[error("{what}, more than the {limit} that are read")]
    TooLarge {
        /// What there is.
        what: String,
        /// The bound.
        limit: usize,
    },
    /// A role can only be signed by keys that cannot be used here.
    #[error("the keys of {role} cannot be used: {detail}")]
    UnsupportedKey {
        /// The role.
        role: RoleName,
        /// Why, of the first key.
        detail: String,
    },
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Budget(_) => Code::BUDGET_EXCEEDED,
            Self::ClockSetBack { .. } => codes::CLOCK_SET_BACK,
            Self::DelegationMissing { .. } => codes::DELEGATION_MISSING,
            Self::DigestMismatch { .. } => codes::DIGEST_MISMATCH,
            Self::Expired { .. } => codes::ROLE_EXPIRED,
            Self::HashMismatch { .. } => codes::HASH_MISMATCH,
            Self::Malformed { .. } => codes::METADATA_INVALID,
            Self::Missing { .. } => codes::ROLE_MISSING,
            Self::NotReleased { .. } => codes::NOT_RELEASED,
            Self::PinMismatch { .. } => codes::PIN_MISMATCH,
            Self::PinRequired { .. } => codes::PIN_REQUIRED,
            Self::Rollback { .. } | Self::SameVersion { .. } => codes::ROLLBACK,
            Self::RootCertificate { .. } => codes::ROOT_CERTIFICATE,
            Self::RootRotation { .. } => codes::ROOT_ROTATION,
            Self::SignerKeyMismatch { .. } => codes::SIGNER_KEY_MISMATCH,
            Self::SignerMismatch { .. } => codes::SIGNER_MISMATCH,
            Self::SignerMissing { .. } => codes::SIGNER_MISSING,
            Self::TargetInvalid { .. } => codes::TARGET_INVALID,
            Self::PinThreshold { .. } | Self::Threshold { .. } => codes::THRESHOLD,
            Self::TooLarge { .. } => codes::TOO_LARGE,
            Self::UnsupportedKey { .. } => codes::KEY_UNSUPPORTED,
        }
    }

    /// What it is about, as data.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let role = |role: &RoleName| Fact::Role(role.to_string());
        let digests = |expected: &Digest, actual: &Digest| Fact::Digests {
            expected: expected.clone(),
            actual: actual.clone(),
        };
        match self {
            Self::ClockSetBack { seen, .. } => vec![Fact::Time(*seen)],
            Self::DigestMismatch {
                released, expected, ..
            } => vec![digests(expected, released)],
            Self::Expired {
                role: name,
                expires,
            } => vec![role(name), Fact::Time(*expires)],
            Self::DelegationMissing { role: name }
            | Self::HashMismatch { role: name, .. }
            | Self::Malformed { role: name, .. }
            | Self::Missing { role: name, .. }
            | Self::Rollback { role: name, .. }
            | Self::SameVersion { role: name, .. }
            | Self::SignerKeyMismatch { role: name, .. }
            | Self::TargetInvalid { role: name, .. }
            | Self::Threshold { role: name, .. }
            | Self::UnsupportedKey { role: name, .. } => vec![role(name)],
            Self::SignerMismatch {
                signed, released, ..
            } => vec![digests(released, signed)],
            Self::Budget(_)
            | Self::NotReleased { .. }
            | Self::PinMismatch { .. }
            | Self::PinRequired { .. }
            | Self::PinThreshold { .. }
            | Self::RootCertificate { .. }
            | Self::RootRotation { .. }
            | Self::SignerMissing { .. }
            | Self::TooLarge { .. } => Vec::new(),
        }
    }

    pub(crate) fn malformed(role: &RoleName, detail: impl Into<String>) -> Self {
        Self::Malformed {
            role: role.clone(),
            detail: detail.into(),
        }
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        let facts = error.facts();
        let rejection = Self::new(error.code(), error.to_string()).in_scheme(Scheme::NOTARY);
        facts.into_iter().fold(rejection, Self::with_fact)
    }
}
