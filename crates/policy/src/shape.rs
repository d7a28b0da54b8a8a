//! Which fields exist where, and what somebody meant who wrote another.

use crate::LintCode;

/// The fields of one kind of mapping.
pub(crate) struct Shape {
    /// What the mapping is called in messages.
    pub(crate) name: &'static str,
    /// Its fields.
    pub(crate) fields: &'static [&'static str],
}

macro_rules! shapes {
    ($($constant:ident = $name:literal: $($field:literal)*;)*) => {
        $(pub(crate) const $constant: Shape = Shape { name: $name, fields: &[$($field),*] };)*
        const ALL: &[&Shape] = &[$(&$constant),*];
    };
}

shapes! {
    DOCUMENT = "the document": "apiVersion" "kind" "metadata" "spec" "status";
    SPEC = "`spec`": "repositories" "floor" "namespaceSelector" "objectSelector" "serviceAccounts";
    LABEL_SELECTOR = "a label selector": "matchLabels" "matchExpressions";
    LABEL_REQUIREMENT = "an entry of `matchExpressions`": "key" "operator" "values";
    ENTRY = "an entry of `repositories`": "name" "effectiveFrom" "policy";
    BODY = "`policy`": "mode" "mutateImage" "onUnavailable" "unchecked" "trust" "simple" "notation" "sigstore" "attestations" "vulnerability" "image" "anyOf";
    ALTERNATIVE = "an alternative of `anyOf`": "trust" "simple" "notation" "sigstore" "attestations" "vulnerability" "image";
    IMAGE = "`image`": "maxAge" "user" "labels" "architectures" "base";
    IMAGE_BASE = "`base`": "allowed";
    TRUST = "`trust`": "enabled" "trustServer" "signerSecrets" "pins" "maxStaleness";
    SECRET = "a secret": "name" "namespace";
    PINS = "`pins`": "rootKeyIds" "certificateSecrets" "caSecrets" "trustOnFirstUse";
    SIMPLE = "`simple`": "requirements" "storeURL" "storeSecret";
    REQUIREMENT = "an entry of `requirements`": "type" "keySecret" "keySecretNamespace" "signedIdentity";
    IDENTITY = "`signedIdentity`": "type" "dockerReference" "dockerRepository" "prefix" "signedPrefix";
    NOTATION = "`notation`": "require" "statements" "level" "overrides" "trustStores" "revocationSecrets" "trustedIdentities" "identityMatching" "verifyTimestamp" "tsaRevocation" "honourInvalidityDate" "userMetadata" "plugins";
    STATEMENT = "an entry of `statements`": "name" "level" "overrides" "trustStores" "revocationSecrets" "trustedIdentities" "identityMatching" "verifyTimestamp" "tsaRevocation" "honourInvalidityDate" "userMetadata" "plugins";
    PLUGIN = "an entry of `plugins`": "name" "identity" "revocation";
    OVERRIDES = "`overrides`": "authenticity" "authenticTimestamp" "expiry" "revocation";
    REVOCATION_SECRET = "an entry of `revocationSecrets`": "secret" "namespace";
    TRUST_STORE = "an entry of `trustStores`": "type" "secret" "configMap" "namespace";
    SIGSTORE = "`sigstore`": "require" "authorities";
    AUTHORITY = "an entry of `authorities`": "name" "keySecret" "keySecretNamespace" "keyless" "trustRootSecret";
    KEYLESS = "`keyless`": "issuer" "subject" "subjectRegExp";
    ATTESTATION = "an entry of `attestations`": "artifactType" "predicateType" "signedBy" "maxAge" "conditions" "denyPackages" "denyLicenses";
    SIGNERS = "`signedBy`": "trust" "simple" "notation" "sigstore";
    VULNERABILITY = "`vulnerability`": "ICCRVA" "report";
    ICCRVA = "`ICCRVA`": "enabled" "account";
    REPORT = "`report`": "maxSeverity" "maxAge" "signedBy" "artifactType" "onlyFixable" "failOn" "ignore" "vex";
    IGNORED = "an entry of `ignore`": "id" "until" "reason";
    VEX = "`vex`": "signedBy" "statuses";
}

/// Names that documents of the field use although no version of the format has them.
const FOREIGN: &[(&str, &str)] = &[
    (
        "key",
        "`keySecret`, the name of a Secret that holds the key",
    ),
    (
        "keydata",
        "`keySecret`, the name of a Secret that holds the key",
    ),
    (
        "keypath",
        "`keySecret`, the name of a Secret that holds the key",
    ),
    ("simplestore", "`storeURL` and `storeSecret` under `simple`"),
    ("storeconfigsecret", "`storeSecret`"),
    ("va", "`ICCRVA` under `vulnerability`"),
];

/// The nearest of `candidates`, if any is near enough to be what a person meant.
pub(crate) fn nearest<'c>(
    text: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    // Longer keys are not slips of the pen, and measuring them takes the square of their length.
    const MOST: usize = 40;
    if text.len() > MOST {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&lower, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Why `field` is not one of `shape`'s, and what was probably meant.
pub(crate) fn explain(field: &str, shape: &Shape) -> (LintCode, Option<String>) {
    let mean = |name: &str| Some(format!("did you mean `{name}`?"));
    let same = |name: &&&str| name.eq_ignore_ascii_case(field);
    if let Some(name) = shape.fields.iter().find(same) {
        return (LintCode::UnknownField, mean(name));
    }
    if shape.name == SPEC.name && ENTRY.fields.contains(&field) {
        let belongs = "it belongs in an entry of `repositories`: indent it, and what is under it, to stand under the \
                       first key of the entry";
        return (LintCode::MisplacedField, Some(belongs.to_owned()));
    }
    let foreign = FOREIGN
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(field));
    if let Some((_, meant)) = foreign {
        return (LintCode::UnknownField, Some(format!("use {meant}")));
    }
    let near = nearest(field, shape.fields.iter().copied());
    if near.is_some_and(|near| strsim::osa_distance(near, field) <= 1) {
        return (LintCode::UnknownField, near.and_then(mean));
    }
    let owners: Vec<_> = ALL
        .iter()
        .filter(|other| other.name != shape.name && other.fields.contains(&field))
        .map(|other| other.name)
        .take(3)
        .collect();
    if !owners.is_empty() {
        let belongs = format!("it belongs in {}", owners.join(" or "));
        return (LintCode::MisplacedField, Some(belongs));
    }
    (LintCode::UnknownField, near.and_then(mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(field: &str, shape: &Shape) -> String {
        let (code, suggestion) = explain(field, shape);
        format!("{code}: {}", suggestion.unwrap_or_default())
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(meant("trst", &BODY), "unknown-field: did you mean `trust`?");
        assert_eq!(
            meant("Trust", &BODY),
            "unknown-field: did you mean `trust`?"
        );
        assert_eq!(
            meant("mutate_image", &BODY),
            "unknown-field: did you mean `mutateImage`?"
        );
        assert_eq!(
            meant("keySecretNamspace", &REQUIREMENT),
            "unknown-field: did you mean `keySecretNamespace`?"
        );
        assert_eq!(meant("flor", &SPEC), "unknown-field: did you mean `floor`?");
    }

    #[test]
    fn a_field_in_the_wrong_place_says_where_it_belongs() {
        assert!(meant("trust", &ENTRY).starts_with("misplaced-field: it belongs in `policy`"));
        assert_eq!(
            meant("storeURL", &BODY),
            "misplaced-field: it belongs in `simple`"
        );
        assert_eq!(
            meant("repositories", &DOCUMENT),
            "misplaced-field: it belongs in `spec`"
        );
    }

    #[test]
    fn names_that_never_existed_are_translated() {
        assert_eq!(
            meant("va", &BODY),
            "unknown-field: use `ICCRVA` under `vulnerability`"
        );
    }

    #[test]
    fn something_else_altogether_gets_no_suggestion() {
        assert_eq!(meant("colour", &BODY), "unknown-field: ");
        assert_eq!(meant(&"trust".repeat(1000), &BODY), "unknown-field: ");
    }
}
