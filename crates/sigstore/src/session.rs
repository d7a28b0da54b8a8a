//! The order in which signatures are asked for.
//!
//! With a digest and a signature layer it takes two round trips: what is under the tag of signatures and what refers to the
//! image, then the layers. A bundle takes a third, because its manifest comes between. All places are looked in, and whatever
//! is wrong with what one of them has takes nothing away from another.

mod given;
mod input;
mod judge;
mod outcome;
mod resources;
mod state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use doorward_core::{
    CheckedAnswer, Code, Descriptor, Digest, Expiry, Fetch, FetchError, Halt, Incomplete, Index,
    Meter, Outline, Progress, Proof, Rejection, Scheme, Selector, Session, Step,
};

pub use self::input::SessionInput;
pub(crate) use self::judge::candidate;
pub(crate) use self::resources::BUNDLE_BYTES;
use self::state::{Place, State, Trying, Want};
use crate::discovery::{Form, Found, is_called_otherwise, listed, referring, tagged, unreadable};
use crate::kept::{LIST_BYTES, MANIFEST_BYTES};
use crate::trusted_root::expiries_of;
use crate::{Accepted, codes};

/// How many manifests are asked for in the first round. Most images have one or two that refer to them; the round after takes
/// the double.
const FIRST_ROUND: usize = 4;
/// The most manifests and the most blobs that are asked for in one round.
const MAX_ROUND: usize = 16;

/// The most signatures of a manifest that refers to the image. Clients write one; a manifest under the tag of signatures keeps
/// all of them.
const OF_REFERRER: usize = 4;
/// The most signatures that manifests which refer to the image have beside the first of each, all together. The first of each is
/// looked at whatever the others have, so that none takes the place of another.
const FURTHER: usize = 32;

/// Finds the signatures of one image and tries them until an authority accepts one.
#[derive(Debug)]
pub struct SigstoreSession {
    input: SessionInput,
    state: State,
    /// Why what was found does not count.
    refusals: Vec<Rejection>,
    /// How many attestations were seen, which are no signatures.
    attestations: usize,
    /// Of those that were accepted the one that was made last, where that is wanted.
    latest: Option<Accepted>,
    /// The signatures that were accepted, where the one that was made last is wanted.
    accepted: BTreeSet<Digest>,
}

impl SigstoreSession {
    /// A session at its beginning.
    #[must_use]
    pub const fn new(input: SessionInput) -> Self {
        Self {
            input,
            state: State::Start,
            refusals: Vec::new(),
            attestations: 0,
            latest: None,
            accepted: BTreeSet::new(),
        }
    }

    fn start(&mut self, meter: &mut Meter) -> Progress<Accepted> {
        if let Some(accepted) = self.try_given(meter)? {
            return Ok(accepted);
        }
        let mut fetches = vec![self.kept().fetch(self.kept().list(), LIST_BYTES)];
        if let Some(signatures) = self.kept().tagged("sig") {
            fetches.push(self.kept().fetch(signatures, LIST_BYTES));
        }
        if self.input.manifest.is_none() {
            // The image is where it is, and opened as it is pulled.
            fetches.push(Fetch::new(self.kept().image(), LIST_BYTES));
        }
        self.state = State::Listing;
        Err(Halt::Wants(fetches))
    }

    fn begin(&mut self, answers: Vec<CheckedAnswer>) -> Progress<Accepted> {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().ok_or_else(Rejection::out_of_step);
        let by_api = next()?;
        let by_tag = match self.kept().tagged("sig") {
            Some(resource) => Some((resource, next()?)),
            None => None,
        };
        let subject = match &self.input.manifest {
            Some(known) => known.clone(),
            None => Outline::describe(&self.kept().image(), self.input.pinned.digest(), next()?)?,
        };
        let mut trying = Trying::about(subject, FIRST_ROUND);
        if let Some((resource, answer)) = by_tag {
            match answer.map(|manifest| tagged(&manifest)) {
                Ok(Ok(found)) => {
                    let of = self.input.pinned.digest().clone();
                    self.add_blobs(&mut trying, found, &of, Place::Tag);
                }
                Ok(Err(error)) => {
                    let detail = format!("{resource} is no manifest with signatures: {error}");
                    self.refusals
                        .push(Rejection::new(codes::BUNDLE_MALFORMED, detail));
                }
                Err(error) if is_nothing(&error) => {}
                Err(error) => self.refusals.push(self.lost(&resource, &error)),
            }
        }
        self.add_list(&mut trying, by_api);
        self.go_on(trying)
    }

    /// Adds what the registry lists.
    fn add_list(&mut self, trying: &mut Trying, answer: CheckedAnswer) {
        let resource = self.kept().list();
        let list = match answer {
            Ok(list) => list,
            Err(error) if is_nothing(&error) => return,
            Err(FetchError::TooLarge { .. }) => {
                trying.incomplete = Some(Incomplete::TooLong);
                return;
            }
            Err(error) => {
                self.refusals.push(Rejection::from_fetch(&resource, &error));
                return;
            }
        };
        match Index::parse_first(&list.bytes, list.media_type.as_ref()) {
            Ok(index) => {
                // Where nothing at all is listed, the tag was asked for already.
                trying.has_list_of_tag =
                    index.manifests.entries().is_empty() && index.incomplete().is_none();
                self.add_manifests(trying, &index);
            }
            Err(error) => {
                let detail = error.to_string();
                let error = FetchError::Malformed { detail };
                self.refusals.push(Rejection::from_fetch(&resource, &error));
            }
        }
    }

    /// Adds what is listed under the fallback tag. It was asked for in addition, so that it can only add something.
    fn add_list_of_tag(&mut self, trying: &mut Trying, answer: CheckedAnswer) {
        match answer {
            Ok(list) => {
                if let Ok(index) = Index::parse_first(&list.bytes, list.media_type.as_ref()) {
                    self.add_manifests(trying, &index);
                }
            }
            Err(FetchError::TooLarge { .. }) => trying.incomplete = Some(Incomplete::TooLong),
            Err(error)
                if error.is_unavailable()
                    || matches!(error, FetchError::CredentialProvider { .. }) =>
            {
                let resource = self.kept().list_of_tag();
                self.refusals.push(Rejection::from_fetch(&resource, &error));
            }
            Err(_) => {}
        }
    }

    fn add_manifests(&self, trying: &mut Trying, index: &Index) {
        if trying.incomplete.is_none() {
            trying.incomplete = index.incomplete();
        }
        // Where the one that was made last counts, it must be known that none was left out.
        if self.input.wants_latest && trying.incomplete.is_none() {
            trying.incomplete = unreadable(index).map(|detail| Incomplete::Malformed { detail });
        }
        for descriptor in listed(index) {
            if trying.seen.contains(&descriptor.digest) {
                continue;
            }
            if trying.manifests_listed == self.input.max_signatures {
                trying.are_too_many = true;
                break;
            }
            trying.manifests_listed += 1;
            trying.seen.insert(descriptor.digest.clone());
            trying.manifests.push_back(descriptor);
        }
    }

    /// Adds what a manifest has, which `of` names. What is the same wherever it stands, or is never asked for, takes nothing from
    /// the others.
    fn add_blobs(&mut self, trying: &mut Trying, found: Found, of: &Digest, place: Place) {
        let Found {
            located,
            mut unreadable,
        } = found;
        let mut blobs = VecDeque::new();
        for one in located {
            // An attestation says something about an image, and not that it is signed.
            if one.form == Form::Attestation || one.says_otherwise() {
                self.attestations += 1;
                continue;
            }
            if self.blob(&one).is_err() {
                unreadable += 1;
                continue;
            }
            if !trying.is_new(&one) {
                continue;
            }
            let most = match place {
                Place::Tag => self.input.max_signatures,
                Place::Referrer => OF_REFERRER,
            };
            let is_further = place == Place::Referrer && !blobs.is_empty();
            if blobs.len() == most || (is_further && trying.further == FURTHER) {
                trying.are_too_many |= place == Place::Tag;
                let detail = format!(
                    "{of} has more than {} signatures, and the others are not looked at",
                    blobs.len()
                );
                let source = Self::source_of("manifest", of);
                self.refusals
                    .push(Rejection::new(codes::TOO_MANY, detail).with_fact(source));
                break;
            }
            trying.further += usize::from(is_further);
            blobs.push_back(one);
        }
        if unreadable > 0 {
            let detail = format!(
                "{unreadable} of the layers of a manifest of {of} cannot be read, or are larger than any signature"
            );
            // They can never count, so they leave nothing open.
            self.refusals
                .push(Rejection::new(codes::BUNDLE_MALFORMED, detail));
        }
        if !blobs.is_empty() {
            trying.blobs.push_back(blobs);
        }
    }

    /// Asks for what is looked at next, or ends.
    fn go_on(&mut self, mut trying: Trying) -> Progress<Accepted> {
        let (mut wants, mut fetches) = (Vec::new(), Vec::new());
        while wants.len() < MAX_ROUND
            && let Some(located) = trying.next_blob()
        {
            match self.blob(&located) {
                Ok(fetch) => {
                    fetches.push(fetch);
                    wants.push(Want::Blob(located));
                }
                Err(rejection) => self.keep(rejection, &located),
            }
        }
        let count = trying.round.min(trying.manifests.len());
        for descriptor in trying.manifests.drain(..count) {
            let selector = Selector::Digest(descriptor.digest.clone());
            fetches.push(
                self.kept()
                    .fetch(self.kept().manifest(selector), MANIFEST_BYTES),
            );
            wants.push(Want::Manifest(descriptor));
        }
        trying.round = (trying.round * 2).min(MAX_ROUND);
        if wants.is_empty() && !trying.has_list_of_tag {
            // Clients write to the tag also where the registry has the API.
            trying.has_list_of_tag = true;
            fetches.push(self.kept().fetch(self.kept().list_of_tag(), LIST_BYTES));
            wants.push(Want::List);
        }
        if wants.is_empty() {
            return self.conclude(&trying).map_err(Halt::from);
        }
        self.state = State::Trying(Box::new(trying), wants);
        Err(Halt::Wants(fetches))
    }

    fn arrived(
        &mut self,
        mut trying: Trying,
        wants: Vec<Want>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Accepted> {
        if wants.len() != answers.len() {
            return Err(Rejection::out_of_step().into());
        }
        for (want, answer) in wants.into_iter().zip(answers) {
            match want {
                Want::Blob(located) => {
                    let accepted = match self.judge(&located, answer, meter) {
                        Ok(accepted) => accepted,
                        // What is left of the budget is for all of them.
                        Err(rejection) if rejection.code() == Code::BUDGET_EXCEEDED => {
                            return Err(rejection.into());
                        }
                        Err(rejection) => {
                            self.keep(rejection, &located);
                            continue;
                        }
                    };
                    if !self.input.wants_latest {
                        return Ok(accepted);
                    }
                    self.keep_latest(accepted);
                }
                Want::List => self.add_list_of_tag(&mut trying, answer),
                Want::Manifest(listed) => self.look_into(&mut trying, &listed, answer),
            }
        }
        self.go_on(trying)
    }

    fn look_into(&mut self, trying: &mut Trying, listed: &Descriptor, answer: CheckedAnswer) {
        let digest = &listed.digest;
        let refusal = match answer {
            Ok(manifest) => match referring(&manifest, &trying.subject) {
                Ok(found) => return self.add_blobs(trying, found, digest, Place::Referrer),
                // By its own list it is something else, and it does not say better.
                Err(_) if is_called_otherwise(listed) => return,
                Err(error) => Rejection::new(codes::BUNDLE_MALFORMED, error.to_string()),
            },
            Err(error) => {
                let selector = Selector::Digest(digest.clone());
                self.lost(&self.kept().manifest(selector), &error)
            }
        };
        let source = Self::source_of("manifest", digest);
        self.refusals.push(refusal.with_fact(source));
    }
}

/// Whether the registry answered that there is nothing, which is an answer.
pub(crate) const fn is_nothing(error: &FetchError) -> bool {
    matches!(
        error,
        FetchError::NotFound | FetchError::NotInLayout { .. } | FetchError::NotSupported
    )
}

impl Session for SigstoreSession {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(meter),
            State::Listing => self.begin(answers),
            State::Trying(trying, wants) => self.arrived(*trying, wants, answers, meter),
            State::Over => Err(Rejection::out_of_step().into()),
        };
        match next {
            Ok(accepted) => Step::Done(Ok(Proof::of(&accepted))),
            Err(Halt::Refused(rejection)) => Step::Done(Err(rejection.in_scheme(self.scheme()))),
            Err(Halt::Wants(fetches)) => Step::Fetch(fetches),
        }
    }

    fn expiries(&self) -> Vec<Expiry> {
        expiries_of(&self.input.authorities)
    }
}
