//! The order in which signatures are asked for.
//!
//! A registry that has the signature extension is the only source; else the lookaside store is read from
//! `signature-1` to the first that is not there, or cannot be a signature (containers "Signature access protocols").
//! Whether the extension is there and what the store has first is asked at the same time, so an image with one
//! signature takes one round trip. What was asked in vain is never looked at.

use crate::codes;
use crate::store_rejection::store_rejection;
use doorward_core::{
    CheckedAnswer, Code, Expiry, Fetch, FetchError, Halt, MediaType, Meter, Progress, Proof,
    Rejection, Repository, Resource, Scheme, Session, Step, Timestamp,
};

use crate::limits::{ANSWER_BYTES, TOO_MANY_SIGNATURES};
use crate::lookaside::Base;
use crate::{
    Accepted, FramingError, Requirement, SignatureBlob, Store, Subject, evaluate,
    parse_signature_list,
};

/// Lookaside signatures asked for in the first round: one, and the next to see that it is the last.
const FIRST_WINDOW: usize = 2;
/// A longer media type is not shown.
const MAX_MEDIA_TYPE: usize = 80;
/// The most asked for in one round.
const MAX_WINDOW: usize = 32;

/// What a session decides about, and with what.
#[derive(Clone, Debug)]
pub struct SessionInput {
    /// The image, by its logical name.
    pub subject: Subject,
    /// Where the repository is kept, if mirrors or rewrites apply; lookaside stores are laid out by this name.
    pub located: Repository,
    /// All of these must be met.
    pub requirements: Vec<Requirement>,
    /// Where signatures are kept that the registry does not keep itself.
    pub store: Store,
    /// The time of the decision.
    pub now: Timestamp,
}

/// Reads the signatures of one image and evaluates its requirements.
#[derive(Debug)]
pub struct SimpleSession {
    input: SessionInput,
    skip_unreadable: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing was asked yet.
    Start,
    /// The extension and the first lookaside signatures were asked for.
    First(Option<Base>),
    /// More lookaside signatures were asked for, from this index on.
    Lookaside(Reading),
    /// The outcome was given.
    Over,
}

/// A lookaside store being read.
#[derive(Debug)]
struct Reading {
    base: Base,
    /// Signatures found so far.
    blobs: Vec<SignatureBlob>,
    /// What was passed over, and why.
    unreadable: Vec<Rejection>,
    /// The index of the first answer to come.
    next: usize,
}

impl SimpleSession {
    /// A session at its beginning.
    #[must_use]
    pub const fn new(input: SessionInput) -> Self {
        Self {
            input,
            skip_unreadable: false,
            state: State::Start,
        }
    }

    /// Passes over what lies in a lookaside store and is not a signature, instead of refusing the image for it.
    ///
    /// The default is the rule of podman and skopeo, for their policy files. Passing over never lets an image in that
    /// no trusted key has signed; it only keeps one stray file from shutting out an image that one has. What was asked
    /// for together with such a file still counts; nothing more is asked for, because a server that answers with
    /// something else for one name may do so for every name.
    #[must_use]
    pub const fn skipping_unreadable(mut self) -> Self {
        self.skip_unreadable = true;
        self
    }

    fn start(&mut self, meter: &mut Meter) -> Progress<Accepted> {
        let input = &self.input;
        if !input
            .requirements
            .iter()
            .any(Requirement::looks_at_signatures)
        {
            return Ok(self.conclude(&[], meter)?);
        }
        let base = match &input.store {
            Store::None => None,
            Store::Lookaside { base, access } => Some(
                Base::parse(base, access.clone())
                    .map_err(|error| Rejection::new(Code::POLICY_INVALID, error.to_string()))?,
            ),
        };
        let mut fetches = vec![Fetch::new(self.extension(), ANSWER_BYTES)];
        if let Some(base) = &base {
            fetches.extend((1..=FIRST_WINDOW).map(|index| self.signature(base, index)));
        }
        self.state = State::First(base);
        Err(Halt::Wants(fetches))
    }

    fn first(
        &mut self,
        base: Option<Base>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        let mut answers = answers.into_iter();
        match answers.next() {
            Some(Err(FetchError::NotSupported)) => {}
            Some(answer) => {
                let blobs = self.list(answer)?;
                return Ok(self.conclude(&blobs, meter)?);
            }
            None => return Err(Rejection::out_of_step().into()),
        }
        match base {
            None => {
                let nowhere = "the registry keeps no signatures, and no signature store is named";
                Ok(looked(self.conclude(&[], meter), nowhere)?)
            }
            Some(base) => {
                let reading = Reading {
                    base,
                    blobs: Vec::new(),
                    unreadable: Vec::new(),
                    next: 1,
                };
                self.read(reading, answers, meter)
            }
        }
    }

    /// The signatures in the registry's own list.
    fn list(&self, answer: CheckedAnswer) -> Result<Vec<SignatureBlob>, Rejection> {
        let resource = self.extension();
        match answer {
            Ok(list) => parse_signature_list(&list.bytes, &list.source).map_err(|error| {
                Rejection::new(codes::STORE_MALFORMED, format!("{resource}: {error}"))
            }),
            // An empty list is how such a registry says that there is none.
            Err(FetchError::NotFound) => Err(Rejection::new(
                codes::STORE_MALFORMED,
                format!("{resource}: the registry says that it keeps signatures but has no list"),
            )),
            Err(error) => Err(store_rejection(&resource, &error)),
        }
    }

    /// Takes lookaside answers up to the first that says "not found".
    fn read(
        &mut self,
        mut reading: Reading,
        answers: impl Iterator<Item = CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        let before = reading.next;
        for answer in answers {
            let index = reading.next;
            let resource = self.signature(&reading.base, index).resource;
            let found = match answer {
                Ok(found) => found.into_fetched(),
                Err(FetchError::NotFound) => return Ok(self.end_of(reading, meter)?),
                Err(error) => return Err(store_rejection(&resource, &error).into()),
            };
            if index >= TOO_MANY_SIGNATURES {
                return Err(Rejection::new(
                    codes::TOO_MANY_SIGNATURES,
                    format!(
                        "{resource}: the store has {TOO_MANY_SIGNATURES} or more signatures of one image"
                    ),
                )
                .into());
            }
            let claimed = found.media_type;
            match SignatureBlob::from_lookaside(&found.bytes, found.source) {
                Ok(blob) => reading.blobs.push(blob),
                Err(error) => {
                    let rejection = no_signature(&resource, claimed.as_ref(), &error);
                    if !self.skip_unreadable {
                        return Err(rejection.into());
                    }
                    reading.unreadable.push(rejection);
                }
            }
            reading.next += 1;
        }
        if reading.next == before {
            return Err(Rejection::out_of_step().into());
        }
        if !reading.unreadable.is_empty() {
            return Ok(self.end_of(reading, meter)?);
        }
        // The windows double, so that n signatures take about log n round trips.
        let end = reading
            .next
            .saturating_add((reading.next - 1).min(MAX_WINDOW))
            .min(TOO_MANY_SIGNATURES + 1);
        let fetches = (reading.next..end)
            .map(|index| self.signature(&reading.base, index))
            .collect();
        self.state = State::Lookaside(reading);
        Err(Halt::Wants(fetches))
    }

    /// The outcome once a store is read to its end.
    fn end_of(&self, reading: Reading, meter: &mut Meter) -> Result<Accepted, Rejection> {
        let first = self.signature(&reading.base, 1).resource;
        let outcome = self.conclude(&reading.blobs, meter);
        looked(outcome, &format!("looked for {first}"))
            .map_err(|rejection| explain(rejection, reading.unreadable))
    }

    fn conclude(&self, blobs: &[SignatureBlob], meter: &mut Meter) -> Result<Accepted, Rejection> {
        let SessionInput {
            subject,
            requirements,
            now,
            ..
        } = &self.input;
        evaluate(requirements, subject, blobs, *now, meter)
    }

    fn extension(&self) -> Resource {
        Resource::SignatureExtension {
            repository: self.input.subject.image().repository().clone(),
            digest: self.input.subject.digest().clone(),
        }
    }

    fn signature(&self, base: &Base, index: usize) -> Fetch {
        let url = base.signature(&self.input.located, self.input.subject.digest(), index);
        let access = base.access.clone();
        Fetch::new(Resource::Lookaside { url, access }, ANSWER_BYTES)
    }
}

impl Session for SimpleSession {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(meter),
            State::First(base) => self.first(base, answers, meter),
            State::Lookaside(reading) => self.read(reading, answers.into_iter(), meter),
            State::Over => Err(Rejection::out_of_step().into()),
        };
        match next {
            Ok(accepted) => Step::Done(Ok(Proof::of(&accepted))),
            Err(Halt::Refused(rejection)) => Step::Done(Err(rejection.in_scheme(self.scheme()))),
            Err(Halt::Wants(fetches)) => Step::Fetch(fetches),
        }
    }

    fn expiries(&self) -> Vec<Expiry> {
        let keyrings = self.input.requirements.iter().filter_map(|one| match one {
            Requirement::SignedBy { keyring, .. } => Some(keyring),
            _ => None,
        });
        let first = keyrings.filter_map(|keyring| keyring.expires()).min();
        // Of a key it is the last second that is known.
        let expiry = first.map(|last| Expiry::new("keys", last.plus(1)));
        expiry.into_iter().collect()
    }
}

/// Says of an image without a signature where one was looked for: most often it is somewhere else.
fn looked(outcome: Result<Accepted, Rejection>, place: &str) -> Result<Accepted, Rejection> {
    outcome.map_err(|rejection| {
        if rejection.code() == codes::NO_SIGNATURE {
            rejection.adding(place)
        } else {
            rejection
        }
    })
}

/// That a file of a store cannot be a signature. What the server says it is tells a page from a damaged file.
fn no_signature(
    resource: &Resource,
    claimed: Option<&MediaType>,
    error: &FramingError,
) -> Rejection {
    let page = claimed.map(MediaType::as_str).filter(|claimed| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "/.+-".contains(c);
        claimed.len() <= MAX_MEDIA_TYPE
            && claimed.chars().all(is_word)
            && (claimed.starts_with("text/") || claimed.contains("json") || claimed.contains("xml"))
    });
    let detail = match page {
        Some(page) => format!("{resource} answers with {page}, so this is no signature store"),
        None => format!("{resource}: {error}"),
    };
    Rejection::new(codes::STORE_MALFORMED, detail)
}

/// Adds what was passed over to the reasons of a refusal. If nothing else was there, it is the reason.
fn explain(rejection: Rejection, mut unreadable: Vec<Rejection>) -> Rejection {
    if rejection.code() == codes::NO_SIGNATURE && !unreadable.is_empty() {
        let first = unreadable.remove(0);
        return first.with_causes(unreadable);
    }
    unreadable.extend_from_slice(rejection.causes());
    rejection.with_causes(unreadable)
}

#[cfg(test)]
mod tests;
