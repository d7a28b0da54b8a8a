//! The reason codes of simple signing.

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
