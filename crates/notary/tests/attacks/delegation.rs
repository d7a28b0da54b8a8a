//! Who releases: `targets/releases` before `targets`, nobody else, and nobody in place of one that cannot be verified.

use doorward_core::{Code, FetchError};
use doorward_notary::codes;
use doorward_testkit::{Delegation, Tampering};
use serde_json::json;

use crate::support::client::{
    Client, RELEASES, answer, builder, collection, delegating, is_refused, key, now, target,
};

#[test]
fn releases_speaks_before_targets() {
    Client::new().accepts(&delegating().publish(), "1.0");
}

#[test]
fn targets_speaks_where_releases_has_signed_nothing() {
    let mut publisher = delegating();
    publisher.remove_target_from(RELEASES, "1.0");
    publisher.add_target_to(RELEASES, "2.0", target("2.0"));
    Client::new().accepts(&publisher.publish(), "of targets");
}

/// That releases, tampered with so, is refused, and that targets does not stand in for it.
#[track_caller]
fn broken(tamperings: &[Tampering], code: Code) {
    let mut publisher = delegating();
    let honest = publisher.publish();
    let forged = publisher.forge(tamperings);
    Client::new().refuses(&forged, code);
    Client::after(&honest).refuses(&forged, code);
}

#[test]
fn targets_does_not_stand_in_for_releases_with_a_bad_signature() {
    let releases = || Tampering::of(RELEASES);
    broken(&[releases().flip_signature_bit(9)], codes::THRESHOLD);
    broken(&[releases().without_signatures()], codes::THRESHOLD);
    broken(&[releases().signed_by(&[key(1)])], codes::THRESHOLD);
    broken(&[releases().method("rsapss")], codes::THRESHOLD);
}

#[test]
fn targets_does_not_stand_in_for_releases_below_its_threshold() {
    broken(
        &[Tampering::of("targets").delegation(RELEASES, "threshold", 2)],
        codes::THRESHOLD,
    );
}

#[test]
fn targets_does_not_stand_in_for_releases_that_have_expired() {
    broken(
        &[Tampering::of(RELEASES).expires(now())],
        codes::ROLE_EXPIRED,
    );
}

#[test]
fn targets_does_not_stand_in_for_releases_that_cannot_be_read() {
    broken(
        &[Tampering::of(RELEASES).bytes("{}")],
        codes::METADATA_INVALID,
    );
    broken(
        &[Tampering::of(RELEASES).set("/targets", json!([]))],
        codes::METADATA_INVALID,
    );
    broken(
        &[Tampering::of(RELEASES).set("/targets/1.0/hashes", json!({}))],
        codes::TARGET_INVALID,
    );
}

#[test]
fn targets_does_not_stand_in_for_releases_that_vanished_from_the_snapshot() {
    for gone in [json!(null), json!({}), json!([])] {
        let forged = Tampering::of("snapshot").set("/meta/targets~1releases", gone.clone());
        let code = if gone.is_null() {
            codes::DELEGATION_MISSING
        } else {
            codes::METADATA_INVALID
        };
        broken(&[forged], code);
    }
    broken(
        &[Tampering::of("snapshot").unlisted(RELEASES)],
        codes::DELEGATION_MISSING,
    );
}

#[test]
fn targets_does_not_stand_in_for_releases_that_the_server_does_not_hand_out() {
    let publication = delegating().publish();
    for (error, code) in [
        (FetchError::NotFound, codes::TRUST_DATA_MISSING),
        (
            FetchError::Unavailable {
                detail: "down".to_owned(),
            },
            codes::SERVER_UNAVAILABLE,
        ),
        (
            FetchError::Unauthorized {
                detail: "no".to_owned(),
            },
            codes::SERVER_UNAUTHORIZED,
        ),
        (
            FetchError::CredentialProvider {
                detail: "no".to_owned(),
            },
            Code::CREDENTIAL_PROVIDER_FAILED,
        ),
        (FetchError::TooLarge { limit: 1 }, codes::HASH_MISMATCH),
    ] {
        let outcome = Client::new().asks(&mut |file| {
            if file.starts_with(RELEASES) {
                return Err(error.clone());
            }
            answer(&publication, file)
        });
        is_refused(&outcome, code);
    }
}

#[test]
fn targets_does_not_stand_in_for_releases_that_were_never_published() {
    let mut publisher = collection();
    publisher.delegate(Delegation::new(RELEASES, &[key(1)]));
    Client::new().refuses(&publisher.publish(), codes::DELEGATION_MISSING);
}

#[test]
fn no_delegation_but_releases_releases() {
    for name in [
        "targets/alice",
        "targets/release",
        "targets/releases-2",
        "targets/a",
    ] {
        let mut publisher = builder().build();
        publisher
            .add_target("2.0", target("2.0"))
            .delegate(Delegation::new(name, &[key(1)]))
            .add_target_to(name, "1.0", target("1.0"));
        let outcome = Client::new().refuses(&publisher.publish(), codes::NOT_RELEASED);
        let asked = outcome.asked.concat();
        assert!(!asked.iter().any(|file| file.starts_with("targets/")));
    }
}

#[test]
fn what_is_below_releases_neither_releases_nor_blocks() {
    let below = "targets/releases/alice";
    let mut publisher = builder().build();
    publisher
        .delegate(Delegation::new(RELEASES, &[key(1)]))
        .delegate(Delegation::new(below, &[key(2)]))
        .add_target_to(below, "1.0", target("of alice"));
    Client::new().refuses(&publisher.publish(), codes::NOT_RELEASED);
    publisher.add_target("1.0", target("1.0"));
    Client::new().accepts(&publisher.publish(), "1.0");
}

#[test]
fn releases_signs_only_tags_below_its_paths() {
    for (paths, content) in [
        (&[""][..], "1.0"),
        (&["1."], "1.0"),
        (&["1.0"], "1.0"),
        (&["2", "1"], "1.0"),
        (&["2."], "of targets"),
        (&["1.00"], "of targets"),
        (&["1.*"], "of targets"),
        (&[], "of targets"),
    ] {
        let mut publisher = builder().build();
        publisher
            .add_target("1.0", target("of targets"))
            .delegate(Delegation::new(RELEASES, &[key(1)]).paths(paths))
            .add_target_to(RELEASES, "1.0", target("1.0"));
        Client::new().accepts(&publisher.publish(), content);
    }
}

#[test]
fn a_delegation_without_paths_or_with_null_signs_nothing() {
    for (member, value) in [("paths", json!(null)), ("paths", json!([]))] {
        let mut publisher = delegating();
        publisher.publish();
        let forged =
            publisher.forge(&[Tampering::of("targets").delegation(RELEASES, member, value)]);
        Client::new().accepts(&forged, "of targets");
    }
}

#[test]
fn of_two_delegations_to_one_role_the_first_counts() {
    let mut publisher = delegating();
    publisher.publish();
    let second = |by: &[doorward_testkit::NotaryKey]| {
        publisher.forge(&[
            Tampering::of("targets").edit(|signed| {
                let id = key(1).id();
                signed["delegations"]["keys"][&id] = key(1).to_json();
                let mut entry = signed["delegations"]["roles"][0].clone();
                entry["keyids"] = json!([id]);
                let roles = signed["delegations"]["roles"].as_array_mut();
                roles.expect("a list").push(entry);
            }),
            Tampering::of(RELEASES).signed_by(by),
        ])
    };
    Client::new().accepts(&second(&[key(50)]), "1.0");
    Client::new().refuses(&second(&[key(1)]), codes::THRESHOLD);
}

#[test]
fn names_of_delegations_that_lead_elsewhere_are_refused() {
    for name in [
        "root",
        "targets",
        "snapshot",
        "releases",
        "targets/",
        "targets/..",
        "targets/../root",
        "targets//releases",
        "targets/Releases",
        "targets/releases.json",
        "targets/%2e%2e",
        "targets/a/b",
        "/targets/releases",
        "targets\\releases",
        "targets/releases\u{0}",
        "",
    ] {
        let mut publisher = delegating();
        publisher.publish();
        let forged =
            publisher.forge(&[Tampering::of("targets").delegation(RELEASES, "name", name)]);
        let outcome = Client::new().sees(&forged);
        assert_eq!(outcome.code(), Some(codes::METADATA_INVALID), "{name:?}");
    }
}

#[test]
fn a_delegation_by_keys_that_are_not_there_is_refused() {
    broken(
        &[Tampering::of("targets").set("/delegations/keys", json!({}))],
        codes::METADATA_INVALID,
    );
    let id = key(50).id();
    broken(
        &[Tampering::of("targets").delegation(RELEASES, "keyids", json!([id, id]))],
        codes::METADATA_INVALID,
    );
}

#[test]
fn a_broken_delegation_that_decides_nothing_hinders_nobody() {
    let mut publisher = collection();
    publisher
        .delegate(Delegation::new("targets/alice", &[key(1)]))
        .add_target_to("targets/alice", "1.0", target("other"));
    publisher.publish();
    for tampering in [
        Tampering::of("targets/alice").without_signatures(),
        Tampering::of("targets/alice").bytes(""),
        Tampering::of("targets/alice").expires(now()),
    ] {
        Client::new().accepts(&publisher.forge(&[tampering]), "1.0");
    }
}
