//! Reason codes: the stable names of everything that can go wrong with an image.

use std::fmt;

use crate::FetchError;

/// What kind of refusal a code is. The order is that of severity: when several images or requirements are refused
/// for different reasons, the greatest class decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A required resource could not be had: nothing is known about the image.
    Unavailable,
    /// No policy applies to the image.
    NoPolicy,
    /// The image, or what vouches for it, is not what the policy demands.
    Untrusted,
    /// Something signed or addressed by digest is not intact, or an input breaks its format or bounds.
    Integrity,
    /// A policy, secret or setting is wrong; the image was not judged.
    Configuration,
    /// A fault of this program.
    Internal,
}

impl Class {
    /// The name used in reports and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::NoPolicy => "no-policy",
            Self::Untrusted => "untrusted",
            Self::Integrity => "integrity",
            Self::Configuration => "configuration",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! codes {
    ($($variant:ident = $name:literal, $class:ident, $rank:literal, $text:literal;)*) => {
        /// A stable reason code. Codes are append-only: one is never renamed, reused or removed.
        ///
        /// The same text appears in the denial, the report, the SARIF rule, the metric label and the event reason.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $name, "`: ", $text, ".")] $variant,)*
        }

        impl Code {
            /// Every code, in alphabetical order of the variants.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of the code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The class of the code.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)* }
            }

            /// What the code means, as a lowercase fragment.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// How far a verification got before it failed with this code, within its class. Greater is further.
            #[must_use]
            pub const fn rank(self) -> u8 {
                match self { $(Self::$variant => $rank,)* }
            }
        }
    };
}

codes! {
    AdmissionInvalid = "admission-invalid", Configuration, 1, "the admission review or the object in it cannot be read";
    AdmissionNotPinned = "admission-not-pinned", Untrusted, 8, "the image was verified, but the object does not name it by the digest that was verified";
    AdmissionUnsupportedResource = "admission-unsupported-resource", Configuration, 1, "the object is of a kind or version that has no known pod specification";
    BudgetExceeded = "budget-exceeded", Integrity, 9, "judging the image would cost more than a decision may";
    ConflictingDigests = "conflicting-digests", Integrity, 9, "two proofs, or a proof and the reference, name different digests";
    DeadlineExceeded = "deadline-exceeded", Unavailable, 2, "the decision did not end before its deadline";
    InternalError = "internal-error", Internal, 0, "a fault of the verifier itself";
    LayoutNotFound = "layout-not-found", Untrusted, 2, "the layout does not hold the image";
    NotaryClockSetBack = "notary-clock-set-back", Configuration, 3, "the clock is behind the time at which trust metadata was last verified";
    NotaryDelegationMissing = "notary-delegation-missing", Untrusted, 6, "a delegation role that must speak for the image has no published metadata";
    NotaryDigestMismatch = "notary-digest-mismatch", Untrusted, 9, "the released digest is not the one that the reference names";
    NotaryHashMismatch = "notary-hash-mismatch", Integrity, 6, "metadata does not have the length and hashes that the role above it lists";
    NotaryKeyUnsupported = "notary-key-unsupported", Untrusted, 4, "a role can only be signed by keys of a kind that is not verified here";
    NotaryMetadataInvalid = "notary-metadata-invalid", Integrity, 3, "metadata does not have the form that its role demands";
    NotaryNotReleased = "notary-not-released", Untrusted, 8, "no role that releases images has signed this tag or digest";
    NotaryPinMismatch = "notary-pin-mismatch", Untrusted, 5, "the root of trust is none that the policy pins";
    NotaryPinRequired = "notary-pin-required", Untrusted, 3, "nothing says which root of trust to start from";
    NotaryRoleExpired = "notary-role-expired", Untrusted, 7, "the metadata of a role has expired";
    NotaryRoleMissing = "notary-role-missing", Integrity, 4, "the snapshot or root does not list a role that must be there";
    NotaryRollback = "notary-rollback", Integrity, 8, "metadata is older than what was verified before";
    NotaryRootCertificate = "notary-root-certificate", Untrusted, 5, "no root key has a certificate that may stand for this repository now";
    NotaryRootRotation = "notary-root-rotation", Untrusted, 6, "the root of trust changed without enough signatures of the root before it";
    NotaryServerMalformed = "notary-server-malformed", Integrity, 2, "the trust server gave an answer that its protocol does not allow";
    NotaryServerUnauthorized = "notary-server-unauthorized", Unavailable, 3, "the trust server refused every credential that could be offered";
    NotaryServerUnavailable = "notary-server-unavailable", Unavailable, 1, "the trust server could not be asked";
    NotarySignerKeyMismatch = "notary-signer-key-mismatch", Untrusted, 8, "the role of a demanded signer is signed, but not by the signer's key";
    NotarySignerMismatch = "notary-signer-mismatch", Untrusted, 9, "a demanded signer has signed another digest than the released one";
    NotarySignerMissing = "notary-signer-missing", Untrusted, 8, "a demanded signer has not signed this tag";
    NotaryTargetInvalid = "notary-target-invalid", Integrity, 7, "the signed entry of the tag has no usable sha256 digest";
    NotaryThreshold = "notary-threshold", Untrusted, 5, "a role has fewer valid signatures than its threshold";
    NotaryTooLarge = "notary-too-large", Integrity, 3, "metadata is larger, or there is more of it, than is read";
    NotaryTrustDataMissing = "notary-trust-data-missing", Untrusted, 2, "the trust server says that nothing is signed under this name";
    PolicyInvalid = "policy-invalid", Configuration, 5, "the policy entry that governs the image has an error";
    PolicyNoMatch = "policy-no-match", NoPolicy, 2, "no entry of the policies that apply matches the image";
    PolicyNone = "policy-none", NoPolicy, 1, "there is neither an image policy in the namespace nor a cluster image policy";
    PolicyUnsupported = "policy-unsupported", Configuration, 4, "the policy entry demands a check that this version cannot make";
    ReferenceInvalid = "reference-invalid", Untrusted, 1, "the image reference does not follow the grammar";
    RegistryDigestMismatch = "registry-digest-mismatch", Integrity, 5, "the registry or layout gave content that does not have the digest asked for";
    RegistryMalformed = "registry-malformed", Integrity, 4, "the registry, store or layout gave an answer that its protocol does not allow";
    RegistryNotFound = "registry-not-found", Untrusted, 2, "the registry says that the image does not exist";
    RegistryTooLarge = "registry-too-large", Integrity, 3, "an answer is larger than its bound";
    RegistryUnauthorized = "registry-unauthorized", Unavailable, 3, "the registry refused every credential that could be offered";
    RegistryUnavailable = "registry-unavailable", Unavailable, 1, "the registry, store or layout could not be asked";
    SecretInvalid = "secret-invalid", Configuration, 3, "a secret that the policy names does not hold what it should";
    SecretNotFound = "secret-not-found", Configuration, 2, "a secret that the policy names does not exist, or is not one that it may read";
    SecretUnavailable = "secret-unavailable", Unavailable, 1, "a secret that the policy names could not be read";
    SimpleBadSignature = "simple-bad-signature", Integrity, 6, "the signature does not match the content it claims to cover";
    SimpleDigestMismatch = "simple-digest-mismatch", Integrity, 8, "the signature is for another digest";
    SimpleIdentityMismatch = "simple-identity-mismatch", Untrusted, 9, "the signature is for another image name";
    SimpleKeyExpired = "simple-key-expired", Untrusted, 7, "the key that signed has expired";
    SimpleKeyRevoked = "simple-key-revoked", Untrusted, 7, "the key that signed was revoked";
    SimpleKeyUnusable = "simple-key-unusable", Untrusted, 6, "the key that signed may not sign: its algorithm, strength, binding or flags forbid it";
    SimpleKeyringInvalid = "simple-keyring-invalid", Configuration, 3, "the trusted keys cannot be read as OpenPGP public keys";
    SimpleMalformedMessage = "simple-malformed-message", Integrity, 2, "the signature is not one binary OpenPGP signed message";
    SimpleNoAcceptedSignature = "simple-no-accepted-signature", Untrusted, 8, "none of the signatures was accepted";
    SimpleNoSignature = "simple-no-signature", Untrusted, 3, "the image has no signature";
    SimplePayloadInvalid = "simple-payload-invalid", Integrity, 7, "the signed claim does not have the required form";
    SimpleRejectedByPolicy = "simple-rejected-by-policy", Untrusted, 9, "the policy rejects this image whatever its signatures";
    SimpleSignatureExpired = "simple-signature-expired", Untrusted, 7, "the signature itself has expired";
    SimpleSignatureInFuture = "simple-signature-in-future", Untrusted, 7, "the signature was made in the future or before its key";
    SimpleStoreMalformed = "simple-store-malformed", Integrity, 2, "the signature store holds something that is not a signature";
    SimpleStoreUnauthorized = "simple-store-unauthorized", Unavailable, 3, "the signature store refused access to a file";
    SimpleTooManySignatures = "simple-too-many-signatures", Integrity, 3, "the image has more signatures than are read";
    SimpleUnknownKey = "simple-unknown-key", Untrusted, 4, "the signature was made by a key that the policy does not trust";
    SimpleUnsupportedRequirement = "simple-unsupported-requirement", Configuration, 4, "the requirement is of a type that is never met here";
    SimpleWeakAlgorithm = "simple-weak-algorithm", Untrusted, 6, "the signature uses a hash or algorithm that no longer protects";
    StateFull = "state-full", Configuration, 3, "no more can be remembered for this scope and namespace: their share is full";
    StateInvalid = "state-invalid", Configuration, 3, "remembered trust cannot be read: it is damaged or of another version";
    StateUnavailable = "state-unavailable", Unavailable, 1, "remembered trust could not be read or written";
    TransportAddress = "transport-address", Configuration, 3, "a server has an address that may not be asked";
    TransportInsecure = "transport-insecure", Configuration, 3, "a server would have to be asked without transport security";
}

impl Code {
    /// The section about this code in the documentation: a page of the book and an anchor.
    #[must_use]
    pub fn anchor(self) -> String {
        format!("reference/codes.html#{}", self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<&FetchError> for Code {
    fn from(error: &FetchError) -> Self {
        match error {
            FetchError::AddressNotAllowed { .. } => Self::TransportAddress,
            FetchError::DigestMismatch { .. } => Self::RegistryDigestMismatch,
            FetchError::Insecure { .. } => Self::TransportInsecure,
            FetchError::Internal { .. } => Self::InternalError,
            FetchError::Malformed { .. } | FetchError::NotSupported => Self::RegistryMalformed,
            FetchError::Handshake(_)
            | FetchError::NotAsked { .. }
            | FetchError::Outage(_)
            | FetchError::Unavailable { .. } => Self::RegistryUnavailable,
            FetchError::NotFound => Self::RegistryNotFound,
            FetchError::NotInLayout { .. } => Self::LayoutNotFound,
            FetchError::TooLarge { .. } => Self::RegistryTooLarge,
            FetchError::Unauthorized { .. } => Self::RegistryUnauthorized,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut names: Vec<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert!(names.iter().all(|n| {
            n.split('-')
                .all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase()))
        }));
        assert!(names.is_sorted(), "the table is alphabetical");
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn descriptions_are_fragments_that_never_suggest_weakening_trust() {
        for code in Code::ALL {
            let text = code.description();
            assert!(
                !text.ends_with('.') && !text.starts_with(char::is_uppercase),
                "{text}"
            );
            for word in [
                "insecure",
                "disable",
                "skip",
                "permissive",
                "AcceptAnything",
            ] {
                assert!(!text.contains(word), "{code}: {text}");
            }
        }
    }
}
