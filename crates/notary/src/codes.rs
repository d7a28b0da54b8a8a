//! The reason codes of Notary v1.

doorward_core::codes! {
    CLOCK_SET_BACK = "notary-clock-set-back", Configuration, 3, "the clock is behind the time at which trust metadata was last verified";
    DELEGATION_MISSING = "notary-delegation-missing", Untrusted, 6, "a delegation role that must speak for the image has no published metadata";
    DIGEST_MISMATCH = "notary-digest-mismatch", Untrusted, 9, "the released digest is not the one that the reference names";
    HASH_MISMATCH = "notary-hash-mismatch", Integrity, 6, "metadata does not have the length and hashes that the role above it lists";
    KEY_UNSUPPORTED = "notary-key-unsupported", Untrusted, 4, "a role can only be signed by keys of a kind that is not verified here";
    METADATA_INVALID = "notary-metadata-invalid", Integrity, 3, "metadata does not have the form that its role demands";
    NOT_RELEASED = "notary-not-released", Untrusted, 8, "no role that releases images has signed this tag or digest";
    PIN_MISMATCH = "notary-pin-mismatch", Untrusted, 5, "the root of trust is none that the policy pins";
    PIN_REQUIRED = "notary-pin-required", Untrusted, 3, "nothing says which root of trust to start from";
    ROLE_EXPIRED = "notary-role-expired", Untrusted, 7, "the metadata of a role has expired";
    ROLE_MISSING = "notary-role-missing", Integrity, 4, "the snapshot or root does not list a role that must be there";
    ROLLBACK = "notary-rollback", Integrity, 8, "metadata is older than what was verified before";
    ROOT_CERTIFICATE = "notary-root-certificate", Untrusted, 5, "no root key has a certificate that may stand for this repository now";
    ROOT_ROTATION = "notary-root-rotation", Untrusted, 6, "the root of trust changed without enough signatures of the root before it";
    SERVER_MALFORMED = "notary-server-malformed", Integrity, 2, "the trust server gave an answer that its protocol does not allow";
    SERVER_UNAUTHORIZED = "notary-server-unauthorized", Unavailable, 3, "the trust server refused every credential that could be offered";
    SERVER_UNAVAILABLE = "notary-server-unavailable", Unavailable, 1, "the trust server could not be asked";
    SIGNER_KEY_MISMATCH = "notary-signer-key-mismatch", Untrusted, 8, "the role of a demanded signer is signed, but not by the signer's key";
    SIGNER_MISMATCH = "notary-signer-mismatch", Untrusted, 9, "a demanded signer has signed another digest than the released one";
    SIGNER_MISSING = "notary-signer-missing", Untrusted, 8, "a demanded signer has not signed this tag";
    TARGET_INVALID = "notary-target-invalid", Integrity, 7, "the signed entry of the tag has no usable sha256 digest";
    THRESHOLD = "notary-threshold", Untrusted, 5, "a role has fewer valid signatures than its threshold";
    TOO_LARGE = "notary-too-large", Integrity, 3, "metadata is larger, or there is more of it, than is read";
    TRUST_DATA_MISSING = "notary-trust-data-missing", Untrusted, 2, "the trust server says that nothing is signed under this name";
}
