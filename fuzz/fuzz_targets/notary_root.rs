//! Roots of Notary v1. Whatever a server offers, a root is confirmed under pins, or follows from a trusted one, only
//! if the publisher signed that content; and a root that the publisher's own keys signed obeys the rules all the same.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use doorward_core::Timestamp;
use doorward_fuzz::notary::{NOW, OWN_ROOT, SERVED, Served, message, meter, signed};
use doorward_notary::{Pins, RoleName, TrustedSet};
use libfuzzer_sys::fuzz_target;

/// The collection whose roots were rotated, and its first root, confirmed.
static ROTATED: LazyLock<(&Served, TrustedSet)> = LazyLock::new(|| {
    let served = &SERVED[1];
    let mut set =
        bootstrap(&served.gun, &served.states[0].files["root.json"]).expect("the root can be read");
    set.confirm_root(&served.pins(), &mut meter())
        .expect("the root is pinned");
    (served, set)
});

fn bootstrap(gun: &str, root: &Bytes) -> Option<TrustedSet> {
    TrustedSet::bootstrap(gun, root.clone(), NOW).ok()
}

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    let (served, first) = &*ROTATED;
    let genuine = || message(&bytes).is_some_and(|message| served.messages.contains(&message));

    if let Some(mut set) = bootstrap(&served.gun, &bytes) {
        well_formed(&set);
        if set.confirm_root(&served.pins(), &mut meter()).is_ok() {
            assert!(genuine(), "confirmed, though no pinned key signed it");
        }
        let believed = set.confirm_root(&Pins::FirstUse, &mut meter()).is_ok();
        assert_eq!(believed, set.confirmed().is_some());
    }
    let mut set = first.clone();
    match set.update_root(bytes.clone(), &mut meter()) {
        Ok(true) => {
            assert!(genuine(), "a root follows that the former one did not sign");
            assert!(set.root_version() >= first.root_version());
            assert_eq!(set.confirmed(), None);
        }
        Ok(false) => assert_eq!(set.root_version(), first.root_version()),
        Err(_) => assert_eq!(
            set.confirmed(),
            first.confirmed(),
            "a refusal changes the set"
        ),
    }

    // The same content, signed by the publisher's root key.
    let Some(root) = signed("root", &bytes) else {
        return;
    };
    let mut set = OWN_ROOT.clone();
    if set.update_root(root, &mut meter()) == Ok(true) {
        well_formed(&set);
        assert!(set.root_version() >= OWN_ROOT.root_version());
        assert_eq!(set.confirmed(), None, "a new root is confirmed again");
        if set.confirm_root(&Pins::FirstUse, &mut meter()).is_ok() {
            let status = &set.statuses()[0];
            assert!(status.expires > NOW, "confirmed, though it has expired");
            assert!(status.signed_by.len() >= status.threshold);
        }
    }
});

fn well_formed(set: &TrustedSet) {
    let statuses = set.statuses();
    let [root] = statuses.as_slice() else {
        panic!("there is a root and nothing else: {statuses:?}");
    };
    assert_eq!(root.role, RoleName::Root);
    assert!(root.version >= 1 && root.threshold >= 1 && root.keys.len() <= 64);
    assert!(root.keys.iter().all(|id| id.as_str().len() == 64));
    assert!(root.expires > Timestamp::from_unix(i64::MIN));
    assert_eq!(set.snapshot_file(), None);
}
