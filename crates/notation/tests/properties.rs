//! What holds for every change of every envelope.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files and stops at what it cannot read"
)]

use std::sync::OnceLock;

use doorward_notation::{Accepted, SignedPayload};
use doorward_testkit::flip_bit;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use support::{Outcome, World};

mod support;

/// The world, and every case whose envelope is accepted with what was accepted.
fn accepted() -> &'static (World, Vec<(Value, Accepted)>) {
    static ACCEPTED: OnceLock<(World, Vec<(Value, Accepted)>)> = OnceLock::new();
    ACCEPTED.get_or_init(|| {
        let world = World::open();
        let accepted =
            world
                .cases
                .iter()
                .filter_map(|case| match world.judge(case, world.envelope(case)) {
                    Outcome::Accepted(accepted) => Some((case.clone(), *accepted)),
                    _ => None,
                });
        let accepted = accepted.collect();
        (world, accepted)
    })
}

/// All that is covered by the signature or by those of the certificates.
fn covered(signed: &SignedPayload) -> impl PartialEq + std::fmt::Debug + '_ {
    (
        signed.payload(),
        (signed.scheme(), signed.signing_time(), signed.expiry()),
        signed.extended_attributes(),
        signed.chain(),
        signed.signature(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    /// What nobody signed, such as the name of the program, may change without consequence.
    #[test]
    fn no_bit_of_an_envelope_changes_what_is_accepted(case: Index, bit: Index) {
        let (world, accepted) = accepted();
        let (case, before) = case.get(accepted);
        let envelope = world.envelope(case).expect("an envelope");
        let flipped = flip_bit(envelope, bit.index(envelope.len() * 8));
        if let Outcome::Accepted(after) = world.judge(case, Some(&flipped)) {
            prop_assert_eq!(covered(after.signed()), covered(before.signed()), "{}", &case["id"]);
        }
    }

    #[test]
    fn no_end_of_an_envelope_is_dispensable(case: Index, length: Index) {
        let (world, accepted) = accepted();
        let (case, _) = case.get(accepted);
        let envelope = world.envelope(case).expect("an envelope");
        // White space behind a JWS may go.
        let whole = envelope.trim_ascii_end();
        let cut = &whole[..length.index(whole.len())];
        let outcome = world.judge(case, Some(cut));
        prop_assert!(!outcome.is_accept(), "{}", &case["id"]);
    }

    #[test]
    fn arbitrary_bytes_are_no_envelope(bytes: Vec<u8>, case: Index) {
        let (world, accepted) = accepted();
        let (case, _) = case.get(accepted);
        prop_assert!(!world.judge(case, Some(&bytes)).is_accept());
    }
}
