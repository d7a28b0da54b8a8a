//! Breaches of the schema.

use super::*;

#[test]
fn breaches_of_the_schema_deny() {
    use LintCode::{
        InvalidValue, MisplacedField, MissingField, UnknownField, UnknownValue, WrongType,
    };
    refused(&[
        ("mode: enforced", UnknownValue),
        ("mode: true", WrongType),
        ("mutateImage: 'false'", WrongType),
        ("mutateImage: no", WrongType),
        ("mutateImage: null", MissingField),
        ("mutateImage: 1", WrongType),
        ("mutateImage: [pods-only]", WrongType),
        ("mutateImage: pod-only", UnknownValue),
        ("mutateImage: Pods-Only", UnknownValue),
        ("keepTag: 'true'", WrongType),
        ("onUnavailable: allow", UnknownValue),
        ("trust: [enabled]", WrongType),
        ("trust: {enabled: 1}", WrongType),
        ("trust: {enabled: true, maxStaleness: 5}", WrongType),
        ("trust: {enabled: true, maxStaleness: soon}", InvalidValue),
        ("trust: {enabled: true, maxStaleness: -1h}", InvalidValue),
        ("trust: {enabled: true, maxStaleness: 999ms}", InvalidValue),
        ("trust: {enabled: true, signerSecrets: [alice]}", WrongType),
        (
            "trust: {enabled: true, signerSecrets: [{namespace: n}]}",
            MissingField,
        ),
        ("simple: {requirements: {type: reject}}", WrongType),
        ("simple: {requirements: [{}]}", MissingField),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: matchRepoDigestOrExact}}]}",
            UnknownValue,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {}}]}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [a]}",
            WrongType,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{identity: add}]}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: ../x}]}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: a}, {name: a, identity: replace}]}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: a, identity: true}]}",
            WrongType,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: a, identity: skip}]}",
            UnknownValue,
        ),
        (
            "anyOf: [{anyOf: [{trust: {enabled: true}}]}]",
            MisplacedField,
        ),
        (
            "anyOf: [{trust: {enabled: true}, mode: warn}]",
            MisplacedField,
        ),
        (
            "notation: {require: all, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            MisplacedField,
        ),
        (
            "notation: {statements: [{trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}], level: audit}",
            MisplacedField,
        ),
        (
            "notation: {overrides: {integrity: log}, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            InvalidValue,
        ),
        (
            "notation: {overrides: {expiry: skip}, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            UnknownValue,
        ),
        (
            "notation: {level: skip, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            UnknownValue,
        ),
        (
            "notation: {identityMatching: any, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            UnknownValue,
        ),
        (
            "notation: {honourInvalidityDate: 'yes', trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            WrongType,
        ),
        (
            "sigstore: {require: 3, authorities: [{keySecret: k}]}",
            InvalidValue,
        ),
        (
            "sigstore: {require: 0, authorities: [{keySecret: k}]}",
            InvalidValue,
        ),
        ("sigstore: {authorities: [{name: n}]}", InvalidValue),
        (
            "sigstore: {authorities: [{keySecret: k, keyless: {issuer: i, subject: s}}]}",
            InvalidValue,
        ),
        (
            "sigstore: {authorities: [{keyless: {issuer: i}}]}",
            InvalidValue,
        ),
        (
            "sigstore: {authorities: [{keyless: {subject: s}}]}",
            MissingField,
        ),
        (
            "attestations: [{signedBy: {trust: {enabled: true}}}]",
            MissingField,
        ),
        ("attestations: [{predicateType: u}]", MissingField),
        ("vulnerability: {report: {maxAge: 1h}}", MissingField),
        ("vulnerability: {va: {enabled: true}}", UnknownField),
        ("repositories: []", MisplacedField),
    ]);
}

/// What must be signed by somebody, in its shortest form.
const SIGNED: &str = "signedBy: {trust: {enabled: true}}";

fn in_attestation(fields: &[(&'static str, LintCode)]) {
    for (fields, code) in fields {
        let body = format!("attestations: [{{{SIGNED}, {fields}}}]");
        refused(&[(body.as_str(), *code)]);
    }
}

fn in_report(fields: &[(&'static str, LintCode)]) {
    for (fields, code) in fields {
        let body = format!("vulnerability: {{report: {{maxSeverity: low, {SIGNED}, {fields}}}}}");
        refused(&[(body.as_str(), *code)]);
    }
}

#[test]
fn an_attestation_means_documents_of_one_type_and_its_rules_can_be_read() {
    use LintCode::{InvalidValue, LimitExceeded, UnknownField, WrongType};
    in_attestation(&[
        ("artifactType: a/b, predicateType: u", InvalidValue),
        ("artifactType: spdx", InvalidValue),
        ("artifactType: 'a/b; c=d'", InvalidValue),
        ("predicateType: u, maxAge: 3 days", InvalidValue),
        ("predicateType: u, maxAge: 0s", InvalidValue),
        ("predicateType: u, maxAge: 10ms", InvalidValue),
        ("predicateType: u, conditions: true", WrongType),
        ("predicateType: u, conditions: ['predicate.']", InvalidValue),
        ("predicateType: u, conditions: ['now() < 3']", InvalidValue),
        ("predicateType: u, conditions: ['']", InvalidValue),
        ("predicateType: u, conditions: []", InvalidValue),
        ("predicateType: u, denyPackages: []", InvalidValue),
        ("predicateType: u, denyPackages: ['log4j@<2']", InvalidValue),
        (
            "predicateType: u, denyLicenses: ['MIT OR AGPL-3.0-only']",
            InvalidValue,
        ),
        ("predicateType: u, severity: high", UnknownField),
        (
            "artifactType: application/sarif+json, denyPackages: [a]",
            InvalidValue,
        ),
        (
            "predicateType: 'https://openvex.dev/ns/v0.2.0', denyLicenses: [MIT]",
            InvalidValue,
        ),
    ]);
    let many = |item: &str, count: usize| vec![item; count].join(", ");
    let body = format!(
        "attestations: [{{predicateType: u, {SIGNED}, conditions: [{}]}}]",
        many("'true'", 17)
    );
    refused(&[(body.as_str(), LimitExceeded)]);
    let body = format!(
        "attestations: [{{predicateType: u, {SIGNED}, denyPackages: [{}]}}]",
        many("a", 257)
    );
    refused(&[(body.as_str(), LimitExceeded)]);
}

#[test]
fn an_image_of_no_age_is_none_so_an_age_of_nothing_is_refused() {
    for age in ["0s", "0h", "1ms", "999ms", "-1h", "1", "''", "3 days", "0"] {
        let body = format!("trust: {{enabled: true}}\nimage: {{user: nonRoot, maxAge: {age}}}");
        let code = match age {
            "1" | "0" => LintCode::WrongType,
            _ => LintCode::InvalidValue,
        };
        refused(&[(body.as_str(), code)]);
    }
}

#[test]
fn the_shortest_durations_are_a_second_and_memory_may_stand_in_for_none() {
    for body in [
        "trust: {enabled: true}\nimage: {maxAge: 1s}",
        "trust: {enabled: true, maxStaleness: 0s}",
        "trust: {enabled: true, maxStaleness: 1s}",
        &format!("attestations: [{{predicateType: u, {SIGNED}, maxAge: 1s}}]"),
        &format!("vulnerability: {{report: {{maxSeverity: low, {SIGNED}, maxAge: 1s}}}}"),
    ] {
        valid(body);
    }
}

#[test]
fn what_is_ignored_may_end_on_any_day_of_the_calendar_and_on_no_other() {
    let report = |until: &str| {
        format!(
            "vulnerability: {{report: {{maxSeverity: low, {SIGNED}, ignore: [{{id: C, until: {until}, reason: r}}]}}}}"
        )
    };
    for until in [
        "9999-12-31",
        "9999-12-31T23:59:59Z",
        "0000-01-01",
        "2038-01-20",
        "2028-02-29",
        "2000-02-29",
    ] {
        valid(&report(until));
    }
    for until in [
        "10000-01-01",
        "9999-12-32",
        "2027-02-29",
        "1900-02-29",
        "2026-00-01",
        "2026-01-00",
        "2026-1-31",
        "-001-01-01",
        "2026-01-31T12:00:00",
        "''",
    ] {
        let body = report(until);
        let expected = match until {
            "''" => LintCode::MissingField,
            _ => LintCode::InvalidValue,
        };
        refused(&[(body.as_str(), expected)]);
    }
}

#[test]
fn what_a_report_forgives_is_whole_or_refused() {
    use LintCode::{
        InvalidValue, LimitExceeded, MissingField, UnknownField, UnknownValue, WrongType,
    };
    in_report(&[
        ("maxAge: 0s", InvalidValue),
        ("maxAge: -1h", InvalidValue),
        ("onlyFixable: 'true'", WrongType),
        ("artifactType: sarif", InvalidValue),
        ("failOn: []", InvalidValue),
        ("failOn: ['CVE 1']", InvalidValue),
        ("ignore: [CVE-2026-1]", WrongType),
        ("ignore: [{id: CVE-2026-1}]", MissingField),
        ("ignore: [{id: CVE-2026-1, reason: r}]", MissingField),
        (
            "ignore: [{id: CVE-2026-1, until: 2026-01-31}]",
            MissingField,
        ),
        ("ignore: [{until: 2026-01-31, reason: r}]", MissingField),
        (
            "ignore: [{id: C, until: 2026-02-31, reason: r}]",
            InvalidValue,
        ),
        ("ignore: [{id: C, until: never, reason: r}]", InvalidValue),
        (
            "ignore: [{id: C, until: 2026-01-31, reason: r, by: me}]",
            UnknownField,
        ),
        ("vex: {statuses: [fixed]}", MissingField),
        ("vex: {signedBy: {trust: {enabled: true}}}", MissingField),
        ("vex: {signedBy: {}, statuses: [fixed]}", InvalidValue),
        (
            "vex: {signedBy: {trust: {enabled: true}}, statuses: []}",
            InvalidValue,
        ),
        (
            "vex: {signedBy: {trust: {enabled: true}}, statuses: [affected]}",
            UnknownValue,
        ),
        (
            "vex: {signedBy: {trust: {enabled: true}}, statuses: [under_investigation]}",
            UnknownValue,
        ),
    ]);
    let many: Vec<String> = (0..257).map(|one| format!("C-{one}")).collect();
    let body = format!(
        "vulnerability: {{report: {{maxSeverity: low, {SIGNED}, failOn: [{}]}}}}",
        many.join(", ")
    );
    refused(&[(body.as_str(), LimitExceeded)]);
}

#[test]
fn who_signs_a_document_must_be_somebody_whose_signature_is_enforced() {
    let statement = "trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']";
    let body = |level: &str| {
        format!(
            "attestations: [{{predicateType: u, signedBy: {{notation: {{{level}, {statement}}}}}}}]"
        )
    };
    for level in ["level: audit", "overrides: {authenticity: log}"] {
        refused(&[(body(level).as_str(), LintCode::InvalidValue)]);
    }
    for level in [
        "level: strict",
        "level: permissive",
        "level: audit, overrides: {authenticity: enforce}",
    ] {
        let _ = valid(&body(level));
    }
}
