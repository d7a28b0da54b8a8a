//! Whom policies are for, and from when.

use super::*;

fn one(spec: &str, body: &str) -> String {
    policy(&format!(
        "{{{spec}repositories: [{{name: a/*, policy: {body}}}]}}"
    ))
}

const NARROWED: &str = "ClusterImagePolicy p: it no longer selects all workloads that it did";

#[test]
fn a_policy_for_fewer_workloads_is_weaker() {
    let prod = "namespaceSelector: {matchLabels: {env: prod}}, ";
    let prod_east = "namespaceSelector: {matchLabels: {env: prod, region: east}}, ";
    let dev = "namespaceSelector: {matchLabels: {env: dev}}, ";
    let accounts = "serviceAccounts: [a], ";
    for (before, after) in [
        ("", prod),
        ("floor: true, ", "floor: true, serviceAccounts: [a], "),
        (prod, prod_east),
        ("", accounts),
        ("serviceAccounts: [a, b], ", accounts),
        ("", "objectSelector: {matchLabels: {a: b}}, "),
    ] {
        assert_eq!(
            found(&one(before, REJECT), &one(after, REJECT)),
            [NARROWED],
            "{before} -> {after}"
        );
    }
    // For others instead is both.
    let found_of = found(&one(prod, REJECT), &one(dev, REJECT));
    assert!(found_of.contains(&NARROWED.to_owned()), "{found_of:?}");
    for (before, after) in [(prod, prod), (prod_east, prod), (accounts, "")] {
        assert_eq!(
            found(&one(before, REJECT), &one(after, REJECT)),
            [] as [&str; 0],
            "{before} -> {after}"
        );
    }
    // What asks for nothing takes nothing away from those whom it is no longer for.
    let open = "{unchecked: true}";
    assert_eq!(found(&one("", open), &one(prod, open)), [] as [&str; 0]);
}

#[test]
fn a_lax_policy_for_more_workloads_is_weaker() {
    let strict = one("", REJECT).replace("{name: p}", "{name: q}");
    let dev = "namespaceSelector: {matchLabels: {env: dev}}, ";
    for body in ["{unchecked: true}", "{mode: warn, trust: {enabled: true}}"] {
        for after in [
            "",
            "namespaceSelector: {}, ",
            "namespaceSelector: {matchLabels: {env: prod}}, ",
        ] {
            let said = found(
                &(strict.clone() + &one(dev, body)),
                &(strict.clone() + &one(after, body)),
            );
            let admits =
                "ClusterImagePolicy p: a new entry \"a/*\" admits what fails, or asks for nothing";
            assert!(
                said.contains(&admits.to_owned()),
                "{body} {after}: {said:?}"
            );
        }
    }
    // What stood beside others, and now stands in for them.
    let beside = "objectSelector: {}, ";
    let said = found(
        &(strict.clone() + &one(beside, "{unchecked: true}")),
        &(strict.clone() + &one("", "{unchecked: true}")),
    );
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_policy_that_only_adds_demands_takes_nothing_away_by_coming() {
    let strict = one("", REJECT).replace("{name: p}", "{name: q}");
    let beside = one(
        "objectSelector: {matchLabels: {a: b}}, ",
        "{unchecked: true}",
    );
    assert_eq!(found(&strict, &(strict.clone() + &beside)), [] as [&str; 0]);
    // It does by going.
    let beside = one("objectSelector: {matchLabels: {a: b}}, ", REJECT);
    assert_eq!(
        found(&(strict.clone() + &beside), &strict),
        ["ClusterImagePolicy p: it is gone"]
    );
}

fn from(date: &str, mode: &str) -> String {
    let date = if date.is_empty() {
        String::new()
    } else {
        format!("effectiveFrom: '{date}', ")
    };
    policy(&format!(
        "{{floor: true, repositories: [{{name: a/*, {date}policy: {{mode: {mode}, simple: {{requirements: [{{type: \
         reject}}]}}}}}}]}}"
    ))
}

#[test]
fn a_floor_that_refuses_only_from_a_date_on_is_weaker_than_one_that_refuses() {
    let deferred =
        "ClusterImagePolicy p: entry \"a/*\" refuses nothing until a date, or a later one";
    for (before, after) in [
        ("", "2026-12-01"),
        ("", "2020-01-01"),
        ("2026-12-01", "2026-12-02"),
        ("2026-12-01", "2026-12-01T00:00:01Z"),
    ] {
        assert_eq!(
            found(&from(before, "enforce"), &from(after, "enforce")),
            [deferred],
            "{before} -> {after}"
        );
    }
    for (before, after) in [
        ("2026-12-01", ""),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01", "2026-11-30"),
    ] {
        assert_eq!(
            found(&from(before, "enforce"), &from(after, "enforce")),
            [] as [&str; 0],
            "{before} -> {after}"
        );
    }
    // What warns now refuses from then on.
    assert_eq!(
        found(&from("", "warn"), &from("2026-12-01", "enforce")),
        [] as [&str; 0]
    );
}

#[test]
fn a_new_entry_that_refuses_only_from_a_date_on_counts_as_one_that_admits() {
    let before = one("", REJECT);
    let after = policy(&format!(
        "{{repositories: [{{name: a/*, policy: {REJECT}}}, {{name: a/b, effectiveFrom: '2026-12-01', policy: {REJECT}}}]}}"
    ));
    assert_eq!(
        found(&before, &after),
        ["ClusterImagePolicy p: a new entry \"a/b\" admits what fails, or asks for nothing"]
    );
}
