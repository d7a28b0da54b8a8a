//! The order in which signatures are asked for.
//!
//! With a digest and one signature it takes three round trips: what the image is and what refers to it, the manifest of
//! the signature, the envelope. What authorities say about revocation is asked for once nothing else can refuse a
//! signature.

mod begin;
mod input;
mod listed;
mod plugin;
pub(crate) mod resources;
mod state;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use doorward_core::{
    CheckedAnswer, Code, Descriptor, Digest, Expiry, Fact, Fetch, FetchError, Halt, Incomplete,
    Index, MediaType, Meter, PluginCommand, Progress, Proof, Rejection, Scheme, Session, Standing,
    Step,
};
use doorward_crypto::{KnownSignatures, SignatureChecks};

pub use self::input::SessionInput;
use self::resources::{expiries, fetch_of, standing};
use self::state::{Asking, Held, Refused, State, Trying};
use crate::codes::{does_not_count, leaves_open};
use crate::discovery::{Located, locate, nested};
use crate::{Accepted, PluginRequest, RevocationAnswers};

/// The largest manifest of an image and the largest list of referrers, in bytes (OCI distribution specification,
/// "Pushing Manifests").
const MANIFEST_BYTES: usize = 4 << 20;
/// The largest manifest of a signature. A usual one has one KiB.
const SIGNATURE_BYTES: usize = 256 << 10;
/// How many are asked for in the first round. Most images have one or two; the round after takes the double.
const FIRST_ROUND: usize = 4;
/// The most asked for in one round.
const MAX_ROUND: usize = 16;

/// Finds the signatures of one image and tries them until one holds against a statement.
#[derive(Debug)]
pub struct NotationSession {
    input: SessionInput,
    state: State,
    /// Why signatures that were tried do not count.
    refusals: Vec<Rejection>,
    /// Of those the ones that leave open that somebody who is trusted signed, with when.
    doubtful: Vec<Refused>,
    /// Manifests that were listed, each once.
    seen: BTreeSet<Digest>,
    /// Envelopes that were asked for, with all that a manifest says of them: one may be attached by many. Something
    /// wrong in one manifest takes nothing away from another.
    envelopes: BTreeSet<(Digest, MediaType, u64)>,
    /// What authorities answered, about all signatures.
    answers: RevocationAnswers,
    /// What plug-ins answered, about all signatures.
    plugins: BTreeMap<PluginRequest, Result<Bytes, FetchError>>,
    standing: Vec<Standing>,
    expiries: Vec<Expiry>,
    /// Signatures that were verified, which are not again.
    known: KnownSignatures,
    /// Of those that hold the one that was made last, where that is wanted.
    latest: Option<Accepted>,
}

impl NotationSession {
    /// A session at its beginning.
    #[must_use]
    pub fn new(input: SessionInput) -> Self {
        Self {
            known: KnownSignatures::sharing(input.verified.clone()),
            input,
            state: State::Start,
            refusals: Vec::new(),
            doubtful: Vec::new(),
            seen: BTreeSet::new(),
            envelopes: BTreeSet::new(),
            answers: RevocationAnswers::new(),
            plugins: BTreeMap::new(),
            standing: Vec::new(),
            expiries: Vec::new(),
            latest: None,
        }
    }

    fn start(&mut self) -> Progress<Accepted> {
        let mut fetches = vec![Fetch::new(self.list(), MANIFEST_BYTES)];
        if self.input.manifest.is_none() {
            fetches.push(Fetch::new(
                self.manifest(self.input.pinned.digest()),
                MANIFEST_BYTES,
            ));
        }
        // What is listed there alone must not be missed either.
        if self.input.wants_latest {
            fetches.push(Fetch::new(self.tag(), MANIFEST_BYTES));
        }
        self.state = State::Listing;
        Err(Halt::Wants(fetches))
    }

    fn listed(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Progress<Accepted> {
        let mut answers = answers.into_iter();
        let list = answers.next().ok_or_else(Rejection::out_of_step)?;
        let subject = match &self.input.manifest {
            Some(known) => known.clone(),
            None => self.describe(answers.next().ok_or_else(Rejection::out_of_step)?)?,
        };
        let resource = self.list();
        let list = list.map_err(|error| Rejection::from_fetch(&resource, &error))?;
        let index = Index::parse_first(&list.bytes, list.media_type.as_ref()).map_err(|error| {
            let detail = error.to_string();
            Rejection::from_fetch(&resource, &FetchError::Malformed { detail })
        })?;
        let mut trying = Trying {
            subject,
            left: VecDeque::new(),
            round: FIRST_ROUND,
            are_too_many: false,
            incomplete: None,
            nested: BTreeSet::new(),
            found: 0,
            // Where nothing at all is listed, the tag was asked for already.
            has_tag: index.manifests.entries().is_empty() && index.incomplete().is_none(),
        };
        self.add(&mut trying, &index);
        if self.input.wants_latest {
            trying.has_tag = true;
            let answer = answers.next().ok_or_else(Rejection::out_of_step)?;
            self.add_tagged(&mut trying, answer);
        }
        self.go_on(trying, None, VecDeque::new(), meter)
    }

    /// What is under the tag. It was asked for in addition, so that it can only add something.
    fn tagged(
        &mut self,
        mut trying: Trying,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        let answer = answers.into_iter().next();
        self.add_tagged(&mut trying, answer.ok_or_else(Rejection::out_of_step)?);
        self.go_on(trying, None, VecDeque::new(), meter)
    }

    fn add_tagged(&mut self, trying: &mut Trying, answer: CheckedAnswer) {
        match answer {
            Ok(list) => {
                if let Ok(index) = Index::parse_first(&list.bytes, list.media_type.as_ref()) {
                    self.add(trying, &index);
                }
            }
            Err(FetchError::TooLarge { .. }) => trying.incomplete = Some(Incomplete::TooLong),
            Err(error)
                if error.is_unavailable()
                    || matches!(error, FetchError::CredentialProvider { .. }) =>
            {
                self.refusals
                    .push(Rejection::from_fetch(&self.tag(), &error));
            }
            Err(_) => {}
        }
    }

    /// Goes on with the signature whose authorities answered, then with those that are held, and asks for the next
    /// manifests once none of them is left.
    fn go_on(
        &mut self,
        mut trying: Trying,
        mut answered: Option<Asking>,
        mut held: VecDeque<Held>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        while let Some(mut asking) = answered.take().or_else(|| Some(held.pop_front()?.into())) {
            // What a plug-in can do decides whom else to ask, and what it says comes last.
            if let Some(request) = self.consult(&mut asking.held, PluginCommand::GetPluginMetadata)
            {
                return self.ask_plugin(trying, asking.held, request, held);
            }
            let mut checks = SignatureChecks::new(meter, &mut self.known);
            let wanted = asking.held.walk.wants(&self.answers, &mut checks)?;
            if !wanted.is_empty() {
                let fetches = wanted.iter().map(fetch_of).collect();
                asking.asked = wanted;
                self.state = State::Authorities(trying, Box::new(asking), held);
                return Err(Halt::Wants(fetches));
            }
            if let Some(request) = self.consult(&mut asking.held, PluginCommand::VerifySignature) {
                return self.ask_plugin(trying, asking.held, request, held);
            }
            if let Some(accepted) = self.finish(asking.held) {
                if !self.input.wants_latest {
                    return Ok(accepted);
                }
                let known = self.latest.as_ref().map(Accepted::made_at);
                if known.is_none_or(|known| known < accepted.made_at()) {
                    self.latest = Some(accepted);
                }
            }
        }
        if trying.left.is_empty() && !trying.has_tag {
            // Clients write signatures to the tag also where the registry has the API.
            trying.has_tag = true;
            self.state = State::Tag(trying);
            return Err(Halt::Wants(vec![Fetch::new(self.tag(), MANIFEST_BYTES)]));
        }
        if trying.left.is_empty() {
            return self.conclude(&trying).map_err(Halt::from);
        }
        let count = trying.round.min(trying.left.len());
        let round: Vec<_> = trying.left.drain(..count).collect();
        trying.round = (trying.round * 2).min(MAX_ROUND);
        let fetches = round
            .iter()
            .map(|descriptor| Fetch::new(self.manifest(&descriptor.digest), SIGNATURE_BYTES))
            .collect();
        self.state = State::Manifests(trying, round);
        Err(Halt::Wants(fetches))
    }

    /// The outcome of one signature. Returns `None` if it is refused, and keeps why.
    fn finish(&mut self, held: Held) -> Option<Accepted> {
        let Held {
            walk,
            source,
            manifest,
        } = held;
        self.standing.extend(standing(&walk, self.input.now));
        let made = Some(walk.made_by());
        match walk.finish() {
            Ok(accepted) => {
                self.expiries.extend(expiries(&accepted));
                Some(accepted.found_at(source))
            }
            Err(rejection) => {
                let rejection = Box::new(rejection);
                self.keep(Refused { rejection, made }, &manifest);
                None
            }
        }
    }

    /// Keeps why a signature does not count, by the digest of its manifest.
    fn keep(&mut self, refused: impl Into<Refused>, manifest: &Digest) {
        let Refused { rejection, made } = refused.into();
        let source = Fact::Source(format!("signature {manifest}"));
        let mut rejection = rejection.in_scheme(Scheme::NOTATION).with_fact(source);
        if let Some(made) = made.filter(|_| does_not_count(rejection.code())) {
            rejection = rejection.with_fact(Fact::Signed(made));
        }
        if self.input.wants_latest && leaves_open(rejection.code()) {
            let rejection = Box::new(rejection.clone());
            self.doubtful.push(Refused { rejection, made });
        }
        self.refusals.push(rejection);
    }

    fn manifests(
        &mut self,
        mut trying: Trying,
        round: Vec<Descriptor>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        let mut located = Vec::new();
        for (descriptor, answer) in round.iter().zip(answers) {
            let read = match answer {
                Ok(manifest) => match nested(&manifest, &trying.subject) {
                    Some(manifests) => {
                        self.open(&mut trying, &descriptor.digest, manifests);
                        continue;
                    }
                    None => locate(&manifest, &descriptor.digest, &trying.subject)
                        .map_err(|why| self.not_located(&descriptor.digest, why)),
                },
                Err(error) => Err(self.lost_manifest(&descriptor.digest, &error)),
            };
            match read {
                Ok(found) => {
                    let envelope = &found.envelope;
                    let kind = envelope.media_type.clone();
                    let key = (envelope.digest.clone(), kind, envelope.size);
                    if self.envelopes.insert(key) {
                        located.push(found);
                    }
                }
                Err(rejection) => self.keep(rejection, &descriptor.digest),
            }
        }
        if located.is_empty() {
            return self.go_on(trying, None, VecDeque::new(), meter);
        }
        let fetches = located.iter().map(|one| self.envelope(one)).collect();
        self.state = State::Envelopes(trying, located);
        Err(Halt::Wants(fetches))
    }

    fn envelopes(
        &mut self,
        trying: Trying,
        located: Vec<Located>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        let mut held = VecDeque::new();
        for (located, answer) in located.into_iter().zip(answers) {
            match self.begin(&trying.subject, &located, answer, meter) {
                Ok(begun) => held.push_back(begun),
                // What is left of the budget is for all of them. It takes nothing away from one that held before.
                Err(refused) if refused.rejection.code() == Code::BUDGET_EXCEEDED => {
                    if held.is_empty() {
                        return Err((*refused.rejection).into());
                    }
                    self.keep(refused, &located.manifest);
                    break;
                }
                Err(refused) => self.keep(refused, &located.manifest),
            }
        }
        self.go_on(trying, None, held, meter)
    }

    /// Takes what authorities answered about one signature.
    fn answered(
        &mut self,
        trying: Trying,
        mut asking: Asking,
        held: VecDeque<Held>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        for (request, answer) in std::mem::take(&mut asking.asked).into_iter().zip(answers) {
            self.answers.arrived(request, answer);
        }
        self.go_on(trying, Some(asking), held, meter)
    }
}

impl Session for NotationSession {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(),
            State::Listing => self.listed(answers, meter),
            State::Tag(trying) => self.tagged(trying, answers, meter),
            State::Manifests(trying, round) => self.manifests(trying, round, answers, meter),
            State::Envelopes(trying, located) => self.envelopes(trying, located, answers, meter),
            State::Authorities(trying, asking, others) => {
                self.answered(trying, *asking, others, answers, meter)
            }
            State::Plugin(trying, about, request, others) => {
                self.plugin_answered(trying, *about, request, others, answers, meter)
            }
            State::Over => Err(Rejection::out_of_step().into()),
        };
        match next {
            Ok(accepted) => Step::Done(Ok(Proof::of(&accepted))),
            Err(Halt::Refused(rejection)) => Step::Done(Err(rejection.in_scheme(self.scheme()))),
            Err(Halt::Wants(fetches)) => Step::Fetch(fetches),
        }
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.expiries.clone()
    }

    fn standing(&self) -> Vec<Standing> {
        self.standing.clone()
    }
}
