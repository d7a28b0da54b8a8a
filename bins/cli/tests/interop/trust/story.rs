//! One collection from its beginning, and at every step what the command and the client say about it.

use serde_json::json;

use super::Reader;
use crate::image::Image;
use crate::notary::openssl::DelegationKey;
use crate::notary::{Keys, TrustSite, first_use, pins, signer_secret};

const RELEASES: &str = "targets/releases";

#[test]
fn a_publisher_is_followed_from_the_first_tag_to_the_last() {
    follow(Keys::Local);
}

#[test]
fn a_publisher_is_followed_if_a_signer_holds_the_keys_of_the_server() {
    follow(Keys::Signer);
}

fn follow(keys: Keys) {
    let Some(site) = TrustSite::set_up(keys) else {
        return;
    };
    let reader = Reader::new(&site, "follower");
    let publisher = &site.publisher;
    let [one, two, three] = ["one", "two", "three"].map(Image::new);

    let anything = site.objects("first-use.json", first_use(), &[]);
    reader.denies(&anything, "1", "notary-trust-data-missing");
    reader.client_sees("1", None);

    publisher.init();
    let old_root = site.publisher.root_key_id();
    let pinned = site.objects("pinned.json", pins(&[&old_root]), &[]);
    reader.denies(&pinned, "1", "notary-not-released");
    reader.client_sees("1", None);

    publisher.add("targets", "1", &one);
    reader.allows(&pinned, "1", &one);
    reader.client_sees("1", Some(&one));
    reader.denies(&pinned, "2", "notary-not-released");
    reader.client_sees("2", None);
    reader.allows(&pinned, &format!("@{}", one.digest()), &one);
    let moved = format!("1@{}", two.digest());
    reader.denies(&pinned, &moved, "notary-digest-mismatch");

    publisher.add("targets", "1", &two);
    reader.allows(&pinned, "1", &two);
    reader.client_sees("1", Some(&two));
    let before = format!("@{}", one.digest());
    reader.denies(&pinned, &before, "notary-not-released");

    // Between handing releases over and the first release there is a role of which nobody knows what it says. The
    // client takes what `targets` says; that would let the one who can hide a role decide.
    let releaser = DelegationKey::p256(site.files(), "releaser");
    publisher.delegate(RELEASES, &releaser);
    reader.denies(&pinned, "1", "notary-delegation-missing");
    reader.client_sees("1", Some(&two));
    publisher.import(RELEASES, &releaser);
    publisher.add(RELEASES, "1", &three);
    reader.allows(&pinned, "1", &three);
    reader.client_sees("1", Some(&three));

    let alice = DelegationKey::rsa2048(site.files(), "alice");
    let signed_by = |file: &str, pem: &str, root: &str| {
        let mut trust = pins(&[root]);
        trust["signerSecrets"] = json!([{"name": "signer", "namespace": "trust"}]);
        site.objects(file, trust, &[signer_secret("signer", "alice", pem)])
    };
    let by_alice = signed_by("alice.json", &alice.certificate_pem(), &old_root);
    reader.denies(&by_alice, "1", "notary-signer-missing");
    publisher.delegate("targets/alice", &alice);
    reader.denies(&by_alice, "1", "notary-delegation-missing");
    publisher.import("targets/alice", &alice);
    publisher.add("targets/alice", "1", &two);
    reader.denies(&by_alice, "1", "notary-signer-mismatch");
    publisher.add("targets/alice", "1", &three);
    let report = reader.allows(&by_alice, "1", &three);
    let evidence = &report["images"][0]["requirements"][0]["evidence"];
    assert!(evidence.to_string().contains("alice"), "{evidence}");
    // The same key without its certificate is the same signer; another key of the same name is not.
    let bare = signed_by("bare.json", &alice.public_pem(), &old_root);
    reader.allows(&bare, "1", &three);
    let mallory = DelegationKey::rsa2048(site.files(), "mallory");
    let by_mallory = signed_by("mallory.json", &mallory.public_pem(), &old_root);
    reader.denies(&by_mallory, "1", "notary-signer-key-mismatch");
    reader.client_sees("1", Some(&three));

    publisher.rotate("targets");
    reader.allows(&by_alice, "1", &three);
    publisher.rotate("snapshot");
    reader.allows(&by_alice, "1", &three);
    publisher.hand_over("snapshot");
    reader.allows(&by_alice, "1", &three);
    publisher.hand_over("timestamp");
    reader.allows(&by_alice, "1", &three);
    reader.client_sees("1", Some(&three));

    publisher.rotate("root");
    // A client that saw the old root follows to the new one; so does a policy that pins the new one.
    reader.allows(&by_alice, "1", &three);
    reader.client_sees("1", Some(&three));
    let new_root = reader.client.root_key_id();
    assert_ne!(old_root, new_root);
    let by_alice = signed_by("alice-new.json", &alice.certificate_pem(), &new_root);
    reader.allows(&by_alice, "1", &three);
    Reader::new(&site, "newcomer").allows(&by_alice, "1", &three);

    // Releases without the tag: what `targets` says counts again, and Alice signed something else.
    publisher.remove(RELEASES, "1");
    reader.denies(&by_alice, "1", "notary-signer-mismatch");
    reader.allows(&pinned, "1", &two);
    reader.client_sees("1", Some(&two));

    // Alice's own signature releases nothing. A client that asks no role for the tag would still find hers.
    publisher.remove("targets", "1");
    reader.denies(&pinned, "1", "notary-not-released");
    reader.denies(&by_alice, "1", "notary-not-released");
    reader.client_sees("1", None);
    assert_eq!(reader.client.lookup("1"), Some(three.digest()));
}
