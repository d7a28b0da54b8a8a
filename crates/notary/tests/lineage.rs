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

use doorward_core::Timestamp;
use doorward_notary::codes;
use doorward_notary::{KeyId, Pins, Remembered};
use doorward_testkit::{Collection, KeyKind, NotaryKey, Publication, RootCertificate, Target};
use proptest::prelude::*;

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
        certificates: [].into(),
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
    // A client that meets it now has not seen who vouched.
    assert_eq!(
        look(&state, pinned(&[&first]), None).code(),
        Some(codes::PIN_MISMATCH)
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
    assert_eq!(pinned_other.code(), Some(codes::PIN_MISMATCH));
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
    assert_eq!(two.code(), Some(codes::PIN_MISMATCH), "{:?}", two.result);
}

#[test]
fn pins_hold_when_only_one_of_several_root_keys_is_replaced() {
    let (first, second, third) = (key(1), key(2), key(3));
    let mut collection = Collection::builder(GUN, now())
        .root_keys(&[first.clone(), second.clone()])
        .threshold("root", 2)
        .build();
    collection.add_target("1", Target::content(b"one"));
    let pins = pinned(&[&first, &second]);
    let one = look(&collection.publish(), pins.clone(), None);
    assert!(one.result.is_ok(), "{:?}", one.result);
    collection.rotate_keys("root", &[first.clone(), third.clone()]);
    let state = collection.publish();
    let two = look(&state, pins.clone(), one.remembered.as_ref());
    assert!(two.result.is_ok(), "{:?}", two.result);
    let again = look(&state, pins.clone(), two.remembered.as_ref());
    assert!(again.result.is_ok(), "{:?}", again.result);
    // One pinned key of the two that were demanded did not vouch for it.
    for pins in [pinned(&[&first]), pinned(&[&second])] {
        let refused = look(&state, pins, two.remembered.as_ref());
        assert!(refused.result.is_err(), "{:?}", refused.result);
    }
}

#[test]
fn too_few_pinned_signatures_are_told_apart_from_too_few_signatures() {
    let (first, second, third) = (key(1), key(2), key(3));
    let mut collection = Collection::builder(GUN, now())
        .root_keys(&[first.clone(), second, third])
        .threshold("root", 3)
        .build();
    collection.add_target("1", Target::content(b"one"));
    let refused = look(&collection.publish(), pinned(&[&first]), None);
    assert_eq!(refused.code(), Some(codes::THRESHOLD));
    let said = refused.result.expect_err("refused").to_string();
    assert!(
        said.contains(
            "3 valid signatures of 3 demanded, of which 1 are by keys that the pins accept"
        ),
        "{said}"
    );
}

/// A root after a rotation: its keys by number, and how many must sign.
type Keys = (Vec<u64>, usize);

fn roots() -> impl Strategy<Value = Vec<Keys>> {
    let keys = prop::sample::subsequence((1..=5_u64).collect::<Vec<_>>(), 1..=3);
    let root = (keys, 1_usize..=3).prop_map(|(keys, threshold)| {
        let threshold = threshold.min(keys.len());
        (keys, threshold)
    });
    prop::collection::vec(root, 1..4)
}

/// Whether the last root may be believed: enough pinned keys are among its own, or were among those of a root that
/// its successor followed from. Every root is signed by all keys of its own and of the one before.
fn may_be_believed(roots: &[Keys], pins: &[u64]) -> bool {
    let enough = |(keys, threshold): &Keys| {
        keys.iter().filter(|key| pins.contains(key)).count() >= *threshold
    };
    roots.iter().any(enough)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_root_is_believed_only_if_enough_pinned_keys_vouch_for_it_directly_or_by_lineage(
        roots in roots(),
        pins in prop::sample::subsequence((1..=6_u64).collect::<Vec<_>>(), 1..=4),
    ) {
        let all = |numbers: &[u64]| numbers.iter().map(|number| key(*number)).collect::<Vec<_>>();
        let (first, threshold) = &roots[0];
        // The threshold stays; only keys come and go.
        let threshold = roots.iter().map(|(_, threshold)| *threshold).min().unwrap_or(*threshold);
        let roots: Vec<Keys> = roots.iter().map(|(keys, _)| (keys.clone(), threshold)).collect();
        let mut collection = Collection::builder(GUN, now())
            .root_keys(&all(first))
            .threshold("root", i64::try_from(threshold).expect("a small number"))
            .build();
        collection.add_target("1", Target::content(b"one"));
        let mut state = collection.publish();
        let mut memory = look(&state, Pins::FirstUse, None).remembered;
        for (keys, _) in roots.iter().skip(1) {
            collection.rotate_keys("root", &all(keys));
            state = collection.publish();
            let seen = look(&state, Pins::FirstUse, memory.as_ref());
            prop_assert!(seen.result.is_ok(), "{:?}", seen.result);
            memory = seen.remembered;
        }
        let keys = all(&pins);
        let outcome = look(&state, pinned(&keys.iter().collect::<Vec<_>>()), memory.as_ref());
        prop_assert_eq!(
            outcome.result.is_ok(),
            may_be_believed(&roots, &pins),
            "{:?} under {:?}: {:?}", roots, pins, outcome.result
        );
    }
}
