//! One bit that is flipped in anything signed never allows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::Value;

use doorward_core::{Digest, Witness};
use doorward_sigstore::Authority;

use super::support::{Found, Kind, World, sign};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const LOG: &str = "dev.sigstore.cosign/bundle";

/// What of a bundle is signed, or is what a signature is held against.
const SIGNED: [&str; 8] = [
    "/dsseEnvelope/payload",
    "/dsseEnvelope/signatures/0/sig",
    "/verificationMaterial/certificate/rawBytes",
    "/verificationMaterial/tlogEntries/0/canonicalizedBody",
    "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp",
    "/verificationMaterial/tlogEntries/0/inclusionProof/rootHash",
    "/verificationMaterial/tlogEntries/0/inclusionProof/hashes/0",
    "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp",
];
/// Of newer logs the checkpoint alone says what the root is.
const ROOT: usize = 5;
/// The token of a time-stamping authority.
const TOKEN: usize = 7;

struct Case {
    digest: Digest,
    found: Found,
    authority: Authority,
}

fn cases() -> Vec<Case> {
    let world = World::open();
    let of = |set: &str, image: &str, authority: Authority| {
        let (digest, found) = world.only(set, image);
        Case {
            digest,
            found,
            authority,
        }
    };
    vec![
        of("keyless", "v1-email", world.by_developer()),
        of("keyless", "v2-email", world.by_developer()),
        of("keyless", "legacy-email", world.by_developer()),
        of(
            "static-fallback",
            "bundle-key",
            world.by_key("keys/key1.pub", false, &[]),
        ),
        of(
            "static-fallback",
            "legacy-key",
            world.by_key("keys/key1.pub", false, &[]),
        ),
        of(
            "static-fallback",
            "legacy-rsa",
            world.by_key("keys/rsa.pub", false, &[]),
        ),
        of(
            "static-fallback",
            "legacy-p384",
            world.by_key("keys/p384.pub", false, &[]),
        ),
        of(
            "static-fallback",
            "legacy-ed25519",
            world.by_key("keys/ed25519.pub", false, &[]),
        ),
        of(
            "keyless",
            "key-rekor1-legacy",
            world.by_key("keys/key1.pub", true, &[]),
        ),
    ]
}

/// A bit of the bytes, flipped.
fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    let bit = at % (bytes.len() * 8);
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

fn flip_base64(text: &str, at: usize) -> String {
    STANDARD.encode(flip(&STANDARD.decode(text).unwrap(), at))
}

/// The same with one bit flipped in a part of it. Returns `None` if it has no such part.
fn flipped(found: &Found, part: usize, at: usize) -> Option<Found> {
    let mut other = found.clone();
    if found.kind == Kind::Bundle {
        let mut json = found.json();
        let newer = json
            .pointer("/verificationMaterial/tlogEntries/0/integratedTime")
            .is_none();
        let part = part % SIGNED.len();
        if newer && part == ROOT {
            return None;
        }
        let member = json.pointer_mut(SIGNED[part])?;
        *member = flip_base64(member.as_str()?, at).into();
        return Some(found.with_json(&json));
    }
    match part % 4 {
        0 => other.bytes = flip(&found.bytes, at).into(),
        1 => {
            let signature = other.annotations.get_mut(SIGNATURE)?;
            *signature = flip_base64(signature, at);
        }
        part => {
            let log = other.annotations.get_mut(LOG)?;
            let mut json: Value = serde_json::from_str(log).unwrap();
            let member = match part {
                2 => &mut json["SignedEntryTimestamp"],
                _ => &mut json["Payload"]["body"],
            };
            *member = flip_base64(member.as_str()?, at).into();
            *log = json.to_string();
        }
    }
    Some(other)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_never_allows(case in 0_usize..9, part in 0_usize..8, at in 0_usize..1 << 20) {
        let case = &cases()[case];
        let Some(found) = flipped(&case.found, part, at) else {
            return Ok(());
        };
        if let Ok(candidate) = found.candidate() {
            let outcome = sign(&candidate, &case.digest, &case.authority);
            let is_token = case.found.kind == Kind::Bundle && part == TOKEN;
            match outcome {
                // A token has parts around what its authority signed: they may differ, and what it says may not.
                Ok(accepted) if is_token => {
                    let control = case.found.candidate().unwrap();
                    let control = sign(&control, &case.digest, &case.authority).unwrap();
                    prop_assert_eq!(accepted.signed_at(), control.signed_at());
                    prop_assert_eq!(accepted.evidence(), control.evidence());
                }
                outcome => prop_assert!(outcome.is_err(), "{outcome:?}"),
            }
        }
    }
}

#[test]
fn without_a_flip_each_of_them_is_allowed() {
    for case in cases() {
        let candidate = case.found.candidate().unwrap();
        sign(&candidate, &case.digest, &case.authority).unwrap();
    }
}
