//! The surveys of an inspection against servers that answer what they like. Each ends, within its budget, and has a
//! section of which programs can read every list and people every table.

#![no_main]

use doorward_core::{
    Answer, Budget, Digest, FetchError, Fetched, Meter, Part, Resource, Run, Section, SurveySession,
};
use doorward_fuzz::notary::{NOW, SERVED};
use doorward_fuzz::{DIGEST, SIGNATURES, image};
use doorward_notary::{NotarySurvey, Pins, SessionInput, Wanted};
use doorward_simple_signing::{SimpleSurvey, Store};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    what: What,
    /// What is answered in turn; then the truth.
    answers: Vec<Reply>,
}

#[derive(Arbitrary, Debug)]
enum What {
    Collection {
        which: u8,
        state: u8,
        remembered: Option<u8>,
        tag: u8,
        is_pinned: bool,
    },
    Stores {
        other: String,
        is_known: bool,
    },
}

#[derive(Arbitrary, Debug)]
enum Reply {
    Bytes(Vec<u8>),
    Changed { at: u16, bits: u8 },
    NotFound,
    NotSupported,
    TooLarge,
    Truth,
    Unavailable,
}

fuzz_target!(|input: Input| {
    let mut replies = input.answers.into_iter();
    match input.what {
        What::Collection {
            which,
            state,
            remembered,
            tag,
            is_pinned,
        } => {
            let served = pick(&*SERVED, which);
            let files = &pick(&served.states, state).files;
            let remembered = remembered.map(|state| pick(&served.states, state));
            let survey = NotarySurvey::new(doorward_notary::SurveyInput {
                session: SessionInput {
                    gun: served.gun.parse().expect("a repository"),
                    servers: vec!["https://trust.example".to_owned()],
                    wanted: Wanted::Tag(pick(&served.tags, tag).clone()),
                    signers: Vec::new(),
                    pins: if is_pinned { served.pins() } else { Pins::None },
                    max_staleness: 0,
                    remembered: remembered.map(|state| state.remembered.clone()),
                    now: NOW,
                },
                unreadable: None,
                scope: "cluster".to_owned(),
                demanded_by: None,
            });
            ends(survey, |resource| {
                let Resource::NotaryMetadata { file, .. } = resource else {
                    panic!("only trust metadata is asked for");
                };
                answer(replies.next(), files.get(file).map(|file| file.to_vec()))
            });
        }
        What::Stores { other, is_known } => {
            let store = |base: String| Store::Lookaside { base, access: None };
            let survey = SimpleSurvey::new(doorward_simple_signing::SurveyInput {
                repository: image().into_repository(),
                located: image().into_repository(),
                digest: is_known.then(|| Digest::clone(&DIGEST)),
                stores: vec![store("https://store.example/s".to_owned()), store(other)],
            });
            let mut known = SIGNATURES.iter();
            ends(survey, |resource| match (replies.next(), resource) {
                (None, Resource::SignatureExtension { .. }) => Err(FetchError::NotSupported),
                (reply, _) => answer(reply, known.next().map(|one| one.to_vec())),
            });
        }
    }
});

fn pick<T>(list: &[T], index: u8) -> &T {
    &list[usize::from(index) % list.len()]
}

fn answer(reply: Option<Reply>, truth: Option<Vec<u8>>) -> Answer {
    let bytes = match reply {
        None | Some(Reply::Truth) => truth.ok_or(FetchError::NotFound)?,
        Some(Reply::Bytes(bytes)) => bytes,
        Some(Reply::Changed { at, bits }) => {
            let mut bytes = truth.ok_or(FetchError::NotFound)?;
            let at = usize::from(at) % bytes.len();
            bytes[at] ^= bits;
            bytes
        }
        Some(Reply::NotFound) => return Err(FetchError::NotFound),
        Some(Reply::NotSupported) => return Err(FetchError::NotSupported),
        Some(Reply::TooLarge) => return Err(FetchError::TooLarge { limit: 1 }),
        Some(Reply::Unavailable) => {
            let detail = "fuzz".to_owned();
            return Err(FetchError::Unavailable { detail });
        }
    };
    Ok(Fetched::new(bytes, None, "fuzz"))
}

fn ends(survey: impl SurveySession, mut fetch: impl FnMut(&Resource) -> Answer) {
    let mut meter = Meter::new(Budget::default());
    let mut run = Run::new(survey);
    let ended = run.to_end(&mut meter, |wanted| fetch(&wanted.resource));
    let section = run.into_session().section(ended);
    is_whole(&section);
}

fn is_whole(section: &Section) {
    for (_, items) in &section.lists {
        serde_json::to_string(items).expect("what is published can be written");
    }
    for part in &section.parts {
        if let Part::Table(table) = part {
            let columns = table.columns.len();
            assert!(table.rows.iter().all(|row| row.len() == columns));
        }
    }
}
