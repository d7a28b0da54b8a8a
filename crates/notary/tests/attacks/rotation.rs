//! New keys: who may bring them in, and from when on the old ones are void.

use doorward_core::Fetched;
use doorward_notary::codes;
use doorward_testkit::{Collection, Publication, Tampering};

use crate::support::client::{
    Client, GUN, RELEASES, answer, builder, collection, delegating, digest, is_refused, key, now,
    released, root_key, target,
};

#[test]
fn a_new_root_key_is_taken_over_from_the_old_one() {
    let mut publisher = collection();
    let first = publisher.publish();
    let second = publisher.rotate_root_key(&root_key(1)).publish();
    let mut client = Client::after(&first);
    client.accepts(&second, "1.0");
    client.refuses(&first, codes::ROLLBACK);
    Client::new().accepts(&second, "1.0");
}

#[test]
fn a_new_root_that_only_the_new_key_signed_is_refused() {
    let mut publisher = collection();
    let first = publisher.publish();
    publisher.rotate_root_key(&root_key(1));
    let forged = publisher.forge(&[Tampering::of("root").signed_by(&[root_key(1)])]);
    Client::after(&first).refuses(&forged, codes::ROOT_ROTATION);
}

#[test]
fn a_new_root_that_only_the_old_key_signed_is_refused() {
    let mut publisher = collection();
    let first = publisher.publish();
    let old = publisher.keys("root").to_vec();
    publisher.rotate_root_key(&root_key(1));
    let forged = publisher.forge(&[Tampering::of("root").signed_by(&old)]);
    Client::after(&first).refuses(&forged, codes::THRESHOLD);
    Client::new().refuses(&forged, codes::THRESHOLD);
}

#[test]
fn a_new_root_that_too_few_of_the_old_keys_signed_is_refused() {
    let old = [root_key(1), root_key(2), root_key(3)];
    let mut publisher = released(builder().root_keys(&old).threshold("root", 2));
    let first = publisher.publish();
    publisher.rotate_keys("root", &[root_key(4), root_key(5)]);
    let by = |keys: &[_]| publisher.forge(&[Tampering::of("root").signed_by(keys)]);
    let new = [root_key(4), root_key(5)];
    let one = [&new[..], &old[..1]].concat();
    Client::after(&first).refuses(&by(&one), codes::ROOT_ROTATION);
    let two = [&new[..], &old[1..]].concat();
    Client::after(&first).accepts(&by(&two), "1.0");
}

#[test]
fn somebody_else_who_takes_the_server_over_is_not_believed() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let mut stranger = released(builder().seed(9));
    stranger.add_target("1.0", target("malware"));
    let mut versions = Vec::new();
    for seed in 0..5 {
        versions.push(stranger.rotate_root_key(&root_key(100 + seed)).publish());
    }
    for forged in versions {
        let mut client = Client::after(&honest);
        client.refuses(&forged, codes::ROOT_ROTATION);
        client.accepts(&honest, "1.0");
    }
}

#[test]
fn rotated_keys_stop_counting_at_once() {
    for role in ["targets", "snapshot", "timestamp", RELEASES] {
        let mut publisher = delegating();
        let first = publisher.publish();
        let old = publisher.keys(role).to_vec();
        publisher.rotate_keys(role, &[key(1)]).publish();
        let forged = publisher.forge(&[Tampering::of(role).signed_by(&old)]);
        Client::after(&first).refuses(&forged, codes::THRESHOLD);
        Client::new().refuses(&forged, codes::THRESHOLD);
    }
}

#[test]
fn the_holder_of_a_rotated_key_cannot_go_on_with_the_state_before() {
    for role in ["targets", "snapshot", "timestamp", "root"] {
        let mut publisher = collection();
        publisher.publish();
        // What the old keys sign after the rotation, as if there had been none.
        let mut thief = publisher.clone();
        let new = if role == "root" { root_key(1) } else { key(1) };
        let rotated = publisher.rotate_keys(role, &[new]).publish();
        let mut client = Client::after(&rotated);
        thief.add_target("1.0", target("malware"));
        for _ in 0..3 {
            let outcome = client.clone().sees(&thief.publish());
            let expected = [codes::HASH_MISMATCH, codes::ROLLBACK, codes::ROOT_ROTATION];
            match outcome.code() {
                // A timestamp of the same version: the first one stays.
                None => assert_eq!(outcome.digest(), Some(&digest("1.0")), "{role}"),
                Some(code) => assert!(expected.contains(&code), "{role} {code}"),
            }
        }
        // Nor with a root of their own making.
        if role != "root" {
            thief.rotate_targets_key(&key(2));
            let forged = thief.forge(&[Tampering::of("root").without_signatures()]);
            is_refused(&client.clone().sees(&forged), codes::ROOT_ROTATION);
        }
        client.accepts(&rotated, "1.0");
    }
}

/// Publications of a publisher who replaces the root key for each.
fn rotations(count: u64) -> (Collection, Vec<Publication>) {
    let mut publisher = collection();
    let mut all = vec![publisher.publish()];
    for seed in 0..count {
        all.push(publisher.rotate_root_key(&root_key(seed)).publish());
    }
    (publisher, all)
}

#[test]
fn a_client_that_missed_many_rotations_follows_them_all() {
    let (_, all) = rotations(20);
    let mut client = Client::after(&all[0]);
    let outcome = client.accepts(&all[20], "1.0");
    let asked = outcome.asked.concat();
    assert!(asked.contains(&"20.root.json".to_owned()), "{asked:?}");
    client.refuses(&all[19], codes::ROLLBACK);
}

#[test]
fn a_client_that_missed_rotations_does_not_skip_one_that_is_missing() {
    let (_, all) = rotations(4);
    let gap = all[4].clone().without_file("3.root.json");
    Client::after(&all[0]).refuses(&gap, codes::ROOT_ROTATION);
    Client::after(&all[3]).accepts(&gap, "1.0");
}

#[test]
fn a_root_in_between_that_a_stranger_signed_is_refused() {
    let (_, all) = rotations(4);
    let mut stranger = released(builder().seed(9));
    stranger.publish();
    stranger.rotate_root_key(&root_key(2)).publish();
    let theirs = stranger.publish();
    let forged = all[4]
        .clone()
        .with_file("2.root.json", theirs.role("root").clone());
    Client::after(&all[0]).refuses(&forged, codes::ROOT_ROTATION);
}

#[test]
fn a_server_that_answers_for_every_root_with_the_same_one_is_not_asked_for_ever() {
    let (_, all) = rotations(4);
    for same in ["1.root.json", "2.root.json"] {
        let bytes = all[4].file(same).expect("a root").clone();
        let mut client = Client::after(&all[0]);
        let outcome = client.asks(&mut |file| match file {
            "2.root.json" | "3.root.json" | "4.root.json" => {
                Ok(Fetched::new(bytes.clone(), None, file))
            }
            other => answer(&all[4], other),
        });
        is_refused(&outcome, codes::METADATA_INVALID);
        assert_eq!(outcome.asked.len(), 4, "{:?}", outcome.asked);
    }
}

#[test]
fn a_root_may_be_versions_ahead_if_the_old_key_signed_it() {
    let mut publisher = collection();
    let first = publisher.publish();
    publisher.set_version("root", 5);
    let second = publisher.rotate_targets_key(&key(1)).publish();
    assert!(second.file("2.root.json").is_none());
    Client::after(&first).accepts(&second, "1.0");
}

#[test]
fn a_root_too_many_versions_ahead_is_refused() {
    for (ahead, code) in [
        (256, codes::ROOT_ROTATION),
        (257, codes::TOO_LARGE),
        (i64::MAX - 1, codes::TOO_LARGE),
    ] {
        let mut publisher = collection();
        let first = publisher.publish();
        publisher
            .rotate_root_key(&root_key(1))
            .set_version("root", 1 + ahead);
        let forged = publisher.forge(&[Tampering::of("root").signed_by(&[root_key(1)])]);
        Client::after(&first).refuses(&forged, code);
    }
}

#[test]
fn a_root_of_the_same_version_with_other_content_is_refused() {
    let mut publisher = collection();
    let first = publisher.publish();
    let other = publisher
        .rotate_targets_key(&key(1))
        .set_version("root", 1)
        .publish();
    Client::after(&first).refuses(&other, codes::ROLLBACK);
}

#[test]
fn versions_that_a_thief_drove_up_are_void_once_no_old_key_stays() {
    for role in ["timestamp", "snapshot", "targets", RELEASES] {
        let mut publisher = delegating();
        publisher.publish();
        let mut thief = publisher.clone();
        let driven = thief.touch(role).set_version(role, i64::MAX).publish();
        let mut client = Client::after(&driven);
        assert_eq!(client.version(role), i64::MAX.unsigned_abs());
        // The publisher goes on from where he was. Until the keys are replaced, nobody can tell who is who.
        // Whatever lies above the driven role was signed once more by the thief as well.
        let mut mended = publisher.clone();
        for above in ["targets", "snapshot", "timestamp"] {
            if above != role {
                mended.touch(above).set_version(above, 10);
            }
        }
        mended.touch(role);
        client
            .clone()
            .refuses(&mended.clone().publish(), codes::ROLLBACK);
        let mut half = mended.clone();
        let old = half.keys(role).to_vec();
        half.rotate_keys(role, &[old[0].clone(), key(1)]);
        client.clone().refuses(&half.publish(), codes::ROLLBACK);
        mended.rotate_keys(role, &[key(1)]);
        client.accepts(&mended.publish(), "1.0");
        assert!(client.version(role) < 20, "{role}");
    }
}

#[test]
fn a_root_for_another_name_does_not_follow() {
    let mut publisher = collection();
    let first = publisher.publish();
    let other = doorward_testkit::RootCertificate::new("registry.example/team/other", now())
        .self_signed(&key(1));
    assert_ne!(GUN, "registry.example/team/other");
    let forged = publisher.rotate_root_key(&other).publish();
    Client::after(&first).refuses(&forged, codes::THRESHOLD);
}
