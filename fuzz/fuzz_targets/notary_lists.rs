//! Timestamps and snapshots of Notary v1. What nobody signed is refused; what the role's key signed is taken only if it
//! is what an independent reader sees in it: version, expiry, and the files that are listed.

#![no_main]

use bytes::Bytes;
use doorward_fuzz::notary::{NOW, OWN_ROOT, SERVED, message, meter, set_with_timestamp, signed};
use doorward_notary::{File, RoleName, TrustedSet};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The longest file that may be listed.
const LISTED_BYTES: usize = 10 << 20;

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);

    let served = &SERVED[0];
    let root = served.states[0].files["root.json"].clone();
    let mut set = TrustedSet::bootstrap(&served.gun, root, NOW).expect("the root can be read");
    if set.update_timestamp(bytes.clone(), &mut meter()).is_ok() {
        panic!("taken, though the root was not confirmed");
    }
    let mut set = CONFIRMED.clone();
    if set.update_timestamp(bytes.clone(), &mut meter()).is_ok() {
        let message = message(&bytes).expect("it was read");
        assert!(
            served.messages.contains(&message),
            "a timestamp that nobody signed"
        );
    }
    let mut set = set_with_timestamp(&bytes);
    if set.update_snapshot(bytes.clone(), &mut meter()).is_ok() {
        panic!("a snapshot that nobody signed");
    }

    if let Some(file) = signed("timestamp", &bytes) {
        let mut set = OWN_ROOT.clone();
        match set.update_timestamp(file.clone(), &mut meter()) {
            Err(_) => assert!(set.snapshot_file().is_none(), "a refusal changes the set"),
            Ok(()) => {
                let content = content(&file, "Timestamp");
                header(&set, &RoleName::Timestamp, &content);
                let listed = set.snapshot_file().expect("a snapshot is listed");
                entry(&RoleName::Snapshot, listed, &content["meta"]["snapshot"]);
            }
        }
    }
    if let Some(file) = signed("snapshot", &bytes) {
        let mut set = set_with_timestamp(&file);
        if set.update_snapshot(file.clone(), &mut meter()).is_ok() {
            let content = content(&file, "Snapshot");
            header(&set, &RoleName::Snapshot, &content);
            let meta = content["meta"].as_object().expect("a list");
            for (name, value) in meta {
                let Ok(role) = name.parse::<RoleName>() else {
                    continue;
                };
                if !matches!(role, RoleName::Targets | RoleName::Delegation(_)) {
                    continue;
                }
                if let Ok(Some(listed)) = set.targets_file(&role) {
                    entry(&role, listed, value);
                }
            }
            assert!(
                set.targets_file(&RoleName::Targets)
                    .is_ok_and(|file| file.is_some())
            );
        }
    }
});

static CONFIRMED: std::sync::LazyLock<TrustedSet> = std::sync::LazyLock::new(|| {
    let served = &SERVED[0];
    let root = served.states[0].files["root.json"].clone();
    let mut set = TrustedSet::bootstrap(&served.gun, root, NOW).expect("the root can be read");
    set.confirm_root(&served.pins(), &mut meter())
        .expect("the root is pinned");
    set
});

fn content(file: &[u8], kind: &str) -> Value {
    let mut general: Value = serde_json::from_slice(file).expect("it was read");
    let content = general["signed"].take();
    assert_eq!(content["_type"], kind);
    content
}

fn header(set: &TrustedSet, role: &RoleName, content: &Value) {
    let statuses = set.statuses();
    let status = statuses
        .iter()
        .find(|status| status.role == *role)
        .expect("the role was taken");
    assert_eq!(content["version"].as_u64(), Some(status.version));
    assert!(status.version >= 1 && status.expires > NOW);
}

fn entry(role: &RoleName, (file, limit): (File, usize), value: &Value) {
    use base64::Engine as _;
    assert!(limit <= LISTED_BYTES);
    assert_eq!(value["length"].as_u64(), u64::try_from(limit).ok());
    let File::ByHash(named, digest) = file else {
        panic!("what is listed is asked for by its hash");
    };
    assert_eq!(named, *role);
    let hash = value["hashes"]["sha256"].as_str().expect("a hash");
    let hash = base64::engine::general_purpose::STANDARD
        .decode(hash)
        .expect("base64");
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest.hex(), hex);
}
