//! The reason codes of Notary Project signatures.

use doorward_core::Code;

doorward_core::codes! {
    BAD_SIGNATURE = "notation-bad-signature", Integrity, 4, "the signature does not match the envelope, or its algorithm does not fit the signing key";
    CERTIFICATE_VALIDITY = "notation-certificate-validity", Untrusted, 7, "a certificate of the signer is not valid, or was not when the signature was made";
    CHAIN_INVALID = "notation-chain-invalid", Integrity, 3, "the certificates of the envelope are no chain of code signing";
    CRITICAL_ATTRIBUTE = "notation-critical-attribute", Untrusted, 6, "the signer demands that an attribute is understood which is unknown here";
    ENVELOPE_MALFORMED = "notation-envelope-malformed", Integrity, 2, "the envelope does not have the form of its media type";
    EXPIRED = "notation-expired", Untrusted, 7, "the signature itself has expired";
    MANIFEST_INVALID = "notation-manifest-invalid", Integrity, 2, "what is listed as a signature is none, or is not there";
    NO_ACCEPTED_SIGNATURE = "notation-no-accepted-signature", Untrusted, 8, "none of the signatures was accepted";
    NO_SIGNATURE = "notation-no-signature", Untrusted, 3, "the image has no signature";
    ON_HOLD = "notation-on-hold", Untrusted, 8, "a certificate of the signer is on hold: its authority has revoked it for the time being";
    PAYLOAD_INVALID = "notation-payload-invalid", Integrity, 3, "what was signed does not have the form of a payload";
    PLUGIN_FAILED = "notation-plugin-failed", Untrusted, 8, "the plug-in that is to verify the signature gave no verdict";
    PLUGIN_REFUSED = "notation-plugin-refused", Untrusted, 8, "the plug-in that is to verify the signature says that it does not hold";
    PLUGIN_UNAVAILABLE = "notation-plugin-unavailable", Untrusted, 6, "the signature is to be verified by a plug-in that is not installed or not allowed";
    POLICY_INVALID = "notation-policy-invalid", Configuration, 4, "a trust policy document or statement has an error";
    POLICY_NO_MATCH = "notation-policy-no-match", NoPolicy, 2, "no statement of the trust policy document applies";
    REVOCATION_UNKNOWN = "notation-revocation-unknown", Untrusted, 8, "it could not be established that no certificate was revoked";
    REVOKED = "notation-revoked", Untrusted, 8, "a certificate of the signer was revoked";
    SIGNATURE_UNREADABLE = "notation-signature-unreadable", Integrity, 2, "what is listed as a signature cannot be read, so that it is not known which signature was made last";
    TIMESTAMP_INVALID = "notation-timestamp-invalid", Untrusted, 7, "the countersignature of a time-stamping authority is not valid or not trusted";
    TIMESTAMP_MISSING = "notation-timestamp-missing", Untrusted, 7, "the policy demands a countersignature of a time-stamping authority, and there is none";
    TIMESTAMP_REVOKED = "notation-timestamp-revoked", Untrusted, 8, "a certificate of the authority that stamped the time was revoked";
    TOO_MANY_SIGNATURES = "notation-too-many-signatures", Integrity, 3, "the image has more signatures than are tried";
    TRUST_STORE_INVALID = "notation-trust-store-invalid", Configuration, 3, "a trust store that the policy names is missing, empty or holds what it must not";
    UNTRUSTED_IDENTITY = "notation-untrusted-identity", Untrusted, 5, "the signing certificate is none of the trusted identities";
    UNTRUSTED_ROOT = "notation-untrusted-root", Untrusted, 4, "no certificate of the signer's chain is in the trust stores of the policy";
    USER_METADATA = "notation-user-metadata", Untrusted, 9, "the signature does not carry the user metadata that is demanded";
    WRONG_ARTIFACT = "notation-wrong-artifact", Integrity, 8, "the signature is for another artifact";
}

/// The codes that say that nobody who is trusted vouched: there is no signature, it is none that can be read or that holds,
/// it is by somebody else or for something else, or a certificate of the signer was revoked. A revoked signer vouches for
/// nothing, neither good nor bad; one on hold may yet, and so may one whose time an authority stamped that was revoked.
const BY_NOBODY: [Code; 10] = [
    BAD_SIGNATURE,
    CHAIN_INVALID,
    ENVELOPE_MALFORMED,
    MANIFEST_INVALID,
    NO_SIGNATURE,
    PAYLOAD_INVALID,
    REVOKED,
    UNTRUSTED_IDENTITY,
    UNTRUSTED_ROOT,
    WRONG_ARTIFACT,
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

/// Of those, the codes that say that nobody could be asked, or that more would have to be looked at than is. All others say
/// that somebody who is trusted did sign, and that the signature does not count.
const NOT_ASKED: [Code; 8] = [
    PLUGIN_FAILED,
    PLUGIN_UNAVAILABLE,
    POLICY_INVALID,
    POLICY_NO_MATCH,
    REVOCATION_UNKNOWN,
    SIGNATURE_UNREADABLE,
    TOO_MANY_SIGNATURES,
    TRUST_STORE_INVALID,
];

/// Whether a refusal with this code says that somebody who is trusted signed, with a signature that holds and does not
/// count, such as one that has expired.
pub(crate) fn does_not_count(code: Code) -> bool {
    leaves_open(code) && !NOT_ASKED.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_sorted_by_whether_somebody_who_is_trusted_may_have_signed() {
        let open = [
            CERTIFICATE_VALIDITY,
            CRITICAL_ATTRIBUTE,
            EXPIRED,
            ON_HOLD,
            PLUGIN_FAILED,
            PLUGIN_REFUSED,
            PLUGIN_UNAVAILABLE,
            POLICY_INVALID,
            POLICY_NO_MATCH,
            REVOCATION_UNKNOWN,
            SIGNATURE_UNREADABLE,
            TIMESTAMP_INVALID,
            TIMESTAMP_MISSING,
            TIMESTAMP_REVOKED,
            TOO_MANY_SIGNATURES,
            TRUST_STORE_INVALID,
            USER_METADATA,
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
