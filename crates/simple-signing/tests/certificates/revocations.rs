//! A revocation counts wherever it stands.

#[path = "revocations/anywhere.rs"]
mod anywhere;
#[path = "revocations/damaged.rs"]
mod damaged;

use doorward_simple_signing::codes;
use doorward_simple_signing::{Keyring, KeyringError};
use doorward_testkit::Cases;
use pgp::armor::BlockType;
use pgp::packet::{SignatureType, SubpacketData};
use pgp::types::Tag;
use proptest::prelude::*;

use crate::build::{
    CREATED, Owner, Packet, Says, YEAR, armored, ask, critical, packet, refused, revoking, ring,
    user_packet, with,
};

const ALICE: &str = "alice <alice@r.example>";
const BOB: &str = "bob <bob@r.example>";

/// What `gpg --gen-revoke` wrote for the key beside it, and a claim that the key signed.
fn by_gpg(name: &str) -> Vec<u8> {
    let vectors = Cases::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"));
    let file = vectors.read(&format!("revocations/{name}"));
    file.expect("the file is there").to_vec()
}

fn alice() -> Owner {
    Owner::new(1)
}

fn bob() -> Owner {
    Owner::new(2)
}

fn revoked(source: &[&[u8]]) -> bool {
    let sources: Vec<_> = source.iter().map(|source| source.to_vec()).collect();
    refused(&sources, &alice().sign()) == codes::KEY_REVOKED
}

fn key() -> Vec<u8> {
    alice().certificate(ALICE).concat()
}

/// Where the integers of an Ed25519 signature packet made here begin.
fn pgp_tail(packet: &[u8]) -> usize {
    (packet.len() - 70..packet.len() - 40)
        .find(|at| {
            let length = |at: usize| {
                let bits = packet.get(at..at + 2).expect("inside");
                usize::from(u16::from_be_bytes([bits[0], bits[1]])).div_ceil(8)
            };
            let second = at + 2 + length(*at);
            second + 2 < packet.len() && second + 2 + length(second) == packet.len()
        })
        .expect("two integers")
}

#[test]
fn without_a_revocation_the_key_is_good() {
    assert!(ask(&[key()], &alice().sign()).is_ok());
    assert!(ask(&[armored(&key(), BlockType::PublicKey)], &alice().sign()).is_ok());
}

#[test]
fn a_revocation_as_a_second_armored_block_counts() {
    let key = armored(&key(), BlockType::PublicKey);
    let revocation = armored(&alice().revocation(), BlockType::PublicKey);
    assert!(revoked(&[&[key.as_slice(), &revocation].concat()]));
    assert!(revoked(&[&[revocation.as_slice(), &key].concat()]));
}

#[test]
fn a_revocation_as_a_source_of_its_own_counts_in_any_order_and_form() {
    let revocation = alice().revocation();
    for form in [
        revocation.clone(),
        armored(&revocation, BlockType::PublicKey),
        armored(&revocation, BlockType::Signature),
    ] {
        for key in [key(), armored(&key(), BlockType::PublicKey)] {
            assert!(revoked(&[&key, &form]));
            assert!(revoked(&[&form, &key]));
        }
    }
}

#[test]
fn a_revocation_certificate_that_gnupg_wrote_counts_as_a_block_and_as_a_source() {
    let [key, revocation, message] = ["key.asc", "revocation.asc", "claim.sig"].map(by_gpg);
    let subject = |sources: &[Vec<u8>]| ask(sources, &message).map(|_| ());
    assert_eq!(subject(std::slice::from_ref(&key)), Ok(()));
    for sources in [
        vec![key.clone(), revocation.clone()],
        vec![revocation.clone(), key.clone()],
        vec![[key.as_slice(), &revocation].concat()],
        vec![[revocation.as_slice(), &key].concat()],
    ] {
        assert_eq!(refused(&sources, &message), codes::KEY_REVOKED);
    }
}

#[test]
fn a_revocation_certificate_that_gnupg_disarmed_with_a_colon_is_refused_and_not_dropped() {
    let [key, disarmed] = ["key.asc", "disarmed.rev"].map(by_gpg);
    for sources in [
        vec![key.clone(), disarmed.clone()],
        vec![[key.as_slice(), &disarmed].concat()],
    ] {
        assert_eq!(ring(&sources).err(), Some(KeyringError::DisarmedBlock));
    }
}

#[test]
fn a_revocation_among_the_packets_of_another_key_counts() {
    let mut other = bob().certificate(BOB);
    for at in 0..=other.len() {
        other.insert(at, alice().revocation());
        assert!(revoked(&[&key(), &other.concat()]), "{at}");
        assert!(revoked(&[&[other.concat(), key()].concat()]), "{at}");
        other.remove(at);
    }
    // Bob's own key is not touched by it.
    let both = [key(), bob().certificate(BOB).concat(), alice().revocation()].concat();
    assert!(ask(&[both], &bob().sign()).is_ok());
}

#[test]
fn a_revocation_behind_a_packet_that_is_skipped_counts() {
    let attribute = packet(Tag::UserAttribute, &[2, 1, 0]);
    let experimental = packet(Tag::from(60), b"x");
    let unassigned = packet(Tag::from(45), b"x");
    // A subkey and a key of kinds that cannot be read, and one of version 3.
    let strange = [&[4, 0, 0, 0, 0, 99], [7; 20].as_slice()].concat();
    let subkey = packet(Tag::PublicSubkey, &strange);
    let primary = packet(Tag::PublicKey, &strange);
    let old = packet(Tag::PublicKey, &[3, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 3]);
    for skipped in [attribute, experimental, unassigned, subkey, primary, old] {
        let source = [key(), skipped.clone(), alice().revocation()].concat();
        assert!(revoked(&[&source]), "{skipped:?}");
        let source = [skipped.clone(), alice().revocation()].concat();
        assert!(revoked(&[&key(), &source]), "{skipped:?}");
    }
}

#[test]
fn a_revocation_of_any_date_hash_and_demand_counts() {
    let typ = SignatureType::KeyRevocation;
    let notation = pgp::packet::Notation {
        readable: true,
        name: "x@r.example".into(),
        value: "y".into(),
    };
    let demanding = revoking().with(critical(SubpacketData::Notation(notation)));
    let unknown = revoking().with(critical(SubpacketData::Experimental(101, "z".into())));
    let mut early = revoking();
    early.at = CREATED - 1;
    let mut ended = revoking();
    ended.ends_after = Some(1);
    for says in [demanding, unknown, early, ended] {
        let revocation = alice().about_key_of(&alice(), typ, &says);
        assert!(revoked(&[&key(), &revocation]));
        assert!(revoked(&[&[key(), revocation].concat()]));
    }
}

#[test]
fn a_revocation_with_a_critical_subpacket_of_an_unknown_kind_counts() {
    // Version 4, key revocation, EdDSA, SHA-256, and a hashed area with a date and a critical subpacket 50.
    let area = [5, 2, 0x70, 0, 0, 0, 2, 0x80 | 50, 1];
    let head = [&[4, 0x20, 22, 8, 0, 9], area.as_slice()].concat();
    let packet = [head.as_slice(), &[0, 0]].concat();
    let revocation = alice().revocation_by_hand(&head, &packet, &[4, 0xff, 0, 0, 0, 15]);
    assert!(revoked(&[&[key(), revocation.clone()].concat()]));
    assert!(revoked(&[&key(), &revocation]));
}

#[test]
fn a_revocation_in_a_packet_of_version_3_counts() {
    let fields = [0x20, 0x70, 0, 0, 0];
    let packet = [&[3, 5], fields.as_slice(), &alice().public_id(), &[22, 8]].concat();
    let revocation = alice().revocation_by_hand(&fields, &packet, &[]);
    assert!(revoked(&[&[key(), revocation.clone()].concat()]));
    assert!(revoked(&[&key(), &revocation]));
}

#[test]
fn a_revocation_that_names_another_issuer_where_anybody_could_write_it_counts() {
    let mut says = revoking();
    says.unprotected_issuer = true;
    let mut revocation = alice().about_key_of(&alice(), SignatureType::KeyRevocation, &says);
    let id = alice().public_id();
    let at = revocation
        .windows(8)
        .position(|bytes| bytes == id)
        .expect("the issuer");
    revocation[at] ^= 1;
    assert!(revoked(&[&[key(), revocation.clone()].concat()]));
    assert!(revoked(&[&key(), &revocation]));
}

#[test]
fn a_revocation_whose_announced_hash_was_changed_counts() {
    let mut revocation = alice().revocation();
    // Ed25519: two integers of 32 bytes with their lengths end the packet; the announcement stands before them.
    let signature = pgp_tail(&revocation);
    revocation[signature - 1] ^= 1;
    assert!(revoked(&[&[key(), revocation.clone()].concat()]));
    assert!(revoked(&[&key(), &revocation]));
}

#[test]
fn a_forged_revocation_behind_a_key_ends_nothing() {
    // By Mallory, naming Alice's key as its maker.
    let mut forged = alice().config(SignatureType::KeyRevocation, &revoking());
    forged.unhashed_subpackets.clear();
    let mallory = Owner::new(3);
    let forged = forged
        .sign_key(
            &mallory.key,
            &pgp::types::Password::empty(),
            alice().public(),
        )
        .expect("a signature");
    let forged = crate::build::signature(&forged);
    assert!(ask(&[[key(), forged].concat()], &alice().sign()).is_ok());
}

#[test]
fn signatures_without_any_key_are_refused_as_such() {
    for source in [
        alice().revocation(),
        armored(&alice().revocation(), BlockType::PublicKey),
        armored(&alice().revocation(), BlockType::Signature),
    ] {
        assert_eq!(ring(&[source]).err(), Some(KeyringError::OnlySignatures));
    }
}

#[test]
fn a_revoked_subkey_is_refused_wherever_its_revocation_stands() {
    let subkey = Owner::new(7);
    let says = Says::at(CREATED);
    let parts = [subkey.subkey_packet(), alice().bind(&subkey, &says, &says)].concat();
    let good = [key(), parts.clone()].concat();
    assert!(ask(std::slice::from_ref(&good), &subkey.sign()).is_ok());
    let revocation = alice().about_subkey(&subkey, SignatureType::SubkeyRevocation, &revoking());
    for sources in [
        vec![[good.clone(), revocation.clone()].concat()],
        vec![[key(), revocation.clone(), parts].concat()],
        vec![good.clone(), revocation.clone()],
        vec![revocation.clone(), good.clone()],
        vec![armored(&revocation, BlockType::PublicKey), good.clone()],
        vec![[good, bob().certificate(BOB).concat(), revocation].concat()],
    ] {
        assert_eq!(refused(&sources, &subkey.sign()), codes::KEY_REVOKED);
        assert!(ask(&sources, &alice().sign()).is_ok());
    }
}

#[test]
fn a_designated_revoker_in_the_ring_revokes_from_anywhere_and_one_that_is_not_does_not() {
    let names = alice().direct(&Says::at(CREATED).with(bob().names_as_revoker()));
    // A later direct-key signature without the name does not take it back.
    let later = alice().direct(&Says::at(CREATED + YEAR));
    let named = [alice().primary_packet(), names, later, key()].concat();
    let revocation = bob().about_key_of(&alice(), SignatureType::KeyRevocation, &revoking());
    let revoker = bob().certificate(BOB).concat();
    for sources in [
        vec![
            [named.clone(), revocation.clone()].concat(),
            revoker.clone(),
        ],
        vec![revocation.clone(), named.clone(), revoker.clone()],
        vec![
            [revoker.clone(), revocation.clone()].concat(),
            named.clone(),
        ],
    ] {
        assert_eq!(refused(&sources, &alice().sign()), codes::KEY_REVOKED);
    }
    // As for GnuPG: without the revoker's key nobody can tell.
    assert!(ask(&[[named, revocation.clone()].concat()], &alice().sign()).is_ok());
    // One that was not named has no say.
    assert!(ask(&[[key(), revocation].concat(), revoker], &alice().sign()).is_ok());
}

#[test]
fn what_is_kept_beside_the_keys_revokes_and_brings_no_key() {
    let key = key();
    let beside = |others: &[&[u8]], message: &[u8]| {
        Keyring::with_revocations([key.as_slice()], others.iter().copied()).map(|ring| {
            with(ring, message)
                .map_err(|refusal| refusal.code())
                .map(|_| ())
        })
    };
    let revocation = alice().revocation();
    let armor = armored(&revocation, BlockType::PublicKey);
    let copy = [key.clone(), revocation.clone()].concat();
    let text = [b"see below\n".as_slice(), &armor].concat();
    let umlaut = ["\u{dc}ber diesen Schl\u{fc}ssel\n".as_bytes(), &armor].concat();
    // A private key behind it, in the same item.
    let secret = [revocation.as_slice(), &[0xc5, 3, 4, 0, 0]].concat();
    for other in [
        revocation.as_slice(),
        &armor,
        &copy,
        &text,
        &umlaut,
        &secret,
    ] {
        assert_eq!(
            beside(&[b"hunter2", other, b""], &alice().sign()),
            Ok(Err(codes::KEY_REVOKED))
        );
    }
    // A private key in the same item takes nothing away from a revocation, wherever it stands.
    let private =
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n";
    for other in [
        [private.as_slice(), &armor].concat(),
        [armor.as_slice(), private].concat(),
    ] {
        assert_eq!(
            beside(&[&other], &alice().sign()),
            Ok(Err(codes::KEY_REVOKED))
        );
    }
    // Nor is a block passed over whose beginning a mail program, or GnuPG, made unrecognisable.
    for before in [":", "> ", "revocation: "] {
        let other = [before.as_bytes(), &armor].concat();
        assert_eq!(
            beside(&[&other], &alice().sign()),
            Err(KeyringError::DisarmedBlock)
        );
    }
    let bobs = bob().certificate(BOB).concat();
    let copyright = format!("\u{a9} {}", "Example ".repeat(40));
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 30_000]].concat();
    for harmless in [
        copyright.as_bytes(),
        &picture,
        private,
        b"hunter2".as_slice(),
        b"",
        b"\xff\xfe\x00",
        &[0x80, 1],
        &bobs,
    ] {
        assert_eq!(beside(&[harmless], &alice().sign()), Ok(Ok(())));
        assert_eq!(
            beside(&[harmless], &bob().sign()),
            Ok(Err(codes::UNKNOWN_KEY))
        );
    }
    let damaged = &armor[..armor.len() - 30];
    assert_eq!(
        beside(&[damaged], &alice().sign()),
        Err(KeyringError::MalformedArmor)
    );
}
