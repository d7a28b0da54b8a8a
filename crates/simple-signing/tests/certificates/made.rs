//! Keys, revocations and claims that GnuPG made (`vectors/revocations/make.sh`): what revokes for it revokes here.

use doorward_simple_signing::codes;
use doorward_simple_signing::{Keyring, KeyringError};
use doorward_testkit::Cases;

use crate::build::{ask, refused, with};

fn folder(name: &str) -> Cases {
    Cases::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"))
        .below(&format!("revocations/{name}"))
}

fn file(folder: &Cases, name: &str) -> Vec<u8> {
    folder.read(name).expect("a file").to_vec()
}

/// A text of two armored blocks, one behind the other.
fn joined(one: &[u8], other: &[u8]) -> Vec<u8> {
    [one, b"\n", other].concat()
}

/// `source` as it is between the lines of armor.
fn binary(source: &[u8]) -> Vec<u8> {
    use pgp::armor::Dearmor;
    use std::io::Read as _;
    let mut bytes = Vec::new();
    Dearmor::new(source).read_to_end(&mut bytes).expect("armor");
    bytes
}

#[test]
fn a_revocation_with_any_hash_that_gnupg_makes_ends_a_key_of_any_kind_that_may_sign() {
    let mut seen = 0;
    let cases = folder("made");
    for kind in cases.folders() {
        let folder = cases.below(kind);
        let (key, claim) = (file(&folder, "key.asc"), file(&folder, "claim.sig"));
        assert!(ask(std::slice::from_ref(&key), &claim).is_ok(), "{kind}");
        for hash in folder.paths() {
            if matches!(hash, "key.asc" | "claim.sig") {
                continue;
            }
            let revocation = file(&folder, hash);
            let behind = [binary(&key), binary(&revocation)].concat();
            for sources in [
                vec![behind],
                vec![joined(&key, &revocation)],
                vec![joined(&revocation, &key)],
                vec![key.clone(), revocation.clone()],
            ] {
                let code = refused(&sources, &claim);
                assert_eq!(code, codes::KEY_REVOKED, "{kind}, {hash}");
            }
            let ring = Keyring::with_revocations([key.as_slice()], [revocation.as_slice()]);
            let verdict = with(ring.expect("a ring"), &claim);
            assert_eq!(
                verdict.map(|_| ()).map_err(|refusal| refusal.code()),
                Err(codes::KEY_REVOKED),
                "{kind}, {hash}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen}");
}

#[test]
fn a_subkey_that_was_revoked_with_sha_1_is_refused() {
    let folder = folder("subkey");
    let claim = file(&folder, "claim.sig");
    let [before, after] = ["before.asc", "after.asc"].map(|name| file(&folder, name));
    assert!(ask(std::slice::from_ref(&before), &claim).is_ok());
    for sources in [
        vec![after.clone()],
        vec![before.clone(), after.clone()],
        vec![after, before],
    ] {
        assert_eq!(refused(&sources, &claim), codes::KEY_REVOKED);
    }
}

#[test]
fn a_revocation_by_a_named_revoker_counts_although_no_signature_of_that_kind_of_key_is_checked() {
    let cases = folder("designated");
    for kind in cases.folders() {
        let folder = cases.below(kind);
        let [key, revoker, revocation, claim] =
            ["key.asc", "revoker.asc", "revocation.asc", "claim.sig"]
                .map(|name| file(&folder, name));
        let both = vec![key.clone(), revoker.clone()];
        assert!(ask(&both, &claim).is_ok(), "{kind}");
        for sources in [
            vec![key.clone(), revoker.clone(), revocation.clone()],
            vec![
                [binary(&key), binary(&revocation)].concat(),
                revoker.clone(),
            ],
            vec![revocation.clone(), revoker.clone(), key.clone()],
        ] {
            assert_eq!(refused(&sources, &claim), codes::KEY_REVOKED, "{kind}");
        }
        // Without the revoker's key nobody can tell, as for GnuPG.
        assert!(ask(&[key, revocation], &claim).is_ok(), "{kind}");
    }
}

#[test]
fn a_primary_key_that_is_not_accepted_binds_no_subkey() {
    for (kind, what) in [
        ("rsa1024", "an RSA key of 1024 bits"),
        ("dsa2048", "DSA"),
        ("secp256k1", "ECDSA key on secp256k1"),
        ("brainpoolP256r1", "ECDSA key on brainpoolP256r1"),
    ] {
        let folder = folder("certifier").below(kind);
        let (key, claim) = (file(&folder, "key.asc"), file(&folder, "claim.sig"));
        let refusal = ask(std::slice::from_ref(&key), &claim).expect_err("refused");
        assert_eq!(refusal.code(), codes::KEYRING_INVALID);
        assert!(refusal.detail().contains(what), "{kind}: {refusal}");
        // Beside a good key the ring stands, and the claim is refused for the primary key.
        let good = file(&self::folder("made/ed25519"), "key.asc");
        let refusal = ask(&[key, good], &claim).expect_err("refused");
        assert_eq!(refusal.code(), codes::KEY_UNUSABLE);
        assert!(refusal.detail().contains("its primary key, "), "{refusal}");
        assert!(refusal.detail().contains(what), "{kind}: {refusal}");
    }
}

#[test]
fn a_certificate_bound_with_sha_1_or_sha_224_is_accepted_as_by_gnupg_and_others_are_refused_for_the_hash()
 {
    let cases = folder("bound");
    for name in cases.folders() {
        let folder = cases.below(name);
        let sources = [file(&folder, "key.asc")];
        let verdict = ask(&sources, &file(&folder, "claim.sig"));
        if name.ends_with("-RIPEMD160") {
            let refusal = verdict.expect_err("refused");
            assert!(refusal.detail().contains("RIPEMD160"), "{name}: {refusal}");
        } else {
            assert!(verdict.is_ok(), "{name}");
        }
    }
}

#[test]
fn an_expiry_that_gnupg_set_with_a_hash_that_does_not_bind_ends_the_key_and_the_subkey() {
    let cases = folder("forbids");
    for part in cases.folders() {
        let folder = cases.below(part);
        let [before, after, claim] =
            ["before.asc", "after.asc", "claim.sig"].map(|name| file(&folder, name));
        assert!(ask(std::slice::from_ref(&before), &claim).is_ok(), "{part}");
        for sources in [
            vec![before.clone(), after.clone()],
            vec![after.clone(), before.clone()],
            vec![joined(&before, &after)],
        ] {
            assert_eq!(refused(&sources, &claim), codes::KEY_EXPIRED, "{part}");
        }
        // Alone, it binds nothing.
        assert!(ask(&[after], &claim).is_err(), "{part}");
    }
}

#[test]
fn a_key_that_gnupg_made_a_subkey_of_others_is_ended_everywhere_by_what_revokes_it_once() {
    let folder = folder("wherever");
    let file = |name: &str| file(&folder, name);
    let claim = file("claim.sig");
    let places = ["own.asc", "alice.asc", "bob.asc"].map(file);
    for place in &places {
        assert!(ask(std::slice::from_ref(place), &claim).is_ok());
    }
    assert!(ask(&places, &claim).is_ok());
    for ended in ["revocation.asc", "own-revoked.asc", "alice-revoked.asc"].map(file) {
        for place in &places {
            for sources in [
                vec![place.clone(), ended.clone()],
                vec![ended.clone(), place.clone()],
                vec![joined(place, &ended)],
            ] {
                assert_eq!(refused(&sources, &claim), codes::KEY_REVOKED);
            }
        }
    }
}

#[test]
fn a_ring_is_not_read_for_minutes_because_its_keys_are_costly() {
    // Revocations that name the key and were made by nobody, each with its own numbers.
    let folder = folder("made/nistp521");
    let key = binary(&file(&folder, "key.asc"));
    let revocation = binary(&file(&folder, "SHA512.asc"));
    let mut flood = key;
    for number in 0..4_000_u32 {
        let mut other = revocation.clone();
        let end = other.len();
        other[end - 4..].copy_from_slice(&number.to_be_bytes());
        flood.extend(other);
    }
    let begun = std::time::Instant::now();
    let error = Keyring::parse([flood.as_slice()]).expect_err("too much work");
    assert!(matches!(error, KeyringError::TooLarge { .. }), "{error}");
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn copies_of_a_signature_are_computed_once() {
    let folder = folder("made/nistp521");
    let key = binary(&file(&folder, "key.asc"));
    let revocation = binary(&file(&folder, "SHA512.asc"));
    let flood = [key, revocation.repeat(4_000)].concat();
    assert_eq!(
        refused(&[flood], &file(&folder, "claim.sig")),
        codes::KEY_REVOKED
    );
}

#[test]
fn a_dsa_key_costs_nothing_however_often_it_is_there() {
    let key = binary(&file(&folder("certifier/dsa2048"), "key.asc"));
    let good = binary(&file(&folder("made/ed25519"), "key.asc"));
    let claim = file(&folder("made/ed25519"), "claim.sig");
    let flood = [good, key.repeat(2_000)].concat();
    let begun = std::time::Instant::now();
    assert!(ask(&[flood], &claim).is_ok());
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
