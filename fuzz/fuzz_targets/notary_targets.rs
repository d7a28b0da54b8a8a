//! Targets and delegations of Notary v1. What nobody signed is refused; of what the role's key signed, a tag is
//! released only as the digest that an independent reader finds under it, by a role that may sign it.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::Digest;
use doorward_fuzz::notary::{NOW, OWN, meter, set_with_snapshot, signed};
use doorward_notary::{RoleName, TrustedSet, Wanted, lookup};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, bytes)) = bytes.split_first() else {
        return;
    };
    let role = match choice % 3 {
        0 => RoleName::Targets,
        1 => RoleName::releases(),
        _ => RoleName::of_signer("alice").expect("a role"),
    };
    let raw = Bytes::copy_from_slice(bytes);
    assert!(
        taken(&role, raw).is_none(),
        "a file that nobody signed, or signed for the role"
    );
    let Some(file) = signed(&role.to_string(), bytes) else {
        return;
    };
    let Some(set) = taken(&role, file.clone()) else {
        return;
    };
    let general: Value = serde_json::from_slice(&file).expect("it was read");
    let content = &general["signed"];
    assert_eq!(content["_type"], "Targets");
    let statuses = set.statuses();
    let status = statuses.iter().find(|status| status.role == role);
    let status = status.expect("the role was taken");
    assert_eq!(content["version"].as_u64(), Some(status.version));
    assert!(status.version >= 1 && status.expires > NOW);

    for child in set.delegations(&role) {
        assert_eq!(child.parent().as_ref(), Some(&role));
        assert_eq!(child.to_string().parse().as_ref(), Ok(&child));
    }
    for (tag, target) in set.targets(&role) {
        if role == RoleName::of_signer("alice").expect("a role") {
            assert!(tag.starts_with('1') || tag.starts_with("rc/"), "{tag:?}");
        }
        let Ok(target) = target else { continue };
        let entry = &content["targets"][tag];
        assert_eq!(entry["length"].as_u64(), Some(target.length));
        assert_eq!(read(entry).as_ref(), Some(&target.digest));
        if role == RoleName::Targets {
            released(&set, tag, &target.digest);
        }
    }
    if role != RoleName::Targets {
        return;
    }
    // A tag that is not in the file is released by nobody.
    let absent = Wanted::Tag("absent".to_owned());
    let listed = content["targets"].get("absent").is_some();
    assert!(listed || lookup(&set, &absent, &[]).is_err());
});

/// What a tag of `targets` is released as, if the file does not delegate releases to somebody whose file is missing.
fn released(set: &TrustedSet, tag: &str, digest: &Digest) {
    let delegates = set
        .delegations(&RoleName::Targets)
        .contains(&RoleName::releases());
    match lookup(set, &Wanted::Tag(tag.to_owned()), &[]) {
        Ok(released) => {
            assert!(!delegates, "released past a delegation that was not read");
            assert_eq!(released.tag, tag);
            assert_eq!(released.digest, *digest);
            let found = lookup(set, &Wanted::Digest(digest.clone()), &[]);
            assert!(found.is_ok_and(|found| found.digest == *digest));
        }
        Err(error) => assert!(delegates, "{tag:?}: {error}"),
    }
}

fn read(entry: &Value) -> Option<Digest> {
    let hash = STANDARD.decode(entry["hashes"]["sha256"].as_str()?).ok()?;
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}").parse().ok()
}

/// The set with `file` as the file of `role`, honestly listed.
fn taken(role: &RoleName, file: Bytes) -> Option<TrustedSet> {
    let honest = OWN.1.role("targets").clone();
    let mut files: Vec<(&RoleName, &[u8])> = vec![(role, &file)];
    if *role != RoleName::Targets {
        files.push((&RoleName::Targets, &honest));
    }
    let mut set = set_with_snapshot(&files);
    if *role != RoleName::Targets {
        set.update_targets(&RoleName::Targets, honest.clone(), &mut meter())
            .expect("the targets are good");
    }
    let before = set.statuses();
    match set.update_targets(role, file.clone(), &mut meter()) {
        Ok(()) => Some(set),
        Err(_) => {
            assert_eq!(set.statuses(), before, "a refusal changes the set");
            None
        }
    }
}
