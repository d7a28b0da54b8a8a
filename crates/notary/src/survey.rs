//! What there is of a signed collection, for showing.

mod found;
mod root_key;
mod shown;
mod trusted;

use doorward_core::{
    CheckedAnswer, Class, Code, Item, Meter, Problem, Rejection, Scheme, Section, Session, Step,
    SurveySession, Timestamp,
};

use self::found::{Collection, Memory, Unverified};
use crate::{NotarySession, Pins, Remembered, SessionInput, codes};

pub use self::root_key::{RootCertificate, RootKey};

/// What a survey looks at.
#[derive(Debug)]
pub struct SurveyInput {
    /// The collection, and what its root is held against. Signers are not demanded.
    pub session: SessionInput,
    /// Why what was remembered of it cannot be read, if that is so.
    pub unreadable: Option<Rejection>,
    /// Whose policies the memory is for, in words.
    pub scope: String,
    /// Who demands that it is looked at.
    pub demanded_by: Option<DemandedBy>,
}

/// The policy entry that demands a collection.
#[derive(Debug)]
pub struct DemandedBy {
    /// In the published form.
    pub item: Item,
    /// In words.
    pub words: String,
}

/// Reads a signed collection without deciding anything.
///
/// It is verified down from its root, with all of its delegations, and what cannot be verified is passed over. Where a
/// decision would not begin with the root that the server offers, the collection is read as if that were the first
/// one, and shown as what the server says. Nothing is remembered.
#[derive(Debug)]
pub struct NotarySurvey {
    input: SurveyInput,
    session: NotarySession,
    /// Why a decision would not begin with this root.
    untrusted: Option<Problem>,
}

impl NotarySurvey {
    /// A survey at its beginning.
    #[must_use]
    pub fn new(input: SurveyInput) -> Self {
        let session = NotarySession::new(input.session.clone()).surveying();
        Self {
            input,
            session,
            untrusted: None,
        }
    }
}

impl Session<()> for NotarySurvey {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step<()> {
        let refused = match self.session.advance(answers, meter) {
            Step::Fetch(wanted) => return Step::Fetch(wanted),
            Step::Done(Ok(_)) => return Step::Done(Ok(())),
            Step::Done(Err(rejection)) => rejection,
        };
        if self.untrusted.is_some() || !is_about_the_root(refused.code()) {
            return Step::Done(Err(refused));
        }
        self.untrusted = Some(Problem::from(&refused));
        let again = SessionInput {
            pins: Pins::FirstUse,
            ..self.input.session.clone()
        };
        self.session = NotarySession::new(again).surveying();
        self.advance(Vec::new(), meter)
    }
}

/// Whether a decision ended because of what it would have had to begin with.
fn is_about_the_root(code: Code) -> bool {
    matches!(code, codes::PIN_MISMATCH | codes::PIN_REQUIRED)
}

impl SurveySession for NotarySurvey {
    fn section(&mut self, ended: Result<(), Rejection>) -> Section {
        let SurveyInput {
            session: input,
            unreadable,
            scope,
            demanded_by,
        } = &mut self.input;
        let mut found = Collection::new(&input.gun, &input.servers);
        found.untrusted = self.untrusted.take();
        let remembered = input.remembered.as_ref();
        found.remembered = remembered.map(|remembered| memory(scope, remembered));
        if let Some(set) = self.session.trusted_set() {
            if found.untrusted.is_none() {
                found.trusted = set.confirmed();
            }
            trusted::fill(set, &input.wanted, &mut found);
        }
        let unverified = self.session.unverified().iter();
        found.unverified = unverified
            .map(|(role, error)| Unverified {
                role: role.to_string(),
                code: error.code(),
                message: error.to_string(),
            })
            .collect();
        let problem = ended.as_ref().err();
        if problem.is_some_and(|rejection| rejection.class() == Class::Unavailable) {
            // Who could not be asked may have released it.
            found.not_released = None;
        }
        // That the image is not released was said, so it is no reason why something was not looked at.
        let said = found.not_released.as_ref().map(Problem::code);
        let problem = problem.filter(|rejection| Some(rejection.code()) != said);
        found.problem = unreadable.as_ref().or(problem).map(Problem::from);
        let demanded_by = demanded_by.take();
        let mut section = Section::new(Scheme::NOTARY);
        let words = demanded_by.as_ref().map(|by| by.words.as_str());
        section.parts = shown::parts(&found, words);
        section.is_incomplete = found.is_incomplete();
        found.rule = demanded_by.map(|by| by.item);
        section.lists.push(("trust", vec![Item::new(found)]));
        section
    }
}

fn memory(scope: &str, remembered: &Remembered) -> Memory {
    let asked = remembered.asked();
    Memory {
        scope: scope.to_owned(),
        origin: remembered.origin(),
        last_verified: remembered.seen(),
        last_asked: (asked > Timestamp::from_unix(0)).then_some(asked),
        versions: remembered
            .versions()
            .into_iter()
            .map(|(role, version)| (role.to_string(), version))
            .collect(),
    }
}
