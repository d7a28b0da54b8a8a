//! Collections, checked by following hashes and signatures with code of its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{Digest, Timestamp};
use serde_json::{Value, json};

use super::{
    Collection, Delegation, NotaryAttack, NotaryKey, Publication, RootCertificate, Tampering,
    Target, canonical_json,
};
use crate::KeyKind;

const GUN: &str = "registry.example/team/app";

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn collection() -> Collection {
    let mut collection = Collection::new(GUN, now());
    collection.add_target("1.0", Target::content(b"manifest"));
    collection
}

fn key(seed: u64) -> NotaryKey {
    NotaryKey::seeded(KeyKind::P256, seed)
}

fn document(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn signed(publication: &Publication, role: &str) -> Value {
    document(publication.role(role))["signed"].take()
}

/// Whether the file that a role lists for another is the one that is served, by name and by hash.
fn is_listed(publication: &Publication, above: &str, role: &str) -> bool {
    let entry = &signed(publication, above)["meta"][role];
    let bytes = publication.role(role);
    let hash = STANDARD
        .decode(entry["hashes"]["sha256"].as_str().unwrap_or_default())
        .unwrap();
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    entry["length"] == json!(bytes.len())
        && hex == Digest::sha256(bytes).hex()
        && publication.file(&format!("{role}.{hex}.json")) == Some(bytes)
}

fn assert_chained(publication: &Publication, roles: &[&str]) {
    assert!(is_listed(publication, "timestamp", "snapshot"));
    let snapshot = signed(publication, "snapshot");
    let mut listed: Vec<_> = snapshot["meta"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    listed.sort();
    assert_eq!(listed, roles);
    for role in roles {
        assert!(is_listed(publication, "snapshot", role), "{role}");
    }
}

/// The IDs of those keys whose signature of a role is good. Signatures are deterministic, so they can be made again.
fn signers(publication: &Publication, role: &str, keys: &[NotaryKey]) -> Vec<String> {
    let document = document(publication.role(role));
    let payload = canonical_json(&document["signed"]);
    keys.iter()
        .filter(|key| {
            let expected = json!({
                "keyid": key.id(),
                "method": key.method().name(),
                "sig": STANDARD.encode(key.sign(&payload)),
            });
            document["signatures"]
                .as_array()
                .unwrap()
                .contains(&expected)
        })
        .map(NotaryKey::id)
        .collect()
}

#[test]
fn a_first_publication_is_what_a_publisher_makes() {
    let mut collection = collection();
    let publication = collection.publish();
    assert_chained(&publication, &["root", "targets"]);
    let root = signed(&publication, "root");
    assert_eq!(root["_type"], "Root");
    assert_eq!(root["version"], 1);
    assert_eq!(root["consistent_snapshot"], false);
    assert_eq!(root["expires"], "2035-12-30T00:00:00Z");
    assert_eq!(
        root["roles"]["targets"],
        json!({"keyids": [collection.keys("targets")[0].id()], "threshold": 1})
    );
    assert_eq!(root["keys"].as_object().unwrap().len(), 4);
    assert_eq!(
        signed(&publication, "timestamp")["expires"],
        "2026-01-15T00:00:00Z"
    );
    assert_eq!(
        signed(&publication, "targets")["targets"]["1.0"],
        json!({"hashes": {"sha256": "BbOr8leaXrZkA814vlV/2GBjOh/iEDx2QgMN7+MsZX8="}, "length": 8})
    );
    assert_eq!(
        publication.file("1.root.json"),
        Some(publication.role("root"))
    );
    for role in ["root", "targets", "snapshot", "timestamp"] {
        let keys = collection.keys(role);
        assert_eq!(signers(&publication, role, keys).len(), 1, "{role}");
    }
}

#[test]
fn a_publication_with_nothing_new_renews_the_timestamp_alone() {
    let mut collection = collection();
    let before = collection.publish();
    let after = collection.set_now(now().plus(86_400)).publish();
    assert_ne!(before.role("timestamp"), after.role("timestamp"));
    assert_eq!(collection.version("timestamp"), 2);
    for role in ["root", "targets", "snapshot"] {
        assert_eq!(before.role(role), after.role(role), "{role}");
        assert_eq!(collection.version(role), 1, "{role}");
    }
}

#[test]
fn earlier_files_are_still_served_under_their_hashes() {
    let mut collection = collection();
    let before = collection.publish();
    let after = collection.remove_target("1.0").publish();
    let hex = Digest::sha256(before.role("targets")).hex().to_owned();
    assert_eq!(
        after.file(&format!("targets.{hex}.json")),
        Some(before.role("targets"))
    );
    assert_eq!(signed(&after, "targets")["targets"], json!({}));
}

#[test]
fn a_delegation_is_published_once_it_says_something() {
    let mut collection = collection();
    let silent = collection
        .delegate(Delegation::new("targets/alice", &[key(10)]).paths(&["a-", "b-"]))
        .publish();
    assert_chained(&silent, &["root", "targets"]);
    assert_eq!(
        signed(&silent, "targets")["delegations"]["roles"],
        json!([{
            "keyids": [key(10).id()],
            "name": "targets/alice",
            "paths": ["a-", "b-"],
            "threshold": 1,
        }])
    );
    let speaking = collection
        .add_target_to("targets/alice", "a-1", Target::content(b"x"))
        .publish();
    assert_chained(&speaking, &["root", "targets", "targets/alice"]);
    assert_eq!(
        signers(&speaking, "targets/alice", &[key(10), key(11)]),
        [key(10).id()]
    );
}

#[test]
fn a_delegation_taken_back_is_gone_with_those_below_it() {
    let mut collection = collection();
    collection
        .delegate(Delegation::new("targets/alice", &[key(10)]))
        .delegate(Delegation::new("targets/alice/ci", &[key(11)]))
        .delegate(Delegation::new("targets/alicent", &[key(12)]))
        .touch("targets/alice/ci")
        .touch("targets/alicent");
    let all = [
        "root",
        "targets",
        "targets/alice",
        "targets/alice/ci",
        "targets/alicent",
    ];
    assert_chained(&collection.publish(), &all);
    let after = collection.remove_delegation("targets/alice").publish();
    assert_chained(&after, &["root", "targets", "targets/alicent"]);
    assert_eq!(after.file("targets/alice.json"), None);
    assert_eq!(after.file("targets/alice/ci.json"), None);
}

#[test]
fn a_new_root_key_is_vouched_for_by_the_old_one_once() {
    let mut collection = collection();
    let old = collection.keys("root").to_vec();
    collection.publish();
    let new = RootCertificate::new(GUN, now()).self_signed(&key(20));
    let handed = collection.rotate_root_key(&new).publish();
    let both = [new.clone(), old[0].clone()];
    assert_eq!(signers(&handed, "root", &both).len(), 2);
    assert!(signed(&handed, "root")["keys"].get(old[0].id()).is_some());
    assert_ne!(handed.file("1.root.json"), handed.file("2.root.json"));
    let later = collection.touch("root").publish();
    assert_eq!(signers(&later, "root", &both), [new.id()]);
}

#[test]
fn a_replaced_role_key_is_named_in_a_new_root_and_signs() {
    for role in ["targets", "snapshot", "timestamp"] {
        let mut collection = collection();
        collection.publish();
        let old = collection.keys(role).to_vec();
        let after = collection.rotate_keys(role, &[key(30)]).publish();
        assert_eq!(
            signed(&after, "root")["roles"][role]["keyids"],
            json!([key(30).id()])
        );
        assert_eq!(
            signers(&after, role, &[old[0].clone(), key(30)]),
            [key(30).id()]
        );
        assert_chained(&after, &["root", "targets"]);
    }
}

#[test]
fn versions_and_expiries_are_written_as_they_are_set() {
    let mut collection = collection();
    collection.publish();
    let after = collection
        .set_version("timestamp", 1 << 40)
        .set_expires("targets", now())
        .publish();
    assert_eq!(signed(&after, "timestamp")["version"], 1_i64 << 40);
    assert_eq!(signed(&after, "targets")["expires"], "2026-01-01T00:00:00Z");
    assert_eq!(collection.version("timestamp"), 1 << 40);
}

#[test]
fn equal_collections_give_equal_bytes() {
    assert_eq!(collection().publish(), collection().publish());
    let other = Collection::builder(GUN, now()).seed(1).build();
    assert_ne!(other.root_key_id(), collection().root_key_id());
}

#[test]
fn tampering_leaves_the_collection_and_the_rest_of_the_chain_alone() {
    let mut collection = collection();
    collection.publish();
    let forged = collection.forge(&[Tampering::of("targets").version(0)]);
    assert_eq!(collection.version("targets"), 1);
    assert_eq!(signed(&forged, "targets")["version"], 0);
    assert_chained(&forged, &["root", "targets"]);
    assert_eq!(
        signers(&forged, "targets", collection.keys("targets")).len(),
        1
    );
}

#[test]
fn a_kept_listing_speaks_of_the_honest_file() {
    let mut collection = collection();
    collection.publish();
    let honest = collection.clone().touch("targets").publish();
    let forged = collection.forge(&[Tampering::of("targets").version(0).keeping_the_listing()]);
    assert!(!is_listed(&forged, "snapshot", "targets"));
    assert_eq!(
        signed(&forged, "snapshot")["meta"]["targets"],
        signed(&honest, "snapshot")["meta"]["targets"]
    );
    let hex = Digest::sha256(honest.role("targets")).hex().to_owned();
    assert_eq!(
        forged.file(&format!("targets.{hex}.json")),
        Some(forged.role("targets"))
    );
}

#[test]
fn tampering_with_signatures_does_what_it_says() {
    let mut collection = collection();
    collection.publish();
    let own = collection.keys("targets").to_vec();
    let stranger = key(99);
    let signatures = |tampering: Tampering| {
        let forged = collection.forge(&[tampering]);
        document(forged.role("targets"))["signatures"].clone()
    };
    let of = || Tampering::of("targets");
    let honest = signatures(of());
    assert_eq!(honest[0]["keyid"], own[0].id());
    assert_eq!(signatures(of().without_signatures()), json!([]));
    assert_eq!(
        signatures(of().repeat_signatures()),
        json!([honest[0], honest[0]])
    );
    assert_eq!(signatures(of().method("none"))[0]["method"], "none");
    assert_eq!(
        signatures(of().signed_by(std::slice::from_ref(&stranger)))[0]["keyid"],
        stranger.id()
    );
    let both = signatures(of().also_signed_by(&[stranger]));
    assert_eq!(both.as_array().unwrap().len(), 2);
    assert_ne!(signatures(of().signatures_in_der()), honest);
    assert_ne!(signatures(of().flip_signature_bit(0)), honest);
    let elsewhere = signatures(of().signed_over(|signed| signed["version"] = json!(7)));
    assert_ne!(elsewhere, honest);
}

#[test]
#[should_panic(expected = "is there to be removed")]
fn tampering_with_what_is_not_there_fails_the_test() {
    let _ = collection().forge(&[Tampering::of("targets").remove("/absent")]);
}

#[test]
#[should_panic(expected = "the collection has a role tragets")]
fn a_role_that_does_not_exist_fails_the_test() {
    let _ = collection().forge(&[Tampering::of("tragets")]);
}

#[test]
fn every_attack_changes_something_and_each_something_else() {
    let mut collection = collection();
    collection.publish();
    let mut seen: Vec<(NotaryAttack, Publication)> = Vec::new();
    let honest = collection.clone().touch("root").touch("targets").publish();
    for attack in NotaryAttack::ALL {
        let forged = attack.forge(&collection);
        assert_ne!(forged, honest, "{attack:?}");
        for (other, publication) in &seen {
            assert_ne!(&forged, publication, "{attack:?} and {other:?}");
        }
        seen.push((attack, forged));
    }
}

#[test]
fn mixing_answers_with_another_file_under_every_name() {
    let mut collection = collection();
    let before = collection.publish();
    let after = collection.remove_target("1.0").publish();
    let mixed = after.with_role_of("snapshot", &before);
    let hex = Digest::sha256(after.role("snapshot")).hex().to_owned();
    assert_eq!(mixed.role("snapshot"), before.role("snapshot"));
    assert_eq!(
        mixed.file(&format!("snapshot.{hex}.json")),
        Some(before.role("snapshot"))
    );
    assert_eq!(mixed.role("timestamp"), after.role("timestamp"));
}

#[test]
fn files_can_be_put_and_taken_away() {
    let publication = collection().publish();
    let changed = publication
        .clone()
        .with_file("9.root.json", Bytes::from_static(b"{}"))
        .without_file("1.root.json");
    assert_eq!(
        changed.file("9.root.json"),
        Some(&Bytes::from_static(b"{}"))
    );
    assert_eq!(changed.file("1.root.json"), None);
    let rootless = changed.without_role("root");
    assert!(rootless.files().all(|(name, _)| !name.contains("root")));
    assert!(rootless.files().any(|(name, _)| name == "targets.json"));
}
