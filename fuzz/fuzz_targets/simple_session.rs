//! A whole simple-signing session against a registry and a store that answer what they like, in any mixture of
//! truth and lies. It ends, within its bounds, and proves the image only if a real signature for it was among the
//! answers.

#![no_main]

use doorward_core::{
    Budget, CheckedAnswer, Fetch, FetchError, Fetched, Meter, Resource, Session, Step,
};
use doorward_fuzz::{DIGEST, IMAGE, NOW, SIGNATURES, image, is_trusted, requirement, subject};
use doorward_simple_signing::{Requirement, SessionInput, SimpleSession, Store};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    requirements: Vec<Demand>,
    store: Option<String>,
    known_store: bool,
    skip_unreadable: bool,
    answers: Vec<Reply>,
}

#[derive(Arbitrary, Debug)]
enum Demand {
    Reject,
    SignedBy,
    Unsupported,
}

#[derive(Arbitrary, Debug)]
enum Reply {
    Bytes(Vec<u8>),
    Changed { signature: u8, at: u16, bits: u8 },
    Known(u8),
    List(Vec<u8>),
    Malformed,
    NotFound,
    NotSupported,
    TooLarge,
    Truncated { signature: u8, length: u16 },
    Unauthorized,
    Unavailable,
}

fuzz_target!(|input: Input| {
    let signed = input
        .requirements
        .iter()
        .any(|demand| matches!(demand, Demand::SignedBy));
    let requirements = input
        .requirements
        .iter()
        .take(4)
        .map(|demand| match demand {
            Demand::Reject => Requirement::Reject,
            Demand::SignedBy => requirement(),
            Demand::Unsupported => Requirement::Unsupported {
                what: "other".into(),
            },
        })
        .collect();
    let base = if input.known_store {
        Some("https://store.example/s".to_owned())
    } else {
        input.store
    };
    let store = base.map_or(Store::None, |base| Store::Lookaside { base, access: None });
    let mut session = SimpleSession::new(SessionInput {
        subject: subject(),
        located: image().into_repository(),
        requirements,
        store,
        now: NOW,
    });
    if input.skip_unreadable {
        session = session.skipping_unreadable();
    }

    let mut replies = input.answers.into_iter();
    let mut meter = Meter::new(Budget::default());
    let mut answers = Vec::new();
    let mut steps = 0;
    let verdict = loop {
        steps += 1;
        assert!(steps <= 64, "the session does not end");
        match session.advance(std::mem::take(&mut answers), &mut meter) {
            Step::Done(verdict) => break verdict,
            Step::Fetch(fetches) => {
                assert!(!fetches.is_empty() && fetches.len() <= 64);
                answers = fetches
                    .iter()
                    .map(|fetch| reply(fetch, replies.next()))
                    .collect();
            }
        }
    };
    if let Ok(proof) = verdict {
        assert!(signed, "proved without a signature");
        assert_eq!(proof.digest(), &*DIGEST);
        assert!(!proof.evidence().is_empty());
        for evidence in proof.evidence() {
            assert_eq!(evidence.identity.as_deref(), Some(IMAGE));
            assert!(
                evidence.key.as_deref().is_some_and(is_trusted),
                "{evidence:?}"
            );
        }
    }
});

fn reply(fetch: &Fetch, reply: Option<Reply>) -> CheckedAnswer {
    let known = |index: u8| SIGNATURES[usize::from(index) % SIGNATURES.len()].to_vec();
    let bytes = match reply {
        // After the last reply the world is empty, so that a session can come to its end.
        None => match fetch.resource {
            Resource::SignatureExtension { .. } => return Err(FetchError::NotSupported),
            _ => return Err(FetchError::NotFound),
        },
        Some(Reply::Bytes(bytes)) => bytes,
        Some(Reply::Changed {
            signature,
            at,
            bits,
        }) => {
            let mut bytes = known(signature);
            let at = usize::from(at) % bytes.len();
            bytes[at] ^= bits;
            bytes
        }
        Some(Reply::Known(index)) => known(index),
        Some(Reply::List(entries)) => list(&entries),
        Some(Reply::Malformed) => {
            return Err(FetchError::Malformed {
                detail: "fuzz".into(),
            });
        }
        Some(Reply::NotFound) => return Err(FetchError::NotFound),
        Some(Reply::NotSupported) => return Err(FetchError::NotSupported),
        Some(Reply::TooLarge) => {
            return Err(FetchError::TooLarge {
                limit: fetch.max_bytes,
            });
        }
        Some(Reply::Truncated { signature, length }) => {
            let mut bytes = known(signature);
            bytes.truncate(usize::from(length) % bytes.len());
            bytes
        }
        Some(Reply::Unauthorized) => {
            return Err(FetchError::Unauthorized {
                detail: "fuzz".into(),
            });
        }
        Some(Reply::Unavailable) => {
            return Err(FetchError::Unavailable {
                detail: "fuzz".into(),
            });
        }
    };
    Fetched::new(bytes, None, "fuzz").check(fetch)
}

/// A list as the registry's own extension serves it, with known signatures and others.
fn list(entries: &[u8]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .take(40)
        .map(|&entry| {
            let content = SIGNATURES[usize::from(entry) % SIGNATURES.len()];
            serde_json::json!({
                "schemaVersion": if entry & 0x40 == 0 { 2 } else { 1 },
                "name": format!("{}@{entry:032x}", *DIGEST),
                "type": "atomic",
                "content": base64(if entry & 0x80 == 0 { content } else { &content[1..] }),
            })
        })
        .collect();
    serde_json::json!({"signatures": entries})
        .to_string()
        .into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(
                    DIGITS[(group >> (18 - 6 * place) & 63) as usize],
                ));
            } else {
                text.push('=');
            }
        }
    }
    text
}
