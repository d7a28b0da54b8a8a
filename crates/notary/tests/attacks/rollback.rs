//! Older metadata than was seen before, also with the help of the signer of the roles above it.

use doorward_notary::Remembered;
use doorward_notary::codes;
use doorward_testkit::{Publication, Tampering};

use crate::support::client::{Client, RELEASES, collection, delegating, target};

/// What a client has seen, and what it saw before that.
fn two_publications() -> (Publication, Publication, doorward_testkit::Collection) {
    let mut publisher = collection();
    publisher.add_target("1.0", target("vulnerable"));
    let older = publisher.publish();
    let newer = publisher.add_target("1.0", target("1.0")).publish();
    (older, newer, publisher)
}

#[test]
fn a_whole_older_publication_is_refused() {
    let (older, newer, _) = two_publications();
    Client::new().accepts(&older, "vulnerable");
    Client::after(&newer).refuses(&older, codes::ROLLBACK);
}

#[test]
fn an_older_snapshot_under_a_new_timestamp_is_refused() {
    let (older, newer, publisher) = two_publications();
    let forged =
        publisher.forge(&[Tampering::of("snapshot").bytes(older.role("snapshot").to_vec())]);
    Client::after(&newer).refuses(&forged, codes::ROLLBACK);
    Client::new().accepts(&forged, "vulnerable");
}

#[test]
fn older_targets_under_a_new_snapshot_are_refused() {
    let (older, newer, publisher) = two_publications();
    let forged = publisher.forge(&[Tampering::of("targets").bytes(older.role("targets").to_vec())]);
    Client::after(&newer).refuses(&forged, codes::ROLLBACK);
}

#[test]
fn older_targets_are_refused_whichever_of_the_files_is_larger() {
    for (before, after) in [("vulnerable", "1.0"), ("1.0", "vulnerable")] {
        let mut publisher = collection();
        let long = target(before).with_custom(serde_json::json!("x".repeat(500)));
        publisher.add_target("2.0", long);
        let older = publisher.add_target("1.0", target(before)).publish();
        publisher.remove_target("2.0");
        let newer = publisher.add_target("1.0", target(after)).publish();
        let mut client = Client::new();
        client.accepts(&newer, after);
        let forged =
            publisher.forge(&[Tampering::of("targets").bytes(older.role("targets").to_vec())]);
        client.refuses(&forged, codes::ROLLBACK);
    }
}

#[test]
fn an_older_delegation_under_new_targets_is_refused() {
    let mut publisher = delegating();
    let older = publisher
        .add_target_to(RELEASES, "1.0", target("vulnerable"))
        .publish();
    let newer = publisher
        .add_target_to(RELEASES, "1.0", target("1.0"))
        .publish();
    let forged = publisher.forge(&[
        Tampering::of("targets"),
        Tampering::of(RELEASES).bytes(older.role(RELEASES).to_vec()),
    ]);
    Client::after(&newer).refuses(&forged, codes::ROLLBACK);
}

#[test]
fn an_older_version_with_a_newer_date_is_refused() {
    let (_, newer, publisher) = two_publications();
    for role in ["targets", "snapshot", "timestamp"] {
        let mut client = Client::after(&newer);
        assert_eq!(client.version("targets"), 2);
        let forged = publisher.forge(&[Tampering::of(role).version(1)]);
        client.refuses(&forged, codes::ROLLBACK);
    }
}

#[test]
fn an_older_root_is_refused_although_the_same_key_signed_it() {
    let mut publisher = collection();
    let older = publisher.publish();
    let newer = publisher
        .rotate_targets_key(&crate::support::client::key(1))
        .publish();
    let forged = publisher.forge(&[Tampering::of("root").bytes(older.role("root").to_vec())]);
    Client::after(&newer).refuses(&forged, codes::ROLLBACK);
}

#[test]
fn what_was_refused_is_not_forgotten_and_what_was_seen_before_is_still_accepted() {
    let (older, newer, _) = two_publications();
    let mut client = Client::after(&newer);
    let before = client.memory.clone();
    for _ in 0..3 {
        client.refuses(&older, codes::ROLLBACK);
        assert_eq!(client.memory, before);
    }
    client.accepts(&newer, "1.0");
}

#[test]
fn what_a_role_said_counts_also_when_its_file_is_no_longer_kept() {
    let (older, newer, publisher) = two_publications();
    let mut client = Client::after(&newer);
    let written = client.memory.expect("a memory").to_bytes();
    let mut document: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
    document["files"] = serde_json::json!({});
    let bare = Remembered::from_bytes(document.to_string().as_bytes()).expect("a memory");
    for forged in [
        older.clone(),
        publisher.forge(&[Tampering::of("targets").bytes(older.role("targets").to_vec())]),
    ] {
        client = Client::new();
        client.memory = Some(bare.clone());
        client.refuses(&forged, codes::ROLLBACK);
    }
}

#[test]
fn a_timestamp_of_the_same_version_with_other_content_changes_nothing() {
    let mut publisher = collection();
    let seen = publisher.publish();
    // The signer of timestamps signs two of one version, for two snapshots.
    let version = publisher.version("timestamp");
    publisher.add_target("1.0", target("other"));
    let other = publisher.forge(&[Tampering::of("timestamp").version(version)]);
    assert_ne!(other.role("timestamp"), seen.role("timestamp"));
    let mut client = Client::after(&seen);
    let outcome = client.accepts(&other, "1.0");
    assert_eq!(outcome.asked, [["timestamp.json"]]);
    Client::new().accepts(&other, "other");
}

#[test]
fn without_the_stored_timestamp_another_one_of_its_version_is_refused() {
    let mut publisher = collection();
    let seen = publisher.publish();
    let version = publisher.version("timestamp");
    publisher.add_target("1.0", target("other"));
    let other = publisher.forge(&[Tampering::of("timestamp").version(version)]);
    let written = Client::after(&seen).memory.expect("a memory").to_bytes();
    let mut document: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
    document["files"] = serde_json::json!({});
    let mut client = Client::new();
    client.memory = Remembered::from_bytes(document.to_string().as_bytes()).ok();
    client.refuses(&other, codes::ROLLBACK);
}
