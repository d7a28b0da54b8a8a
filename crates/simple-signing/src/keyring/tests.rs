use super::*;

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/vectors/keys/", $name)).as_slice()
    };
}

fn refusal(sources: &[&[u8]]) -> KeyringError {
    Keyring::parse(sources.iter().copied()).expect_err("must be refused")
}

#[test]
fn binary_and_armored_sources_give_the_same_ring() {
    let binary = Keyring::parse([key!("rsa2048.gpg")]).expect("valid");
    let armored = Keyring::parse([key!("rsa2048.asc")]).expect("valid");
    assert_eq!(binary.certificates(), armored.certificates());
    assert_eq!(
        binary.fingerprints().collect::<Vec<_>>(),
        ["5FC6D3A3A8F0DF741E1FC391887BFE36F2005A7F"]
    );
    assert_eq!(
        binary.user_ids().collect::<Vec<_>>(),
        ["rsa2048 <rsa2048@lab.example>"]
    );
}

#[test]
fn every_block_of_a_text_and_every_source_counts() {
    let ring = Keyring::parse([key!("ring-armor-concat.asc"), key!("ed25519.gpg")]).expect("valid");
    assert_eq!(ring.certificates().len(), 3);
}

#[test]
fn copies_of_a_key_are_merged() {
    let ring = Keyring::parse([key!("rsa2048.gpg"), key!("rsa2048.asc")]).expect("valid");
    assert_eq!(ring.certificates().len(), 1);
}

#[test]
fn a_revocation_in_one_copy_holds_for_all() {
    let ring =
        Keyring::parse([key!("revoked-none-before.asc"), key!("revoked-none.gpg")]).expect("valid");
    assert_eq!(ring.certificates().len(), 1);
    assert!(ring.components().iter().all(|c| c.revoked.is_some()));
    let before = Keyring::parse([key!("revoked-none-before.asc")]).expect("valid");
    assert!(before.components().iter().all(|c| c.revoked.is_none()));
}

#[test]
fn a_byte_order_mark_before_armor_is_ignored() {
    let text = [b"\xef\xbb\xbf", key!("rsa2048.asc")].concat();
    assert!(Keyring::parse([text.as_slice()]).is_ok());
}

#[test]
fn nothing_and_what_is_not_a_key_are_refused() {
    for source in [&b""[..], b"*****", b"some text", b"\xef\xbb\xbf"] {
        assert_eq!(refusal(&[source]), KeyringError::NotAKey);
    }
    assert_eq!(refusal(&[]), KeyringError::NotAKey);
    assert_eq!(refusal(&[key!("rsa2048.gpg"), b""]), KeyringError::NotAKey);
}

#[test]
fn garbage_after_a_key_is_refused() {
    assert_eq!(
        refusal(&[key!("ring-garbage-after.gpg")]),
        KeyringError::MalformedPacket
    );
}

#[test]
fn a_key_cut_short_is_refused_or_useless_at_every_length() {
    let key = key!("rsa2048.gpg");
    for cut in 0..key.len() {
        assert!(Keyring::parse([&key[..cut]]).is_err(), "{cut}");
    }
}

#[test]
fn a_signature_is_no_key() {
    let signature = include_bytes!("../../tests/vectors/signatures/ok-rsa2048.sig");
    assert_eq!(refusal(&[signature]), KeyringError::NotAKey);
}

#[test]
fn a_ring_in_which_no_key_may_sign_is_refused_with_the_reason() {
    for (key, why) in [
        (key!("rsa2048-bare.gpg"), "self-signature"),
        (key!("rsa2048-uid-nosig.gpg"), "self-signature"),
        (key!("rsa2048-badselfsig.gpg"), "self-signature"),
        (key!("rsa1024.gpg"), "1024 bits"),
        (key!("dsa2048.gpg"), "DSA"),
        (key!("brainpool256.gpg"), "ECDSA"),
        (key!("secp256k1.asc"), "ECDSA"),
        (key!("usage-nosign.asc"), "key flags"),
        (key!("sub-nobacksig.gpg"), "signed its binding back"),
    ] {
        let KeyringError::NoUsableKey { why: got } = refusal(&[key]) else {
            panic!("expected a useless ring");
        };
        assert!(got.contains(why), "{got}");
    }
}

#[test]
fn a_useless_key_does_not_spoil_the_others() {
    let sources = [
        key!("dsa2048.gpg"),
        key!("rsa2048-bare.gpg").as_ref(),
        key!("ed25519.gpg"),
    ];
    assert_eq!(
        Keyring::parse(sources).expect("valid").certificates().len(),
        3
    );
}

#[test]
fn an_expired_or_revoked_key_is_no_error_of_the_ring() {
    for key in [
        key!("expired.gpg"),
        key!("revoked-none.gpg"),
        key!("primary-expired.gpg"),
    ] {
        assert!(Keyring::parse([key]).is_ok());
    }
}

#[test]
fn trust_packets_between_the_packets_of_a_key_are_ignored() {
    let key = key!("rsa2048.gpg");
    // Tag 12 in old format, as in GnuPG's own rings, behind every packet of the key.
    let mut ring = Vec::new();
    let mut rest = key;
    let mut before = rest;
    while let Ok(Some(_)) = packets::next(&mut rest) {
        ring.extend_from_slice(&before[..before.len() - rest.len()]);
        ring.extend([0xb0, 2, 0, 3]);
        before = rest;
    }
    assert!(ring.len() > key.len());
    assert!(Keyring::parse([ring.as_slice()]).is_ok());
}

#[test]
fn a_ring_beyond_the_size_limit_is_refused() {
    let huge = vec![0xb0; KEYRING_BYTES + 1];
    assert!(matches!(
        refusal(&[&huge]),
        KeyringError::TooLarge { unit: "bytes", .. }
    ));
}

#[test]
fn a_flood_of_packets_is_refused() {
    let mut flood = key!("rsa2048.gpg").to_vec();
    flood.extend([0xb0, 0].repeat(crate::limits::KEYRING_PACKETS));
    assert!(matches!(
        refusal(&[&flood]),
        KeyringError::TooLarge {
            unit: "packets",
            ..
        }
    ));
}

#[test]
fn a_flood_of_self_signatures_is_refused_before_it_costs_too_much() {
    // The user ID's binding with other numbers: each costs one verification.
    let key = key!("ed25519.gpg");
    let mut rest = key;
    for _ in 0..2 {
        let packet = packets::next(&mut rest).expect("a packet");
        assert!(packet.is_some());
    }
    let mut flood = key.to_vec();
    for number in 0..=crate::limits::KEYRING_COST {
        let (head, _) = rest.split_last_chunk::<4>().expect("a signature");
        let number = u32::try_from(number).expect("few");
        flood.extend([head, &number.to_be_bytes()].concat());
    }
    let error = refusal(&[&flood]);
    assert!(
        matches!(error, KeyringError::TooLarge { limit, .. } if limit == crate::limits::KEYRING_COST)
    );
    assert!(error.to_string().contains("signatures to check"), "{error}");
}

#[test]
fn debug_output_lists_fingerprints_only() {
    let ring = Keyring::parse([key!("ed25519.gpg")]).expect("valid");
    assert_eq!(
        format!("{ring:?}"),
        "[\"21F302EB0FFBA589BE416E0E37BF2598E987258C\"]"
    );
}

#[test]
fn a_ring_ends_with_the_first_of_its_keys_and_revoked_ones_do_not_count() {
    let expires = |sources: &[&[u8]]| {
        let ring = Keyring::parse(sources.iter().copied()).expect("valid");
        ring.expires()
    };
    assert_eq!(expires(&[key!("rsa2048.gpg")]), None);
    assert_eq!(expires(&[key!("revoked-none.gpg")]), None);
    let end = expires(&[key!("expired.gpg")]).expect("an end");
    assert_eq!(
        expires(&[key!("rsa2048.gpg"), key!("expired.gpg")]),
        Some(end)
    );
    // The key was made on 2024-01-01 and has long been at its end in 2026.
    assert!(end > Timestamp::from_unix(1_704_067_200) && end < Timestamp::from_unix(1_767_225_600));
}
