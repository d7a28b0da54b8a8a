//! Signatures of the manifests that an index lists, for signers that sign each platform and not the index.
//!
//! What such signatures prove is less than what a signature of the index does. An index is put together by everybody who may
//! push: from manifests of different builds, of different images, under platforms that are not theirs. So that every
//! manifest which a runtime can choose is signed is the least that says anything about what will run.

mod child;
mod choice;

use doorward_core::{
    CheckedAnswer, DocumentError, Expiry, Fetch, FetchError, Halt, Index, Meter, Outline, Pinned,
    Progress, Proof, Rejection, Scheme, Session, Step,
};

use self::child::Child;
use self::choice::Signed;
use crate::kept::LIST_BYTES;
use crate::trusted_root::expiries_of;
use crate::{SessionInput, SigstoreSession, codes};

/// Which digest must be signed, where an image is an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MultiArch {
    /// That of the index: the one that the reference names.
    #[default]
    Index,
    /// Those of all manifests in it that a runtime can choose.
    EveryChild,
    /// That of one of them. It says nothing about the others, of which a runtime may choose one.
    AnyChild,
}

/// Finds the signatures of what an index lists, and those of an image that is none by itself.
///
/// It takes one round trip more than the signatures of one image, for the index. All that it lists is asked about at once.
#[derive(Debug)]
pub struct MultiArchSession {
    input: SessionInput,
    which: MultiArch,
    state: State,
    notes: Vec<String>,
}

#[derive(Debug)]
enum State {
    Start,
    /// The manifest was asked for.
    Asked,
    /// It is an index, and this is what it lists.
    Children(Vec<Child>),
    /// It is one manifest.
    Whole(Box<SigstoreSession>),
    Over,
}

impl MultiArchSession {
    /// The most manifests of an index that are looked at. Images of the field have up to 15 platforms, and beside each an
    /// attestation. As many, each with one signature, are within what a decision may fetch.
    pub const MAX_CHILDREN: usize = 48;

    /// A session at its beginning.
    #[must_use]
    pub const fn new(input: SessionInput, which: MultiArch) -> Self {
        Self {
            input,
            which,
            state: State::Start,
            notes: Vec::new(),
        }
    }

    fn start(&mut self, meter: &mut Meter) -> Progress<Proof> {
        let known = self.input.manifest.as_ref();
        // It was read already, and said what it is.
        let is_one = known.is_some_and(|known| !known.media_type.is_index());
        if is_one || self.which == MultiArch::Index {
            return self.whole(Vec::new(), meter);
        }
        self.state = State::Asked;
        Err(Halt::Wants(vec![Fetch::new(self.image(), LIST_BYTES)]))
    }

    fn image(&self) -> doorward_core::Resource {
        child::manifest(&self.input.pinned)
    }

    /// The signatures of the digest itself.
    fn whole(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Progress<Proof> {
        let mut session = match std::mem::replace(&mut self.state, State::Over) {
            State::Whole(session) => session,
            _ => Box::new(SigstoreSession::new(self.input.clone())),
        };
        match session.advance(answers, meter) {
            Step::Done(result) => result.map_err(Halt::from),
            Step::Fetch(fetches) => {
                self.state = State::Whole(session);
                Err(Halt::Wants(fetches))
            }
        }
    }

    fn read(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Progress<Proof> {
        let resource = self.image();
        let answer = answers.into_iter().next();
        let answer = answer.ok_or_else(Rejection::out_of_step)?;
        let malformed = |detail: String| {
            let error = FetchError::Malformed { detail };
            Rejection::from_fetch(&resource, &error)
        };
        let manifest = match &answer {
            Ok(manifest) => manifest,
            Err(error) => return Err(Rejection::from_fetch(&resource, error).into()),
        };
        let index = match Index::parse(&manifest.bytes, manifest.media_type.as_ref()) {
            Ok(index) => index,
            Err(DocumentError::Kind { .. }) => {
                let digest = self.input.pinned.digest();
                let described = Outline::describe(&resource, digest, answer)?;
                self.input.manifest = Some(described);
                return self.whole(Vec::new(), meter);
            }
            Err(error) => return Err(malformed(error.to_string()).into()),
        };
        let children = Child::listed(&index, &self.input).map_err(malformed)?;
        let (index, most) = (self.input.pinned.digest(), Self::MAX_CHILDREN);
        if children.len() > most {
            let count = children.len();
            let detail = format!(
                "the index {index} lists {count} manifests, and the signatures of {most} are looked for"
            );
            return Err(Rejection::new(codes::TOO_MANY_CHILDREN, detail).into());
        }
        self.state = State::Children(children);
        self.round(Vec::new(), meter)
    }

    /// Gives each child what it waits for, and asks for what they want next.
    fn round(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Progress<Proof> {
        let State::Children(mut children) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(Rejection::out_of_step().into());
        };
        let waited: usize = children.iter().map(Child::waits).sum();
        if waited != answers.len() {
            return Err(Rejection::out_of_step().into());
        }
        let (mut answers, mut fetches) = (answers.into_iter(), Vec::new());
        for child in &mut children {
            let own = answers.by_ref().take(child.waits()).collect();
            fetches.extend(child.advance(own, &self.input, meter)?);
        }
        let signed = Signed {
            index: self.input.pinned.digest(),
            children: &children,
            is_over: fetches.is_empty(),
        };
        let decided = match self.which {
            MultiArch::AnyChild => signed.any(&mut self.notes),
            MultiArch::EveryChild | MultiArch::Index => signed.every(),
        };
        match decided {
            Some(result) => result.map_err(Halt::from),
            None => {
                self.state = State::Children(children);
                Err(Halt::Wants(fetches))
            }
        }
    }
}

#[cfg(test)]
mod tests;

/// The input of a session about another manifest of the same repository.
fn about(input: &SessionInput, pinned: Pinned) -> SessionInput {
    let mut other = input.clone();
    other.pinned = pinned;
    other.manifest = None;
    other
}

impl Session for MultiArchSession {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let next = match self.state {
            State::Start => self.start(meter),
            State::Asked => self.read(answers, meter),
            State::Children(_) => self.round(answers, meter),
            State::Whole(_) => self.whole(answers, meter),
            State::Over => Err(Rejection::out_of_step().into()),
        };
        if !matches!(next, Err(Halt::Wants(_))) {
            self.state = State::Over;
        }
        match next {
            Err(Halt::Refused(rejection)) => Step::Done(Err(rejection.in_scheme(self.scheme()))),
            other => other.into(),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn expiries(&self) -> Vec<Expiry> {
        expiries_of(&self.input.authorities)
    }
}
