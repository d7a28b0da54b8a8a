//! One signer counted twice, and thresholds that are none. More of them are in [`super::forged`].

use doorward_notary::codes;
use doorward_testkit::{Delegation, KeyKind, NotaryKey, RootCertificate, Tampering};

use crate::support::client::{
    Client, GUN, RELEASES, builder, delegating, key, now, released, root_key, target,
};

#[test]
fn two_keys_reach_a_threshold_of_two() {
    let mut publisher = released(
        builder()
            .root_keys(&[root_key(1), root_key(2)])
            .targets_keys(&[key(3), NotaryKey::seeded(KeyKind::Ed25519, 4)])
            .threshold("root", 2)
            .threshold("targets", 2),
    );
    Client::new().accepts(&publisher.publish(), "1.0");
}

#[test]
fn one_root_key_in_two_certificates_is_one_key() {
    let again = RootCertificate::new("registry.example/team/*", now()).self_signed(&key(1));
    let mut publisher = released(
        builder()
            .root_keys(&[root_key(1), again])
            .threshold("root", 2),
    );
    Client::new().refuses(&publisher.publish(), codes::THRESHOLD);
}

#[test]
fn one_key_of_a_delegation_alone_and_in_a_certificate_is_one_key() {
    let keys = [key(1), root_key(1)];
    let mut publisher = builder().build();
    publisher
        .delegate(Delegation::new(RELEASES, &keys).threshold(2))
        .add_target_to(RELEASES, "1.0", target("1.0"));
    Client::new().refuses(&publisher.publish(), codes::THRESHOLD);
    publisher.rotate_keys(RELEASES, &[key(1), root_key(2)]);
    Client::new().accepts(&publisher.publish(), "1.0");
}

#[test]
fn a_new_root_does_not_count_one_old_key_twice() {
    let again = RootCertificate::new("registry.example/team/*", now()).self_signed(&key(1));
    let keys = [root_key(1), again, root_key(2)];
    let mut publisher = released(builder().root_keys(&keys).threshold("root", 2));
    let first = publisher.publish();
    publisher.rotate_root_key(&root_key(3));
    let stranger = root_key(4);
    let forged = publisher.forge(&[Tampering::of("root")
        .threshold("root", 1)
        .set("/roles/root/keyids", serde_json::json!([]))
        .add_key("root", &stranger)
        .signed_by(&[stranger, keys[0].clone(), keys[1].clone()])]);
    Client::after(&first).refuses(&forged, codes::ROOT_ROTATION);
}

#[test]
fn a_second_signature_by_the_same_key_does_not_count_although_it_is_another_one() {
    // PKCS #1 and PSS signatures of one RSA key differ, and so do their methods.
    let rsa = NotaryKey::seeded(KeyKind::Rsa2048, 0);
    let other = rsa.with_method(doorward_testkit::SignatureMethod::RsaPkcs1v15);
    let mut publisher = released(builder().targets_keys(std::slice::from_ref(&rsa)));
    publisher.publish();
    let forged = |threshold| {
        publisher.forge(&[
            Tampering::of("root").threshold("targets", threshold),
            Tampering::of("targets").also_signed_by(std::slice::from_ref(&other)),
        ])
    };
    Client::new().accepts(&forged(1), "1.0");
    Client::new().refuses(&forged(2), codes::THRESHOLD);
}

#[test]
fn a_threshold_beyond_all_keys_is_never_reached() {
    for role in ["root", "targets", "snapshot", "timestamp"] {
        for threshold in [2, 65, i64::MAX] {
            let mut publisher = released(builder().threshold(role, threshold));
            Client::new().refuses(&publisher.publish(), codes::THRESHOLD);
        }
    }
}

#[test]
fn a_threshold_of_zero_or_less_is_refused_for_every_role() {
    for role in ["root", "targets", "snapshot", "timestamp"] {
        for threshold in [0, -1, i64::MIN] {
            let mut publisher = released(builder().threshold(role, threshold));
            Client::new().refuses(&publisher.publish(), codes::METADATA_INVALID);
        }
    }
    for threshold in [0, -1] {
        let mut publisher = delegating();
        publisher.publish();
        let forged = publisher.forge(&[
            Tampering::of("targets").delegation(RELEASES, "threshold", threshold),
            Tampering::of(RELEASES).without_signatures(),
        ]);
        Client::new().refuses(&forged, codes::METADATA_INVALID);
    }
}

#[test]
fn a_role_without_keys_is_signed_by_nobody() {
    let mut publisher = released(builder().targets_keys(&[]));
    Client::new().refuses(&publisher.publish(), codes::THRESHOLD);
}

#[test]
fn keys_of_one_role_do_not_sign_for_another() {
    let mut publisher = delegating();
    publisher.publish();
    let keys = ["root", "targets", "snapshot", "timestamp", RELEASES]
        .map(|role| (role, publisher.keys(role).to_vec()));
    for role in ["targets", "snapshot", "timestamp", RELEASES] {
        for (other, keys) in keys.iter().filter(|(other, _)| *other != role) {
            let forged = publisher.forge(&[Tampering::of(role).signed_by(keys)]);
            let outcome = Client::new().sees(&forged);
            assert_eq!(outcome.code(), Some(codes::THRESHOLD), "{role} by {other}");
        }
    }
}

#[test]
fn short_and_unknown_keys_sign_nothing() {
    let unknown = key(1).presented_as("dsa", key(1).public());
    let mistaken = key(1).presented_as("rsa", key(1).public());
    for unusable in [NotaryKey::short_rsa(0), unknown, mistaken] {
        let mut publisher = released(builder().targets_keys(&[unusable]));
        Client::new().refuses(&publisher.publish(), codes::KEY_UNSUPPORTED);
    }
}

#[test]
fn a_key_certified_for_any_name_may_sign_targets_until_the_role_expires() {
    // As the original has it: for roles below the root it is the role that expires.
    let past = now().plus(-1);
    let expired = RootCertificate::new("anybody", now())
        .valid(past.plus(-10), past)
        .self_signed(&key(1));
    assert_ne!(GUN, "anybody");
    let mut publisher = released(builder().targets_keys(&[expired]));
    Client::new().accepts(&publisher.publish(), "1.0");
}
