//! Whether one envelope or bundle states something about the image, by an authority of a policy.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{
    CheckedAnswer, Code, Descriptor, Expiry, Fact, FetchError, Fetched, Halt, Meter, Pinned,
    Progress, Proof, Rejection, Repository, Resource, Scheme, Session, SignatureRepository, Step,
    Timestamp,
};

use crate::candidate::{Candidate, Content};
use crate::discovery::{Form, Located};
use crate::furthest::Furthest;
use crate::kept::Kept;
use crate::trusted_root::expiries_of;
use crate::verify::{Asked, Whether};
use crate::{Attested, Authority, attested, codes, limits, session};

/// A blob that was given beside what registries have.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GivenBlob {
    /// Under which name it was found.
    pub name: String,
    /// What it is. `None` if it was given for other authorities alone.
    pub bytes: Option<Bytes>,
}

/// What a session about a statement is opened with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StatementInput {
    /// The image.
    pub pinned: Pinned,
    /// The repository that holds the blob.
    pub repository: Repository,
    /// The layer of an attestation manifest, with its annotations, or the bundle.
    pub blob: Descriptor,
    /// The content of the blob and where it is from, if it is [given](crate::GivenBundles) and not in a repository.
    pub given: Option<GivenBlob>,
    /// The types of which the statement must be one, exactly.
    pub predicate_types: Vec<String>,
    /// Whose statements count: one that any of them made is accepted. Never empty.
    pub authorities: Arc<[Authority]>,
    /// The repository in which these keep their statements, if that is not the one of the image.
    pub kept_in: Option<SignatureRepository>,
    /// The time of the decision.
    pub now: Timestamp,
}

impl StatementInput {
    /// About a blob of the image's own repository.
    #[must_use]
    pub fn new(
        pinned: Pinned,
        blob: Descriptor,
        predicate_types: Vec<String>,
        authorities: Arc<[Authority]>,
        now: Timestamp,
    ) -> Self {
        Self {
            repository: pinned.repository().clone(),
            pinned,
            blob,
            given: None,
            predicate_types,
            authorities,
            kept_in: None,
            now,
        }
    }

    /// With a blob of this repository.
    #[must_use]
    pub fn held_in(mut self, repository: Repository) -> Self {
        self.repository = repository;
        self
    }

    /// With these bytes as the blob, which were given under this name beside what registries have. Nothing is fetched then, and it
    /// counts wherever the authorities keep their statements. `None` if it was given for others: then it does not count.
    #[must_use]
    pub fn given(mut self, name: String, bytes: Option<Bytes>) -> Self {
        self.given = Some(GivenBlob { name, bytes });
        self
    }

    /// With authorities that keep their statements in another repository than that of the image.
    #[must_use]
    pub fn kept_in(mut self, repository: Option<SignatureRepository>) -> Self {
        self.kept_in = repository;
        self
    }
}

/// Reads one envelope or bundle, and holds it against the authorities. It takes one round trip, or none if the blob is given, and
/// its proof [holds the statement](Proof::statement).
#[derive(Debug)]
pub struct StatementSession {
    input: StatementInput,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    Asked(Form),
    Over,
}

impl StatementSession {
    /// The largest envelope or bundle that is read, in bytes.
    pub const MAX_BYTES: usize = limits::BUNDLE_BYTES;

    /// A session at its beginning.
    #[must_use]
    pub const fn new(input: StatementInput) -> Self {
        Self {
            input,
            state: State::Start,
        }
    }

    fn kept(&self) -> Kept<'_> {
        Kept::of(&self.input.pinned, self.input.kept_in.as_ref())
    }

    fn resource(&self) -> Resource {
        self.kept().blob(&self.input.blob.digest)
    }

    fn start(&mut self, meter: &mut Meter) -> Progress<Attested> {
        let input = &self.input;
        let form = Form::of(&input.blob.media_type);
        if let (Some(given), Some(form)) = (&input.given, form) {
            let Some(bytes) = &given.bytes else {
                let detail = format!("{} was given for other authorities", given.name);
                return Err(Rejection::new(codes::NONE, detail).into());
            };
            let found = Fetched::new(bytes.clone(), None, given.name.clone());
            return Ok(self.judge(form, found, meter)?);
        }
        let place = self.kept().repository();
        if *place != input.repository {
            let detail = format!(
                "it is in {}, and the statements of the authority are in {place}",
                input.repository
            );
            return Err(Rejection::new(codes::NONE, detail).into());
        }
        let Some(form) = form else {
            let detail = "it is neither an envelope nor a bundle";
            return Err(Rejection::new(codes::WRONG_PREDICATE, detail).into());
        };
        // What has another size than the announced one has another digest.
        let size = usize::try_from(input.blob.size).ok();
        let Some(size) = size.filter(|size| *size <= Self::MAX_BYTES) else {
            let detail = format!(
                "it is announced with {} bytes, and {} are read",
                input.blob.size,
                Self::MAX_BYTES
            );
            return Err(unreadable(detail).into());
        };
        // It is where the authority keeps its statements, so it is opened as that is.
        let fetch = self.kept().fetch(self.resource(), size);
        self.state = State::Asked(form);
        Err(Halt::Wants(vec![fetch]))
    }

    fn fetched(&self, answers: Vec<CheckedAnswer>) -> Result<Fetched, Rejection> {
        let answer = answers.into_iter().next();
        match answer.ok_or_else(Rejection::out_of_step)? {
            Ok(found) => Ok(found.into_fetched()),
            Err(FetchError::NotFound | FetchError::NotInLayout { .. }) => {
                let resource = self.resource();
                let detail = format!("{resource}: it is listed, and the registry does not have it");
                Err(Rejection::new(codes::NONE, detail))
            }
            Err(error) => Err(Rejection::from_fetch(&self.resource(), &error)),
        }
    }

    fn judge(&self, form: Form, found: Fetched, meter: &mut Meter) -> Result<Attested, Rejection> {
        // Every authority reads it for itself.
        meter.steps(found.bytes.len() / BYTES_PER_STEP)?;
        let located = Located {
            form,
            blob: self.input.blob.clone(),
            predicate_type: None,
        };
        // Nobody knows what it says that cannot be read. It may be the newest if somebody who is trusted signed it, and else it is
        // nothing, like all that strangers attach.
        let (digest, authorities) = (self.input.pinned.digest(), &self.input.authorities);
        let asked = Asked {
            digest,
            authorities,
            whether: Whether::Stated(&self.input.predicate_types),
        };
        let candidate = match session::candidate(&located, found.bytes.clone()) {
            Ok(candidate) => candidate.found_at(found.source),
            Err(rejection) => {
                let reason = unreadable(rejection.to_string());
                let detail = format!(
                    "it has no signature that can be read of a statement that is asked for: {rejection}"
                );
                let nothing = rejection.with_detail(detail);
                return Err(asked.unread(&located.bare(&found.bytes), reason, nothing, meter));
            }
        };
        if let Some(reason) = unreadable_statement(&candidate) {
            return Err(asked.unread(&[candidate], reason.clone(), reason, meter));
        }
        let predicate_type = self.predicate_type(&candidate)?;
        let mut furthest = Furthest::default();
        for authority in authorities.iter() {
            let now = self.input.now;
            match attested(&candidate, digest, authority, predicate_type, now, meter) {
                Ok(attested) => return Ok(attested),
                Err(rejection) if rejection.code() == Code::BUDGET_EXCEEDED => {
                    return Err(rejection);
                }
                Err(rejection) => furthest.keep(rejection),
            }
        }
        Err(furthest.told())
    }

    /// The one of the types that it says it is of.
    fn predicate_type(&self, candidate: &Candidate) -> Result<&str, Rejection> {
        let wrong = |detail: String| Rejection::new(codes::WRONG_PREDICATE, detail);
        let Content::Statement(envelope) = &candidate.content else {
            return Err(wrong("what was signed is no statement".to_owned()));
        };
        let statement = envelope.statement.as_ref();
        let statement = statement.map_err(|reason| wrong(reason.clone()))?;
        let mut wanted = self.input.predicate_types.iter();
        let found = wanted.find(|wanted| **wanted == statement.predicate_type);
        found.map(String::as_str).ok_or_else(|| {
            let said = doorward_core::text::one_line(&statement.predicate_type, 128);
            let all = self.input.predicate_types.join(" or ");
            wrong(format!(
                "the statement is of the type {said}, and not {all}"
            ))
        })
    }
}

/// How many bytes of an envelope are read in one step of what a decision may take.
const BYTES_PER_STEP: usize = 64;

/// Why what says that it is a statement cannot be read.
fn unreadable_statement(candidate: &Candidate) -> Option<Rejection> {
    match &candidate.content {
        Content::Statement(envelope) if envelope.holds_statement() => {
            let reason = envelope.statement.as_ref().err()?;
            Some(unreadable(reason.clone()))
        }
        Content::Statement(_) | Content::Claim { .. } | Content::Bytes { .. } => None,
    }
}

fn unreadable(detail: impl Into<String>) -> Rejection {
    Rejection::new(codes::STATEMENT_UNREADABLE, detail)
}

impl Session for StatementSession {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(meter),
            State::Asked(form) => {
                let found = self.fetched(answers);
                let judged = found.and_then(|found| self.judge(form, found, meter));
                judged.map_err(Halt::from)
            }
            State::Over => Err(Rejection::out_of_step().into()),
        };
        match next {
            Ok(attested) => Step::Done(Ok(Proof::of(&attested))),
            Err(Halt::Refused(rejection)) => {
                let source = Fact::Source(match &self.input.given {
                    Some(given) => format!("bundle {}", given.name),
                    None => format!("attestation {}", self.input.blob.digest),
                });
                Step::Done(Err(rejection.in_scheme(Scheme::SIGSTORE).with_fact(source)))
            }
            Err(Halt::Wants(fetches)) => Step::Fetch(fetches),
        }
    }

    fn expiries(&self) -> Vec<Expiry> {
        expiries_of(&self.input.authorities)
    }
}
