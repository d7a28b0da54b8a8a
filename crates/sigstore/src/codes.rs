//! The reason codes of sigstore signatures.

use doorward_core::{Code, Rejection};

doorward_core::codes! {
    ANNOTATION_MISMATCH = "sigstore-annotation-mismatch", Untrusted, 9, "the signature does not carry the annotations that the policy demands";
    BAD_SIGNATURE = "sigstore-bad-signature", Integrity, 4, "the signature does not match what it is said to be over";
    BUNDLE_MALFORMED = "sigstore-bundle-malformed", Integrity, 2, "what is listed as a signature is no bundle, envelope or layer that can be read";
    CERTIFICATE_EXPIRED = "sigstore-certificate-expired", Untrusted, 7, "the signer's certificate was not valid when the signature was made";
    CERTIFICATE_UNTRUSTED = "sigstore-certificate-untrusted", Untrusted, 4, "the signer's certificate does not lead to an authority that the policy trusts";
    CHILD_MISSING = "sigstore-child-missing", Integrity, 3, "the registry does not have a manifest that the index lists, so that nobody knows what it would be";
    CLAIM_MALFORMED = "sigstore-claim-malformed", Integrity, 3, "what was signed does not have the form of a claim about an image";
    DIGEST_MISMATCH = "sigstore-digest-mismatch", Integrity, 8, "the signature is for another image";
    KEY_INVALID = "sigstore-key-invalid", Configuration, 3, "a public key or certificate that the policy names cannot be used";
    LOG_MISMATCH = "sigstore-log-mismatch", Integrity, 6, "the entry of the transparency log is for another signature, payload or key";
    LOG_MISSING = "sigstore-log-missing", Untrusted, 6, "the policy demands an entry of a transparency log, and there is none";
    LOG_UNTRUSTED = "sigstore-log-untrusted", Integrity, 5, "the entry of the transparency log does not hold, or is of a log that is not trusted";
    NO_CHILDREN = "sigstore-no-children", Untrusted, 2, "the index lists no manifest that could run";
    NONE = "sigstore-none", Untrusted, 2, "the image has no sigstore signature";
    SCT_INVALID = "sigstore-sct-invalid", Untrusted, 5, "the signer's certificate was not published in a certificate log that is trusted";
    STATEMENT_UNREADABLE = "sigstore-statement-unreadable", Integrity, 3, "what may be an attestation cannot be read, so that nobody knows what it says";
    TIMESTAMP_INVALID = "sigstore-timestamp-invalid", Untrusted, 6, "a time stamp of the signature does not hold, or is of an authority that is not trusted";
    TIMESTAMP_MISSING = "sigstore-timestamp-missing", Untrusted, 6, "nothing that is trusted says when the signature was made";
    TOO_MANY = "sigstore-too-many", Integrity, 3, "the image has more signatures than are tried";
    TOO_MANY_CHILDREN = "sigstore-too-many-children", Integrity, 3, "the index lists more manifests than signatures are looked for";
    TRUST_ROOT_INVALID = "sigstore-trust-root-invalid", Configuration, 3, "a trusted root that the policy names cannot be used";
    TRUST_ROOT_UNAVAILABLE = "sigstore-trust-root-unavailable", Unavailable, 2, "a trusted root that the policy names could not be had";
    UNKNOWN_KEY = "sigstore-unknown-key", Untrusted, 4, "the signature was not made with a key that the policy trusts";
    UNTRUSTED_IDENTITY = "sigstore-untrusted-identity", Untrusted, 8, "the signer's certificate is for another identity than the policy trusts";
    UNTRUSTED_ISSUER = "sigstore-untrusted-issuer", Untrusted, 8, "the signer's identity was vouched for by another issuer than the policy trusts";
    WRONG_PREDICATE = "sigstore-wrong-predicate", Untrusted, 3, "the statement that was signed is of another type than the one asked for";
}

/// The codes that leave open whether somebody who is trusted signed: the signature does not count for another reason, or
/// more would have to be looked at than is. That an index lists too much is none of them: what is signed changes nothing about it.
const OPEN: [Code; 14] = [
    ANNOTATION_MISMATCH,
    CERTIFICATE_EXPIRED,
    CHILD_MISSING,
    KEY_INVALID,
    LOG_MISMATCH,
    LOG_MISSING,
    LOG_UNTRUSTED,
    SCT_INVALID,
    STATEMENT_UNREADABLE,
    TIMESTAMP_INVALID,
    TIMESTAMP_MISSING,
    TOO_MANY,
    TRUST_ROOT_INVALID,
    TRUST_ROOT_UNAVAILABLE,
];

/// Whether a refusal with this code leaves open that somebody who is trusted signed: the signature does not count for
/// another reason, such as that it is in no log, or more would have to be looked at than is.
///
/// A code that is none of [this crate's](ALL) leaves nothing open here.
#[must_use]
pub fn leaves_open(code: Code) -> bool {
    OPEN.contains(&code)
}

/// Whether a refusal leaves open that somebody who is trusted signed: its [code](leaves_open) says so, or it is known who made
/// the signature, and that is somebody who is trusted. Then it may be what counts, whatever is wrong with it.
///
/// The [causes](Rejection::causes) are refusals of their own.
#[must_use]
pub fn is_left_open(rejection: &Rejection) -> bool {
    rejection.signature().is_some() || leaves_open(rejection.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_sorted_by_whether_somebody_who_is_trusted_may_have_signed() {
        let nobody = [
            BAD_SIGNATURE,
            BUNDLE_MALFORMED,
            CERTIFICATE_UNTRUSTED,
            CLAIM_MALFORMED,
            DIGEST_MISMATCH,
            NO_CHILDREN,
            NONE,
            // However many of them are signed: what an index lists is in its digest.
            TOO_MANY_CHILDREN,
            UNKNOWN_KEY,
            UNTRUSTED_IDENTITY,
            UNTRUSTED_ISSUER,
            WRONG_PREDICATE,
        ];
        for code in ALL.iter().copied() {
            assert_ne!(
                leaves_open(code),
                nobody.contains(&code),
                "{code:?} must be sorted"
            );
        }
        assert!(!leaves_open(Code::REGISTRY_NOT_FOUND));
    }
}
