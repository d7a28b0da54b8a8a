//! Files that do not belong together.

use doorward_notary::codes;
use doorward_testkit::{Publication, Tampering};

use crate::support::client::answer;
use crate::support::client::{
    Client, RELEASES, builder, collection, delegating, is_refused, key, released, root_key, target,
};

fn two() -> (Publication, Publication) {
    let mut publisher = delegating();
    let before = publisher.add_target("2.0", target("2.0")).publish();
    publisher
        .add_target("2.0", target("other"))
        .add_target_to(RELEASES, "2.0", target("other"));
    (before, publisher.publish())
}

#[test]
fn a_file_of_an_older_publication_in_place_of_a_newer_one_is_refused() {
    let (before, after) = two();
    for role in ["snapshot", "targets", RELEASES] {
        let mixed = after.with_role_of(role, &before);
        Client::new().refuses(&mixed, codes::HASH_MISMATCH);
        Client::after(&before).refuses(&mixed, codes::HASH_MISMATCH);
        Client::after(&after).accepts(&mixed, "1.0");
    }
}

#[test]
fn a_file_of_a_newer_publication_in_place_of_an_older_one_is_refused() {
    let (before, after) = two();
    for role in ["snapshot", "targets"] {
        let mixed = before.with_role_of(role, &after);
        Client::new().refuses(&mixed, codes::HASH_MISMATCH);
    }
}

#[test]
fn a_file_of_another_publisher_is_refused_whichever_it_is() {
    let honest = delegating().publish();
    let mut stranger = builder().seed(9).build();
    stranger
        .add_target("1.0", target("malware"))
        .delegate(doorward_testkit::Delegation::new(RELEASES, &[key(90)]))
        .add_target_to(RELEASES, "1.0", target("malware"));
    let theirs = stranger.publish();
    for (role, code) in [
        ("timestamp", codes::THRESHOLD),
        ("snapshot", codes::HASH_MISMATCH),
        ("targets", codes::HASH_MISMATCH),
        (RELEASES, codes::HASH_MISMATCH),
    ] {
        let mixed = honest.with_role_of(role, &theirs);
        Client::new().refuses(&mixed, code);
    }
    let mixed = honest.with_role_of("root", &theirs);
    Client::new().refuses(&mixed, codes::THRESHOLD);
    Client::after(&honest).accepts(&mixed, "1.0");
}

#[test]
fn one_role_in_place_of_another_is_refused() {
    let publication = delegating().publish();
    let roles = ["root", "timestamp", "snapshot", "targets", RELEASES];
    for role in roles {
        for other in roles.into_iter().filter(|other| *other != role) {
            let bytes = publication.role(other).clone();
            let outcome = Client::new().sees(&publication.clone().with_role(role, bytes));
            let code = outcome.code().expect("a refusal");
            let expected = [
                codes::HASH_MISMATCH,
                codes::METADATA_INVALID,
                codes::TOO_LARGE,
            ];
            assert!(expected.contains(&code), "{role} {other} {code}");
        }
    }
}

#[test]
fn a_role_signed_as_another_by_the_same_key_is_refused() {
    // One key for everything: then only the type tells the files apart.
    let all = [key(1)];
    let publisher = released(
        builder()
            .targets_keys(&all)
            .snapshot_keys(&all)
            .timestamp_keys(&all),
    );
    let honest = publisher.clone().publish();
    for role in ["targets", "snapshot", "timestamp"] {
        for other in ["targets", "snapshot", "timestamp"] {
            if role == other {
                continue;
            }
            let forged = publisher.forge(&[Tampering::of(role).bytes(honest.role(other).to_vec())]);
            Client::new().refuses(&forged, codes::METADATA_INVALID);
        }
    }
}

#[test]
fn a_root_that_the_snapshot_does_not_list_is_refused() {
    let mut publisher = collection();
    let before = publisher.publish();
    let after = publisher.rotate_targets_key(&key(1)).publish();
    let mixed = after.with_role_of("root", &before);
    Client::new().refuses(&mixed, codes::HASH_MISMATCH);
    Client::after(&before).refuses(&mixed, codes::HASH_MISMATCH);
}

#[test]
fn a_root_that_nobody_has_is_refused() {
    let mut publisher = collection();
    let before = publisher.publish();
    publisher.rotate_targets_key(&key(1)).publish();
    let after = publisher.publish();
    let mut client = Client::after(&before);
    let outcome = client.asks(&mut |file| {
        if file == "root.json" {
            return Ok(doorward_core::Fetched::new(
                before.role("root").clone(),
                None,
                file,
            ));
        }
        if file.starts_with("root.") {
            return Err(doorward_core::FetchError::NotFound);
        }
        answer(&after, file)
    });
    is_refused(&outcome, codes::HASH_MISMATCH);
}

#[test]
fn an_old_root_under_the_current_name_leads_to_the_one_that_is_listed() {
    let mut publisher = collection();
    let before = publisher.publish();
    let after = publisher
        .rotate_targets_key(&key(1))
        .rotate_root_key(&root_key(1))
        .publish();
    let mixed = after
        .clone()
        .with_file("root.json", before.role("root").clone());
    Client::new().accepts(&mixed, "1.0");
}

#[test]
fn a_file_with_the_listed_hash_and_another_length_is_refused() {
    let mut publisher = delegating();
    publisher.publish();
    for (list, role) in [
        ("timestamp", "snapshot"),
        ("snapshot", "targets"),
        ("snapshot", RELEASES),
    ] {
        let honest = publisher.clone().publish();
        for by in [-1, 1] {
            let length = i64::try_from(honest.role(role).len()).expect("a length") + by;
            let forged = publisher.forge(&[Tampering::of(list).listed_length(role, length)]);
            // The attacker has not changed the file, so this is all that could tell.
            Client::new().refuses(&forged, codes::HASH_MISMATCH);
        }
    }
}

#[test]
fn every_hash_that_is_listed_must_fit() {
    let mut publisher = delegating();
    publisher.publish();
    for (list, role) in [
        ("timestamp", "snapshot"),
        ("snapshot", "targets"),
        ("snapshot", "root"),
        ("snapshot", RELEASES),
    ] {
        let forged = publisher.forge(&[Tampering::of(list).listed_hash(role, "sha512", &[7; 64])]);
        Client::new().refuses(&forged, codes::HASH_MISMATCH);
        let forged = publisher.forge(&[Tampering::of(list).listed_hash(role, "sha512", &[7; 63])]);
        Client::new().refuses(&forged, codes::METADATA_INVALID);
    }
}
