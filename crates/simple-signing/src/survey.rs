//! Which signatures there are of an image, for showing.

mod found;
mod shown;

use std::collections::VecDeque;

use doorward_core::{
    BudgetExceeded, CheckedAnswer, Code, Digest, Fetch, FetchError, Fetched, Halt, Item, Meter,
    Problem, Progress, Rejection, Repository, Resource, Scheme, Section, Session, Step,
    SurveySession,
};

use self::found::Signature;
use crate::limits::{ANSWER_BYTES, TOO_MANY_SIGNATURES};
use crate::lookaside::Base;
use crate::store_rejection::store_rejection;
use crate::{SignatureBlob, Store, codes, parse_signature_list, unframe};

/// The most signatures of a place that are read: as many as verification reads.
const MAX_SIGNATURES: usize = TOO_MANY_SIGNATURES - 1;

/// What a survey looks at.
#[derive(Clone, Debug)]
pub struct SurveyInput {
    /// The repository, by its logical name.
    pub repository: Repository,
    /// Where it is kept; lookaside stores are laid out by this name.
    pub located: Repository,
    /// The digest of the image. Nothing is looked for without it.
    pub digest: Option<Digest>,
    /// The stores to look in, one after another.
    pub stores: Vec<Store>,
}

/// Reads the signatures of an image without verifying any of them.
///
/// A registry that keeps signatures itself is asked first, and then no store counts, as for a decision. A store is read
/// from its first signature to the first that is not there, or that is none.
#[derive(Debug)]
pub struct SimpleSurvey {
    input: SurveyInput,
    stores: VecDeque<Store>,
    state: State,
    looked_in: Vec<String>,
    signatures: Vec<Signature>,
    problems: Vec<Problem>,
}

#[derive(Debug)]
enum State {
    Start,
    /// The registry's own list was asked for.
    Extension,
    /// A signature of a store was asked for, by its index.
    Store(Base, usize),
    Over,
}

impl SimpleSurvey {
    /// A survey at its beginning.
    #[must_use]
    pub fn new(input: SurveyInput) -> Self {
        Self {
            stores: input.stores.iter().cloned().collect(),
            input,
            state: State::Start,
            looked_in: Vec::new(),
            signatures: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn extension(&self, digest: &Digest) -> Fetch {
        let repository = self.input.repository.clone();
        let digest = digest.clone();
        Fetch::new(
            Resource::SignatureExtension { repository, digest },
            ANSWER_BYTES,
        )
    }

    fn signature(&self, digest: &Digest, base: &Base, index: usize) -> Fetch {
        let url = base.signature(&self.input.located, digest, index);
        let access = base.access.clone();
        Fetch::new(Resource::Lookaside { url, access }, ANSWER_BYTES)
    }

    fn ask(&mut self, digest: &Digest, base: Base, index: usize) -> Fetch {
        let fetch = self.signature(digest, &base, index);
        self.state = State::Store(base, index);
        fetch
    }

    /// The first signature of the next store that has an address.
    fn next_store(&mut self, digest: &Digest) -> Option<Fetch> {
        while let Some(store) = self.stores.pop_front() {
            let Store::Lookaside { base, access } = store else {
                continue;
            };
            match Base::parse(&base, access) {
                Ok(base) => {
                    self.looked_in.push(base.to_string());
                    return Some(self.ask(digest, base, 1));
                }
                Err(error) => {
                    let rejection = Rejection::new(Code::POLICY_INVALID, error.to_string());
                    self.problems.push(Problem::from(&rejection));
                }
            }
        }
        None
    }

    fn problem(&mut self, resource: &Resource, error: &FetchError) {
        let rejection = store_rejection(resource, error);
        self.problems.push(Problem::from(&rejection));
    }

    /// Takes the registry's own list. Whether it keeps one, so that no store counts.
    fn list(
        &mut self,
        digest: &Digest,
        answer: CheckedAnswer,
        meter: &mut Meter,
    ) -> Result<bool, BudgetExceeded> {
        let resource = self.extension(digest).resource;
        let list = match answer {
            Err(FetchError::NotSupported) => return Ok(false),
            Err(error) => {
                self.problem(&resource, &error);
                return Ok(true);
            }
            Ok(list) => list,
        };
        let registry = self.input.located.registry();
        self.looked_in.push(format!("the registry {registry}"));
        match parse_signature_list(&list.bytes, &list.source) {
            Ok(blobs) => {
                for blob in blobs.iter().take(MAX_SIGNATURES) {
                    self.signatures.push(Signature::of(blob, digest, meter)?);
                }
                if blobs.len() > MAX_SIGNATURES {
                    let detail =
                        format!("{resource}: only the first {MAX_SIGNATURES} signatures are shown");
                    let rejection = Rejection::new(codes::TOO_MANY_SIGNATURES, detail);
                    self.problems.push(Problem::from(&rejection));
                }
            }
            Err(error) => {
                let rejection =
                    Rejection::new(codes::STORE_MALFORMED, format!("{resource}: {error}"));
                self.problems.push(Problem::from(&rejection));
            }
        }
        Ok(true)
    }

    /// Takes one signature of a store. The one after it, if there may be one.
    fn take(
        &mut self,
        digest: &Digest,
        base: Base,
        index: usize,
        answer: CheckedAnswer,
        meter: &mut Meter,
    ) -> Result<Option<Fetch>, BudgetExceeded> {
        let found = match answer {
            Err(FetchError::NotFound) => return Ok(None),
            Err(error) => {
                let resource = self.signature(digest, &base, index).resource;
                self.problem(&resource, &error);
                return Ok(None);
            }
            Ok(found) => found,
        };
        let is_last = self.unframed(digest, &found, meter)? || index >= MAX_SIGNATURES;
        Ok((!is_last).then(|| self.ask(digest, base, index + 1)))
    }

    /// Takes what lies in a store. Whether it is no signature: verification reads no further either, for what answers
    /// with something else is no store.
    fn unframed(
        &mut self,
        digest: &Digest,
        found: &Fetched,
        meter: &mut Meter,
    ) -> Result<bool, BudgetExceeded> {
        Ok(match unframe(&found.bytes) {
            Ok(message) => {
                let blob = SignatureBlob::new(message, found.source.clone());
                let signature = Signature::of(&blob, digest, meter)?.sized(found.bytes.len());
                self.signatures.push(signature);
                false
            }
            Err(error) => {
                self.signatures.push(Signature::unknown(found, &error));
                true
            }
        })
    }

    fn step(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Progress<()> {
        let Some(digest) = self.input.digest.clone() else {
            return Ok(());
        };
        let mut answers = answers.into_iter();
        let mut answer = || answers.next().ok_or_else(Rejection::out_of_step);
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => {
                self.state = State::Extension;
                Some(self.extension(&digest))
            }
            State::Extension if self.list(&digest, answer()?, meter)? => None,
            State::Extension => self.next_store(&digest),
            State::Store(base, index) => match self.take(&digest, base, index, answer()?, meter)? {
                Some(next) => Some(next),
                None => self.next_store(&digest),
            },
            State::Over => return Err(Rejection::out_of_step().into()),
        };
        next.map_or(Ok(()), |next| Err(Halt::Wants(vec![next])))
    }
}

impl Session<()> for SimpleSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step<()> {
        self.step(answers, meter).into()
    }
}

impl SurveySession for SimpleSurvey {
    fn section(&mut self, ended: Result<(), Rejection>) -> Section {
        let mut section = Section::new(Scheme::SIMPLE_SIGNING);
        section.looked_in = std::mem::take(&mut self.looked_in);
        let signatures = std::mem::take(&mut self.signatures);
        section.summary = vec![shown::count(&signatures)];
        section.parts = shown::parts(&signatures);
        if !signatures.is_empty() {
            section.unverified = Some("anyone who can write to the store can claim anything");
        }
        for problem in std::mem::take(&mut self.problems) {
            section.problem(problem);
        }
        if let Err(rejection) = ended {
            // Stores after the one at which it ended were not looked in.
            section.problem(Problem::from(&rejection));
            section.is_incomplete = true;
        }
        let stores = section.looked_in.iter().cloned().map(Item::new).collect();
        section.lists.push(("stores", stores));
        let signatures = signatures.into_iter().map(Item::new).collect();
        section.lists.push(("signatures", signatures));
        section
    }
}

#[cfg(test)]
mod tests;
