//! What is remembered: written, damaged, put together, and at the first contact.

use doorward_core::{Budget, FetchError, Meter};
use doorward_notary::codes;
use doorward_notary::{Pins, Remembered, RememberedError, RoleName, RootOrigin};
use doorward_testkit::{Publication, Tampering};
use serde_json::{Value, json};

use crate::support::client::{
    Client, DAY, RELEASES, answer, builder, collection, delegating, is_refused, key, now, released,
    target,
};

fn document(memory: &Remembered) -> Value {
    serde_json::from_slice(&memory.to_bytes()).expect("JSON")
}

fn seen() -> Remembered {
    Client::after(&delegating().publish())
        .memory
        .expect("a memory")
}

fn malformed(document: &Value) {
    let read = Remembered::from_bytes(document.to_string().as_bytes());
    assert!(
        matches!(read, Err(RememberedError::Malformed { .. })),
        "{read:?}"
    );
}

#[test]
fn what_was_written_is_read() {
    let memory = seen();
    assert_eq!(Remembered::from_bytes(&memory.to_bytes()), Ok(memory));
}

#[test]
fn bytes_that_are_cut_short_or_lengthened_are_not_read() {
    let bytes = seen().to_bytes();
    for cut in (0..bytes.len()).step_by(97) {
        assert!(Remembered::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
    let long = [&bytes[..], b"{}"].concat();
    assert!(Remembered::from_bytes(&long).is_err());
}

#[test]
fn a_document_that_is_damaged_is_not_read() {
    let good = document(&seen());
    for member in [
        "kind", "version", "origin", "seen", "asked", "root", "floors", "files",
    ] {
        let mut damaged = good.clone();
        damaged.as_object_mut().expect("an object").remove(member);
        malformed(&damaged);
        damaged[member] = json!([]);
        malformed(&damaged);
    }
    for (pointer, value) in [
        ("/kind", json!("something else")),
        ("/origin", json!("guessed")),
        ("/root", json!("{}")),
        ("/floors/timestamp/seen/0/version", json!(-1)),
        ("/floors/timestamp/seen/0/sha256", json!("sha256:1")),
        ("/floors/timestamp/seen/0/keys", json!(null)),
    ] {
        let mut damaged = good.clone();
        *damaged.pointer_mut(pointer).expect("a member") = value;
        malformed(&damaged);
    }
    for (list, name) in [
        ("floors", "targets/.."),
        ("files", "../root"),
        ("files", "targets/A"),
    ] {
        let mut damaged = good.clone();
        damaged[list][name] = damaged[list]["targets"].clone();
        malformed(&damaged);
    }
    let mut extended = good;
    extended["more"] = json!(1);
    malformed(&extended);
}

#[test]
fn a_document_of_another_version_is_not_read() {
    let mut other = document(&seen());
    other["version"] = json!(3);
    assert_eq!(
        Remembered::from_bytes(other.to_string().as_bytes()),
        Err(RememberedError::Version { version: 3 })
    );
}

#[test]
fn a_document_that_is_too_long_is_not_read() {
    let limit = 4 << 20;
    assert_eq!(
        Remembered::from_bytes(&vec![b' '; limit + 1]),
        Err(RememberedError::TooLong { limit })
    );
}

#[test]
fn files_that_do_not_fit_are_left_out_and_versions_are_not() {
    let memory = seen();
    let mut long = document(&memory);
    long["files"]["targets"] = json!("\"".repeat(2 << 20));
    let read = Remembered::from_bytes(long.to_string().as_bytes());
    assert_eq!(read, Err(RememberedError::TooLong { limit: 4 << 20 }));
    long["files"]["targets"] = json!("\"".repeat(600 << 10));
    long["files"][RELEASES] = json!("\"".repeat(500 << 10));
    let read = Remembered::from_bytes(long.to_string().as_bytes()).expect("a memory");
    let again = Remembered::from_bytes(&read.to_bytes()).expect("a memory");
    assert_eq!(again.versions(), memory.versions());
    let kept = document(&again);
    let kept: Vec<&String> = kept["files"].as_object().expect("files").keys().collect();
    // The larger one of the two does not fit at all, and those that every decision needs come before a delegation's.
    assert_eq!(kept, ["snapshot", RELEASES, "timestamp"]);
}

#[test]
fn versions_of_many_delegations_do_not_push_out_those_of_the_snapshot_and_timestamp() {
    let memory = seen();
    let mut many = document(&memory);
    for number in 0..400 {
        many["floors"][format!("targets/s{number}")] = many["floors"]["targets"].clone();
    }
    let read = Remembered::from_bytes(many.to_string().as_bytes()).expect("a memory");
    let again = Remembered::from_bytes(&read.to_bytes()).expect("a memory");
    let kept = again.versions();
    for role in ["targets", "snapshot", "timestamp"] {
        let role = role.parse().expect("a role");
        assert!(kept.iter().any(|(name, _)| **name == role), "{role}");
    }
    assert_eq!(kept.len(), 256);
}

#[test]
fn damaged_files_in_memory_are_fetched_again_and_not_believed() {
    let mut publisher = collection();
    let publication = publisher.publish();
    let mut damaged = document(&Client::after(&publication).memory.expect("a memory"));
    for role in ["targets", "snapshot", "timestamp"] {
        let text = damaged["files"][role]
            .as_str()
            .expect("a text")
            .replace("1.0", "6.6");
        damaged["files"][role] = json!(text);
    }
    let mut client = Client::new();
    client.memory = Remembered::from_bytes(damaged.to_string().as_bytes()).ok();
    assert!(client.memory.is_some());
    client.accepts(&publication, "1.0");
}

#[test]
fn a_timestamp_that_was_put_into_memory_does_not_stand_in_for_a_server() {
    let mut publisher = collection();
    let publication = publisher.publish();
    let forged = publisher.forge(&[Tampering::of("timestamp").signed_by(&[key(1)])]);
    let mut damaged = document(&Client::after(&publication).memory.expect("a memory"));
    let text = String::from_utf8(forged.role("timestamp").to_vec()).expect("a text");
    damaged["files"]["timestamp"] = json!(text);
    let mut client = Client::new();
    client.question.max_staleness = 3600;
    client.memory = Remembered::from_bytes(damaged.to_string().as_bytes()).ok();
    let outcome = client.asks(&mut |file| match file {
        "timestamp.json" => crate::support::client::unavailable(),
        other => answer(&publication, other),
    });
    is_refused(&outcome, codes::THRESHOLD);
}

#[test]
fn nothing_is_remembered_of_a_first_contact_before_a_snapshot_lists_the_root() {
    let mut publisher = collection();
    let publication = publisher.publish();
    for broken in [
        publication.clone().without_role("snapshot"),
        publisher.forge(&[Tampering::of("snapshot").without_signatures()]),
        publisher.forge(&[Tampering::of("timestamp").without_signatures()]),
        publisher.forge(&[Tampering::of("root").without_signatures()]),
        publisher.forge(&[Tampering::of("snapshot").listed_hash("root", "sha256", &[7; 32])]),
    ] {
        let mut client = Client::new();
        assert!(client.sees(&broken).result.is_err());
        assert_eq!(client.memory, None);
    }
    // After that a refusal is remembered too: for anyone who serves an older snapshot next.
    let mut client = Client::new();
    let forged = publisher.forge(&[Tampering::of("targets").without_signatures()]);
    client.refuses(&forged, codes::THRESHOLD);
    assert_eq!(client.version("snapshot"), 2);
    client.refuses(&publication, codes::ROLLBACK);
}

#[test]
fn a_decision_a_little_later_that_learns_nothing_is_not_written() {
    let publication = collection().publish();
    let before = Client::after(&publication);
    let later = |seconds| {
        let mut client = before.clone().at(now().plus(seconds));
        client.accepts(&publication, "1.0");
        client.memory.expect("a memory").seen()
    };
    assert_eq!(later(599), now());
    assert_eq!(later(600), now().plus(600));
}

#[test]
fn what_two_replicas_learnt_is_put_together_without_a_step_back() {
    let mut publisher = collection();
    let first = publisher.publish();
    let second = publisher.add_target("1.0", target("1.0")).publish();
    let third = publisher.add_target("2.0", target("2.0")).publish();
    let stored = Client::after(&first);
    let (mut ahead, mut behind) = (stored.clone(), stored.clone());
    ahead.accepts(&third, "1.0");
    // The one that is behind looked later.
    behind = behind.at(now().plus(DAY));
    behind.accepts(&second, "1.0");
    let (ahead, behind) = (ahead.memory.expect("one"), behind.memory.expect("one"));
    for merged in [
        ahead.clone().merge(behind.clone()),
        behind.clone().merge(ahead.clone()),
    ] {
        assert_eq!(merged.versions(), ahead.versions());
        assert_eq!(merged.seen(), now().plus(DAY));
        let mut client = Client::new().at(now().plus(DAY));
        client.memory = Some(merged);
        client.clone().refuses(&second, codes::ROLLBACK);
        client.accepts(&third, "1.0");
    }
}

/// What another client has after it saw this publication.
fn imported(seen: &Publication) -> Client {
    let file = |role: &str| {
        let name: RoleName = role.parse().expect("a role");
        (name, seen.role(role).clone())
    };
    let files = ["timestamp", "snapshot", "targets", RELEASES]
        .map(file)
        .into();
    let mut meter = Meter::new(Budget::default());
    let mut client = Client::new();
    client.question.pins = Pins::None;
    let memory = Remembered::import(seen.role("root").clone(), files, now(), &mut meter);
    client.memory = Some(memory.expect("a memory"));
    client
}

#[test]
fn what_another_client_has_seen_is_not_taken_back_once_it_is_imported() {
    let mut publisher = delegating();
    let first = publisher.publish();
    for role in ["timestamp", "snapshot", "targets", RELEASES] {
        let mut later = publisher.clone();
        let second = later.touch(role).publish();
        imported(&second).refuses(&first, codes::ROLLBACK);
        imported(&first).accepts(&second, "1.0");
    }
    let versions = imported(&first).memory.expect("one").versions().len();
    assert_eq!(versions, 4);
}

#[test]
fn imported_files_that_nobody_signed_who_may_say_nothing() {
    let mut publisher = delegating();
    let honest = publisher.publish();
    for role in ["timestamp", "snapshot", "targets", RELEASES] {
        let forged = publisher.forge(&[Tampering::of(role).version(1000).signed_by(&[key(9)])]);
        let client = imported(&forged);
        let memory = client.memory.as_ref().expect("one");
        assert!(
            memory.versions().iter().all(|(_, version)| *version < 1000),
            "{role}: {:?}",
            memory.versions()
        );
    }
    assert_eq!(
        imported(&honest).memory.expect("one").origin(),
        RootOrigin::Imported
    );
}

#[test]
fn what_was_learnt_under_a_root_that_was_signed_once_more_is_not_forgotten() {
    let mut publisher = collection();
    let first = publisher.publish();
    let second = publisher.add_target("1.0", target("1.0")).publish();
    publisher.add_target("2.0", target("2.0"));
    let third = publisher.forge(&[Tampering::of("root").repeat_signatures()]);
    let (mut one, mut other) = (Client::after(&first), Client::after(&first));
    one.accepts(&second, "1.0");
    other.accepts(&third, "1.0");
    let (one, other) = (one.memory.expect("one"), other.memory.expect("one"));
    assert_ne!(one.root(), other.root());
    assert_ne!(one.versions(), other.versions());
    assert_eq!(
        one.clone().merge(other.clone()).versions(),
        other.versions()
    );
    assert_eq!(other.clone().merge(one).versions(), other.versions());
}

#[test]
fn a_replica_that_missed_a_rotation_does_not_bring_the_old_keys_back() {
    let mut publisher = collection();
    let first = publisher.publish();
    let mut thief = publisher.clone();
    let driven = thief.set_version("timestamp", 1000).publish();
    let second = publisher
        .rotate_timestamp_key(&key(1))
        .rotate_root_key(&crate::support::client::root_key(1))
        .publish();
    let stored = Client::after(&first);
    let (mut ahead, mut behind) = (stored.clone(), stored.clone());
    ahead.accepts(&second, "1.0");
    behind = behind.at(now().plus(DAY));
    behind.accepts(&driven, "1.0");
    let (ahead, behind) = (ahead.memory.expect("one"), behind.memory.expect("one"));
    for merged in [
        ahead.clone().merge(behind.clone()),
        behind.clone().merge(ahead.clone()),
    ] {
        assert_eq!(merged.root(), ahead.root());
        let mut client = Client::new().at(now().plus(DAY));
        client.memory = Some(merged);
        // Nor is what was seen under the new keys forgotten for what was seen under the old ones.
        assert_eq!(client.version("timestamp"), 2);
        client.clone().refuses(&first, codes::ROOT_ROTATION);
        client.accepts(&second, "1.0");
        assert_eq!(client.version("timestamp"), 2);
    }
}

#[test]
fn a_stranger_in_one_replica_does_not_replace_the_root_that_is_stored() {
    let stored = Client::after(&collection().publish()).memory.expect("one");
    let theirs = Client::after(&released(builder().seed(9)).publish());
    let theirs = theirs.memory.expect("one");
    let merged = stored.clone().merge(theirs);
    assert_eq!(merged, stored);
}

#[test]
fn a_refusal_by_the_server_is_no_reason_to_forget() {
    let publication = collection().publish();
    let mut client = Client::after(&publication);
    let before = client.memory.clone();
    is_refused(
        &client.asks(&mut |_| Err(FetchError::NotFound)),
        codes::TRUST_DATA_MISSING,
    );
    assert_eq!(client.memory, before);
}
