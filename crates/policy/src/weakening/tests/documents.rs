//! Requirements about signed documents.

use super::*;

const SIGNED: &str = "signedBy: {trust: {enabled: true}}";

/// Whether a policy with this body takes something away from one with that.
fn is_weaker(before: &str, after: &str) -> bool {
    let body = |text: &str| body(&format!("{{{text}}}"));
    match &found(&body(before), &body(after))[..] {
        [] => false,
        [one] => {
            assert!(one.contains("no longer demands all it did"), "{one}");
            true
        }
        more => panic!("{more:?}"),
    }
}

fn check(less: &str, more: &str) {
    assert!(!is_weaker(less, more), "{less} -> {more}");
    assert!(is_weaker(more, less), "{more} -> {less}");
}

#[test]
fn provenance_that_allows_more_builders_or_sources_takes_something_away() {
    let origin = |demands: &str| format!("attestations: [{{{demands}, {SIGNED}}}]");
    for (less, more) in [
        (
            "provenance: {builders: [a, b]}",
            "provenance: {builders: [b]}",
        ),
        (
            "provenance: {builders: [a]}",
            "provenance: {builders: [a], sources: [s]}",
        ),
        (
            "provenance: {buildTypes: [t, u]}",
            "provenance: {buildTypes: [t]}",
        ),
        (
            "provenance: {builders: [a, b]}",
            "provenance: {trustedBuilders: [{id: a, level: 1}]}",
        ),
        (
            "provenance: {sources: [s]}",
            "provenance: {sources: [s], trustedBuilders: [{id: a, level: 1}]}",
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}]}",
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 1}",
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 1}",
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 2}",
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 2}",
            "provenance: {trustedBuilders: [{id: a, level: 2}], minLevel: 2}",
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}, {id: b, level: 3}], minLevel: 2}",
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 2}",
        ),
        (
            "provenance: {sources: [s]}",
            "provenance: {sources: [s], materials: {verify: true}}",
        ),
        (
            "provenance: {materials: {verify: true}}",
            "provenance: {materials: {verify: true, depth: 2}}",
        ),
        ("summary: {verifiers: [a, b]}", "summary: {verifiers: [a]}"),
        (
            "summary: {verifiers: [a]}",
            "summary: {verifiers: [a], resources: [r]}",
        ),
        (
            "summary: {verifiers: [a]}",
            "summary: {verifiers: [a], levels: [l]}",
        ),
        (
            "summary: {verifiers: [a], maxAge: 2h}",
            "summary: {verifiers: [a], maxAge: 1h}",
        ),
    ] {
        check(&origin(less), &origin(more));
    }
    let (one, other) = ("provenance: {builders: [a]}", "summary: {verifiers: [a]}");
    assert!(is_weaker(&origin(one), &origin(other)));
    assert!(is_weaker(&origin(other), &origin(one)));
}

#[test]
fn an_attestation_that_demands_more_takes_nothing_away_and_one_that_demands_less_does() {
    let attestation = |more: &str| format!("attestations: [{{predicateType: u, {SIGNED}{more}}}]");
    for (less, more) in [
        ("", ", maxAge: 72h"),
        (", maxAge: 72h", ", maxAge: 71h"),
        ("", ", conditions: ['true']"),
        (", conditions: ['true']", ", conditions: ['false', 'true']"),
        ("", ", denyPackages: [a]"),
        (", denyPackages: [a]", ", denyPackages: [b, a]"),
        ("", ", denyLicenses: [MIT]"),
    ] {
        check(&attestation(less), &attestation(more));
    }
    // What cannot be compared is weaker in both directions.
    let other = attestation("").replace("predicateType: u", "artifactType: a/b");
    assert!(is_weaker(&attestation(""), &other));
    assert!(is_weaker(&other, &attestation("")));
}

#[test]
fn a_report_that_forgives_more_takes_something_away() {
    let report =
        |more: &str| format!("vulnerability: {{report: {{maxSeverity: low, {SIGNED}{more}}}}}");
    let vex = "vex: {signedBy: {trust: {enabled: true}}, statuses: ";
    let (one, both) = (
        format!(", {vex}[fixed]}}"),
        format!(", {vex}[fixed, not_affected]}}"),
    );
    let ignoring = |until: &str| format!(", ignore: [{{id: C, until: {until}, reason: r}}]");
    for (less, more) in [
        (", onlyFixable: true", ""),
        ("", ", maxAge: 72h"),
        ("", ", failOn: [C]"),
        (ignoring("2027-01-01").as_str(), ""),
        (
            ignoring("2027-01-01").as_str(),
            ignoring("2026-01-01").as_str(),
        ),
        (one.as_str(), ""),
        (both.as_str(), one.as_str()),
    ] {
        check(&report(less), &report(more));
    }
    check(&report("").replace("low", "high"), &report(""));
    check(
        &report("").replace("low", "unknown"),
        &report("").replace("low", "critical"),
    );
    // Neither the order of a list nor the reason of what is ignored decides anything.
    let before = report(", failOn: [A, B], ignore: [{id: C, until: 2027-01-01, reason: r}]");
    let after = report(", failOn: [B, A], ignore: [{id: c, until: 2027-01-01, reason: s}]");
    assert!(!is_weaker(&before, &after));
    // Others who sign, for reports or for statements about them.
    let other = |text: &str| {
        text.replace(
            "trust: {enabled: true}",
            "simple: {requirements: [{type: reject}]}",
        )
    };
    assert!(is_weaker(&report(""), &other(&report(""))));
    let (before, after) = (report(&one), report(&other(&one)));
    assert!(is_weaker(&before, &after));
}

#[test]
fn a_check_that_is_gone_takes_something_away_whatever_stands_beside_it() {
    let both = format!(
        "vulnerability: {{ICCRVA: {{enabled: true}}, report: {{maxSeverity: low, {SIGNED}}}}}"
    );
    let report = format!("vulnerability: {{report: {{maxSeverity: low, {SIGNED}}}}}");
    check(&report, &both);
    check("vulnerability: {ICCRVA: {enabled: true}}", &both);
}
