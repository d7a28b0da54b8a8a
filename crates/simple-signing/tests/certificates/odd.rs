//! What cannot be read harms nothing but itself, and what stands in the wrong place is put back.

use doorward_simple_signing::KeyringError;
use doorward_simple_signing::codes;
use pgp::packet::SignatureType;
use pgp::types::Tag;
use proptest::prelude::*;

use crate::build::{CREATED, Owner, Packet, Says, ask, packet, refused, ring, user_packet};

const ALICE: &str = "alice <alice@r.example>";

fn alice() -> Owner {
    Owner::new(1)
}

/// The body of an RSA key packet with a modulus of `bits` bits and this exponent.
fn rsa(bits: u16, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xff; usize::from(bits).div_ceil(8)];
    modulus[0] = 0xff >> ((8 - bits % 8) % 8);
    let exponent_bits = u16::try_from(exponent.len() * 8).expect("short")
        - u16::try_from(exponent[0].leading_zeros()).expect("few");
    [
        &[4],
        CREATED.to_be_bytes().as_slice(),
        &[1],
        &bits.to_be_bytes(),
        &modulus,
        &exponent_bits.to_be_bytes(),
        exponent,
    ]
    .concat()
}

/// Keys that cannot be used: too long, with exponents that nobody takes, of algorithms that nobody knows.
fn odd_keys() -> Vec<Vec<u8>> {
    vec![
        rsa(8193, &[1, 0, 1]),
        rsa(16384, &[1, 0, 1]),
        rsa(2048, &[1]),
        rsa(2048, &[2]),
        rsa(2048, &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
        [&[4, 1, 2, 3, 4, 99], [7; 30].as_slice()].concat(),
        [&[4, 1, 2, 3, 4, 22], [7; 30].as_slice()].concat(),
        vec![4, 1, 2, 3, 4, 1, 8],
        vec![4, 1, 2],
        vec![5, 1, 2, 3, 4, 1, 8],
        vec![],
    ]
}

#[test]
fn an_odd_key_beside_a_good_one_does_not_spoil_the_ring() {
    for odd in odd_keys() {
        let odd = [
            packet(Tag::PublicKey, &odd),
            user_packet("odd"),
            alice().about_user(SignatureType::CertPositive, "odd", &Says::at(CREATED)),
        ]
        .concat();
        let good = alice().certificate(ALICE).concat();
        for sources in [
            vec![[odd.clone(), good.clone()].concat()],
            vec![[good.clone(), odd.clone()].concat()],
            vec![odd.clone(), good.clone()],
        ] {
            assert!(ask(&sources, &alice().sign()).is_ok(), "{odd:?}");
        }
        // Alone it is no use, and the ring says why.
        assert!(matches!(
            ring(&[odd]).err(),
            Some(KeyringError::NoUsableKey { .. })
        ));
    }
}

#[test]
fn an_odd_subkey_does_not_spoil_its_certificate() {
    for odd in odd_keys() {
        for signature in [
            alice().about_subkey(
                &Owner::new(9),
                SignatureType::SubkeyBinding,
                &Says::at(CREATED),
            ),
            packet(Tag::Signature, &[4]),
        ] {
            let source = [
                alice().certificate(ALICE).concat(),
                packet(Tag::PublicSubkey, &odd),
                signature,
            ]
            .concat();
            assert!(ask(&[source], &alice().sign()).is_ok(), "{odd:?}");
        }
    }
}

#[test]
fn what_an_odd_key_signed_is_refused_with_what_the_key_is() {
    let odd = packet(Tag::PublicKey, &rsa(16384, &[1, 0, 1]));
    let good = alice().certificate(ALICE).concat();
    let keyring = ring(&[[odd, good].concat()]).expect("a ring");
    let fingerprint = keyring
        .fingerprints()
        .next()
        .expect("the odd key")
        .to_owned();
    // Alice's signature, said to be by the odd key.
    let id: Vec<u8> = (24..40)
        .step_by(2)
        .map(|at| u8::from_str_radix(&fingerprint[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let message = alice().sign_named(&id);
    let refusal = crate::build::with(keyring, &message).expect_err("refused");
    assert_eq!(refusal.code(), codes::KEY_UNUSABLE);
    assert!(
        refusal.detail().contains("an RSA key of 16384 bits"),
        "{refusal}"
    );
}

#[test]
fn a_certification_by_others_with_odd_unprotected_parts_does_not_spoil_the_key() {
    let bob = Owner::new(2);
    let good = bob.about_user_of(
        &alice(),
        SignatureType::CertGeneric,
        ALICE,
        &Says::at(CREATED),
    );
    let body = &good[6..];
    // Version, type, algorithms, hashed area, then the unhashed area with its length.
    let hashed = 6 + usize::from(u16::from_be_bytes([body[4], body[5]]));
    let length = usize::from(u16::from_be_bytes([body[hashed], body[hashed + 1]]));
    let rest = &body[hashed + 2 + length..];
    for unhashed in [
        // No length at all, a body that is missing, an issuer of three bytes, a back signature that is none, and text
        // where text must be and is not.
        &[0][..],
        &[200],
        &[9, 16, 1],
        &[4, 16, 1, 2, 3],
        &[2, 32, 4],
        &[3, 26, 0xff, 0xfe],
        &[255, 255, 255, 255, 255, 1],
    ] {
        let area = u16::try_from(unhashed.len()).expect("short").to_be_bytes();
        let odd = [&body[..hashed], &area, unhashed, rest].concat();
        let source = [
            alice().certificate(ALICE).concat(),
            packet(Tag::Signature, &odd),
        ]
        .concat();
        assert!(ask(&[source], &alice().sign()).is_ok(), "{unhashed:?}");
    }
}

#[test]
fn a_self_signature_with_odd_unprotected_parts_counts() {
    let good = alice().about_user(SignatureType::CertPositive, ALICE, &Says::at(CREATED));
    let body = &good[6..];
    let hashed = 6 + usize::from(u16::from_be_bytes([body[4], body[5]]));
    let length = usize::from(u16::from_be_bytes([body[hashed], body[hashed + 1]]));
    let odd = [
        &body[..hashed],
        &[0, 2, 200, 1],
        &body[hashed + 2 + length..],
    ]
    .concat();
    let source = [
        alice().primary_packet(),
        user_packet(ALICE),
        packet(Tag::Signature, &odd),
    ]
    .concat();
    assert!(ask(&[source], &alice().sign()).is_ok());
}

#[test]
fn signatures_that_cannot_be_read_and_revoke_nothing_are_passed_over() {
    for body in [
        &[][..],
        &[4],
        &[4, 0x13],
        &[9, 0x13, 1, 2],
        &[4, 0x10, 1, 8, 255, 255],
    ] {
        let source = [
            alice().certificate(ALICE).concat(),
            packet(Tag::Signature, body),
        ]
        .concat();
        assert!(ask(&[source], &alice().sign()).is_ok(), "{body:?}");
    }
}

#[test]
fn a_key_whose_only_self_signature_cannot_be_read_is_refused_for_want_of_one() {
    let source = [
        alice().primary_packet(),
        user_packet(ALICE),
        packet(Tag::Signature, &[4, 0x13]),
    ]
    .concat();
    let error = ring(&[source]).expect_err("no key may sign").to_string();
    assert!(error.contains("self-signature"), "{error}");
}

#[test]
fn a_flood_of_revocations_that_fit_nothing_is_refused_before_it_costs_too_much() {
    let says = Says {
        unprotected_issuer: true,
        ..crate::build::revoking()
    };
    // By a key that is not there, named where anybody could have written it, so each is tried on every key.
    let stray = Owner::new(50).about_key_of(&Owner::new(50), SignatureType::KeyRevocation, &says);
    let mut parts: Vec<Packet> = (100..700)
        .map(|seed| Owner::new(seed).primary_packet())
        .collect();
    parts.push(stray.repeat(600));
    assert!(matches!(
        ring(&[parts.concat()]).err(),
        Some(KeyringError::TooLarge {
            unit: "tries of signatures",
            ..
        })
    ));
}

#[test]
fn a_source_without_keys_and_signatures_is_refused_beside_a_good_one() {
    let good = alice().certificate(ALICE).concat();
    let literal = packet(Tag::LiteralData, b"b\0\0\0\0\0x");
    assert_eq!(ring(&[good, literal]).err(), Some(KeyringError::NotAKey));
}

/// A certificate with two user IDs and two subkeys, its signatures in any place behind the key.
fn misplaced() -> impl Strategy<Value = Vec<Packet>> {
    let (one, two) = (Owner::new(7), Owner::new(8));
    let says = Says::at(CREATED);
    let heads = vec![
        user_packet(ALICE),
        user_packet("second"),
        one.subkey_packet(),
        two.subkey_packet(),
    ];
    let signatures = vec![
        alice().about_user(SignatureType::CertPositive, ALICE, &says),
        alice().about_user(SignatureType::CertPositive, "second", &says),
        alice().bind(&one, &says, &says),
        alice().bind(&two, &says, &says),
        alice().direct(&says),
    ];
    Just([heads, signatures].concat())
        .prop_shuffle()
        .prop_map(|parts| [vec![alice().primary_packet()], parts].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn self_signatures_count_wherever_they_stand_in_their_certificate(parts in misplaced()) {
        let source = parts.concat();
        for signer in [alice(), Owner::new(7), Owner::new(8)] {
            prop_assert!(ask(std::slice::from_ref(&source), &signer.sign()).is_ok());
        }
        let keyring = ring(&[source]).expect("a ring");
        prop_assert_eq!(keyring.user_ids().count(), 2);
    }

    #[test]
    fn a_signature_moved_to_another_certificate_gives_that_one_nothing(at in any::<prop::sample::Index>()) {
        // Bob's key has no self-signature of its own; Alice's do not become his.
        let bob = Owner::new(2);
        let mut parts = alice().certificate(ALICE);
        let moved = at.index(parts.len());
        let tail = parts.split_off(moved);
        let source = [
            parts.concat(),
            bob.primary_packet(),
            user_packet(ALICE),
            tail.concat(),
        ]
        .concat();
        let code = ask(&[source], &bob.sign()).err().map(|refusal| refusal.code());
        prop_assert!(code.is_some());
    }
}

#[test]
fn a_stranger_who_binds_the_subkey_of_another_gains_nothing() {
    // Mallory binds Alice's key as a subkey of his, with a back signature that he cannot make.
    let mallory = Owner::new(3);
    let says = Says::at(CREATED);
    let source = [
        mallory.certificate("mallory").concat(),
        alice().subkey_packet(),
        mallory.about_subkey(&alice(), SignatureType::SubkeyBinding, &says),
    ]
    .concat();
    assert_eq!(refused(&[source], &alice().sign()), codes::KEY_UNUSABLE);
}

#[test]
fn a_binding_or_direct_key_signature_among_the_packets_of_another_key_counts_for_its_own() {
    let (bob, one) = (Owner::new(2), Owner::new(7));
    let says = Says::at(CREATED);
    let bound = [
        alice().certificate(ALICE).concat(),
        one.subkey_packet(),
        bob.certificate("bob").concat(),
        alice().bind(&one, &says, &says),
    ]
    .concat();
    assert!(ask(&[bound], &one.sign()).is_ok());
    let direct = [
        alice().primary_packet(),
        bob.certificate("bob").concat(),
        alice().direct(&says),
    ]
    .concat();
    assert!(ask(&[direct], &alice().sign()).is_ok());
}
