//! What the tests share: a driver without I/O over servers that are maps or folders, and the tally.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use doorward_core::transcript::{Recording, Replay, Transcript};
use doorward_core::{
    Answer, Budget, Code, Digest, Fetch, FetchError, Fetched, Meter, Proof, Rejection, Resource,
    Run, Session, Timestamp, Turn,
};
use doorward_notary::{NotarySession, Pins, Remembered, SessionInput, Signer, Wanted};
use doorward_testkit::{Cases, Given, ask_at_once};

pub mod client;

/// The folder with the cases: the crate's own, packed, or `$DOORWARD_CASES/notary`, relative to the workspace root.
pub fn cases() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => crate_root.join("../..").join(root).join("notary"),
        None => crate_root.join("tests/vectors"),
    }
}

/// The folder with what a real server served.
pub fn live() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live")
}

/// A trust server that is a folder, laid out as its URLs below `_trust/tuf/`. A file `NAME.status` says which HTTP
/// status answers for NAME.
pub fn folder(root: &Cases, file: &str) -> Answer {
    if let Some(status) = root.read(&format!("{file}.status")) {
        let status = std::str::from_utf8(status).expect("a status");
        return Err(status_error(status.trim().parse().expect("a status")));
    }
    match root.read(file) {
        Some(bytes) => Ok(Fetched::new(bytes.clone(), None, format!("folder/{file}"))),
        None => Err(FetchError::NotFound),
    }
}

/// What a status means, as the transport says it.
pub fn status_error(status: u16) -> FetchError {
    let detail = format!("the server answered {status}");
    match status {
        401 | 403 => FetchError::Unauthorized { detail },
        404 => FetchError::NotFound,
        500..=599 => doorward_testkit::outage(&detail),
        _ => FetchError::Unavailable { detail },
    }
}

/// One question to one collection.
#[derive(Clone)]
pub struct Question {
    pub gun: String,
    pub wanted: Wanted,
    pub signers: Vec<Signer>,
    pub pins: Pins,
    pub now: Timestamp,
    pub max_staleness: i64,
}

impl Question {
    /// For a tag, believing the first root.
    pub fn tag(gun: &str, tag: &str, now: Timestamp) -> Self {
        Self {
            gun: gun.to_owned(),
            wanted: Wanted::Tag(tag.to_owned()),
            signers: Vec::new(),
            pins: Pins::FirstUse,
            now,
            max_staleness: 0,
        }
    }

    /// What is recorded of a request for a file. The bound is that of the largest: the session checks its own.
    fn fetch(&self, file: &str) -> Fetch {
        let resource = Resource::NotaryMetadata {
            servers: vec!["https://trust.example".to_owned()],
            gun: self.gun.parse().expect("a repository"),
            file: file.to_owned(),
        };
        Fetch::new(resource, usize::MAX)
    }

    pub fn input(&self, remembered: Option<Remembered>) -> SessionInput {
        SessionInput {
            gun: self.gun.parse().expect("a repository"),
            servers: vec!["https://trust.example".to_owned()],
            wanted: self.wanted.clone(),
            signers: self.signers.clone(),
            pins: self.pins.clone(),
            max_staleness: self.max_staleness,
            remembered,
            now: self.now,
        }
    }
}

/// How a session went.
pub struct Outcome {
    pub result: Result<Proof, Rejection>,
    /// What is remembered from now on.
    pub remembered: Option<Remembered>,
    /// The files asked for, in groups that went out together.
    pub asked: Vec<Vec<String>>,
    /// Public-key operations.
    pub signatures: usize,
    /// The session, for what it verified.
    pub session: NotarySession,
}

impl Outcome {
    pub fn code(&self) -> Option<Code> {
        self.result.as_ref().err().map(Rejection::code)
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.result.as_ref().ok().map(Proof::digest)
    }
}

/// Runs a session against a server, and carries what is remembered through its written form.
pub fn run(
    question: &Question,
    remembered: Option<&Remembered>,
    server: &mut dyn FnMut(&str) -> Answer,
) -> Outcome {
    let session = || NotarySession::new(question.input(remembered.cloned()));
    let recording = Recording::new();
    let outcome = drive(session(), remembered, &mut |file| {
        let fetch = question.fetch(file);
        ask_at_once(&recording.fetcher(Given(server(file))), &fetch)
    });
    // Every run is made again from what was written down.
    let bytes = recording.transcript().expect("small").to_bytes();
    let transcript = Transcript::from_bytes(&bytes.expect("small")).expect("a transcript");
    let replay = Replay::new(transcript);
    let again = drive(session(), remembered, &mut |file| {
        ask_at_once(&replay, &question.fetch(file))
    });
    assert_eq!(told(&outcome), told(&again));
    assert_eq!(replay.missing(), None);
    outcome
}

/// What came of a session, as far as a report has it and more.
fn told(outcome: &Outcome) -> String {
    let result = match &outcome.result {
        Ok(proof) => format!("{proof:?}"),
        Err(rejection) => format!("{} {rejection} {:?}", rejection.code(), rejection.causes()),
    };
    let remembered = outcome.remembered.as_ref().map(Remembered::to_bytes);
    format!(
        "{result} {:?} {:?} {remembered:?} {:?}",
        outcome.asked,
        outcome.session.notes(),
        outcome.session.expiries(),
    )
}

pub fn drive(
    session: NotarySession,
    remembered: Option<&Remembered>,
    server: &mut dyn FnMut(&str) -> Answer,
) -> Outcome {
    let mut meter = Meter::new(Budget::default());
    let mut run = Run::new(session);
    let mut answers = Vec::new();
    let mut asked = Vec::new();
    let result = loop {
        let fetches = match run.turn(answers, &mut meter) {
            Turn::Done(result) => break result,
            Turn::Fetch(fetches) => fetches,
        };
        assert!(asked.len() < 64, "a session ends");
        let mut names = Vec::new();
        answers = Vec::new();
        for fetch in fetches {
            let Resource::NotaryMetadata { file, .. } = &fetch.resource else {
                panic!("only trust metadata is asked for: {fetch:?}");
            };
            names.push(file.clone());
            answers.push(fetch.check(server(file)));
        }
        asked.push(names);
    };
    let session = run.into_session();
    let remembered = match session.remembers() {
        Some(bytes) => Some(Remembered::from_bytes(&bytes).expect("what was written is read")),
        None => remembered.cloned(),
    };
    Outcome {
        result,
        remembered,
        asked,
        signatures: meter.signatures(),
        session,
    }
}

/// A server that is a map.
pub fn map(files: &BTreeMap<String, Vec<u8>>, file: &str) -> Answer {
    match files.get(file) {
        Some(bytes) => Ok(Fetched::new(Bytes::from(bytes.clone()), None, file)),
        None => Err(FetchError::NotFound),
    }
}

/// Counts cases and prints one line for each that failed.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    pub fn record(&mut self, id: &str, failure: Option<String>) {
        match failure {
            None => self.passed += 1,
            Some(failure) => {
                self.failed += 1;
                println!("FAIL {id}: {failure}");
            }
        }
    }

    /// Prints the sum and fails if any case failed or none ran.
    pub fn finish(self) {
        println!("{} passed, {} failed", self.passed, self.failed);
        assert_eq!(self.failed, 0, "cases failed, see above");
        assert_ne!(self.passed, 0, "no case ran");
    }
}
