//! What verifiers write.

use std::time::Duration;

use doorward_core::Timestamp;
use doorward_documents::{
    DocumentError, ProvenancePattern, SummaryRules, SummaryViolation, VerificationSummary,
};
use serde_json::{Value, json};

use crate::made::statement;

const VSA: &str = "https://slsa.dev/verification_summary/v1";
const SVR: &str = "https://in-toto.io/attestation/svr/v0.1";
const SVR02: &str = "https://in-toto.io/attestation/svr/v0.2";
const PRODUCTION: &str = "https://acme.example/environments/production";

fn summary() -> Value {
    json!({
        "verifier": {"id": "https://verifier.example/v1"}, "timeVerified": "2026-11-21T10:00:00Z", "resourceUri": PRODUCTION,
        "policy": {"uri": "https://acme.example/policy"}, "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_3", "ACME_REVIEWED"],
    })
}

fn result() -> Value {
    json!({
        "verifier": {"id": "https://verifier.example/v1"}, "timeCreated": "2026-11-21T10:00:00Z",
        "properties": ["SLSA_BUILD_LEVEL_3", "ACME_REVIEWED"],
    })
}

/// A result of version 0.2.
fn newer() -> Value {
    let mut newer = result();
    newer["verifier"]["policies"] = json!([
        {"uri": "https://acme.example/policy", "digest": {"sha256": "01"}},
    ]);
    newer
}

fn read(kind: &str, predicate: &Value) -> Result<VerificationSummary, DocumentError> {
    VerificationSummary::of(&statement(kind, predicate))
}

fn rules() -> SummaryRules {
    let mut rules = SummaryRules::default();
    rules.verifiers = vec!["https://verifier.example/v1".to_owned()];
    rules.levels = vec!["SLSA_BUILD_LEVEL_2".to_owned()];
    rules
}

fn judge(rules: &SummaryRules, kind: &str, predicate: &Value) -> Result<(), SummaryViolation> {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    rules.judge(&read(kind, predicate).unwrap(), now)
}

#[test]
fn a_summary_must_have_passed_by_a_verifier_who_is_named() {
    for (kind, predicate) in [(VSA, summary()), (SVR, result()), (SVR02, newer())] {
        judge(&rules(), kind, &predicate).unwrap();
        for id in [
            "https://verifier.example/v1/",
            "https://verifier.example/v10",
            "https://other.example",
        ] {
            let mut other = predicate.clone();
            other["verifier"]["id"] = id.into();
            let outcome = judge(&rules(), kind, &other);
            assert!(
                matches!(outcome, Err(SummaryViolation::Verifier { .. })),
                "{id}"
            );
        }
    }
    for said in ["FAILED", "passed", "PASSED ", "UNKNOWN"] {
        let mut failed = summary();
        failed["verificationResult"] = said.into();
        assert_eq!(
            judge(&rules(), VSA, &failed),
            Err(SummaryViolation::Failed),
            "{said}"
        );
    }
    // Nobody is named, so nobody is believed.
    assert!(judge(&SummaryRules::default(), VSA, &summary()).is_err());
}

#[test]
fn a_summary_for_one_environment_is_none_for_another() {
    let mut bound = rules();
    bound.resources = vec![ProvenancePattern::parse(PRODUCTION).unwrap()];
    judge(&bound, VSA, &summary()).unwrap();
    for other in [
        "https://acme.example/environments/staging",
        "https://acme.example/environments/production/",
    ] {
        let mut predicate = summary();
        predicate["resourceUri"] = other.into();
        let outcome = judge(&bound, VSA, &predicate);
        assert!(
            matches!(outcome, Err(SummaryViolation::Resource { .. })),
            "{other}"
        );
    }
    // A result says nothing about where the image may run.
    for (kind, predicate) in [(SVR, result()), (SVR02, newer())] {
        let outcome = judge(&bound, kind, &predicate);
        assert!(matches!(outcome, Err(SummaryViolation::Resource { .. })));
    }
}

#[test]
fn a_level_counts_for_lower_ones_of_its_track_and_for_no_other() {
    let reaches = |level: &str| read(VSA, &summary()).unwrap().reaches(level);
    for level in ["SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_1", "ACME_REVIEWED"] {
        assert!(reaches(level), "{level}");
    }
    for level in [
        "SLSA_BUILD_LEVEL_4",
        "SLSA_SOURCE_LEVEL_1",
        "SLSA_BUILD_LEVEL_",
        "SLSA_BUILD_LEVEL_02",
        "SLSA_BUILD_LEVEL_+2",
        "SLSA_BUILD_LEVEL_UNEVALUATED",
        "ACME",
        "",
    ] {
        assert!(!reaches(level), "{level}");
    }
}

#[test]
fn a_summary_that_is_too_old_or_of_no_time_or_of_tomorrow_is_refused() {
    let mut aged = rules();
    for (kind, member, predicate) in [
        (VSA, "timeVerified", summary()),
        (SVR, "timeCreated", result()),
    ] {
        aged.max_age = Some(Duration::from_secs(2 * 3600));
        judge(&aged, kind, &predicate).unwrap();
        aged.max_age = Some(Duration::from_secs(2 * 3600 - 1));
        assert!(matches!(
            judge(&aged, kind, &predicate),
            Err(SummaryViolation::TooOld { .. })
        ));
        let mut none = predicate.clone();
        none[member] = Value::Null;
        assert_eq!(judge(&aged, kind, &none), Err(SummaryViolation::NoTime));
        judge(&rules(), kind, &none).unwrap();
        let mut tomorrow = predicate;
        tomorrow[member] = "2026-11-22T10:00:00Z".into();
        assert!(matches!(
            judge(&rules(), kind, &tomorrow),
            Err(SummaryViolation::InFuture { .. })
        ));
    }
}

#[test]
fn a_summary_of_another_form_is_none() {
    for member in ["verifier", "resourceUri", "verificationResult"] {
        let mut predicate = summary();
        predicate[member] = Value::Null;
        assert!(
            matches!(read(VSA, &predicate), Err(DocumentError::Malformed { .. })),
            "{member}"
        );
    }
    for (member, value) in [
        ("VerificationResult", json!("FAILED")),
        ("verifiedLevels", json!("SLSA_BUILD_LEVEL_3")),
        ("verifiedLevels", json!([3])),
        ("timeVerified", json!("yesterday")),
        ("verifier", json!({"ID": "https://verifier.example/v1"})),
    ] {
        let mut predicate = summary();
        predicate[member] = value;
        assert!(
            matches!(read(VSA, &predicate), Err(DocumentError::Malformed { .. })),
            "{member}"
        );
    }
    let older = read("https://slsa.dev/verification_summary/v0.2", &summary());
    assert_eq!(older, Err(DocumentError::NotRecognised));
}

#[test]
fn a_simple_result_of_which_no_property_is_demanded_says_nothing() {
    let mut nothing = result();
    nothing["properties"] = json!([]);
    let mut any = rules();
    any.levels = Vec::new();
    for predicate in [nothing, result()] {
        let outcome = judge(&any, SVR, &predicate);
        assert_eq!(outcome, Err(SummaryViolation::Failed), "{predicate}");
    }
}

#[test]
fn a_simple_result_of_the_second_version_says_by_which_policies_also_if_by_none() {
    let mut none = newer();
    none["verifier"]["policies"] = json!([]);
    judge(&rules(), SVR02, &none).unwrap();
    for policies in [
        json!(null),
        json!({}),
        json!("https://acme.example/policy"),
        json!(["https://acme.example/policy"]),
        json!([{}]),
        json!([{"name": "policy.yaml"}]),
        json!([{"uri": ""}]),
        json!([{"uri": 1}]),
        json!([{"digest": {}}]),
        json!([{"digest": "01"}]),
        json!([{"uri": "https://acme.example/policy", "Uri": "https://other.example"}]),
    ] {
        let mut other = newer();
        other["verifier"]["policies"] = policies.clone();
        let outcome = read(SVR02, &other);
        assert!(
            matches!(outcome, Err(DocumentError::Malformed { .. })),
            "{policies}"
        );
    }
    // The first version has none, and is none of the second.
    assert!(read(SVR02, &result()).is_err());
    let mut twin = newer();
    twin["verifier"]["Policies"] = json!([]);
    assert!(read(SVR02, &twin).is_err());
}

#[test]
fn a_simple_result_of_the_second_version_without_what_it_must_have_is_none() {
    for member in ["verifier", "properties", "timeCreated"] {
        let mut lacking = newer();
        lacking[member] = Value::Null;
        let outcome = read(SVR02, &lacking);
        assert!(
            matches!(outcome, Err(DocumentError::Malformed { .. })),
            "{member}"
        );
    }
    for kind in [
        "https://in-toto.io/attestation/svr/v0.3",
        "https://in-toto.io/attestation/svr/v0",
        "https://in-toto.io/attestation/svr/v0.2/",
    ] {
        assert_eq!(read(kind, &newer()), Err(DocumentError::NotRecognised));
    }
}
