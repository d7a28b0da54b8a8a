//! Checks of keys: rings, self-signatures, revocations, subkeys, algorithms and whose key it is.

use super::*;

// 7. Key rings.

#[test]
fn a_second_block_in_a_text_of_keys_is_not_dropped() {
    let keys = [vector("keys/ring-armor-concat.asc")];
    assert!(ask(&keys, vector("signatures/ok-rsa2048.sig"), NOW).is_ok());
    assert!(ask(&keys, vector("signatures/ok-nistp256.sig"), NOW).is_ok());
}

#[test]
fn an_unrevoked_copy_cannot_hide_a_revocation() {
    let keys = [
        vector("keys/revoked-compromised-before.gpg"),
        vector("keys/revoked-compromised.gpg"),
    ];
    for keys in [keys, [keys[1], keys[0]]] {
        let refusal =
            ask(&keys, vector("signatures/ok-revoked-compromised.sig"), NOW).expect_err("revoked");
        assert_eq!(refusal.code(), codes::KEY_REVOKED);
    }
}

#[test]
fn a_private_key_among_the_trusted_keys_is_refused() {
    let private = String::from_utf8_lossy(vector("keys/rsa2048.asc")).replace("PUBLIC", "PRIVATE");
    assert_eq!(
        Keyring::parse([private.as_bytes()]).err(),
        Some(KeyringError::SecretKey)
    );
    // The packet types of secret keys and subkeys, in the old format and in the new.
    for packet in [
        &[0x94, 1, 4][..],
        &[0xc5, 1, 4],
        &[0x9c, 1, 4],
        &[0xc7, 1, 4],
    ] {
        let source = [BESIDE, packet].concat();
        assert_eq!(
            Keyring::parse([source.as_slice()]).err(),
            Some(KeyringError::SecretKey)
        );
    }
}

// 8. Self-signatures.

#[test]
fn a_key_without_a_valid_self_signature_is_not_trusted() {
    for key in [
        vector("keys/rsa2048-bare.gpg"),
        vector("keys/rsa2048-uid-nosig.gpg"),
        vector("keys/rsa2048-badselfsig.gpg"),
    ] {
        assert_eq!(
            refused(key, vector("signatures/ok-rsa2048.sig")),
            codes::KEY_UNUSABLE
        );
    }
}

#[test]
fn a_key_that_expired_after_it_signed_is_refused() {
    assert_eq!(
        refused(
            vector("keys/expired.gpg"),
            vector("signatures/ok-expired.sig")
        ),
        codes::KEY_EXPIRED
    );
}

#[test]
fn the_newest_self_signature_says_until_when_a_key_is_good() {
    let extended = vector("signatures/ok-extended.sig");
    assert!(ask(&[vector("keys/extended.gpg")], extended, NOW).is_ok());
    assert_eq!(
        refused(vector("keys/extended-before.gpg"), extended),
        codes::KEY_EXPIRED
    );
    let shortened = vector("signatures/ok-shortened.sig");
    assert_eq!(
        refused(vector("keys/shortened.gpg"), shortened),
        codes::KEY_EXPIRED
    );
}

#[test]
fn a_certification_by_somebody_else_neither_helps_nor_harms() {
    let message = vector("signatures/ok-thirdparty.sig");
    assert!(ask(&[vector("keys/thirdparty.gpg")], message, NOW).is_ok());
}

#[test]
fn a_key_that_only_certifies_does_not_sign_claims() {
    let key = vector("keys/usage-nosign.asc");
    let ring = Keyring::parse([key]);
    assert!(matches!(ring, Err(KeyringError::NoUsableKey { .. })));
}

// 9. Revocations.

#[test]
fn a_revoked_key_cannot_date_its_signatures_back() {
    for (key, message) in [
        (
            vector("keys/revoked-none.gpg"),
            vector("signatures/ok-revoked-none.sig"),
        ),
        (
            vector("keys/revoked-compromised.gpg"),
            vector("signatures/ok-revoked-compromised.sig"),
        ),
        (
            vector("keys/revoked-superseded.asc"),
            vector("signatures/ok-revoked-superseded.sig"),
        ),
        (
            vector("keys/revoked-unused.gpg"),
            vector("signatures/ok-revoked-unused.sig"),
        ),
    ] {
        for now in [NOW, "2024-07-01T00:00:00Z"] {
            let refusal = ask(&[key], message, now).expect_err("revoked");
            assert_eq!(refusal.code(), codes::KEY_REVOKED);
        }
    }
}

#[test]
fn a_named_revoker_in_the_ring_is_heard() {
    let message = vector("signatures/ok-desig.sig");
    let revoked = vector("keys/desig-revoked.gpg");
    assert!(
        ask(&[revoked], message, NOW).is_ok(),
        "the revoker's key is not there"
    );
    let keys = [revoked, vector("keys/signer2.gpg")];
    for keys in [keys, [keys[1], keys[0]]] {
        let refusal = ask(&keys, message, NOW).expect_err("revoked");
        assert_eq!(refusal.code(), codes::KEY_REVOKED);
    }
}

// 10. Subkeys.

#[test]
fn a_subkey_that_did_not_sign_back_may_be_stolen() {
    assert_eq!(
        refused(
            vector("keys/sub-nobacksig.gpg"),
            vector("signatures/ok-sub-nobacksig.sig")
        ),
        codes::KEY_UNUSABLE
    );
}

#[test]
fn a_foreign_subkey_pasted_onto_a_trusted_key_does_not_sign_for_it() {
    let stolen = vector("keys/rsa2048-stolen-subkey.gpg");
    let refusal =
        ask(&[stolen], vector("signatures/ok-sub-ed25519.sig"), NOW).expect_err("must be refused");
    assert!(
        matches!(refusal.code(), codes::KEY_UNUSABLE | codes::UNKNOWN_KEY),
        "{refusal}"
    );
    assert!(ask(&[stolen], vector("signatures/ok-rsa2048.sig"), NOW).is_ok());
}

#[test]
fn an_expired_or_revoked_subkey_is_refused_although_its_primary_key_is_good() {
    for (key, message, code) in [
        (
            vector("keys/sub-expired.gpg"),
            vector("signatures/ok-sub-expired.sig"),
            codes::KEY_EXPIRED,
        ),
        (
            vector("keys/sub-revoked-hard.gpg"),
            vector("signatures/ok-sub-revoked-hard.sig"),
            codes::KEY_REVOKED,
        ),
        (
            vector("keys/sub-revoked-soft.gpg"),
            vector("signatures/ok-sub-revoked-soft.sig"),
            codes::KEY_REVOKED,
        ),
    ] {
        assert_eq!(refused(key, message), code);
    }
}

#[test]
fn a_subkey_is_not_good_for_longer_than_its_primary_key() {
    assert_eq!(
        refused(
            vector("keys/primary-expired.gpg"),
            vector("signatures/ok-primary-expired.sig")
        ),
        codes::KEY_EXPIRED
    );
}

// 11. Algorithms and lengths.

#[test]
fn a_key_that_can_be_broken_is_refused() {
    for (key, message) in [
        (
            vector("keys/rsa1024.gpg"),
            vector("signatures/ok-rsa1024.sig"),
        ),
        (
            vector("keys/dsa2048.gpg"),
            vector("signatures/ok-dsa2048.sig"),
        ),
        (
            vector("keys/brainpool256.gpg"),
            vector("signatures/ok-brainpool256.sig"),
        ),
    ] {
        assert_eq!(refused(key, message), codes::KEY_UNUSABLE);
    }
}

// 12. Identity.

#[test]
fn a_subkeys_signature_is_reported_under_the_primary_key() {
    let keys = [vector("keys/sub-ed25519.gpg")];
    let accepted = ask(&keys, vector("signatures/ok-sub-ed25519.sig"), NOW).expect("accepted");
    assert_eq!(
        accepted.claims()[0].fingerprint(),
        "50BAD118EC784EF29D7ECF64B79A6F8C67AE5335"
    );
}
