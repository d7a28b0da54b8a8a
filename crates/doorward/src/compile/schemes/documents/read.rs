//! Reads the documents that somebody vouched for, and judges the image by all of them.
//!
//! It takes one round trip: their manifests are known, and all of their contents are asked for together.

use std::sync::Arc;

use doorward_core::{
    CheckedAnswer, Descriptor, Evidence, Fetch, FetchError, Halt, Meter, Pinned, Progress, Proof,
    Rejection, Scheme, Session, Step, Timestamp,
};

use super::content::Reading;
use super::locate::{fetch_of, locate, refused};
use super::report::Statements;
use super::wanted::Wanted;
use super::witness::Judgement;
use super::{Rules, codes};
use crate::attached::Documents;
use crate::vouched::{Vouched, VouchedContent};

pub(super) struct ReadSession {
    scheme: Scheme,
    image: Pinned,
    wanted: Vec<Wanted>,
    rules: Arc<Rules>,
    now: Timestamp,
    state: State,
    notes: Vec<String>,
}

enum State {
    Start(Vec<Documents>),
    Contents(Vec<Kind>),
    Over,
}

/// Where the content of a document is.
enum Held {
    /// In a blob.
    Blob(Descriptor),
    /// In the statement that was signed.
    Stated,
}

/// The documents of one kind, with where their contents are.
struct Kind {
    documents: Vec<(Vouched, Held)>,
    /// Why they cannot all be read, or may not be all.
    unknown: Option<Rejection>,
}

impl ReadSession {
    pub(super) const fn new(
        scheme: Scheme,
        image: Pinned,
        wanted: Vec<Wanted>,
        rules: Arc<Rules>,
        documents: Vec<Documents>,
        now: Timestamp,
    ) -> Self {
        Self {
            scheme,
            image,
            wanted,
            rules,
            now,
            state: State::Start(documents),
            notes: Vec::new(),
        }
    }

    fn start(&mut self, documents: Vec<Documents>, meter: &mut Meter) -> Progress<Proof> {
        let mut kinds = Vec::new();
        for (place, of_kind) in documents.into_iter().enumerate() {
            let Documents {
                vouched, unknown, ..
            } = of_kind;
            let mut kind = Kind {
                documents: Vec::new(),
                unknown,
            };
            for document in vouched {
                let content = match document.content() {
                    VouchedContent::Attached(manifest) => {
                        locate(&document, manifest).map(Held::Blob)
                    }
                    VouchedContent::Stated(_) => Ok(Held::Stated),
                };
                match content {
                    Ok(content) => kind.documents.push((document, content)),
                    Err(rejection) => self.lost(&mut kind.unknown, place, rejection)?,
                }
            }
            if kind.unknown.is_some() {
                kind.documents.clear();
            }
            kinds.push(kind);
        }
        let all = kinds.iter().flat_map(|kind| &kind.documents);
        let fetches: Vec<Fetch> = all
            .filter_map(|(document, content)| match content {
                Held::Blob(content) => Some(fetch_of(document, content)),
                Held::Stated => None,
            })
            .collect();
        if fetches.is_empty() {
            return self.contents(kinds, Vec::new(), meter);
        }
        self.state = State::Contents(kinds);
        Err(Halt::Wants(fetches))
    }

    /// A document of the first kind must be readable. Of another kind, that it is not means that nobody knows what was said.
    fn lost(
        &self,
        unknown: &mut Option<Rejection>,
        place: usize,
        rejection: Rejection,
    ) -> Result<(), Rejection> {
        if place == 0 {
            return Err(rejection);
        }
        unknown.get_or_insert(rejection);
        Ok(())
    }

    fn contents(
        &mut self,
        kinds: Vec<Kind>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Proof> {
        let mut answers = answers.into_iter();
        let mut read = Vec::new();
        for (place, kind) in kinds.into_iter().enumerate() {
            let Kind {
                documents,
                mut unknown,
            } = kind;
            let mut readings = Vec::new();
            for (document, content) in documents {
                let read = match content {
                    Held::Blob(content) => {
                        let answer = answers.next().ok_or_else(Rejection::out_of_step)?;
                        self.read(place, &document, &content, answer)
                    }
                    Held::Stated => self.stated(place, &document),
                };
                match read {
                    Ok(reading) => {
                        // Each is bounded by its own size; this bounds them all before the next is read.
                        meter.steps(reading.steps())?;
                        readings.push(reading);
                    }
                    Err(rejection) => self.lost(&mut unknown, place, rejection)?,
                }
            }
            read.push((readings, unknown));
        }
        let mut read = read.into_iter();
        let (documents, _) = read.next().unwrap_or_default();
        let (statements, unknown) = read.next().unwrap_or_default();
        let statements = Statements {
            documents: statements,
            unknown,
        };
        self.judge(documents, statements, meter)
    }

    fn read(
        &self,
        place: usize,
        document: &Vouched,
        content: &Descriptor,
        answer: CheckedAnswer,
    ) -> Result<Reading, Rejection> {
        let wanted = self.wanted.get(place).ok_or_else(Rejection::out_of_step)?;
        let fetched = answer.map_err(|error| not_had(document, content, &error))?;
        if u64::try_from(fetched.bytes.len()).ok() != Some(content.size) {
            let detail = format!(
                "its content does not have the {} bytes that it should",
                content.size
            );
            return Err(refused(document, codes::MALFORMED, &detail));
        }
        Reading::of(document, content, &fetched, wanted)
    }

    fn stated(&self, place: usize, document: &Vouched) -> Result<Reading, Rejection> {
        let wanted = self.wanted.get(place).ok_or_else(Rejection::out_of_step)?;
        match document.content() {
            VouchedContent::Stated(statement) => Reading::stated(document, statement, wanted),
            VouchedContent::Attached(_) => Err(Rejection::out_of_step()),
        }
    }

    fn judge(
        &mut self,
        documents: Vec<Reading>,
        statements: Statements,
        meter: &mut Meter,
    ) -> Progress<Proof> {
        if documents.is_empty() {
            let detail = "no document was there to be judged";
            return Err(Rejection::new(codes::MISSING, detail).into());
        }
        let (counting, checks, used_images) = match self.rules.as_ref() {
            Rules::Attestation(rules) => {
                let attested = rules.judge(&documents, self.now, meter)?;
                (attested.counting, attested.checks, attested.used_images)
            }
            Rules::Report(rules) => {
                // Each finding is looked up by its names, and each statement for each report.
                let of = |read: &[Reading]| read.iter().map(Reading::entries).sum::<usize>();
                let statements_of_all = of(&statements.documents).saturating_mul(documents.len());
                meter.steps(of(&documents).saturating_add(statements_of_all))?;
                let image = self.image.digest();
                let reported =
                    rules.judge(&documents, &statements, image, self.now, &mut self.notes)?;
                (reported.counting, reported.checks, None)
            }
        };
        let evidence: Vec<Evidence> = counting.into_iter().map(Reading::evidence).collect();
        Ok(Proof::of(&Judgement {
            scheme: self.scheme,
            image: self.image.digest().clone(),
            evidence,
            checks,
            used_images,
        }))
    }
}

/// That the content of a document could not be had. What the registry does not have, its signer did not mean to be missing.
fn not_had(document: &Vouched, content: &Descriptor, error: &FetchError) -> Rejection {
    let resource = fetch_of(document, content).resource;
    let code = match error {
        FetchError::NotFound | FetchError::NotInLayout { .. } => codes::CONTENT_MISSING,
        FetchError::TooLarge { .. } => codes::TOO_LARGE,
        _ => return Rejection::from_fetch(&resource, error),
    };
    refused(document, code, &format!("{resource}: {error}"))
}

impl Session for ReadSession {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start(documents) => self.start(documents, meter),
            State::Contents(kinds) => self.contents(kinds, answers, meter),
            State::Over => Err(Rejection::out_of_step().into()),
        }
        .into()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
