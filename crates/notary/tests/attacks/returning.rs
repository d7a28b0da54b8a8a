//! Keys that were replaced and come back. Everything that they ever signed is good again, so what was seen with them
//! must not be forgotten in between.

use doorward_notary::codes;
use doorward_notary::{Remembered, RememberedError};
use doorward_testkit::{Collection, Publication, Tampering};
use serde_json::{Value, json};

use crate::support::client::{Client, RELEASES, delegating, key};

/// What a publisher published who replaces the key of a role and takes the former one back.
struct Story {
    /// Versions 10 and 11 of the role, by its first key.
    old: Publication,
    newer: Publication,
    /// Version 12, by another key.
    other: Publication,
    /// With the first key again, before it is published.
    publisher: Collection,
    role: &'static str,
}

impl Story {
    fn of(role: &'static str) -> Self {
        let mut publisher = delegating();
        let first = publisher.keys(role).to_vec();
        let old = publisher.touch(role).set_version(role, 10).publish();
        let newer = publisher.touch(role).publish();
        let other = publisher.rotate_keys(role, &[key(1)]).publish();
        publisher.rotate_keys(role, &first);
        Self {
            old,
            newer,
            other,
            publisher,
            role,
        }
    }

    /// The first key is back, and the server shows its version 10. Of snapshots and timestamps it
    /// is one that the server signs itself, since the old ones list the old root.
    fn replayed(&self) -> Publication {
        let replay = Tampering::of(self.role);
        self.publisher.forge(&[match self.role {
            "snapshot" | "timestamp" => replay.version(10),
            role => replay.bytes(self.old.role(role).to_vec()),
        }])
    }

    #[track_caller]
    fn does_not_go_back(mut self) {
        let replayed = self.replayed();
        // The control: to somebody new it is as good as any.
        Client::new().accepts(&replayed, "1.0");
        let mut client = Client::new();
        for seen in [&self.old, &self.newer, &self.other] {
            client.accepts(seen, "1.0");
        }
        assert_eq!(client.version(self.role), 12);
        client.clone().refuses(&replayed, codes::ROLLBACK);
        client.accepts(&self.publisher.publish(), "1.0");
        assert_eq!(client.version(self.role), 13);
        client.refuses(&self.replayed(), codes::ROLLBACK);
    }
}

#[test]
fn targets_of_a_key_that_was_replaced_and_comes_back_do_not_go_back() {
    Story::of("targets").does_not_go_back();
}

#[test]
fn a_delegation_whose_key_was_replaced_and_comes_back_does_not_go_back() {
    Story::of(RELEASES).does_not_go_back();
}

#[test]
fn a_snapshot_whose_key_was_replaced_and_comes_back_does_not_go_back() {
    Story::of("snapshot").does_not_go_back();
}

#[test]
fn a_timestamp_whose_key_was_replaced_and_comes_back_does_not_go_back() {
    Story::of("timestamp").does_not_go_back();
}

#[test]
fn a_key_that_comes_back_beside_another_one_does_not_bring_old_versions_back() {
    for role in ["targets", "snapshot", "timestamp", RELEASES] {
        let mut story = Story::of(role);
        let both = [story.publisher.keys(role)[0].clone(), key(2)];
        story.publisher.rotate_keys(role, &both);
        let mut client = Client::after(&story.newer);
        client.accepts(&story.other, "1.0");
        client.refuses(&story.replayed(), codes::ROLLBACK);
    }
}

#[test]
fn what_one_replica_saw_of_a_key_that_comes_back_counts_for_all() {
    for role in ["targets", "snapshot", "timestamp", RELEASES] {
        let story = Story::of(role);
        let stored = Client::after(&story.old);
        let (mut one, mut another) = (stored.clone(), stored);
        one.accepts(&story.newer, "1.0");
        // It never sees version 11.
        another.accepts(&story.other, "1.0");
        let (one, another) = (one.memory.expect("one"), another.memory.expect("one"));
        for merged in [
            one.clone().merge(another.clone()),
            another.clone().merge(one.clone()),
        ] {
            let mut client = Client::new();
            client.memory = Some(merged);
            let between = story.publisher.forge(&[Tampering::of(role).version(10)]);
            client.clone().refuses(&between, codes::ROLLBACK);
            client.accepts(&story.publisher.clone().publish(), "1.0");
        }
    }
}

#[test]
fn versions_that_a_thief_drove_up_keep_the_key_out_and_no_other() {
    for role in ["targets", "snapshot", "timestamp", RELEASES] {
        let mut story = Story::of(role);
        story.publisher.publish();
        let mut thief = story.publisher.clone();
        let driven = thief.touch(role).set_version(role, i64::MAX).publish();
        let mut client = Client::after(&driven);
        story.publisher.rotate_keys(role, &[key(3)]);
        for above in ["targets", "snapshot", "timestamp"] {
            if above != role {
                story.publisher.touch(above).set_version(above, 30);
            }
        }
        client.accepts(&story.publisher.publish(), "1.0");
        let stolen = thief.keys(role).to_vec();
        story.publisher.rotate_keys(role, &stolen);
        let returned = story.publisher.publish();
        client.clone().refuses(&returned, codes::ROLLBACK);
        story.publisher.rotate_keys(role, &[key(4)]);
        client.accepts(&story.publisher.publish(), "1.0");
    }
}

fn document(memory: &Remembered) -> Value {
    serde_json::from_slice(&memory.to_bytes()).expect("JSON")
}

fn read(document: &Value) -> Result<Remembered, RememberedError> {
    Remembered::from_bytes(document.to_string().as_bytes())
}

/// As version 1 of the document had it: of each role the keys and the version that were seen last.
fn in_the_former_form(memory: &Remembered) -> Value {
    let mut document = document(memory);
    document["version"] = json!(1);
    for (_, floor) in document["floors"].as_object_mut().expect("an object") {
        let mut seen = floor["seen"].as_array().expect("a list").iter();
        let last = seen.rfind(|seen| seen.get("keys").is_some());
        let last = last.expect("a key that the role has");
        *floor =
            json!({"version": last["version"], "sha256": last["sha256"], "keys": last["keys"]});
    }
    document
}

#[test]
fn what_was_written_in_the_former_form_is_read_and_counts_for_keys_that_come_back() {
    for role in ["targets", "snapshot", "timestamp", RELEASES] {
        let story = Story::of(role);
        let memory = Client::after(&story.newer).memory.expect("a memory");
        let mut former = in_the_former_form(&memory);
        assert_eq!(read(&former), Ok(memory), "{role}");
        // A key that is written down in two ways is there twice.
        let keys = former["floors"][role]["keys"].as_array_mut().expect("keys");
        keys.push(keys[0].clone());
        let mut client = Client::new();
        client.memory = read(&former).ok();
        client.clone().refuses(&story.old, codes::ROLLBACK);
        client.accepts(&story.other, "1.0");
        client.refuses(&story.replayed(), codes::ROLLBACK);
    }
}

#[test]
fn each_form_of_the_document_is_read_as_what_it_says_it_is() {
    let story = Story::of("targets");
    let mut client = Client::after(&story.newer);
    client.accepts(&story.other, "1.0");
    let memory = client.memory.expect("a memory");
    let good = document(&memory);
    assert_eq!(read(&good), Ok(memory.clone()));
    let mut former = in_the_former_form(&memory);
    let mut mixed = good.clone();
    mixed["version"] = json!(1);
    former["version"] = json!(2);
    let broken = |pointer: &str, value: Value| {
        let mut document = good.clone();
        *document.pointer_mut(pointer).expect("a member") = value;
        document
    };
    let seen = &good["floors"]["targets"]["seen"];
    let many: Vec<_> = (0..17).map(|key| format!("{key}")).collect();
    for bad in [
        mixed,
        former,
        broken("/floors/targets/seen", json!([])),
        // None that the role has, none at all, one twice, and more former ones than are ever written.
        broken("/floors/targets/seen", json!([seen[0]])),
        broken("/floors/targets/seen/1/keys", json!([])),
        broken("/floors/targets/seen", json!([seen[0], seen[1], seen[0]])),
        broken("/floors/targets/seen/0/former", json!(many)),
        broken("/floors/targets/seen/0/former", json!(["a", "a"])),
        broken("/floors/targets/seen/0/sha256", json!("sha256:1")),
        broken("/floors/targets", json!({"seen": seen, "more": 1})),
        broken(
            "/floors/targets",
            json!({"seen": seen, "others": {"version": 1}}),
        ),
    ] {
        let read = read(&bad);
        assert!(
            matches!(read, Err(RememberedError::Malformed { .. })),
            "{bad}: {read:?}"
        );
    }
    let others = json!({"version": 40, "sha256": seen[0]["sha256"]});
    let forgotten = broken("/floors/targets", json!({"seen": seen, "others": others}));
    let mut client = Client::new();
    client.memory = read(&forgotten).ok();
    assert_eq!(client.memory.as_ref().map(document), Some(forgotten));
    // Which keys are forgotten is not known, so no key begins again.
    let mut publisher = story.publisher;
    publisher.rotate_keys("targets", &[key(9)]);
    client
        .clone()
        .refuses(&publisher.clone().publish(), codes::ROLLBACK);
    publisher.set_version("targets", 40);
    client.accepts(&publisher.publish(), "1.0");
}

#[test]
fn the_versions_of_as_many_roles_and_keys_as_are_remembered_leave_room_for_the_root() {
    let memory = Client::after(&Story::of("targets").newer)
        .memory
        .expect("a memory");
    let mut many = document(&memory);
    let mark = |number: u64| format!("{number:064x}");
    let sha256 = &many["floors"]["targets"]["seen"][0]["sha256"].clone();
    let version = |number: u64| i64::MAX.unsigned_abs() - number;
    let keys: Vec<String> = (100..164).map(mark).collect();
    let mut seen: Vec<Value> = (1..17)
        .map(|n| json!({"version": version(n), "sha256": sha256, "former": [mark(n)]}))
        .collect();
    seen.push(json!({"version": version(0), "sha256": sha256, "keys": keys}));
    let others = json!({"version": version(50), "sha256": sha256});
    for number in 0..300 {
        let role = format!("targets/{number:0>247}");
        many["floors"][role] = json!({"seen": seen, "others": others});
    }
    many["files"] = json!({});
    let full = read(&many).expect("a memory").to_bytes();
    // The longest root has 1 MiB, of which every character may take two.
    assert!(full.len() < 2 << 20, "{}", full.len());
    let again = Remembered::from_bytes(&full).expect("a memory");
    assert_eq!(again.versions().len(), 256);
}
