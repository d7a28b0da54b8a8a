//! Signers that a policy demands: a name, and the key that must have signed under it.

use doorward_notary::codes;
use doorward_notary::{Signer, SignerError};
use doorward_testkit::{Collection, Delegation, NotaryKey, RootCertificate, Tampering};

use crate::support::client::{Client, DAY, GUN, RELEASES, builder, collection, key, now, target};

pub fn signer(name: &str, key: &NotaryKey) -> Signer {
    Signer::new(name, key.public_pem().as_bytes(), now()).expect("a signer")
}

fn demanding(signers: &[(&str, u64)]) -> Client {
    let mut client = Client::new();
    client.question.signers = signers
        .iter()
        .map(|(name, seed)| signer(name, &key(*seed)))
        .collect();
    client
}

/// A collection that releases 1.0, which alice (key 1) and bob (key 2) have signed.
fn signed() -> Collection {
    let mut publisher = collection();
    for (name, seed) in [("targets/alice", 1), ("targets/bob", 2)] {
        publisher
            .delegate(Delegation::new(name, &[key(seed)]))
            .add_target_to(name, "1.0", target("1.0"));
    }
    publisher
}

#[test]
fn signers_who_signed_what_is_released_are_found() {
    let mut client = demanding(&[("bob", 2), ("alice", 1)]);
    let outcome = client.accepts(&signed().publish(), "1.0");
    let proof = outcome.result.expect("a proof");
    let keys: Vec<_> = proof
        .evidence()
        .iter()
        .map(|evidence| evidence.key.clone().expect("a key"))
        .collect();
    assert_eq!(keys[1..], [key(2).id(), key(1).id()]);
}

#[test]
fn a_signer_with_another_key_is_refused() {
    demanding(&[("alice", 2)]).refuses(&signed().publish(), codes::SIGNER_KEY_MISMATCH);
}

#[test]
fn a_key_that_is_listed_but_has_not_signed_is_no_signature() {
    let mut publisher = collection();
    let keys = [key(1), key(2)];
    publisher
        .delegate(Delegation::new("targets/alice", &keys))
        .add_target_to("targets/alice", "1.0", target("1.0"));
    publisher.publish();
    let by = |keys: &[_]| publisher.forge(&[Tampering::of("targets/alice").signed_by(keys)]);
    demanding(&[("alice", 1)]).refuses(&by(&keys[1..]), codes::SIGNER_KEY_MISMATCH);
    demanding(&[("alice", 1)]).accepts(&by(&keys[..1]), "1.0");
    demanding(&[("alice", 1)]).accepts(&by(&keys), "1.0");
}

#[test]
fn a_signature_of_the_signer_that_does_not_hold_is_none() {
    let mut publisher = collection();
    let keys = [key(1), key(2)];
    publisher
        .delegate(Delegation::new("targets/alice", &keys))
        .add_target_to("targets/alice", "1.0", target("1.0"));
    publisher.publish();
    let forged = publisher.forge(&[Tampering::of("targets/alice").edit_envelope(|envelope| {
        let other = envelope["signatures"][1]["sig"].clone();
        envelope["signatures"][0]["sig"] = other;
    })]);
    demanding(&[("alice", 1)]).refuses(&forged, codes::SIGNER_KEY_MISMATCH);
    demanding(&[("alice", 2)]).accepts(&forged, "1.0");
}

#[test]
fn a_signer_who_signed_another_digest_is_refused() {
    let mut publisher = signed();
    publisher.add_target_to("targets/bob", "1.0", target("other"));
    let publication = publisher.publish();
    demanding(&[("alice", 1)]).accepts(&publication, "1.0");
    demanding(&[("alice", 1), ("bob", 2)]).refuses(&publication, codes::SIGNER_MISMATCH);
}

#[test]
fn a_signer_who_has_not_signed_the_tag_is_refused() {
    let mut publisher = signed();
    publisher
        .remove_target_from("targets/bob", "1.0")
        .add_target_to("targets/bob", "1.0.0", target("1.0"));
    demanding(&[("alice", 1), ("bob", 2)]).refuses(&publisher.publish(), codes::SIGNER_MISSING);
}

#[test]
fn a_signer_who_may_not_sign_the_tag_is_refused() {
    let mut publisher = collection();
    publisher
        .delegate(Delegation::new("targets/alice", &[key(1)]).paths(&["2."]))
        .add_target_to("targets/alice", "1.0", target("1.0"));
    demanding(&[("alice", 1)]).refuses(&publisher.publish(), codes::SIGNER_MISSING);
}

#[test]
fn a_signer_who_is_no_delegation_is_refused() {
    demanding(&[("carol", 1)]).refuses(&signed().publish(), codes::SIGNER_MISSING);
}

#[test]
fn a_signer_who_is_delegated_to_but_published_nothing_is_refused() {
    let mut publisher = collection();
    publisher.delegate(Delegation::new("targets/alice", &[key(1)]));
    demanding(&[("alice", 1)]).refuses(&publisher.publish(), codes::DELEGATION_MISSING);
}

#[test]
fn a_signer_whose_role_does_not_hold_is_refused() {
    let mut publisher = signed();
    publisher.publish();
    let alice = || Tampering::of("targets/alice");
    for (tampering, code) in [
        (alice().expires(now()), codes::ROLE_EXPIRED),
        (alice().without_signatures(), codes::THRESHOLD),
        (alice().signed_by(&[key(2)]), codes::THRESHOLD),
        (alice().bytes(""), codes::METADATA_INVALID),
    ] {
        let forged = publisher.forge(&[tampering]);
        demanding(&[("alice", 1)]).refuses(&forged, code);
        demanding(&[("bob", 2)]).accepts(&forged, "1.0");
    }
}

#[test]
fn signers_release_nothing_by_themselves() {
    let mut publisher = signed();
    publisher.remove_target("1.0");
    demanding(&[("alice", 1), ("bob", 2)]).refuses(&publisher.publish(), codes::NOT_RELEASED);
}

#[test]
fn what_signers_signed_is_held_against_releases_and_not_against_targets() {
    let mut publisher = signed();
    publisher
        .delegate(Delegation::new(RELEASES, &[key(3)]))
        .add_target_to(RELEASES, "1.0", target("other"));
    demanding(&[("alice", 1)]).refuses(&publisher.publish(), codes::SIGNER_MISMATCH);
    demanding(&[]).accepts(&publisher.publish(), "other");
}

#[test]
fn releases_itself_may_be_demanded_as_a_signer() {
    let mut publisher = builder().build();
    publisher
        .delegate(Delegation::new(RELEASES, &[key(3)]))
        .add_target_to(RELEASES, "1.0", target("1.0"));
    let publication = publisher.publish();
    demanding(&[("releases", 3)]).accepts(&publication, "1.0");
    demanding(&[("releases", 1)]).refuses(&publication, codes::SIGNER_KEY_MISMATCH);
}

#[test]
fn a_signer_below_another_is_found_by_the_whole_name() {
    let sub = "targets/alice/sub";
    let mut publisher = signed();
    publisher
        .delegate(Delegation::new(sub, &[key(4)]))
        .add_target_to(sub, "1.0", target("1.0"));
    let publication = publisher.publish();
    demanding(&[("alice/sub", 4)]).accepts(&publication, "1.0");
    demanding(&[("sub", 4)]).refuses(&publication, codes::SIGNER_MISSING);
    demanding(&[("bob/sub", 4)]).refuses(&publication, codes::SIGNER_MISSING);
    demanding(&[("alice/sub", 1)]).refuses(&publication, codes::SIGNER_KEY_MISMATCH);
}

#[test]
fn a_signer_below_another_signs_no_more_than_the_one_above_may() {
    let sub = "targets/alice/sub";
    for (above, below, good) in [
        (&["1."][..], &["1.0"][..], true),
        (&["1."], &["1."], true),
        (&["1.", "2."], &["2.", "1.0"], true),
        (&["1.0"], &["1."], false),
        (&["1."], &[""], false),
        (&["2."], &["1."], false),
        (&[], &["1."], false),
    ] {
        let mut publisher = collection();
        publisher
            .delegate(Delegation::new("targets/alice", &[key(1)]).paths(above))
            .delegate(Delegation::new(sub, &[key(4)]).paths(below))
            .add_target_to(sub, "1.0", target("1.0"));
        let outcome = demanding(&[("alice/sub", 4)]).sees(&publisher.publish());
        let expected = (!good).then_some(codes::SIGNER_MISSING);
        assert_eq!(outcome.code(), expected, "{above:?} {below:?}");
    }
}

#[test]
fn a_signer_below_one_that_does_not_hold_is_refused() {
    let sub = "targets/alice/sub";
    let mut publisher = signed();
    publisher
        .delegate(Delegation::new(sub, &[key(4)]))
        .add_target_to(sub, "1.0", target("1.0"));
    publisher.publish();
    let forged = publisher.forge(&[Tampering::of("targets/alice").signed_by(&[key(4)])]);
    demanding(&[("alice/sub", 4)]).refuses(&forged, codes::THRESHOLD);
}

#[test]
fn a_name_that_is_that_of_no_role_is_refused_before_anything_is_asked_for_it() {
    let long = "a".repeat(300);
    for name in [
        "Alice", "ALICE", "al ice", "../alice", "alice/..", "a/", "/", "a.b", "\u{e9}", &long,
    ] {
        let outcome = demanding(&[(name, 1)]).refuses(&signed().publish(), codes::SIGNER_MISSING);
        assert!(
            !outcome
                .asked
                .concat()
                .iter()
                .any(|file| file.starts_with("targets/"))
        );
    }
}

#[test]
fn a_certificate_of_a_signer_counts_by_its_key_while_it_is_valid() {
    let pem = RootCertificate::new("alice", now())
        .valid(now(), now().plus(DAY))
        .pem(&key(1));
    let at = |seconds| Signer::new("alice", pem.as_bytes(), now().plus(seconds));
    for seconds in [-1, DAY + 1] {
        assert_eq!(at(seconds), Err(SignerError::CertificateExpired));
    }
    assert!(at(DAY).is_ok());
    let mut client = Client::new();
    client.question.signers = vec![at(0).expect("a signer")];
    client.accepts(&signed().publish(), "1.0");
    // The role may list the key in a certificate as well, and the policy the key alone.
    let mut publisher = collection();
    let certified = RootCertificate::new("alice", now()).self_signed(&key(1));
    publisher
        .delegate(Delegation::new("targets/alice", &[certified]))
        .add_target_to("targets/alice", "1.0", target("1.0"));
    demanding(&[("alice", 1)]).accepts(&publisher.publish(), "1.0");
}

#[test]
fn what_is_no_public_key_is_refused_when_it_is_read() {
    let pem = key(1).public_pem();
    let private = pem.replace("PUBLIC KEY", "PRIVATE KEY");
    let certificate = RootCertificate::new(GUN, now()).pem(&key(1));
    for bad in [
        "",
        "alice",
        &private,
        &format!("{pem}{pem}"),
        &format!("{certificate}{certificate}"),
        &format!("{certificate}{pem}"),
        &NotaryKey::short_rsa(0).public_pem(),
    ] {
        let refused = Signer::new("alice", bad.as_bytes(), now());
        assert!(
            matches!(refused, Err(SignerError::PublicKey { .. })),
            "{bad} {refused:?}"
        );
    }
    assert_eq!(
        Signer::new("", pem.as_bytes(), now()),
        Err(SignerError::NoName)
    );
}
