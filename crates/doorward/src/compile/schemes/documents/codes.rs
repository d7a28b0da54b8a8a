//! The reason codes of signed documents.

use doorward_core::Code;
use doorward_documents::DocumentError;

doorward_core::codes! {
    CONDITION_FAILED = "document-condition-failed", Untrusted, 8, "a condition of the policy does not hold for a signed document";
    CONDITION_INVALID = "document-condition-invalid", Untrusted, 8, "a condition of the policy cannot be evaluated over a signed document";
    CONTENT_MISSING = "document-content-missing", Integrity, 6, "the content of a signed document is not there";
    FORMAT_MISMATCH = "document-format-mismatch", Integrity, 6, "a signed document is of another format or kind than the policy demands";
    LICENSE_DENIED = "document-license-denied", Untrusted, 9, "a signed document lists a package under a licence that the policy denies";
    MALFORMED = "document-malformed", Integrity, 6, "a signed document cannot be read";
    MISSING = "document-missing", Untrusted, 3, "no document of the type that the policy demands is attached to the image";
    PACKAGE_DENIED = "document-package-denied", Untrusted, 9, "a signed document lists a package that the policy denies";
    SUBJECT_MISMATCH = "document-subject-mismatch", Integrity, 3, "what is listed as attached to the image refers to something else";
    TIME_IN_FUTURE = "document-time-in-future", Untrusted, 7, "a document is signed with a time that lies in the future";
    TIME_UNKNOWN = "document-time-unknown", Untrusted, 7, "the policy bounds the age of a document, and no signature tells when it was signed";
    TOO_LARGE = "document-too-large", Integrity, 6, "a signed document is larger than is read";
    TOO_OLD = "document-too-old", Untrusted, 7, "the newest signed document is older than the policy allows";
    TYPE_MISMATCH = "document-type-mismatch", Integrity, 3, "what is listed as attached to the image is of another type than it is listed with";
    UNSIGNED = "document-unsigned", Untrusted, 4, "no document that is attached to the image is signed as the policy demands";
    BUILD_TYPE_UNTRUSTED = "provenance-build-type-untrusted", Untrusted, 9, "the provenance says that the image was built in another way than the policy demands";
    BUILDER_UNTRUSTED = "provenance-builder-untrusted", Untrusted, 9, "the provenance names another builder than the policy does, or none";
    BUILDER_LEVEL_TOO_LOW = "provenance-level-too-low", Untrusted, 9, "the builder that the provenance names is not trusted to the level that the policy demands";
    SOURCE_UNTRUSTED = "provenance-source-untrusted", Untrusted, 9, "the provenance names another source than the policy does, or none";
    LEVEL_TOO_LOW = "summary-level-too-low", Untrusted, 9, "a verification summary does not say that what the policy demands was verified";
    RESOURCE_MISMATCH = "summary-resource-mismatch", Untrusted, 8, "a verification summary is about something else than the policy demands";
    VERIFICATION_FAILED = "summary-verification-failed", Untrusted, 9, "a verification summary says that the verification did not pass";
    VERIFIER_UNTRUSTED = "summary-verifier-untrusted", Untrusted, 8, "a verification summary names another verifier than the policy does";
    VULNERABILITY_LISTED = "vulnerability-listed", Untrusted, 9, "a signed report has a vulnerability that the policy never tolerates";
    VULNERABILITY_NO_ADVISOR = "vulnerability-no-advisor", Untrusted, 3, "the policy demands the word of a vulnerability advisor, and the registry of the image has none";
    VULNERABILITY_NOT_SCANNED = "vulnerability-not-scanned", Untrusted, 4, "the vulnerability advisor has not looked at the image, or not to the end";
    VULNERABILITY_STATUS_FAILED = "vulnerability-status-failed", Untrusted, 9, "the vulnerability advisor tells a status of the image with which none passes";
    VULNERABILITY_TOO_SEVERE = "vulnerability-too-severe", Untrusted, 9, "a signed report has findings that are graver than the policy tolerates";
}

/// The code of what is wrong with a document that somebody signed.
pub(super) const fn of_document(error: &DocumentError) -> Code {
    match error {
        DocumentError::TooCostly { .. } => TOO_LARGE,
        _ => MALFORMED,
    }
}
