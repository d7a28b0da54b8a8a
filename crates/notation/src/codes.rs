//! The reason codes of Notary Project signatures.

doorward_core::codes! {
    BAD_SIGNATURE = "notation-bad-signature", Integrity, 6, "the signature does not match the envelope, or its algorithm does not fit the signing key";
    CERTIFICATE_VALIDITY = "notation-certificate-validity", Untrusted, 7, "a certificate of the signer is not valid, or was not when the signature was made";
    CHAIN_INVALID = "notation-chain-invalid", Integrity, 5, "the certificates of the envelope are no chain of code signing";
    CRITICAL_ATTRIBUTE = "notation-critical-attribute", Untrusted, 6, "the signer demands that an attribute is understood which is unknown here";
    ENVELOPE_MALFORMED = "notation-envelope-malformed", Integrity, 2, "the envelope does not have the form of its media type";
    EXPIRED = "notation-expired", Untrusted, 7, "the signature itself has expired";
    MANIFEST_INVALID = "notation-manifest-invalid", Integrity, 2, "what is listed as a signature is none, or is not there";
    NO_ACCEPTED_SIGNATURE = "notation-no-accepted-signature", Untrusted, 8, "none of the signatures was accepted";
    NO_SIGNATURE = "notation-no-signature", Untrusted, 3, "the image has no signature";
    PAYLOAD_INVALID = "notation-payload-invalid", Integrity, 7, "what was signed does not have the form of a payload";
    PLUGIN_FAILED = "notation-plugin-failed", Untrusted, 8, "the plug-in that is to verify the signature gave no verdict";
    PLUGIN_REFUSED = "notation-plugin-refused", Untrusted, 8, "the plug-in that is to verify the signature says that it does not hold";
    PLUGIN_UNAVAILABLE = "notation-plugin-unavailable", Untrusted, 6, "the signature is to be verified by a plug-in that is not installed or not allowed";
    POLICY_INVALID = "notation-policy-invalid", Configuration, 4, "a trust policy document or statement has an error";
    POLICY_NO_MATCH = "notation-policy-no-match", NoPolicy, 2, "no statement of the trust policy document applies";
    REVOCATION_UNKNOWN = "notation-revocation-unknown", Untrusted, 8, "it could not be established that no certificate was revoked";
    REVOKED = "notation-revoked", Untrusted, 8, "a certificate of the signer, or of the authority that stamped the time, was revoked";
    TIMESTAMP_INVALID = "notation-timestamp-invalid", Untrusted, 7, "the countersignature of a time-stamping authority is not valid or not trusted";
    TIMESTAMP_MISSING = "notation-timestamp-missing", Untrusted, 7, "the policy demands a countersignature of a time-stamping authority, and there is none";
    TOO_MANY_SIGNATURES = "notation-too-many-signatures", Integrity, 3, "the image has more signatures than are tried";
    TRUST_STORE_INVALID = "notation-trust-store-invalid", Configuration, 3, "a trust store that the policy names is missing, empty or holds what it must not";
    UNTRUSTED_IDENTITY = "notation-untrusted-identity", Untrusted, 5, "the signing certificate is none of the trusted identities";
    UNTRUSTED_ROOT = "notation-untrusted-root", Untrusted, 4, "no certificate of the signer's chain is in the trust stores of the policy";
    USER_METADATA = "notation-user-metadata", Untrusted, 9, "the signature does not carry the user metadata that is demanded";
    WRONG_ARTIFACT = "notation-wrong-artifact", Integrity, 8, "the signature is for another artifact";
}
