//! Pins and what follows from them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at what does not hold"
)]

use doorward_core::{Code, Timestamp};
use doorward_notary::{KeyId, Pins, Remembered};
use doorward_testkit::{Collection, KeyKind, NotaryKey, Publication, RootCertificate, Target};

use support::{Outcome, Question, run};

mod support;

const GUN: &str = "registry.example.com/team/app";

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().expect("a time")
}

fn key(seed: u64) -> NotaryKey {
    RootCertificate::new(GUN, now()).self_signed(&NotaryKey::seeded(KeyKind::P256, seed))
}

fn pinned(keys: &[&NotaryKey]) -> Pins {
    Pins::Keys {
        ids: keys
            .iter()
            .map(|key| KeyId::from(key.id().as_str()))
            .collect(),
        certificates: Vec::new(),
    }
}

fn collection(keys: &[NotaryKey]) -> Collection {
    let mut collection = Collection::builder(GUN, now()).root_keys(keys).build();
    collection.add_target("1", Target::content(b"one"));
    collection
}

fn look(state: &Publication, pins: Pins, remembered: Option<&Remembered>) -> Outcome {
    let mut question = Question::tag(GUN, "1", now());
    question.pins = pins;
    run(&question, remembered, &mut |file| match state.file(file) {
        Some(bytes) => Ok(doorward_core::Fetched::new(bytes.clone(), None, file)),
        None => Err(doorward_core::FetchError::NotFound),
    })
}

#[test]
fn a_root_that_a_pinned_key_vouched_for_needs_no_pin_of_its_own_as_long_as_that_is_remembered() {
    let (first, second, third) = (key(1), key(2), key(3));
    let mut collection = collection(std::slice::from_ref(&first));
    let one = look(&collection.publish(), pinned(&[&first]), None);
    assert!(one.result.is_ok());
    collection.rotate_root_key(&second);
    let two = look(
        &collection.publish(),
        pinned(&[&first]),
        one.remembered.as_ref(),
    );
    assert!(two.result.is_ok(), "{:?}", two.result);
    collection.rotate_root_key(&third);
    let state = collection.publish();
    let three = look(&state, pinned(&[&first]), two.remembered.as_ref());
    assert!(three.result.is_ok(), "{:?}", three.result);
    // Whoever meets it now has not seen who vouched.
    assert_eq!(
        look(&state, pinned(&[&first]), None).code(),
        Some(Code::NotaryPinMismatch)
    );
    assert!(look(&state, pinned(&[&third]), None).result.is_ok());
}

#[test]
fn a_pin_that_names_no_root_that_was_ever_seen_is_not_met_by_memory() {
    let (first, second, other) = (key(1), key(2), key(9));
    let mut collection = collection(std::slice::from_ref(&first));
    let one = look(&collection.publish(), Pins::FirstUse, None);
    collection.rotate_root_key(&second);
    let state = collection.publish();
    let two = look(&state, Pins::FirstUse, one.remembered.as_ref());
    assert!(two.result.is_ok());
    let pinned_other = look(&state, pinned(&[&other]), two.remembered.as_ref());
    assert_eq!(pinned_other.code(), Some(Code::NotaryPinMismatch));
}

#[test]
fn an_unpinned_key_beside_a_pinned_one_cannot_vouch_for_the_next_root() {
    let (mine, yours, next) = (key(1), key(2), key(3));
    // Either of the two may sign; only one of them is pinned, and the other one signs the successor alone.
    let mut collection = collection(&[mine.clone(), yours.clone()]);
    let first = collection.publish();
    let one = look(&first, pinned(&[&mine]), None);
    assert!(one.result.is_ok(), "{:?}", one.result);
    collection.rotate_keys("root", std::slice::from_ref(&next));
    let forged =
        collection.forge(&[doorward_testkit::Tampering::of("root").signed_by(&[yours, next])]);
    let two = look(&forged, pinned(&[&mine]), one.remembered.as_ref());
    assert_eq!(
        two.code(),
        Some(Code::NotaryPinMismatch),
        "{:?}",
        two.result
    );
}
