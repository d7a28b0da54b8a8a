//! A client with one memory, and servers that show it whatever they like of the publisher's past and of a stranger's.
//!
//! The states of the publisher are told apart by the versions of their timestamps, which only grow. What a client
//! remembers of the timestamp so names the newest state that it has seen. It must let through what that state releases
//! or nothing: what an older state released is a rollback, what a stranger released is a forgery, and what no state
//! released is both.

use doorward_notary::{KeyId, Pins, Remembered};
use proptest::prelude::*;

use crate::history::{History, acts};
use crate::server::{Serving, servings};
use crate::support::client::Client;

const ROLES: [&str; 4] = ["timestamp", "snapshot", "targets", "targets/releases"];

fn histories() -> impl Strategy<Value = (History, History)> {
    (acts(), acts()).prop_map(|(ours, theirs)| {
        (
            History::new("ours", 1, &ours),
            History::new("theirs", 2, &theirs),
        )
    })
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} states", self.states.len())
    }
}

/// A client that knows the publisher: by pins, or because it has seen the first state.
fn client(honest: &History, pinned: bool) -> Client {
    let mut client = Client::new();
    if pinned {
        let ids = honest.root_keys.iter().map(|id| KeyId::from(id.as_str()));
        client.question.pins = Pins::Keys {
            ids: ids.collect(),
            certificates: [].into(),
        };
    } else {
        assert!(client.sees(&honest.states[0].publication).result.is_ok());
    }
    client
}

fn root_version(memory: Option<&Remembered>) -> i64 {
    memory.map_or(0, |memory| {
        let root: serde_json::Value = serde_json::from_slice(memory.root()).expect("JSON");
        root["signed"]["version"].as_i64().expect("a version")
    })
}

fn versions(client: &Client) -> [u64; 4] {
    ROLES.map(|role| client.version(role))
}

/// Asks once, and checks what may have come of it.
fn step(client: &mut Client, honest: &History, foreign: &History, serving: &Serving) {
    let before = versions(client);
    let root_before = root_version(client.memory.as_ref());
    let outcome = client.asks(&mut |file| serving.answer(honest, foreign, file));
    let after = versions(client);
    let newest = honest.at(after[0]);

    if let Some(digest) = outcome.digest() {
        let state = newest.expect("a client that lets something through has seen a state");
        assert_eq!(Some(digest), state.released.as_ref(), "{serving:?}");
    }
    assert!(root_version(client.memory.as_ref()) >= root_before);
    for (role, (before, after)) in ROLES.iter().zip(before.iter().zip(after)) {
        let replaced = newest.is_some_and(|state| state.replaced.contains(role));
        assert!(after >= *before || replaced, "{role} {before} {after}");
    }
    assert!(
        after[0] >= before[0],
        "those of timestamps grow in any case"
    );

    // Nor must an attacker's doings shut the publisher's own newer states out.
    if let Serving::Honest(index) = serving {
        let at = index.index(honest.states.len());
        let state = &honest.states[at];
        let newer = u64::try_from(at).expect("small") + 1 >= before[0];
        if newer && state.root_version >= root_before {
            assert_eq!(
                outcome.digest(),
                state.released.as_ref(),
                "{:?}",
                outcome.result
            );
        } else {
            assert_eq!(outcome.digest(), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(80) })]

    #[test]
    fn nobody_lets_through_what_is_older_than_what_was_seen_or_somebody_elses(
        (honest, foreign) in histories(),
        servings in servings(),
        pinned: bool,
    ) {
        let mut client = client(&honest, pinned);
        for serving in &servings {
            step(&mut client, &honest, &foreign, serving);
        }
    }

    #[test]
    fn two_memories_put_together_know_no_less_than_either(
        (honest, foreign) in histories(),
        mine in servings(),
        theirs in servings(),
    ) {
        let stored = client(&honest, false);
        let [mine, theirs] = [mine, theirs].map(|servings| {
            let mut client = stored.clone();
            for serving in &servings {
                client.asks(&mut |file| serving.answer(&honest, &foreign, file));
            }
            client
        });
        let replaced = &honest.states[honest.states.len() - 1].replaced;
        for (first, second) in [(&mine, &theirs), (&theirs, &mine)] {
            let memories = [first, second].map(|client| client.memory.clone().expect("one"));
            let [one, other] = memories.clone();
            let mut merged = stored.clone();
            merged.memory = Some(one.merge(other));
            let [one, other] = memories;
            let root = root_version(merged.memory.as_ref());
            prop_assert_eq!(root, root_version(Some(&one)).max(root_version(Some(&other))));
            let (now, before) = (versions(&merged), [versions(first), versions(second)]);
            for (place, role) in ROLES.iter().enumerate() {
                let highest = before[0][place].max(before[1][place]);
                prop_assert!(now[place] >= highest || replaced.contains(role), "{}", role);
            }
            // It can still be read, and works as any other.
            let read = Remembered::from_bytes(&merged.memory.as_ref().expect("one").to_bytes());
            prop_assert_eq!(read.as_ref().ok(), merged.memory.as_ref());
            let last = &honest.states[honest.states.len() - 1];
            let outcome = merged.sees(&last.publication);
            prop_assert_eq!(outcome.digest(), last.released.as_ref());
        }
    }
}
