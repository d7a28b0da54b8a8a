use doorward_core::Scheme;
use proptest::prelude::*;

use super::*;

fn key(scope: &str, name: &str) -> StateKey {
    StateKey::new(scope, Scheme::custom("toy"), Vec::new(), name)
}

fn bytes(length: usize) -> Bytes {
    Bytes::from(vec![0; length])
}

/// Room for four things of up to ten bytes.
fn small() -> MemoryState {
    MemoryState::with_quota(StateQuota {
        bytes: 40,
        least: 10,
    })
}

#[test]
fn only_who_knows_what_is_stored_can_replace_it() {
    let state = MemoryState::default();
    let key = key("cluster", "r.example/a");
    let (one, two) = (Bytes::from_static(b"1"), Bytes::from_static(b"2"));
    assert_eq!(state.swap("", &key, Some(&one), two.clone()), Ok(false));
    assert_eq!(state.swap("", &key, None, one.clone()), Ok(true));
    assert_eq!(state.swap("", &key, None, two.clone()), Ok(false));
    assert_eq!(state.swap("", &key, Some(&one), two), Ok(true));
}

#[test]
fn a_tenant_that_fills_its_share_takes_none_from_others() {
    let state = MemoryState::default();
    let large = bytes(32 << 20);
    let greedy = |name: &str| key("namespace/greedy", name);
    for name in ["a", "b"] {
        assert_eq!(
            state.swap("greedy", &greedy(name), None, large.clone()),
            Ok(true)
        );
    }
    let small = Bytes::from_static(b"1");
    let full = state.swap("greedy", &greedy("c"), None, small.clone());
    assert!(matches!(full, Err(StateError::Full { .. })), "{full:?}");
    assert_eq!(
        state.swap("greedy", &key("cluster", "c"), None, small.clone()),
        Ok(true)
    );
    // What it has it may replace by less.
    assert_eq!(
        state.swap("greedy", &greedy("a"), Some(&large), small.clone()),
        Ok(true)
    );
    assert_eq!(state.swap("greedy", &greedy("c"), None, small), Ok(true));
}

#[test]
fn workloads_of_one_namespace_do_not_fill_the_cluster_scope_for_those_of_another() {
    let state = small();
    for name in ["a", "b", "c", "d"] {
        let met = state.swap("greedy", &key("cluster", name), None, bytes(1));
        assert_eq!(met, Ok(true));
    }
    let error = state
        .swap("greedy", &key("cluster", "e"), None, bytes(1))
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("cluster") && text.contains("greedy"),
        "{text}"
    );
    let met = state.swap("shop", &key("cluster", "e"), None, bytes(1));
    assert_eq!(met, Ok(true));
    // What others remembered first does not count for those who update it.
    let updated = state.swap("greedy", &key("cluster", "e"), Some(&bytes(1)), bytes(30));
    assert_eq!(updated, Ok(true));
}

#[test]
fn in_a_full_share_what_is_remembered_can_still_be_brought_up_to_date() {
    let state = small();
    for name in ["a", "b", "c", "d"] {
        let met = state.swap("ns", &key("cluster", name), None, bytes(1));
        assert_eq!(met, Ok(true));
    }
    let grown = state.swap("ns", &key("cluster", "a"), Some(&bytes(1)), bytes(10));
    assert_eq!(grown, Ok(true));
    let beyond = state.swap("ns", &key("cluster", "a"), Some(&bytes(10)), bytes(11));
    assert!(matches!(beyond, Err(StateError::Full { .. })));
}

proptest! {
    #[test]
    fn no_share_grows_past_its_quota_and_nothing_remembered_is_ever_lost(
        steps in prop::collection::vec((0_u8..3, 0_u8..8, 0_usize..30), 0..100),
    ) {
        let state = small();
        let mut model: HashMap<u8, Bytes> = HashMap::new();
        for (namespace, name, length) in steps {
            let key = key("cluster", &name.to_string());
            let new = bytes(length);
            match state.swap(&namespace.to_string(), &key, model.get(&name), new.clone()) {
                Ok(replaced) => {
                    prop_assert!(replaced);
                    model.insert(name, new);
                }
                Err(StateError::Full { .. }) => {}
                Err(other) => prop_assert!(false, "{other}"),
            }
            let scopes = state.scopes.lock().unwrap();
            let scope = &scopes["cluster"];
            for (namespace, counted) in &scope.shares {
                let held = scope.entries.values().filter(|entry| entry.namespace == *namespace);
                let sum: u64 = held.map(|entry| state.quota.charge(entry.bytes.len())).sum();
                prop_assert_eq!(*counted, sum);
                prop_assert!(sum <= state.quota.bytes);
            }
            for (name, bytes) in &model {
                let key = self::key("cluster", &name.to_string());
                prop_assert_eq!(&scope.entries[&key].bytes, bytes);
            }
        }
    }
}
