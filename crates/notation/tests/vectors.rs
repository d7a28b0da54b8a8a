//! Conformance: every case of the vectors, and what the reference said to it.

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

use serde_json::{Value, json};

use support::{Outcome, World};

mod support;

/// The code of every case that is refused, by the crate's own account.
const CODES: &str = include_str!("codes.txt");

#[test]
fn vectors() {
    let codes: BTreeMap<&str, &str> = CODES
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let world = World::open();
    let (mut passed, mut failed) = (0, 0);
    for case in &world.cases {
        let id = case["id"].as_str().expect("an id");
        let outcome = world.judge(case, world.envelope(case));
        match failure(case, &outcome, codes.get(id).copied()) {
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

/// What is wrong with the outcome.
fn failure(case: &Value, outcome: &Outcome, code: Option<&str>) -> Option<String> {
    let expected = case["expect"].as_str().expect("a verdict");
    let got = match outcome {
        Outcome::Rejected(rejection) => format!("{}: {rejection}", rejection.code()),
        _ => "accept".to_owned(),
    };
    let is_as_expected = match expected {
        "either" => true,
        "accept" => outcome.is_accept(),
        _ => !outcome.is_accept(),
    };
    if !is_as_expected {
        let why = case["note"].as_str().unwrap_or_default();
        return Some(format!("expected {expected}, got {got} ({why})"));
    }
    let got_code = outcome.code().map(|code| code.to_string());
    if got_code.as_deref() != code {
        let code = code.unwrap_or("accept");
        return Some(format!("expected {code}, got {got}"));
    }
    None
}

#[test]
fn files_that_the_reference_signed_are_accepted_and_others_are_not() {
    let world = World::open();
    let blobs = world.files.below("blob-cli");
    let policy = blobs.read("trustpolicy.blob.json").expect("a policy");
    let policy: Value = serde_json::from_slice(policy).expect("JSON");
    let mut signed = 0;
    for path in blobs.paths().filter(|path| path.ends_with(".sig")) {
        let media_type = match path.ends_with(".cose.sig") {
            true => "application/cose",
            false => "application/jose+json",
        };
        for (blob, accepted) in [("blob-cli/blob.bin", true), ("cases.json", false)] {
            let case = json!({
                "kind": "blob", "mediaType": media_type, "policy": policy, "blob": blob,
            });
            let outcome = world.judge(&case, blobs.read(path).map(|bytes| &bytes[..]));
            assert_eq!(outcome.is_accept(), accepted, "{path} {blob}: {outcome:?}");
        }
        signed += 1;
    }
    assert_eq!(signed, 6);
}
