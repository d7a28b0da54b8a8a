//! What a trusted key signed and is no claim, through a whole session.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at what it does not expect, and uses a part of what the runners share"
)]

use doorward_simple_signing::codes;
use std::sync::Arc;

use doorward_core::{Digest, FetchError};
use doorward_simple_signing::{Keyring, Requirement, SignedIdentity, Store};

use support::{Got, Question, World, bytes, index, run};

mod support;

fn decide(signature: &'static [u8]) -> Got {
    let key: &[u8] = include_bytes!("vectors/keys/rsa2048.gpg");
    let lookaside = |url: &str, _: Option<&doorward_core::Basic>| match index(url) {
        1 => bytes(signature, url),
        _ => Err(FetchError::NotFound),
    };
    run(
        Question {
            image: "registry.example.com/ns/app:1.0".to_owned(),
            digest: Digest::sha256(include_bytes!("vectors/images/oci.manifest.json")),
            located: None,
            requirements: vec![Requirement::SignedBy {
                keyring: Arc::new(Keyring::parse([key]).expect("a ring")),
                identity: SignedIdentity::default(),
            }],
            store: Store::lookaside("https://sigs.example.com", None).expect("a store"),
            now: "2026-11-21T00:00:00Z".parse().expect("a time"),
            skip_unreadable: false,
        },
        &World {
            extension: &|| Err(FetchError::NotSupported),
            lookaside: &lookaside,
        },
    )
}

#[test]
fn what_a_trusted_key_signed_and_is_no_claim_is_refused_as_an_invalid_payload() {
    for signature in [
        include_bytes!("vectors/signatures/json-not-json.sig").as_slice(),
        include_bytes!("vectors/signatures/json-critical-extra.sig"),
    ] {
        match decide(signature) {
            Got::Reject(codes::PAYLOAD_INVALID, _) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_same_payload_by_a_key_that_is_not_trusted_is_not_even_read() {
    match decide(include_bytes!("vectors/signatures/ok-stranger.sig")) {
        Got::Reject(codes::UNKNOWN_KEY, _) => {}
        other => panic!("{other:?}"),
    }
}
