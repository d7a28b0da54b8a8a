//! A whole Notary v1 session against a trust server that answers what it likes, in any mixture of truth and lies. It
//! ends, within its bounds, and proves an image only if the collection's publisher released it at a time not before
//! what is remembered.

#![no_main]

use bytes::Bytes;
use doorward_core::{
    CheckedAnswer, Fetch, FetchError, Fetched, Resource, Session, Step, Timestamp,
};
use doorward_fuzz::notary::{NOW, SERVED, Served, meter};
use doorward_notary::{NotarySession, Pins, Remembered, SessionInput, Signer, Wanted};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    collection: u8,
    /// The state that the server is in.
    state: u8,
    /// The state that is remembered.
    remembered: Option<u8>,
    tag: u8,
    form: Form,
    /// One bit for each signer that is demanded.
    signers: u8,
    pins: Pinning,
    survey: bool,
    max_staleness: u32,
    /// Seconds from the usual time.
    later: i32,
    /// What is answered in turn; then the truth, or, with `again`, the same from the start.
    answers: Vec<Reply>,
    again: bool,
}

#[derive(Arbitrary, Debug)]
enum Form {
    Digest,
    Tag,
    TagAndDigest,
}

#[derive(Arbitrary, Debug)]
enum Pinning {
    FirstUse,
    Keys,
    None,
    OtherKeys,
}

#[derive(Arbitrary, Debug)]
enum Reply {
    Bytes(Vec<u8>),
    /// The honest file with some bits changed.
    Changed {
        at: u16,
        bits: u8,
    },
    Honest,
    /// The same name in another state.
    InState(u8),
    Insecure,
    Malformed,
    NotFound,
    NotSupported,
    /// Any file of any state of any collection.
    Other {
        collection: u8,
        state: u8,
        file: u8,
    },
    TooLarge,
    Truncated {
        length: u16,
    },
    Unauthorized,
    Unavailable,
}

/// Rounds that no session needs: the first contact, sixteen steps of sixteen roots, and the tree of delegations.
const ROUNDS: usize = 64;

fn pick<T>(list: &[T], index: u8) -> &T {
    &list[usize::from(index) % list.len()]
}

fuzz_target!(|input: Input| {
    let served = pick(&*SERVED, input.collection);
    let tag = pick(&served.tags, input.tag).clone();
    let digest = doorward_core::Digest::sha256(b"none");
    let known = served
        .states
        .iter()
        .find_map(|state| state.released(&tag))
        .unwrap_or(&digest)
        .clone();
    let signers: Vec<Signer> = served
        .signers
        .iter()
        .enumerate()
        .filter(|(place, _)| input.signers >> (place % 8) & 1 == 1)
        .map(|(_, signer)| signer.clone())
        .collect();
    let (before, first) = match input.remembered {
        None => (None, 0),
        Some(index) => {
            let index = usize::from(index) % served.states.len();
            (Some(&served.states[index].remembered), index)
        }
    };
    let now = NOW.plus(i64::from(input.later));
    let mut session = NotarySession::new(SessionInput {
        gun: served.gun.parse().expect("a repository"),
        servers: vec!["https://trust.example".to_owned()],
        wanted: match input.form {
            Form::Digest => Wanted::Digest(known.clone()),
            Form::Tag => Wanted::Tag(tag.clone()),
            Form::TagAndDigest => Wanted::TagAndDigest(tag.clone(), known.clone()),
        },
        signers: signers.clone(),
        pins: match input.pins {
            Pinning::FirstUse => Pins::FirstUse,
            Pinning::Keys => served.pins(),
            Pinning::None => Pins::None,
            Pinning::OtherKeys => pick(&*SERVED, input.collection.wrapping_add(1)).pins(),
        },
        max_staleness: i64::from(input.max_staleness),
        remembered: before.cloned(),
        now,
    });
    if input.survey {
        session = session.surveying();
    }

    let mut replies = 0;
    let mut meter = meter();
    let mut answers = Vec::new();
    let mut rounds = 0;
    let verdict = loop {
        rounds += 1;
        assert!(rounds <= ROUNDS, "the session does not end");
        match session.advance(std::mem::take(&mut answers), &mut meter) {
            Step::Done(verdict) => break verdict,
            Step::Fetch(fetches) => {
                assert!(!fetches.is_empty() && fetches.len() <= 65);
                for fetch in &fetches {
                    let reply = if input.again && !input.answers.is_empty() {
                        input.answers.get(replies % input.answers.len())
                    } else {
                        input.answers.get(replies)
                    };
                    replies += 1;
                    let honest = honest(fetch, served, usize::from(input.state));
                    answers.push(answer(fetch, reply, honest, served));
                }
            }
        }
    };
    remembers(&session, before, now);
    if let Ok(proof) = verdict {
        assert!(
            !matches!(input.pins, Pinning::OtherKeys),
            "proved under pins of another collection"
        );
        assert!(
            before.is_some() || !matches!(input.pins, Pinning::None),
            "proved without a root of trust"
        );
        let identity = proof.evidence()[0].identity.clone().expect("a name");
        let released = identity
            .strip_prefix(&format!("{}:", served.gun))
            .expect("the name of the collection");
        if !matches!(input.form, Form::Digest) {
            assert_eq!(released, tag);
        }
        if !matches!(input.form, Form::Tag) {
            assert_eq!(*proof.digest(), known);
        }
        assert_eq!(proof.evidence().len(), 1 + signers.len());
        assert!(
            served.states[first..].iter().any(|state| state.vouches(
                released,
                proof.digest(),
                &signers
            )),
            "{identity} was not released as {} since state {first}",
            proof.digest(),
        );
    }
});

/// What is to be remembered is written and read alike, and never forgets how far the collection had come.
fn remembers(session: &NotarySession, before: Option<&Remembered>, now: Timestamp) {
    let Some(memory) = session.memory() else {
        return;
    };
    let read = Remembered::from_bytes(&memory.to_bytes()).expect("what was written is read");
    assert_eq!(read, memory);
    if let Some(before) = before {
        assert!(memory.seen() >= before.seen() && memory.asked() >= before.asked().min(now));
        assert!(memory.origin() >= before.origin());
    }
}

fn files(served: &Served, state: usize) -> &std::collections::BTreeMap<String, Bytes> {
    &served.states[state % served.states.len()].files
}

fn honest(fetch: &Fetch, served: &Served, state: usize) -> Option<Bytes> {
    let Resource::NotaryMetadata { gun, file, .. } = &fetch.resource else {
        panic!("only trust metadata is asked for");
    };
    assert_eq!(gun.to_string(), served.gun);
    files(served, state).get(file).cloned()
}

fn answer(
    fetch: &Fetch,
    reply: Option<&Reply>,
    honest: Option<Bytes>,
    served: &Served,
) -> CheckedAnswer {
    let detail = || "fuzz".to_owned();
    let bytes = match reply {
        None | Some(Reply::Honest) => honest.ok_or(FetchError::NotFound)?,
        Some(Reply::Bytes(bytes)) => Bytes::from(bytes.clone()),
        Some(Reply::Changed { at, bits }) => {
            let mut bytes = honest.ok_or(FetchError::NotFound)?.to_vec();
            let at = usize::from(*at) % bytes.len();
            bytes[at] ^= bits;
            bytes.into()
        }
        Some(Reply::InState(state)) => {
            self::honest(fetch, served, usize::from(*state)).ok_or(FetchError::NotFound)?
        }
        Some(Reply::Insecure) => return Err(FetchError::Insecure { detail: detail() }),
        Some(Reply::Malformed) => return Err(FetchError::Malformed { detail: detail() }),
        Some(Reply::NotFound) => return Err(FetchError::NotFound),
        Some(Reply::NotSupported) => return Err(FetchError::NotSupported),
        Some(Reply::Other {
            collection,
            state,
            file,
        }) => {
            let files = files(pick(&*SERVED, *collection), usize::from(*state));
            let place = usize::from(*file) % files.len();
            files.values().nth(place).expect("a file").clone()
        }
        Some(Reply::TooLarge) => {
            return Err(FetchError::TooLarge {
                limit: fetch.max_bytes,
            });
        }
        Some(Reply::Truncated { length }) => {
            let bytes = honest.ok_or(FetchError::NotFound)?;
            bytes.slice(..usize::from(*length) % bytes.len())
        }
        Some(Reply::Unauthorized) => return Err(FetchError::Unauthorized { detail: detail() }),
        Some(Reply::Unavailable) => return Err(FetchError::Unavailable { detail: detail() }),
    };
    Fetched::new(bytes, None, "fuzz").check(fetch)
}
