//! Properties that hold for every input: nothing signed can be changed, and more signatures never harm.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test stops at what it does not expect"
)]

use std::sync::{Arc, LazyLock};

use doorward_core::{Answer, Budget, Digest, FetchError, Fetched, Meter, Session, Step, Timestamp};
use doorward_simple_signing::{
    ContainersPolicy, Keyring, RegistriesD, Requirement, SessionInput, SignatureBlob,
    SignedIdentity, SimpleSession, Store, Subject, UnverifiedClaim, evaluate, parse_signature_list,
    unframe, unverified_claim,
};
use proptest::collection::vec;
use proptest::prelude::*;

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("vectors/", $name)).as_slice()
    };
}

/// Good messages, compressed and not, of three kinds of keys.
const GOOD: [&[u8]; 5] = [
    vector!("signatures/ok-rsa2048.sig"),
    vector!("signatures/compress-none.sig"),
    vector!("signatures/ok-ed25519.sig"),
    vector!("signatures/ok-nistp256.sig"),
    vector!("signatures/plain-ed25519.sig"),
];
/// Messages that are refused, each for another reason.
const BAD: [&[u8]; 6] = [
    vector!("signatures/ok-stranger.sig"),
    vector!("signatures/tampered-payload.sig"),
    vector!("signatures/expired-sig.sig"),
    vector!("signatures/json-not-json.sig"),
    vector!("signatures/clearsigned.sig"),
    vector!("signatures/json-ref-other-tag.sig"),
];

static TRUSTED: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
    let sources = [
        vector!("keys/rsa2048.gpg"),
        vector!("keys/ed25519.gpg"),
        vector!("keys/nistp256.gpg"),
    ];
    vec![Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse(sources).expect("a ring")),
        identity: SignedIdentity::default(),
    }]
});

fn subject() -> Subject {
    let image = "registry.example.com/ns/app:1.0"
        .parse()
        .expect("a reference");
    Subject::new(image, Digest::sha256(vector!("images/oci.manifest.json")))
}

fn now() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().expect("a time")
}

fn allows(messages: &[&[u8]]) -> bool {
    let blobs: Vec<_> = messages
        .iter()
        .map(|m| SignatureBlob::new(*m, "s"))
        .collect();
    let mut meter = Meter::new(Budget::default());
    evaluate(&TRUSTED, &subject(), &blobs, now(), &mut meter).is_ok()
}

/// The JSON inside a message, as far as it can be read.
fn says(message: &[u8]) -> Option<UnverifiedClaim> {
    unverified_claim(message).ok()
}

#[test]
fn the_good_messages_are_good_and_the_bad_ones_bad() {
    for message in GOOD {
        assert!(allows(&[message]));
    }
    for message in BAD {
        assert!(!allows(&[message]));
    }
}

#[test]
fn no_bit_of_an_uncompressed_message_can_be_flipped_to_say_something_else() {
    for message in [GOOD[1], GOOD[4]] {
        let original = says(message);
        for bit in 0..message.len() * 8 {
            let mut changed = message.to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            // Bits that nobody signs, such as the file name of the literal, may change; what is said may not.
            if allows(&[&changed]) {
                assert_eq!(says(&changed), original, "bit {bit}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_flipped_bit_never_makes_a_message_say_something_else(which in 0..GOOD.len(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut changed = GOOD[which].to_vec();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        if allows(&[&changed]) {
            prop_assert_eq!(says(&changed), says(GOOD[which]));
        }
    }

    #[test]
    fn bytes_put_in_or_taken_out_never_make_a_message_say_something_else(
        which in 0..GOOD.len(),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        put in vec(any::<u8>(), 0..40),
    ) {
        let original = GOOD[which];
        let at = at.index(original.len());
        let rest = original.get(at + length..).unwrap_or_default();
        let changed = [&original[..at], &put, rest].concat();
        if allows(&[&changed]) {
            prop_assert_eq!(says(&changed), says(original));
        }
    }

    #[test]
    fn more_signatures_never_turn_accepted_into_refused(
        good in vec(0..GOOD.len(), 0..3),
        bad in vec(0..BAD.len(), 0..6),
        extra in vec(any::<u8>(), 0..60),
        seed in any::<u64>(),
    ) {
        let mut before: Vec<&[u8]> = good.iter().map(|i| GOOD[*i]).collect();
        before.extend(bad.iter().map(|i| BAD[*i]));
        let mut after = before.clone();
        for message in BAD.iter().chain(&[extra.as_slice()]) {
            let at = usize::try_from(seed % (after.len() as u64 + 1)).expect("small");
            after.insert(at, message);
        }
        prop_assert_eq!(allows(&before), !good.is_empty());
        prop_assert_eq!(allows(&after), !good.is_empty());
    }

    #[test]
    fn no_bytes_are_accepted_or_make_a_parser_panic(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(!allows(&[&bytes]));
        let _ = Keyring::parse([bytes.as_slice()]);
        let _ = ContainersPolicy::parse(&bytes);
        let _ = RegistriesD::parse([("a.yaml", bytes.as_slice())]);
        let _ = UnverifiedClaim::from_unverified_json(&bytes);
        let _ = parse_signature_list(&bytes, "s");
        let _ = unframe(&bytes);
    }

    #[test]
    fn no_change_to_a_key_makes_the_parser_panic(at in any::<prop::sample::Index>(), put in vec(any::<u8>(), 0..8)) {
        let mut key = vector!("keys/sub-rsa.asc").to_vec();
        let binary = vector!("keys/uid-revoked.gpg").to_vec();
        let place = at.index(key.len());
        key.splice(place..place, put.iter().copied());
        let _ = Keyring::parse([key.as_slice()]);
        let mut key = binary;
        let place = at.index(key.len());
        let end = (place + put.len()).min(key.len());
        key.splice(place..end, put);
        let _ = Keyring::parse([key.as_slice()]);
    }

    #[test]
    fn a_session_ends_without_a_proof_whatever_it_is_answered(answers in vec(answer(), 0..200)) {
        let subject = subject();
        let mut session = SimpleSession::new(SessionInput {
            located: subject.image().repository().clone(),
            subject,
            requirements: TRUSTED.clone(),
            store: Store::lookaside("https://sigs.example.com", None).expect("a store"),
            now: now(),
        });
        let mut meter = Meter::new(Budget::default());
        let mut given = answers.into_iter();
        let mut next = Vec::new();
        let mut ended = false;
        for _ in 0..20 {
            match session.advance(next, &mut meter) {
                Step::Done(outcome) => {
                    prop_assert!(outcome.is_err());
                    ended = true;
                    break;
                }
                Step::Fetch(fetches) => {
                    next = fetches.iter().zip(given.by_ref()).map(|(fetch, answer)| fetch.check(answer)).collect();
                }
            }
        }
        prop_assert!(ended, "the session does not end");
    }
}

/// Any answer but a good signature.
fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        1 => Just(Err(FetchError::NotFound)),
        3 => Just(Err(FetchError::NotSupported)),
        1 => Just(Err(FetchError::Unavailable { detail: "down".into() })),
        6 => (0..BAD.len()).prop_map(|i| Ok(Fetched::new(BAD[i].to_vec(), None, "s"))),
        1 => vec(any::<u8>(), 0..50).prop_map(|bytes| Ok(Fetched::new(bytes, None, "s"))),
    ]
}
