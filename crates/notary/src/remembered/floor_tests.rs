use std::collections::BTreeMap;
use std::ops::Range;

use doorward_core::Digest;
use proptest::prelude::*;

use super::{FORMER_KEYS, Floor, Marks, Seen};

fn seen(version: u64) -> Seen {
    Seen {
        version,
        sha256: Digest::sha256(&version.to_be_bytes()),
    }
}

fn marks(keys: impl IntoIterator<Item = usize>) -> Marks {
    keys.into_iter().map(|key| format!("key {key}")).collect()
}

/// A role that had the keys from 0 on, one after the other, each with the version that `version` says.
fn one_by_one(count: usize, version: impl Fn(usize) -> u64) -> Floor {
    let mut floor = Floor::new(marks([0]), &seen(version(0)));
    for key in 1..count {
        floor.record(marks([key]), &seen(version(key)));
    }
    floor
}

#[test]
fn a_role_may_have_as_many_former_keys_as_are_remembered_and_a_new_key_starts_again() {
    let floor = one_by_one(FORMER_KEYS + 1, |key| 100 - key as u64);
    for key in 0..=FORMER_KEYS {
        assert_eq!(floor.highest(&marks([key])), Some(100 - key as u64));
    }
    assert_eq!(floor.highest(&marks([1000])), None);
    assert_eq!(floor.others, None);
}

#[test]
fn with_more_former_keys_the_lowest_versions_go_and_count_for_every_key_that_is_not_listed() {
    let floor = one_by_one(FORMER_KEYS + 4, |key| 10 + key as u64);
    assert_eq!(floor.former().count(), FORMER_KEYS);
    // Three are no longer listed. The highest of them was seen with the third.
    assert_eq!(floor.others, Some(seen(12)));
    for key in [0, 1, 2, 1000] {
        assert_eq!(floor.highest(&marks([key])), Some(12), "{key}");
    }
    for key in 3..FORMER_KEYS + 4 {
        assert_eq!(floor.highest(&marks([key])), Some(10 + key as u64));
    }
}

#[test]
fn versions_that_a_thief_drove_up_with_one_key_do_not_count_for_others_when_there_are_too_many() {
    let floor = one_by_one(FORMER_KEYS + 4, |key| match key {
        1 => u64::MAX,
        key => 10 + key as u64,
    });
    assert_eq!(floor.highest(&marks([1])), Some(u64::MAX));
    assert!(floor.highest(&marks([1000])) < Some(20));
}

#[test]
fn a_key_that_the_role_has_is_never_forgotten_however_low_its_version_is() {
    let floor = one_by_one(FORMER_KEYS + 4, |key| 10 + key as u64);
    let mut other = Floor::new(marks([1000, 1001]), &seen(1));
    other.learn(&floor);
    assert!(other.seen.contains_key("key 1000") && other.seen.contains_key("key 1001"));
    // It is not known whether the one that has seen more had them once and forgot them.
    assert_eq!(other.highest(&marks([1000])), Some(12));
}

#[test]
fn content_is_compared_with_every_key_that_saw_this_version() {
    let mut floor = Floor::new(marks([1]), &seen(5));
    let other = Seen {
        version: 5,
        ..seen(6)
    };
    floor.record(marks([2]), &other);
    for (keys, new, differs) in [
        (marks([1]), seen(5), false),
        (marks([1]), other.clone(), true),
        (marks([2]), seen(5), true),
        (marks([1, 2]), seen(5), true),
        (marks([1, 2]), other, true),
        (marks([3]), seen(5), false),
        (marks([1, 2]), seen(6), false),
    ] {
        assert_eq!(floor.differs(&keys, &new), differs, "{keys:?} {new:?}");
    }
}

/// What happens to some verifiers of one role.
#[derive(Clone, Debug)]
enum Event {
    /// One of them is shown a version while the role has these keys.
    Shown(usize, Vec<usize>, u64),
    /// One learns what another one knows.
    Learns(usize, usize),
}

const VERIFIERS: usize = 3;

fn events(keys: Range<usize>, count: Range<usize>) -> impl Strategy<Value = Vec<Event>> {
    let keys = prop::collection::vec(keys, 1..4);
    let event = prop_oneof![
        6 => (0..VERIFIERS, keys, 1_u64..20).prop_map(|(who, keys, version)| Event::Shown(who, keys, version)),
        1 => (0..VERIFIERS, 0..VERIFIERS).prop_map(|(who, whom)| Event::Learns(who, whom)),
    ];
    prop::collection::vec(event, count)
}

/// What a verifier remembers, and everything that it knows of, one by one.
#[derive(Clone, Default)]
struct Verifier {
    floor: Option<Floor>,
    accepted: Vec<(Marks, u64)>,
    /// The highest version that was refused for what was seen with this key.
    refused: BTreeMap<String, u64>,
}

impl Verifier {
    fn highest(&self, keys: &Marks) -> Option<u64> {
        self.floor.as_ref()?.highest(keys)
    }

    /// The same by the whole history.
    fn highest_ever(&self, keys: &Marks) -> Option<u64> {
        let with = self
            .accepted
            .iter()
            .filter(|(had, _)| !had.is_disjoint(keys));
        with.map(|(_, version)| *version).max()
    }

    fn is_shown(&mut self, keys: &Marks, version: u64) {
        if self.highest(keys).is_some_and(|highest| version < highest) {
            for key in keys {
                let alone = Marks::from([key.clone()]);
                if self.highest_ever(&alone).is_some_and(|seen| version < seen) {
                    self.refuses(key, version);
                }
            }
            return;
        }
        self.accepted.push((keys.clone(), version));
        match &mut self.floor {
            Some(floor) => floor.record(keys.clone(), &seen(version)),
            none => *none = Some(Floor::new(keys.clone(), &seen(version))),
        }
    }

    fn refuses(&mut self, key: &str, version: u64) {
        let highest = self.refused.entry(key.to_owned()).or_default();
        *highest = version.max(*highest);
    }

    fn learns(&mut self, other: &Self) {
        for accepted in &other.accepted {
            if !self.accepted.contains(accepted) {
                self.accepted.push(accepted.clone());
            }
        }
        for (key, version) in &other.refused {
            self.refuses(key, *version);
        }
        match (&mut self.floor, &other.floor) {
            (Some(mine), Some(theirs)) => mine.learn(theirs),
            (none @ None, theirs) => none.clone_from(theirs),
            (Some(_), None) => {}
        }
    }
}

/// Looks at a verifier before each version that it is shown, with the keys that the role has then.
fn happen(events: Vec<Event>, look: impl Fn(&Verifier, &Marks)) {
    let mut verifiers = vec![Verifier::default(); VERIFIERS];
    for event in events {
        match event {
            Event::Shown(who, keys, version) => {
                let keys = marks(keys);
                look(&verifiers[who], &keys);
                verifiers[who].is_shown(&keys, version);
            }
            Event::Learns(who, whom) => {
                let other = verifiers[whom].clone();
                verifiers[who].learns(&other);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_version_is_refused_if_and_only_if_a_higher_one_was_ever_seen_with_one_of_the_keys(
        events in events(0..6, 1..40),
    ) {
        happen(events, |verifier, keys| {
            assert_eq!(verifier.highest(keys), verifier.highest_ever(keys));
        });
    }

    #[test]
    fn what_was_refused_stays_refused_as_long_as_the_key_is_there_also_if_keys_are_forgotten(
        events in events(0..60, 30..120),
    ) {
        happen(events, |verifier, keys| {
            assert!(verifier.highest(keys) >= verifier.highest_ever(keys));
            for (key, version) in &verifier.refused {
                let with = keys.iter().chain([key]).cloned().collect();
                assert!(verifier.highest(&with).is_some_and(|highest| *version < highest));
            }
            if let Some(floor) = &verifier.floor {
                assert!(floor.former().count() <= FORMER_KEYS);
            }
        });
    }
}
