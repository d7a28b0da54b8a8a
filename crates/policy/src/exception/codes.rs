//! Which reason codes an exception may name.
//!
//! The codes are those of the schemes, which this crate does not see. The facade holds the table against all of them: a
//! code that is added there is in one of the two halves, or a test fails.

use std::fmt;

use doorward_core::{Class, Code};

/// A reason code that an exception may name: a judgement about the image that its owner can answer for.
///
/// There is none for content that is not intact, for what nobody could be asked, and for what is wrong in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExceptionCode(&'static str);

impl ExceptionCode {
    /// The code of this name.
    ///
    /// # Errors
    /// [`NoException`], if it is none or none that an exception may name.
    pub fn named(name: &str) -> Result<Self, NoException> {
        if let Some(found) = OVERRIDABLE.iter().find(|known| **known == name) {
            return Ok(Self(found));
        }
        let never = NEVER.iter().find(|(known, _)| *known == name);
        Err(never.map_or(NoException::Unknown, |(_, why)| NoException::Never(*why)))
    }

    /// Every code that an exception may name, in alphabetical order.
    pub fn all() -> impl Iterator<Item = Self> {
        OVERRIDABLE.iter().map(|name| Self(name))
    }

    /// The text of the code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether it is the code of a rejection. One of another class that has the same name, as another project may define
    /// it, is not.
    #[must_use]
    pub fn is(self, code: Code) -> bool {
        code.class() == Class::Untrusted && code.as_str() == self.0
    }
}

impl fmt::Display for ExceptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why an exception may not name a code. `Display` is a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoException {
    /// It is one that no exception ever overrides.
    Never(Never),
    /// There is no such code.
    Unknown,
}

/// Why no exception ever overrides a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Never {
    /// A policy, a Secret or a setting is wrong, or the program is: the image was not judged.
    Configuration,
    /// What was signed or is named is another image than this one.
    Digest,
    /// Something is not intact.
    Integrity,
    /// Nobody could be asked, which is no judgement.
    NoAnswer,
    /// There is no such image.
    NoImage,
    /// No policy says anything about the image, so none allows an exception.
    NoPolicy,
    /// It is said beside a refusal, and is none.
    NoRefusal,
}

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "with it the image was not judged",
            Self::Digest => "with it the image is another one than was signed or named",
            Self::Integrity => "with it something is not intact",
            Self::NoAnswer => "with it nobody could be asked, which is no judgement",
            Self::NoImage => "with it there is no such image",
            Self::NoPolicy => "with it no policy says anything about the image",
            Self::NoRefusal => "it is said beside a refusal and is none",
        })
    }
}

impl fmt::Display for NoException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never(why) => write!(f, "no exception overrides this code: {why}"),
            Self::Unknown => f.write_str("there is no such code"),
        }
    }
}

/// The codes that an exception may name.
pub(crate) static OVERRIDABLE: [&str; 88] = [
    "document-condition-failed",
    "document-condition-invalid",
    "document-license-denied",
    "document-missing",
    "document-package-denied",
    "document-time-in-future",
    "document-time-unknown",
    "document-too-old",
    "document-unsigned",
    "image-age-unknown",
    "image-architecture-not-allowed",
    "image-base-not-allowed",
    "image-base-unknown",
    "image-label",
    "image-no-configuration",
    "image-runs-as-root",
    "image-too-old",
    "material-cycle",
    "material-digest-missing",
    "material-no-policy",
    "material-refused",
    "material-too-many",
    "material-unidentified",
    "material-unlisted",
    "notary-delegation-missing",
    "notary-key-unsupported",
    "notary-not-released",
    "notary-pin-mismatch",
    "notary-pin-required",
    "notary-role-expired",
    "notary-root-certificate",
    "notary-root-rotation",
    "notary-signer-key-mismatch",
    "notary-signer-mismatch",
    "notary-signer-missing",
    "notary-threshold",
    "notary-trust-data-missing",
    "notation-certificate-validity",
    "notation-critical-attribute",
    "notation-expired",
    "notation-no-accepted-signature",
    "notation-no-signature",
    "notation-on-hold",
    "notation-plugin-refused",
    "notation-revoked",
    "notation-timestamp-invalid",
    "notation-timestamp-missing",
    "notation-timestamp-revoked",
    "notation-untrusted-identity",
    "notation-untrusted-root",
    "notation-user-metadata",
    "provenance-build-type-untrusted",
    "provenance-builder-untrusted",
    "provenance-level-too-low",
    "provenance-source-untrusted",
    "sigstore-annotation-mismatch",
    "sigstore-certificate-expired",
    "sigstore-certificate-untrusted",
    "sigstore-log-missing",
    "sigstore-no-children",
    "sigstore-none",
    "sigstore-sct-invalid",
    "sigstore-timestamp-invalid",
    "sigstore-timestamp-missing",
    "sigstore-unknown-key",
    "sigstore-untrusted-identity",
    "sigstore-untrusted-issuer",
    "sigstore-wrong-predicate",
    "simple-identity-mismatch",
    "simple-key-expired",
    "simple-key-revoked",
    "simple-key-unusable",
    "simple-no-accepted-signature",
    "simple-no-signature",
    "simple-rejected-by-policy",
    "simple-signature-expired",
    "simple-signature-in-future",
    "simple-unknown-key",
    "simple-weak-algorithm",
    "summary-level-too-low",
    "summary-resource-mismatch",
    "summary-verification-failed",
    "summary-verifier-untrusted",
    "vulnerability-listed",
    "vulnerability-no-advisor",
    "vulnerability-not-scanned",
    "vulnerability-status-failed",
    "vulnerability-too-severe",
];

/// All others, and why.
static NEVER: &[(&str, Never)] = &[
    ("admission-busy", Never::NoAnswer),
    ("admission-invalid", Never::Configuration),
    ("admission-not-pinned", Never::Digest),
    ("admission-nothing-found", Never::Configuration),
    ("admission-unsupported-resource", Never::Configuration),
    ("break-glass-forbidden", Never::NoRefusal),
    ("break-glass-unavailable", Never::NoRefusal),
    ("break-glass-used", Never::NoRefusal),
    ("budget-exceeded", Never::Integrity),
    ("conflicting-digests", Never::Integrity),
    ("credential-provider-failed", Never::NoAnswer),
    ("deadline-exceeded", Never::NoAnswer),
    ("document-content-missing", Never::Integrity),
    ("document-format-mismatch", Never::Integrity),
    ("document-malformed", Never::Integrity),
    ("document-subject-mismatch", Never::Integrity),
    ("document-too-large", Never::Integrity),
    ("document-type-mismatch", Never::Integrity),
    ("exception-ended", Never::NoRefusal),
    ("exception-incomplete", Never::NoRefusal),
    ("exception-not-allowed", Never::NoRefusal),
    ("exception-too-long", Never::NoRefusal),
    ("exception-unknown", Never::NoRefusal),
    ("exception-used", Never::NoRefusal),
    ("image-configuration-invalid", Never::Integrity),
    ("image-too-many-platforms", Never::Integrity),
    ("internal-error", Never::Configuration),
    ("key-source-invalid", Never::Configuration),
    ("key-source-pin-mismatch", Never::Integrity),
    ("key-source-unavailable", Never::NoAnswer),
    ("layout-not-found", Never::NoImage),
    ("notary-clock-set-back", Never::Configuration),
    ("notary-digest-mismatch", Never::Digest),
    ("notary-hash-mismatch", Never::Integrity),
    ("notary-metadata-invalid", Never::Integrity),
    ("notary-role-missing", Never::Integrity),
    ("notary-rollback", Never::Integrity),
    ("notary-server-malformed", Never::Integrity),
    ("notary-server-unauthorized", Never::NoAnswer),
    ("notary-server-unavailable", Never::NoAnswer),
    ("notary-target-invalid", Never::Integrity),
    ("notary-too-large", Never::Integrity),
    ("notation-bad-signature", Never::Integrity),
    ("notation-chain-invalid", Never::Integrity),
    ("notation-envelope-malformed", Never::Integrity),
    ("notation-manifest-invalid", Never::Integrity),
    ("notation-payload-invalid", Never::Integrity),
    ("notation-plugin-failed", Never::NoAnswer),
    ("notation-plugin-unavailable", Never::NoAnswer),
    ("notation-policy-invalid", Never::Configuration),
    ("notation-policy-no-match", Never::NoPolicy),
    ("notation-revocation-unknown", Never::NoAnswer),
    ("notation-signature-unreadable", Never::Integrity),
    ("notation-too-many-signatures", Never::Integrity),
    ("notation-trust-store-invalid", Never::Configuration),
    ("notation-wrong-artifact", Never::Integrity),
    ("policy-invalid", Never::Configuration),
    ("policy-no-match", Never::NoPolicy),
    ("policy-none", Never::NoPolicy),
    ("policy-not-effective-yet", Never::NoRefusal),
    ("policy-selection-unknown", Never::NoAnswer),
    ("policy-unsupported", Never::Configuration),
    ("reference-invalid", Never::NoImage),
    ("registry-digest-mismatch", Never::Integrity),
    ("registry-malformed", Never::Integrity),
    ("registry-not-found", Never::NoImage),
    ("registry-too-large", Never::Integrity),
    ("registry-unauthorized", Never::NoAnswer),
    ("registry-unavailable", Never::NoAnswer),
    ("secret-invalid", Never::Configuration),
    ("secret-not-found", Never::Configuration),
    ("secret-unavailable", Never::NoAnswer),
    ("sigstore-bad-signature", Never::Integrity),
    ("sigstore-bundle-malformed", Never::Integrity),
    ("sigstore-child-missing", Never::Integrity),
    ("sigstore-claim-malformed", Never::Integrity),
    ("sigstore-digest-mismatch", Never::Integrity),
    ("sigstore-key-invalid", Never::Configuration),
    ("sigstore-log-mismatch", Never::Integrity),
    ("sigstore-log-untrusted", Never::Integrity),
    ("sigstore-statement-unreadable", Never::Integrity),
    ("sigstore-too-many", Never::Integrity),
    ("sigstore-too-many-children", Never::Integrity),
    ("sigstore-trust-root-invalid", Never::Configuration),
    ("sigstore-trust-root-unavailable", Never::NoAnswer),
    ("simple-bad-signature", Never::Integrity),
    ("simple-digest-mismatch", Never::Integrity),
    ("simple-keyring-invalid", Never::Configuration),
    ("simple-malformed-message", Never::Integrity),
    ("simple-payload-invalid", Never::Integrity),
    ("simple-store-malformed", Never::Integrity),
    ("simple-store-unauthorized", Never::NoAnswer),
    ("simple-too-many-signatures", Never::Integrity),
    ("simple-unsupported-requirement", Never::Configuration),
    ("state-full", Never::Configuration),
    ("state-invalid", Never::Configuration),
    ("state-unavailable", Never::NoAnswer),
    ("transcript-not-recorded", Never::Configuration),
    ("transport-address", Never::Configuration),
    ("transport-insecure", Never::Configuration),
];

/// Every code of both halves, for holding the table against those that are published.
#[must_use]
pub fn exception_code_table() -> Vec<(&'static str, Option<Never>)> {
    let never = NEVER.iter().map(|(name, why)| (*name, Some(*why)));
    OVERRIDABLE
        .iter()
        .map(|name| (*name, None))
        .chain(never)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_the_table_are_in_order_and_share_no_code() {
        assert!(OVERRIDABLE.is_sorted_by(|a, b| a < b));
        assert!(NEVER.is_sorted_by(|a, b| a.0 < b.0));
        assert!(NEVER.iter().all(|(name, _)| !OVERRIDABLE.contains(name)));
    }

    #[test]
    fn a_code_of_another_class_with_the_name_of_one_that_may_be_overridden_is_not_it() {
        mod other {
            doorward_core::codes! {
                INTEGRITY = "simple-no-signature", Integrity, 1, "another";
                UNTRUSTED = "simple-no-signature", Untrusted, 1, "another";
            }
        }
        let code = ExceptionCode::named("simple-no-signature").unwrap();
        assert!(code.is(other::UNTRUSTED));
        assert!(!code.is(other::INTEGRITY));
    }
}
