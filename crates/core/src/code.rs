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

/// What a reason code stands for. Defined by [`codes!`](crate::codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeDefinition {
    /// The text of the code: words of lower-case letters with hyphens between them.
    pub name: &'static str,
    /// What kind of refusal it is.
    pub class: Class,
    /// How far a verification got before it failed with this code, within its class. Greater is further.
    pub rank: u8,
    /// What it means, as a lowercase fragment.
    pub description: &'static str,
}

/// A stable reason code. Codes are append-only: one is never renamed, reused or removed.
///
/// The same text appears in the denial, the report, the SARIF rule, the metric label and the event reason.
///
/// The codes here are those that belong to no scheme: what may happen to any image, policy, fetch or Secret. Every
/// scheme has its own, made by [`codes!`](crate::codes), also those of other projects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static CodeDefinition);

impl Code {
    /// The code that a definition gives.
    ///
    /// # Panics
    /// If the name is not made of words of lower-case letters with hyphens between them. A code is a constant, so it
    /// does not compile then.
    #[must_use]
    pub const fn new(definition: &'static CodeDefinition) -> Self {
        assert!(
            is_kebab_case(definition.name.as_bytes()),
            "the name of a code is made of words of lower-case letters with hyphens between them"
        );
        Self(definition)
    }

    /// The text of the code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The class of the code.
    #[must_use]
    pub const fn class(self) -> Class {
        self.0.class
    }

    /// What the code means, as a lowercase fragment.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.0.description
    }

    /// How far a verification got before it failed with this code, within its class. Greater is further.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self.0.rank
    }
}

/// A letter stands first, last and on both sides of each hyphen.
const fn is_kebab_case(name: &[u8]) -> bool {
    let mut rest = name;
    let mut after_letter = false;
    while let [first, tail @ ..] = rest {
        match *first {
            b'a'..=b'z' => after_letter = true,
            b'-' if after_letter => after_letter = false,
            _ => return false,
        }
        rest = tail;
    }
    after_letter
}

/// Defines the reason codes of a scheme: a constant for each, and `ALL` for the table of them.
///
/// Each line gives the constant, the text, the [`Class`], the [rank](crate::Code::rank) within it and
/// the meaning as a lowercase fragment. Begin the texts with the name of your scheme, so that they are nobody else's.
///
/// ```
/// pub mod codes {
///     doorward_core::codes! {
///         NO_SEAL = "wax-no-seal", Untrusted, 3, "the image has no seal";
///         SEAL_BROKEN = "wax-seal-broken", Integrity, 6, "the seal is broken";
///     }
/// }
/// # fn main() {
/// assert_eq!(codes::NO_SEAL.as_str(), "wax-no-seal");
/// assert_eq!(codes::ALL.len(), 2);
/// # }
/// ```
#[macro_export]
macro_rules! codes {
    (@each $($constant:ident = $name:literal, $class:ident, $rank:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $text, ".")]
            #[allow(dead_code, unreachable_pub, reason = "a table is whole, and public where its module is")]
            pub const $constant: $crate::Code = $crate::Code::new(&$crate::CodeDefinition {
                name: $name,
                class: $crate::Class::$class,
                rank: $rank,
                description: $text,
            });
        )*
    };
    (impl $($constant:ident = $name:literal, $class:ident, $rank:literal, $text:literal;)*) => {
        $crate::codes!(@each $($constant = $name, $class, $rank, $text;)*);
        /// Every code that belongs to no scheme.
        pub const ALL: &'static [Self] = &[$(Self::$constant),*];
    };
    ($($constant:ident = $name:literal, $class:ident, $rank:literal, $text:literal;)*) => {
        $crate::codes!(@each $($constant = $name, $class, $rank, $text;)*);
        /// Every code that is defined here.
        #[allow(dead_code, unreachable_pub, reason = "a table is whole, and public where its module is")]
        pub const ALL: &[$crate::Code] = &[$($constant),*];
    };
}

impl Code {
    codes! { impl
        ADMISSION_BUSY = "admission-busy", Unavailable, 1, "the webhook judges as many reviews at a time as it may";
        ADMISSION_INVALID = "admission-invalid", Configuration, 1, "the admission review or the object in it cannot be read";
        ADMISSION_NOT_PINNED = "admission-not-pinned", Untrusted, 8, "the image was verified, but the object does not name it by the digest that was verified";
        ADMISSION_NOTHING_FOUND = "admission-nothing-found", Configuration, 1, "the object has nothing at any place where images of its resource are looked for";
        ADMISSION_UNSUPPORTED_RESOURCE = "admission-unsupported-resource", Configuration, 1, "the object is of a kind or version that has no known pod specification";
        BREAK_GLASS_FORBIDDEN = "break-glass-forbidden", Untrusted, 1, "the object asks for break-glass, and its author may not use it, or it does not count here";
        BREAK_GLASS_UNAVAILABLE = "break-glass-unavailable", Unavailable, 1, "the object asks for break-glass, and nobody could be asked whether its author may use it";
        BREAK_GLASS_USED = "break-glass-used", Untrusted, 1, "the image was refused and runs all the same, because somebody who may broke the glass";
        BUDGET_EXCEEDED = "budget-exceeded", Integrity, 9, "judging the image would cost more than a decision may";
        CONFLICTING_DIGESTS = "conflicting-digests", Integrity, 9, "two proofs, or a proof and the reference, name different digests";
        CREDENTIAL_PROVIDER_FAILED = "credential-provider-failed", Unavailable, 3, "the registry refused access, and a credential provider that may have had the right credential failed";
        DEADLINE_EXCEEDED = "deadline-exceeded", Unavailable, 2, "the decision did not end before its deadline";
        EXCEPTION_ENDED = "exception-ended", Untrusted, 1, "an exception for the image has ended";
        EXCEPTION_INCOMPLETE = "exception-incomplete", Untrusted, 1, "an exception for the image does not cover all that it was refused for";
        EXCEPTION_NOT_ALLOWED = "exception-not-allowed", Untrusted, 1, "there is an exception for the image, and the policy entry that refused it does not allow that exception";
        EXCEPTION_TOO_LONG = "exception-too-long", Untrusted, 1, "an exception for the image lasts longer than one may, so it counts for nothing";
        EXCEPTION_UNKNOWN = "exception-unknown", Unavailable, 1, "it cannot be told whether an exception is for the image, because something that this depends on is not known";
        EXCEPTION_USED = "exception-used", Untrusted, 1, "the image was refused and runs all the same, because an exception covers all that it was refused for";
        INTERNAL_ERROR = "internal-error", Internal, 0, "a fault of the verifier itself";
        KEY_SOURCE_INVALID = "key-source-invalid", Configuration, 3, "what is served where the policy says that a public key is cannot be used as one";
        KEY_SOURCE_PIN_MISMATCH = "key-source-pin-mismatch", Integrity, 5, "another key or file is served than the policy pins";
        KEY_SOURCE_UNAVAILABLE = "key-source-unavailable", Unavailable, 2, "a public key that the policy names by its address could not be had yet";
        LAYOUT_NOT_FOUND = "layout-not-found", Untrusted, 2, "the layout does not hold the image";
        POLICY_INVALID = "policy-invalid", Configuration, 5, "the policy entry that governs the image has an error";
        POLICY_NO_MATCH = "policy-no-match", NoPolicy, 2, "no entry of the policies that apply matches the image";
        POLICY_NONE = "policy-none", NoPolicy, 1, "there is neither an image policy in the namespace nor a cluster image policy";
        POLICY_NOT_EFFECTIVE_YET = "policy-not-effective-yet", Untrusted, 1, "the image fails the checks of an entry that refuses only from a later date on";
        POLICY_SELECTION_UNKNOWN = "policy-selection-unknown", Unavailable, 3, "it cannot be told which policies are for the workload, because something they select it by is not known";
        POLICY_UNSUPPORTED = "policy-unsupported", Configuration, 4, "the policy entry demands a check that this version cannot make";
        REFERENCE_INVALID = "reference-invalid", Untrusted, 1, "the image reference does not follow the grammar";
        REGISTRY_DIGEST_MISMATCH = "registry-digest-mismatch", Integrity, 5, "the registry or layout gave content that does not have the digest asked for";
        REGISTRY_MALFORMED = "registry-malformed", Integrity, 4, "the registry, store or layout gave an answer that its protocol does not allow";
        REGISTRY_NOT_FOUND = "registry-not-found", Untrusted, 2, "the registry says that the image does not exist";
        REGISTRY_TOO_LARGE = "registry-too-large", Integrity, 3, "an answer is larger than its bound";
        REGISTRY_UNAUTHORIZED = "registry-unauthorized", Unavailable, 3, "the registry refused every credential that could be offered";
        REGISTRY_UNAVAILABLE = "registry-unavailable", Unavailable, 1, "the registry, store or layout could not be asked";
        SECRET_INVALID = "secret-invalid", Configuration, 3, "a Secret or ConfigMap that the policy names does not hold what it should";
        SECRET_NOT_FOUND = "secret-not-found", Configuration, 2, "a Secret or ConfigMap that the policy names does not exist, or is not one that it may read";
        SECRET_UNAVAILABLE = "secret-unavailable", Unavailable, 1, "a Secret, ConfigMap or ServiceAccount that the policy or the workload names could not be read";
        STATE_FULL = "state-full", Configuration, 3, "no more can be remembered for this scope and namespace: their share is full";
        STATE_INVALID = "state-invalid", Configuration, 3, "remembered trust cannot be read: it is damaged or of another version";
        STATE_UNAVAILABLE = "state-unavailable", Unavailable, 1, "remembered trust could not be read or written";
        TRANSCRIPT_NOT_RECORDED = "transcript-not-recorded", Configuration, 2, "the transcript does not hold what the decision asks for";
        TRANSPORT_ADDRESS = "transport-address", Configuration, 3, "a server has an address that may not be asked";
        TRANSPORT_INSECURE = "transport-insecure", Configuration, 3, "a server would have to be asked without transport security";
    }
}

impl Code {
    /// The section about this code in the documentation: a page of the book and an anchor.
    #[must_use]
    pub fn anchor(self) -> String {
        format!("reference/codes.html#{}", self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
            FetchError::AddressNotAllowed { .. } => Self::TRANSPORT_ADDRESS,
            FetchError::CredentialProvider { .. } => Self::CREDENTIAL_PROVIDER_FAILED,
            FetchError::DigestMismatch { .. } => Self::REGISTRY_DIGEST_MISMATCH,
            FetchError::Insecure { .. } => Self::TRANSPORT_INSECURE,
            FetchError::Internal { .. } => Self::INTERNAL_ERROR,
            FetchError::Malformed { .. } | FetchError::NotSupported => Self::REGISTRY_MALFORMED,
            FetchError::Handshake(_)
            | FetchError::NotAsked { .. }
            | FetchError::Outage(_)
            | FetchError::Unavailable { .. } => Self::REGISTRY_UNAVAILABLE,
            FetchError::NotFound => Self::REGISTRY_NOT_FOUND,
            FetchError::NotInLayout { .. } => Self::LAYOUT_NOT_FOUND,
            FetchError::NotRecorded => Self::TRANSCRIPT_NOT_RECORDED,
            FetchError::TooLarge { .. } => Self::REGISTRY_TOO_LARGE,
            FetchError::Unauthorized { .. } => Self::REGISTRY_UNAUTHORIZED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_with_hyphens_between_them_name_a_code() {
        for name in ["a", "policy-none", "a-b-c"] {
            assert!(is_kebab_case(name.as_bytes()), "{name}");
        }
        for name in [
            "", "-", "-a", "a-", "a--b", "A", "a_b", "a b", "a1", "\u{e4}",
        ] {
            assert!(!is_kebab_case(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn codes_of_one_text_and_meaning_are_one_wherever_they_are_defined() {
        mod other {
            crate::codes! {
                POLICY_NONE = "policy-none", NoPolicy, 1, "there is neither an image policy in the namespace nor a cluster image policy";
                POLICY_OTHER = "policy-none", Untrusted, 1, "something else";
            }
        }
        assert_eq!(other::POLICY_NONE, Code::POLICY_NONE);
        assert_ne!(other::POLICY_OTHER, Code::POLICY_NONE);
    }
}
