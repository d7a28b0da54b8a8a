//! What stands beside a ring, or in front of its keys, and could be a revocation is read or refused, and not passed
//! over.

use doorward_core::Code;
use doorward_simple_signing::codes;
use doorward_simple_signing::{Keyring, KeyringError};
use pgp::armor::BlockType;
use pgp::packet::SignatureType;
use pgp::types::Tag;

use crate::build::{
    CREATED, Owner, YEAR, armored, ask, packet, refused, revoking, ring, user_packet, with,
};

const ALICE: &str = "alice <alice@r.example>";

fn alice() -> Owner {
    Owner::new(1)
}

fn key() -> Vec<u8> {
    alice().certificate(ALICE).concat()
}

/// What comes of Alice's signature if `other` is kept beside her key.
fn beside(other: &[u8]) -> Result<Result<(), Code>, KeyringError> {
    Keyring::with_revocations([key().as_slice()], [other]).map(|ring| {
        with(ring, &alice().sign())
            .map(|_| ())
            .map_err(|refusal| refusal.code())
    })
}

/// A compressed packet that is not compressed.
fn packed(content: &[u8]) -> Vec<u8> {
    packet(Tag::CompressedData, &[&[0], content].concat())
}

fn utf16(text: &[u8], little: bool) -> Vec<u8> {
    let pair = |byte: &u8| if little { [*byte, 0] } else { [0, *byte] };
    text.iter().flat_map(pair).collect()
}

fn trimmed(text: &[u8], end: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    text.trim_end_matches(end).as_bytes().to_vec()
}

fn for_urls(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    text.replace('+', "-").replace('/', "_").into_bytes()
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    let block = armored(bytes, BlockType::PublicKey);
    let text = String::from_utf8(block).expect("armor is text");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['-', '=']));
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

#[test]
fn a_revocation_beside_a_ring_counts_in_any_wrapping_that_can_be_taken_off() {
    let revocation = alice().revocation();
    let armor = armored(&revocation, BlockType::PublicKey);
    let text = String::from_utf8(armor.clone()).expect("armor is text");
    let lines = |end: &str| text.replace("\r\n", "\n").replace('\n', end).into_bytes();
    let relabelled = |label: &str| text.replace("PUBLIC KEY BLOCK", label).into_bytes();
    let marker = packet(Tag::Marker, b"PGP");
    // A private key of no kind that there is, and the revocation behind it, as in an exported key.
    let private = [
        packet(Tag::SecretKey, &[4, 0, 0, 0, 0, 1]),
        revocation.clone(),
    ]
    .concat();
    for (what, other) in [
        ("carriage returns", lines("\r")),
        ("both line ends", lines("\r\n")),
        ("private key block", relabelled("PRIVATE KEY BLOCK")),
        ("secret key block", relabelled("SECRET KEY BLOCK")),
        ("message", relabelled("MESSAGE")),
        ("armored file", relabelled("ARMORED FILE")),
        ("marker", [marker.as_slice(), &revocation].concat()),
        ("trust", [&[0xb0, 2, 0, 3], revocation.as_slice()].concat()),
        ("line end in front", [b"\n", revocation.as_slice()].concat()),
        ("behind a private key", private.clone()),
        (
            "behind an armored private key",
            armored(&private, BlockType::PrivateKey),
        ),
        ("UTF-16", utf16(&armor, true)),
        ("UTF-16, the other way", utf16(&armor, false)),
        (
            "UTF-16 with a mark",
            [b"\xff\xfe", utf16(&armor, true).as_slice()].concat(),
        ),
        (
            "UTF-16 with the other mark",
            [b"\xfe\xff", utf16(&armor, false).as_slice()].concat(),
        ),
        ("base64", base64(&revocation)),
        ("base64 of armor", base64(&armor)),
        ("base64 without its end", trimmed(&base64(&revocation), "=")),
        ("base64 for URLs", for_urls(&base64(&revocation))),
        (
            "behind a comment",
            [b"# revoked 2026\n", revocation.as_slice()].concat(),
        ),
        (
            "behind a block",
            [
                armored(&key(), BlockType::PublicKey).as_slice(),
                &revocation,
            ]
            .concat(),
        ),
    ] {
        assert_eq!(beside(&other), Ok(Err(codes::KEY_REVOKED)), "{what}");
    }
}

#[test]
fn what_could_be_a_revocation_beside_a_ring_and_cannot_be_read_refuses_it() {
    let revocation = alice().revocation();
    let text = String::from_utf8(armored(&revocation, BlockType::PublicKey)).expect("text");
    let folded = text.lines().collect::<Vec<_>>().join(" ");
    let cut = &revocation[..revocation.len() - 9];
    for (what, other, error) in [
        ("folded", folded.as_bytes(), KeyringError::DisarmedBlock),
        (
            "escaped",
            text.replace('\n', "\\n").as_bytes(),
            KeyringError::DisarmedBlock,
        ),
        (
            "lower case",
            text.to_lowercase().as_bytes(),
            KeyringError::DisarmedBlock,
        ),
        ("cut short", cut, KeyringError::MalformedPacket),
        ("compressed", &packed(&revocation), KeyringError::Compressed),
        (
            "compressed message",
            &armored(&packed(&revocation), BlockType::Message),
            KeyringError::Compressed,
        ),
    ] {
        assert_eq!(beside(other), Err(error), "{what}");
    }
}

#[test]
fn what_is_no_text_beside_the_blocks_of_a_source_of_keys_refuses_it() {
    let revocation = alice().revocation();
    let block = armored(&key(), BlockType::PublicKey);
    let text = armored(&revocation, BlockType::PublicKey);
    let revoked = [key(), revocation.clone()].concat();
    for (what, behind) in [
        ("a binary revocation", revocation.clone()),
        (
            "a line end and one",
            [b"\n", revocation.as_slice()].concat(),
        ),
        ("a whole revoked key", revoked),
        ("a block in UTF-16", utf16(&text, true)),
        ("a block in UTF-16, the other way", utf16(&text, false)),
    ] {
        let source = [block.as_slice(), &behind].concat();
        let read = Keyring::parse([source.as_slice()]).map(drop);
        assert_eq!(read, Err(KeyringError::BinaryInText), "{what}");
    }
    let comment = [b"# key\n", key().as_slice()].concat();
    let read = Keyring::parse([comment.as_slice()]).map(drop);
    assert_eq!(read, Err(KeyringError::BinaryInText));
    for blank in ["\t", "\u{a0}", "  "] {
        let text = String::from_utf8_lossy(&text).replace("BEGIN PGP", &format!("BEGIN{blank}PGP"));
        let source = [block.as_slice(), text.as_bytes()].concat();
        let read = Keyring::parse([source.as_slice()]).map(drop);
        assert_eq!(read, Err(KeyringError::DisarmedBlock), "{blank:?}");
    }
    // Letters of any encoding are text.
    let latin = [b"-- \xfcml\xe4ut\t\n".as_slice(), &block, b"\xa9 2026\n"].concat();
    assert!(Keyring::parse([latin.as_slice()]).is_ok());
}

#[test]
fn what_is_no_key_and_no_signature_beside_a_ring_is_passed_over() {
    let message = alice().sign();
    for other in [
        message.as_slice(),
        &armored(&message, BlockType::Message),
        &packed(&message),
        // An encrypted message: session key and data.
        &armored(
            &packet(Tag::SymEncryptedProtectedData, &[1; 40]),
            BlockType::Message,
        ),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"see the PGP public key of the release team",
        b"{\"auths\":{}}",
        b"aHVudGVyMg==",
        "\u{c6}ther \u{2014} \u{2126}".as_bytes(),
        &utf16(b"a note", true),
        &[0; 32],
    ] {
        assert_eq!(beside(other), Ok(Ok(())), "{other:?}");
    }
}

#[test]
fn what_stands_before_the_first_key_is_part_of_a_certificate_or_refuses_the_source() {
    for harmless in [packet(Tag::Marker, b"PGP"), user_packet(ALICE)] {
        let source = [harmless, key()].concat();
        assert!(ask(&[source], &alice().sign()).is_ok());
    }
    // A key that is passed over.
    let skipped = packet(Tag::PublicKey, &[3, 0, 0, 0, 0, 0, 0, 1]);
    for stray in [
        packed(&alice().revocation()),
        packet(Tag::LiteralData, b"b\0\0\0\0\0x"),
        packet(Tag::SymEncryptedData, b"x"),
    ] {
        let behind = [skipped.clone(), stray.clone(), key()].concat();
        for source in [[stray, key()].concat(), behind] {
            assert_eq!(ring(&[source]).err(), Some(KeyringError::MalformedPacket));
        }
    }
}

#[test]
fn a_revocation_of_version_3_counts_whomever_it_names() {
    let date = (CREATED + YEAR).to_be_bytes();
    let fields = [&[0x20], date.as_slice()].concat();
    for issuer in [alice().public_id(), vec![1; 8], vec![0; 8]] {
        // Version, length of the fields, the fields, who made it, EdDSA and SHA-256.
        let between = [&[3, 5], fields.as_slice(), &issuer, &[22, 8]].concat();
        let revocation = alice().revocation_by_hand(&fields, &between, &[]);
        for sources in [
            vec![[key(), revocation.clone()].concat()],
            vec![key(), revocation.clone()],
            vec![revocation.clone(), key()],
        ] {
            let code = refused(&sources, &alice().sign());
            assert_eq!(code, codes::KEY_REVOKED, "{issuer:?}");
        }
        assert_eq!(beside(&revocation), Ok(Err(codes::KEY_REVOKED)));
    }
}

#[test]
fn a_flood_of_revocations_that_fit_nothing_is_bounded_by_what_it_costs() {
    let revocation = alice().about_key_of(&alice(), SignatureType::KeyRevocation, &revoking());
    let mut flood = key();
    for number in 0..18_000_u32 {
        let mut other = revocation.clone();
        let end = other.len();
        other[end - 4..].copy_from_slice(&number.to_be_bytes());
        flood.extend(other);
    }
    let error = ring(&[flood]).expect_err("too much work");
    assert!(error.to_string().contains("signatures to check"), "{error}");
}
