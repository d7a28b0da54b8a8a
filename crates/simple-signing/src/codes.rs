//! The reason codes of simple signing.

use doorward_core::Code;

doorward_core::codes! {
    BAD_SIGNATURE = "simple-bad-signature", Integrity, 6, "the signature does not match the content it claims to cover";
    DIGEST_MISMATCH = "simple-digest-mismatch", Integrity, 8, "the signature is for another digest";
    IDENTITY_MISMATCH = "simple-identity-mismatch", Untrusted, 9, "the signature is for another image name";
    KEY_EXPIRED = "simple-key-expired", Untrusted, 7, "the key that signed has expired";
    KEY_REVOKED = "simple-key-revoked", Untrusted, 7, "the key that signed was revoked";
    KEY_UNUSABLE = "simple-key-unusable", Untrusted, 6, "the key that signed may not sign: its algorithm, strength, binding or flags forbid it";
    KEYRING_INVALID = "simple-keyring-invalid", Configuration, 3, "the trusted keys cannot be read as OpenPGP public keys";
    MALFORMED_MESSAGE = "simple-malformed-message", Integrity, 2, "the signature is not one binary OpenPGP signed message";
    NO_ACCEPTED_SIGNATURE = "simple-no-accepted-signature", Untrusted, 8, "none of the signatures was accepted";
    NO_SIGNATURE = "simple-no-signature", Untrusted, 3, "the image has no signature";
    PAYLOAD_INVALID = "simple-payload-invalid", Integrity, 7, "the signed claim does not have the required form";
    REJECTED_BY_POLICY = "simple-rejected-by-policy", Untrusted, 9, "the policy rejects this image whatever its signatures";
    SIGNATURE_EXPIRED = "simple-signature-expired", Untrusted, 7, "the signature itself has expired";
    SIGNATURE_IN_FUTURE = "simple-signature-in-future", Untrusted, 7, "the signature was made in the future or before its key";
    STORE_MALFORMED = "simple-store-malformed", Integrity, 2, "the signature store holds something that is not a signature";
    STORE_UNAUTHORIZED = "simple-store-unauthorized", Unavailable, 3, "the signature store refused access to a file";
    TOO_MANY_SIGNATURES = "simple-too-many-signatures", Integrity, 3, "the image has more signatures than are read";
    UNKNOWN_KEY = "simple-unknown-key", Untrusted, 4, "the signature was made by a key that the policy does not trust";
    UNSUPPORTED_REQUIREMENT = "simple-unsupported-requirement", Configuration, 4, "the requirement is of a type that is never met here";
    WEAK_ALGORITHM = "simple-weak-algorithm", Untrusted, 6, "the signature uses a hash or algorithm that no longer protects";
}

/// The codes that say that nobody who is trusted vouched: there is no signature, it is none that can be read or that holds,
/// it is by somebody else or for something else, the key was revoked, or the policy accepts nobody's.
const BY_NOBODY: [Code; 9] = [
    BAD_SIGNATURE,
    DIGEST_MISMATCH,
    KEY_REVOKED,
    MALFORMED_MESSAGE,
    NO_SIGNATURE,
    PAYLOAD_INVALID,
    REJECTED_BY_POLICY,
    STORE_MALFORMED,
    UNKNOWN_KEY,
];

/// Whether a refusal with this code leaves open that somebody who is trusted signed: the signature does not count for
/// another reason, such as that it has expired, or more would have to be looked at than is.
///
/// [`NO_ACCEPTED_SIGNATURE`] says nothing by itself: the causes of the refusal do. A code that is none of
/// [this crate's](ALL) leaves nothing open here.
#[must_use]
pub fn leaves_open(code: Code) -> bool {
    let says_nothing = code == NO_ACCEPTED_SIGNATURE || !ALL.contains(&code);
    !says_nothing && !BY_NOBODY.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_sorted_by_whether_somebody_who_is_trusted_may_have_signed() {
        let open = [
            IDENTITY_MISMATCH,
            KEYRING_INVALID,
            KEY_EXPIRED,
            KEY_UNUSABLE,
            SIGNATURE_EXPIRED,
            SIGNATURE_IN_FUTURE,
            STORE_UNAUTHORIZED,
            TOO_MANY_SIGNATURES,
            UNSUPPORTED_REQUIREMENT,
            WEAK_ALGORITHM,
        ];
        for code in ALL.iter().copied() {
            let (is_open, is_nobody) = (open.contains(&code), BY_NOBODY.contains(&code));
            let is_neither = code == NO_ACCEPTED_SIGNATURE;
            assert!(
                u8::from(is_open) + u8::from(is_nobody) + u8::from(is_neither) == 1,
                "{code:?} must be sorted"
            );
            assert_eq!(leaves_open(code), is_open, "{code:?}");
        }
        assert!(!leaves_open(Code::REGISTRY_NOT_FOUND));
    }
}
