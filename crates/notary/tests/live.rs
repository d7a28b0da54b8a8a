//! What a real server served after a real client published, verified as that client saw it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files and stops at what it cannot read"
)]

use doorward_notary::codes;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Timestamp;
use doorward_notary::{NotarySession, Remembered, RoleName};
use doorward_testkit::Cases;
use serde_json::Value;

use support::{Question, drive, folder, live, run};

mod support;

/// When every set counts: after the last was made, before the first timestamp expires.
fn now() -> Timestamp {
    "2026-11-21T04:00:00Z".parse().expect("a time")
}

/// What the server had after one step of a set.
struct State {
    name: String,
    files: Cases,
}

/// The steps of every set, in time order, with what the client listed then.
fn sets() -> BTreeMap<String, Vec<(State, Value)>> {
    let live = Cases::open(live());
    let text = live.read("live-expected.json").expect("the list");
    let expected: BTreeMap<String, Value> = serde_json::from_slice(text).expect("JSON");
    let mut sets: BTreeMap<String, Vec<(State, Value)>> = BTreeMap::new();
    for (name, value) in expected {
        let set = name.split_once('/').expect("a set and a step").0.to_owned();
        let files = live.below(&name);
        sets.entry(set)
            .or_default()
            .push((State { name, files }, value));
    }
    sets
}

#[test]
fn every_tag_that_the_reference_client_released_is_released_with_its_digest() {
    let (mut released, mut refused) = (0, 0);
    for (set, steps) in sets() {
        // One memory for the whole set, as one client that looks from time to time.
        let mut remembered: Option<Remembered> = None;
        for (step, expected) in steps {
            let gun = expected["gun"].as_str().expect("a GUN");
            for (tag, found) in expected["dct_view"].as_object().expect("tags") {
                let question = Question::tag(gun, tag, now());
                let outcome = run(&question, remembered.as_ref(), &mut |file| {
                    folder(&step.files, file)
                });
                remembered = outcome.remembered.clone();
                let at = format!("{set} {} {tag}", step.name);
                if matches!(found["role"].as_str(), Some("targets" | "targets/releases")) {
                    let digest = outcome.digest().map(|digest| digest.hex().to_owned());
                    assert_eq!(
                        digest.as_deref(),
                        found["sha256"].as_str(),
                        "{at} {:?}",
                        outcome.result
                    );
                    released += 1;
                } else {
                    assert_eq!(outcome.code(), Some(codes::NOT_RELEASED), "{at}");
                    refused += 1;
                }
            }
        }
    }
    println!("{released} released, {refused} refused");
    assert!(released > 20 && refused > 2);
}

#[test]
fn every_role_has_signed_what_the_reference_client_listed_for_it() {
    for (step, expected) in sets().into_values().flatten() {
        let question = Question::tag(expected["gun"].as_str().expect("a GUN"), "none", now());
        let session = NotarySession::new(question.input(None)).surveying();
        let outcome = drive(session, None, &mut |file| folder(&step.files, file));
        let set = outcome.session.trusted_set().expect("a trusted set");
        assert_eq!(outcome.session.unverified(), [], "{}", step.name);
        for (role, tags) in expected["per_role"].as_object().expect("roles") {
            let name: RoleName = role.parse().expect("a role");
            let found: BTreeMap<String, String> = set
                .targets(&name)
                .into_iter()
                .map(|(tag, target)| {
                    let bytes = hex::decode(target.expect("an entry").digest.hex()).expect("hex");
                    (tag.to_owned(), STANDARD.encode(bytes))
                })
                .collect();
            let listed: BTreeMap<String, String> =
                serde_json::from_value(tags.clone()).expect("tags and digests");
            assert_eq!(found, listed, "{} {role}", step.name);
        }
    }
}

#[test]
fn the_first_contact_takes_one_file_for_each_role_and_later_ones_the_timestamp_alone() {
    let steps = sets().remove("03-delegations").expect("the set");
    let (step, expected) = &steps[0];
    let question = Question::tag(expected["gun"].as_str().expect("a GUN"), "1.0", now());
    let first = run(&question, None, &mut |file| folder(&step.files, file));
    let flights: Vec<usize> = first.asked.iter().map(Vec::len).collect();
    assert_eq!(flights, [2, 1, 1, 1], "{:?}", first.asked);
    let second = run(&question, first.remembered.as_ref(), &mut |file| {
        folder(&step.files, file)
    });
    assert_eq!(second.asked, [["timestamp.json"]]);
    assert!(second.result.is_ok());
}

#[test]
fn another_client_that_begins_at_any_step_sees_what_one_sees_that_was_there_from_the_start() {
    for steps in sets().into_values() {
        for from in 0..steps.len() {
            let mut remembered = None;
            for (step, expected) in &steps[from..] {
                let gun = expected["gun"].as_str().expect("a GUN");
                let question = Question::tag(gun, "1.1", now());
                let outcome = run(&question, remembered.as_ref(), &mut |file| {
                    folder(&step.files, file)
                });
                let code = outcome.code();
                assert!(
                    matches!(code, None | Some(codes::NOT_RELEASED)),
                    "{} {:?}",
                    step.name,
                    outcome.result
                );
                remembered = outcome.remembered;
            }
        }
    }
}

#[test]
fn a_client_that_saw_a_later_step_refuses_every_earlier_one() {
    for steps in sets().into_values() {
        for (index, (later, expected)) in steps.iter().enumerate() {
            let gun = expected["gun"].as_str().expect("a GUN");
            let question = Question::tag(gun, "1.0", now());
            let seen = run(&question, None, &mut |file| folder(&later.files, file));
            for (earlier, _) in &steps[..index] {
                let back = run(&question, seen.remembered.as_ref(), &mut |file| {
                    folder(&earlier.files, file)
                });
                assert!(
                    matches!(
                        back.code(),
                        Some(codes::ROLLBACK | codes::ROOT_ROTATION | codes::THRESHOLD)
                    ),
                    "{} after {}: {:?}",
                    earlier.name,
                    later.name,
                    back.result
                );
            }
        }
    }
}
