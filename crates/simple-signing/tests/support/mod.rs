//! What the conformance runners share: where the cases are, a driver without I/O, and the tally.

use std::path::{Path, PathBuf};

use doorward_core::transcript::{Recording, Replay, Transcript};
use doorward_core::{
    Answer, Budget, Code, Digest, Fetch, FetchError, Fetched, Meter, Proof, Rejection, Repository,
    Resource, Run, Timestamp,
};
use doorward_simple_signing::{Requirement, SessionInput, SimpleSession, Store, Subject};
use doorward_testkit::{Given, ask_at_once};

/// The folder with the cases: the crate's own copy in `tests/<own>`, or `$DOORWARD_CASES/<shared>`, relative to the
/// workspace root.
pub fn cases(own: &str, shared: &str) -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => crate_root.join("../..").join(root).join(shared),
        None => crate_root.join("tests").join(own),
    }
}

/// How a case ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Got {
    Accept,
    Reject(Code, String),
}

impl From<Rejection> for Got {
    fn from(rejection: Rejection) -> Self {
        Self::Reject(rejection.code(), rejection.detail().to_owned())
    }
}

/// Counts cases and prints one line for each that failed.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    /// Records a case whose expected verdict is `accept`, `reject`, or anything else for either.
    pub fn record(&mut self, id: &str, expected: &str, got: &Got) {
        let word = match got {
            Got::Accept => "accept",
            Got::Reject(..) => "reject",
        };
        if !matches!(expected, "accept" | "reject") || expected == word {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        match got {
            Got::Accept => println!("FAIL {id}: expected {expected}, got {word}, code -"),
            Got::Reject(code, detail) => {
                println!("FAIL {id}: expected {expected}, got {word}, code {code}: {detail}");
            }
        }
    }

    pub fn skip(&self, what: &str, why: &str) {
        println!("skip {what}: {why}");
    }

    /// Prints the sum and fails if any case failed or none ran.
    pub fn finish(self) {
        println!("{} passed, {} failed", self.passed, self.failed);
        assert_eq!(self.failed, 0, "cases failed, see above");
        assert_ne!(self.passed, 0, "no case ran");
    }
}

/// A registry and a store that live in two closures.
pub struct World<'a> {
    pub extension: &'a dyn Fn() -> Answer,
    /// Answers by URL and credentials.
    pub lookaside: &'a dyn Fn(&str, Option<&doorward_core::Basic>) -> Answer,
}

/// One session's question.
pub struct Question {
    pub image: String,
    pub digest: Digest,
    pub located: Option<Repository>,
    pub requirements: Vec<Requirement>,
    pub store: Store,
    pub now: Timestamp,
    pub skip_unreadable: bool,
}

/// Runs a session to its end, checking every answer against its bound as a driver does.
pub fn run(question: Question, world: &World<'_>) -> Got {
    let image = match question.image.parse::<doorward_core::Reference>() {
        Ok(image) => image,
        Err(error) => return Got::Reject(Code::REFERENCE_INVALID, error.to_string()),
    };
    let subject = Subject::new(image, question.digest);
    let located = question
        .located
        .unwrap_or_else(|| subject.image().repository().clone());
    let session = || {
        let session = SimpleSession::new(SessionInput {
            subject: subject.clone(),
            located: located.clone(),
            requirements: question.requirements.clone(),
            store: question.store.clone(),
            now: question.now,
        });
        if question.skip_unreadable {
            session.skipping_unreadable()
        } else {
            session
        }
    };
    let recording = Recording::new();
    let got = drive(session(), &mut |fetch| {
        ask_at_once(&recording.fetcher(Given(answer(fetch, world))), fetch)
    });
    // Every run is made again from what was written down.
    let bytes = recording.transcript().expect("small").to_bytes();
    let transcript = Transcript::from_bytes(&bytes.expect("small")).expect("a transcript");
    let replay = Replay::new(transcript);
    let again = drive(session(), &mut |fetch| ask_at_once(&replay, fetch));
    let told = |result: &Result<Proof, Rejection>| match result {
        Ok(proof) => format!("{proof:?}"),
        Err(rejection) => format!("{} {rejection} {:?}", rejection.code(), rejection.causes()),
    };
    assert_eq!(told(&got), told(&again));
    assert_eq!(replay.missing(), None);
    match got {
        Ok(_) => Got::Accept,
        Err(rejection) => rejection.into(),
    }
}

fn drive(
    session: SimpleSession,
    ask: &mut dyn FnMut(&Fetch) -> Answer,
) -> Result<Proof, Rejection> {
    let mut meter = Meter::new(Budget::default());
    Run::new(session).to_end(&mut meter, ask)
}

fn answer(fetch: &Fetch, world: &World<'_>) -> Answer {
    match &fetch.resource {
        Resource::SignatureExtension { .. } => (world.extension)(),
        Resource::Lookaside { url, access } => (world.lookaside)(url, access.as_ref()),
        other => panic!("a simple session never asks for {other}"),
    }
}

/// An answer with these bytes.
pub fn bytes(content: impl Into<Vec<u8>>, source: &str) -> Answer {
    Ok(Fetched::new(content.into(), None, source))
}

/// What a server's status other than 200 is to a session.
pub fn status(code: u16) -> FetchError {
    match code {
        404 => FetchError::NotFound,
        401 | 403 => FetchError::Unauthorized {
            detail: format!("status {code}"),
        },
        _ => FetchError::Unavailable {
            detail: format!("status {code}"),
        },
    }
}

/// The index at the end of a lookaside URL.
pub fn index(url: &str) -> usize {
    let url = url.split('?').next().unwrap_or_default();
    let (_, index) = url.rsplit_once("/signature-").expect("a signature address");
    index.parse().expect("an index")
}
