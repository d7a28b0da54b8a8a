//! References with a tag, a digest or both.

use doorward_core::Reference;
use doorward_notary::Wanted;
use doorward_notary::codes;
use doorward_testkit::{Delegation, Tampering};
use serde_json::json;

use crate::signer::signer;
use crate::support::client::{
    Client, GUN, RELEASES, builder, collection, delegating, digest, key, target,
};

fn wanting(wanted: Wanted) -> Client {
    let mut client = Client::new();
    client.question.wanted = wanted;
    client
}

fn by_digest(content: &str) -> Client {
    wanting(Wanted::Digest(digest(content)))
}

fn by_both(tag: &str, content: &str) -> Client {
    wanting(Wanted::TagAndDigest(tag.to_owned(), digest(content)))
}

#[test]
fn a_tag_is_released_by_exactly_its_name() {
    let publication = collection().publish();
    for tag in ["1.00", "1", "1.0.0", "v1.0", "latest", "1.0 "] {
        let mut client = wanting(Wanted::Tag(tag.to_owned()));
        client.refuses(&publication, codes::NOT_RELEASED);
    }
}

#[test]
fn a_digest_that_is_not_what_the_tag_is_released_as_is_refused() {
    let mut publisher = collection();
    publisher.add_target("2.0", target("2.0"));
    let publication = publisher.publish();
    by_both("1.0", "1.0").accepts(&publication, "1.0");
    by_both("1.0", "2.0").refuses(&publication, codes::DIGEST_MISMATCH);
    by_both("1.0", "malware").refuses(&publication, codes::DIGEST_MISMATCH);
    by_both("3.0", "1.0").refuses(&publication, codes::NOT_RELEASED);
}

#[test]
fn a_digest_alone_is_released_under_whatever_tag() {
    let mut publisher = delegating();
    publisher.add_target("2.0", target("2.0"));
    let publication = publisher.publish();
    by_digest("1.0").accepts(&publication, "1.0");
    by_digest("2.0").accepts(&publication, "2.0");
}

#[test]
fn a_digest_that_is_not_released_is_refused_and_never_taken_for_latest() {
    let mut publisher = collection();
    publisher.add_target("latest", target("latest"));
    let publication = publisher.publish();
    by_digest("malware").refuses(&publication, codes::NOT_RELEASED);
    for reference in [
        format!("{GUN}@{}", digest("malware")),
        format!("{GUN}:latest@{}", digest("malware")),
    ] {
        let reference: Reference = reference.parse().expect("a reference");
        assert!(
            wanting(Wanted::of(&reference))
                .sees(&publication)
                .result
                .is_err()
        );
    }
    let reference: Reference = GUN.parse().expect("a reference");
    assert_eq!(Wanted::of(&reference), Wanted::Tag("latest".to_owned()));
}

#[test]
fn what_targets_says_of_a_tag_that_releases_has_signed_is_not_released() {
    by_digest("of targets").refuses(&delegating().publish(), codes::NOT_RELEASED);
}

#[test]
fn a_digest_that_only_a_signer_has_signed_is_not_released() {
    let mut publisher = collection();
    publisher
        .delegate(Delegation::new("targets/alice", &[key(1)]))
        .add_target_to("targets/alice", "2.0", target("of alice"));
    let publication = publisher.publish();
    let mut client = by_digest("of alice");
    client.question.signers = vec![signer("alice", &key(1))];
    client.refuses(&publication, codes::NOT_RELEASED);
}

#[test]
fn signers_of_a_digest_must_have_signed_it_under_one_released_tag() {
    let mut publisher = collection();
    publisher.add_target("1", target("1.0"));
    for (name, seed) in [("targets/alice", 1), ("targets/bob", 2)] {
        publisher.delegate(Delegation::new(name, &[key(seed)]));
    }
    publisher
        .add_target_to("targets/alice", "1", target("1.0"))
        .add_target_to("targets/bob", "1.0", target("1.0"));
    let mut client = by_digest("1.0");
    client.question.signers = vec![signer("alice", &key(1)), signer("bob", &key(2))];
    client.refuses(&publisher.publish(), codes::SIGNER_MISSING);
    publisher.add_target_to("targets/alice", "other", target("1.0"));
    publisher.add_target_to("targets/bob", "other", target("1.0"));
    client.refuses(&publisher.publish(), codes::SIGNER_MISSING);
    publisher.add_target_to("targets/bob", "1", target("1.0"));
    client.accepts(&publisher.publish(), "1.0");
}

#[test]
fn a_signer_who_moved_the_tag_on_has_not_signed_the_digest() {
    let mut publisher = collection();
    publisher
        .delegate(Delegation::new("targets/alice", &[key(1)]))
        .add_target_to("targets/alice", "1.0", target("2.0"));
    let mut client = by_digest("1.0");
    client.question.signers = vec![signer("alice", &key(1))];
    client.refuses(&publisher.publish(), codes::SIGNER_MISMATCH);
}

#[test]
fn an_entry_without_a_usable_digest_releases_nothing_and_spoils_no_other() {
    let mut publisher = collection();
    publisher.add_target("broken", target("broken"));
    publisher.publish();
    for (pointer, value) in [
        ("/targets/broken", json!(null)),
        ("/targets/broken", json!([])),
        ("/targets/broken/hashes", json!({})),
        ("/targets/broken/hashes", json!({"sha512": "AA=="})),
        ("/targets/broken/hashes/sha256", json!("")),
        ("/targets/broken/hashes/sha256", json!("AAAA")),
        (
            "/targets/broken/hashes/sha256",
            json!(digest("broken").hex()),
        ),
        ("/targets/broken/length", json!(-1)),
        ("/targets/broken/length", json!("7")),
    ] {
        let forged = publisher.forge(&[Tampering::of("targets").set(pointer, value.clone())]);
        wanting(Wanted::Tag("broken".to_owned())).refuses(&forged, codes::TARGET_INVALID);
        by_digest("broken").refuses(&forged, codes::NOT_RELEASED);
        by_digest("1.0").accepts(&forged, "1.0");
        Client::new().accepts(&forged, "1.0");
    }
}

#[test]
fn a_collection_without_any_tag_releases_nothing() {
    let mut publisher = builder().build();
    let empty = publisher.publish();
    Client::new().refuses(&empty, codes::NOT_RELEASED);
    by_digest("1.0").refuses(&empty, codes::NOT_RELEASED);
    publisher
        .delegate(Delegation::new(RELEASES, &[key(1)]))
        .touch(RELEASES);
    Client::new().refuses(&publisher.publish(), codes::NOT_RELEASED);
}

#[test]
fn a_tag_that_was_taken_back_is_released_no_longer() {
    let mut publisher = collection();
    let first = publisher.publish();
    let second = publisher.remove_target("1.0").publish();
    let mut client = Client::after(&first);
    client.refuses(&second, codes::NOT_RELEASED);
    client.refuses(&first, codes::ROLLBACK);
}
