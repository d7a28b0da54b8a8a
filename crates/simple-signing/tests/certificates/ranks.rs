//! Which self-signature says what a key may do: as for GnuPG.

use doorward_core::Code;
use doorward_simple_signing::codes;
use pgp::packet::{Features, SignatureType, SubpacketData};

use crate::build::{
    CREATED, DAY, Owner, Packet, Says, YEAR, ask, critical, refused, regular, revoking, ring,
    user_packet,
};

const ALICE: &str = "alice <alice@r.example>";

fn alice() -> Owner {
    Owner::new(1)
}

/// Alice's key with these direct-key signatures and user IDs.
fn certificate(direct: &[Says], users: &[(&str, Says)]) -> Vec<u8> {
    let mut parts: Vec<Packet> = vec![alice().primary_packet()];
    parts.extend(direct.iter().map(|says| alice().direct(says)));
    for (id, says) in users {
        parts.push(user_packet(id));
        parts.push(alice().about_user(SignatureType::CertPositive, id, says));
    }
    parts.concat()
}

fn admits(certificate: Vec<u8>) -> Result<(), Code> {
    ask(&[certificate], &alice().sign())
        .map(|_| ())
        .map_err(|refusal| refusal.code())
}

#[test]
fn a_key_whose_expiry_was_lifted_by_a_newer_direct_key_signature_is_good() {
    let ended = Says::at(CREATED).lifetime(YEAR);
    let lifted = Says::at(CREATED + YEAR / 2);
    for direct in [
        [ended.clone(), lifted.clone()],
        [lifted.clone(), ended.clone()],
    ] {
        assert_eq!(admits(certificate(&direct, &[])), Ok(()));
        assert_eq!(
            admits(certificate(&direct, &[(ALICE, lifted.clone())])),
            Ok(())
        );
    }
    // As `sq` does it, the user ID is certified once more as well.
    let mut both = certificate(&[ended.clone(), lifted.clone()], &[(ALICE, ended.clone())]);
    both.extend(alice().about_user(SignatureType::CertPositive, ALICE, &lifted));
    assert_eq!(admits(both), Ok(()));
    // A user ID that still ends is heard where no direct-key signature says when.
    assert_eq!(
        admits(certificate(&[ended.clone(), lifted], &[(ALICE, ended)])),
        Err(codes::KEY_EXPIRED)
    );
}

#[test]
fn a_key_whose_expiry_was_set_by_a_newer_direct_key_signature_has_expired() {
    let direct = [Says::at(CREATED), Says::at(CREATED + DAY).lifetime(YEAR)];
    assert_eq!(admits(certificate(&direct, &[])), Err(codes::KEY_EXPIRED));
}

#[test]
fn a_direct_key_signature_outranks_a_newer_user_id_in_what_it_says() {
    let ended = Says::at(CREATED).lifetime(YEAR);
    let newer = Says::at(CREATED + DAY).lifetime(10 * YEAR);
    assert_eq!(
        admits(certificate(&[ended], &[(ALICE, newer)])),
        Err(codes::KEY_EXPIRED)
    );
    let mut certifies = Says::at(CREATED);
    certifies.sign = Some(false);
    let signs = Says::at(CREATED + DAY);
    let ring = ring(&[certificate(
        std::slice::from_ref(&certifies),
        &[(ALICE, signs.clone())],
    )]);
    assert!(ring.is_err(), "no key may sign");
    assert_eq!(
        admits(certificate(
            &[Says::at(CREATED).silent()],
            &[(ALICE, signs.clone())]
        )),
        Ok(())
    );
    assert_eq!(admits(certificate(&[signs], &[(ALICE, certifies)])), Ok(()));
}

#[test]
fn of_two_user_ids_the_newer_that_says_something_decides() {
    let ended = Says::at(CREATED).lifetime(YEAR);
    let longer = Says::at(CREATED + DAY).lifetime(10 * YEAR);
    assert_eq!(
        admits(certificate(
            &[],
            &[("a", ended.clone()), ("b", longer.clone())]
        )),
        Ok(())
    );
    assert_eq!(
        admits(certificate(
            &[],
            &[("a", ended.clone()), ("b", Says::at(CREATED + DAY))]
        )),
        Err(codes::KEY_EXPIRED)
    );
    let ended_later = Says::at(CREATED + 2 * DAY).lifetime(YEAR);
    assert_eq!(
        admits(certificate(&[], &[("a", ended_later), ("b", longer)])),
        Err(codes::KEY_EXPIRED)
    );
}

#[test]
fn a_direct_key_signature_that_ended_itself_no_longer_speaks_for_the_key() {
    let mut over = Says::at(CREATED + DAY);
    over.ends_after = Some(YEAR);
    let ended = Says::at(CREATED).lifetime(YEAR);
    assert_eq!(
        admits(certificate(std::slice::from_ref(&over), &[(ALICE, ended)])),
        Err(codes::KEY_EXPIRED)
    );
    assert_eq!(admits(certificate(&[over], &[])), Err(codes::KEY_EXPIRED));
}

#[test]
fn a_key_whose_only_user_id_was_taken_back_is_still_good_and_ends_as_that_said() {
    let taken_back = alice().about_user(SignatureType::CertRevocation, ALICE, &revoking());
    let with = |says: Says| [certificate(&[], &[(ALICE, says)]), taken_back.clone()].concat();
    assert_eq!(admits(with(Says::at(CREATED))), Ok(()));
    let ring = ring(&[with(Says::at(CREATED))]).expect("a ring");
    assert_eq!(ring.user_ids().count(), 0);
    assert_eq!(
        admits(with(Says::at(CREATED).lifetime(YEAR))),
        Err(codes::KEY_EXPIRED)
    );
}

#[test]
fn a_user_id_that_was_taken_back_extends_nothing() {
    // GnuPG hears the user ID that is left: it says that the key has ended.
    let taken_back = alice().about_user(SignatureType::CertRevocation, "b", &revoking());
    let users = [
        ("a", Says::at(CREATED).lifetime(YEAR)),
        ("b", Says::at(CREATED + DAY).lifetime(10 * YEAR)),
    ];
    let good = certificate(&[], &users);
    assert_eq!(admits(good.clone()), Ok(()));
    assert_eq!(admits([good, taken_back].concat()), Err(codes::KEY_EXPIRED));
}

#[test]
fn a_user_id_that_is_certified_once_more_after_it_was_taken_back_is_held_again() {
    let mut parts = certificate(&[], &[(ALICE, Says::at(CREATED))]);
    parts.extend(alice().about_user(
        SignatureType::CertRevocation,
        ALICE,
        &Says::at(CREATED + DAY),
    ));
    parts.extend(alice().about_user(
        SignatureType::CertPositive,
        ALICE,
        &Says::at(CREATED + 2 * DAY),
    ));
    let ring = ring(&[parts]).expect("a ring");
    assert_eq!(ring.user_ids().collect::<Vec<_>>(), [ALICE]);
}

#[test]
fn self_signatures_dated_before_their_key_do_not_count() {
    let early = Says::at(CREATED - 1);
    for source in [
        certificate(&[], &[(ALICE, early.clone())]),
        certificate(std::slice::from_ref(&early), &[]),
    ] {
        let error = ring(&[source]).expect_err("no key may sign").to_string();
        assert!(error.contains("self-signature"), "{error}");
    }
    let both = certificate(&[], &[("a", early), ("b", Says::at(CREATED))]);
    let ring = ring(&[both]).expect("a ring");
    assert_eq!(ring.user_ids().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_back_signature_dated_before_its_subkey_does_not_count() {
    let subkey = Owner::made_at(7, CREATED + DAY);
    let now = Says::at(CREATED + DAY);
    let with = |back: &Says| {
        [
            certificate(&[], &[(ALICE, Says::at(CREATED))]),
            subkey.subkey_packet(),
            alice().bind(&subkey, &now, back),
        ]
        .concat()
    };
    assert!(ask(&[with(&now)], &subkey.sign()).is_ok());
    let refusal = ask(&[with(&Says::at(CREATED))], &subkey.sign()).expect_err("refused");
    assert_eq!(refusal.code(), codes::KEY_UNUSABLE);
    assert!(refusal.detail().contains("signed its binding back"));
}

#[test]
fn a_self_signature_with_a_critical_subpacket_that_nobody_evaluates_does_not_count() {
    let demands = [
        SubpacketData::TrustSignature(1, 60),
        SubpacketData::RegularExpression("x".into()),
        SubpacketData::ExportableCertification(false),
        SubpacketData::Revocable(false),
        SubpacketData::PolicyURI("https://r.example".into()),
        SubpacketData::PreferredKeyServer("https://r.example".into()),
        SubpacketData::KeyServerPreferences([0x80].as_slice().into()),
        SubpacketData::SignersUserID("x".into()),
        SubpacketData::Experimental(101, "x".into()),
    ];
    for demand in demands {
        let says = Says::at(CREATED).with(critical(demand.clone()));
        assert!(
            ring(&[certificate(&[], &[(ALICE, says)])]).is_err(),
            "{demand:?}"
        );
        let says = Says::at(CREATED).with(regular(demand.clone()));
        assert_eq!(
            admits(certificate(&[], &[(ALICE, says)])),
            Ok(()),
            "{demand:?}"
        );
    }
}

#[test]
fn a_critical_preference_asks_nothing_of_who_verifies() {
    let features = SubpacketData::Features(Features::from([1].as_slice()));
    let says = Says::at(CREATED).with(critical(features));
    assert_eq!(admits(certificate(&[], &[(ALICE, says)])), Ok(()));
}

#[test]
fn a_claim_signed_with_a_critical_subpacket_that_nobody_evaluates_is_refused() {
    let good = certificate(&[], &[(ALICE, Says::at(CREATED))]);
    let flags = pgp::packet::KeyFlags::default();
    for demand in [
        SubpacketData::PolicyURI("https://r.example".into()),
        SubpacketData::SignersUserID("x".into()),
        SubpacketData::KeyFlags(flags),
        SubpacketData::KeyExpirationTime(pgp::types::Duration::from_secs(1)),
        SubpacketData::RegularExpression("x".into()),
        SubpacketData::Revocable(true),
    ] {
        let message = alice().sign_with(&[critical(demand.clone())]);
        assert_eq!(
            refused(std::slice::from_ref(&good), &message),
            codes::MALFORMED_MESSAGE,
            "{demand:?}"
        );
        let message = alice().sign_with(&[regular(demand)]);
        assert!(ask(std::slice::from_ref(&good), &message).is_ok());
    }
}
