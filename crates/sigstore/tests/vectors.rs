//! Conformance: every case of the vectors, and what clients said to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files, says how they went and stops at what it cannot read"
)]

use std::collections::BTreeMap;

use doorward_core::Rejection;
use serde_json::Value;

use support::World;

mod support;

/// The code of every case that is refused, by the crate's own account.
const CODES: &str = include_str!("codes.txt");

#[test]
fn vectors() {
    let codes: BTreeMap<&str, &str> = CODES
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .collect();
    let world = World::open();
    let (mut passed, mut failed) = (0, 0);
    for case in &world.cases {
        let [set, image] = ["set", "image"].map(|name| case[name].as_str().expect("a name"));
        let id = id(set, image, &case["policy"]);
        let outcome = world.judge(set, image, &case["policy"]);
        match failure(case, &outcome, codes.get(id.as_str()).copied()) {
            None => passed += 1,
            Some(failure) => {
                failed += 1;
                println!("FAIL {id}: {failure}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    assert_eq!(failed, 0, "cases failed, see above");
    assert_ne!(passed, 0, "no case ran");
}

/// What the list of codes calls a case.
fn id(set: &str, image: &str, policy: &Value) -> String {
    let kind = policy["type"].as_str().expect("a type");
    match policy["attestation"].as_str() {
        None => format!("{set}/{image} {kind}"),
        Some(attestation) => format!("{set}/{image} {kind} {attestation}"),
    }
}

/// What is wrong with the outcome.
fn failure(case: &Value, outcome: &Result<(), Rejection>, code: Option<&str>) -> Option<String> {
    let got = match outcome {
        Ok(()) => "allow".to_owned(),
        Err(rejection) => format!("deny, {}: {rejection}", rejection.code()),
    };
    let expected = case["expect"].as_str().expect("a verdict");
    if outcome.is_ok() != (expected == "allow") {
        let why = case["why"].as_str().or_else(|| case["note"].as_str());
        return Some(format!(
            "expected {expected}, got {got} ({})",
            why.unwrap_or_default()
        ));
    }
    let rejection = outcome.as_ref().err()?;
    let differs = code.is_some_and(|code| code != rejection.code().as_str());
    differs.then(|| format!("expected {}, got {got}", code.unwrap_or_default()))
}

#[test]
fn every_case_of_our_own_that_is_refused_has_its_code_listed() {
    if std::env::var_os("DOORWARD_CASES").is_some() {
        // Cases that are kept apart are in no list.
        return;
    }
    let world = World::open();
    let refused = world.cases.iter().filter(|case| case["expect"] == "deny");
    let lines = refused.map(|case| {
        let [set, image] = ["set", "image"].map(|name| case[name].as_str().expect("a name"));
        let refused = world.judge(set, image, &case["policy"]);
        let code = refused.expect_err("a refusal").code();
        format!("{} {code}\n", id(set, image, &case["policy"]))
    });
    let lines: std::collections::BTreeSet<_> = lines.collect();
    assert_eq!(lines.into_iter().collect::<String>(), CODES);
}
