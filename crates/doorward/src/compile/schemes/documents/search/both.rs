//! Two searches in step: for what is attached as an artifact, and for what is stated in envelopes.

use doorward_core::{CheckedAnswer, Meter, Rejection, Scheme, Session, Step};

use super::{EnvelopeSearch, SearchSession};
use crate::attached::Candidate;

/// Both searches, whose fetches go out together. A list that both read is asked for once by who asks.
pub(in super::super) struct BothSearches {
    attached: Half<SearchSession>,
    stated: Half<EnvelopeSearch>,
}

/// One of them, and what has become of it.
struct Half<S> {
    session: S,
    /// How many answers it waits for.
    waits: usize,
    found: Option<Vec<Candidate>>,
}

impl<S: Session<Vec<Candidate>>> Half<S> {
    const fn new(session: S) -> Self {
        Self {
            session,
            waits: 0,
            found: None,
        }
    }

    /// What it wants next; nothing once it is over.
    fn advance(
        &mut self,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Result<Vec<doorward_core::Fetch>, Rejection> {
        if self.found.is_some() {
            return Ok(Vec::new());
        }
        match self.session.advance(answers, meter) {
            Step::Done(found) => {
                self.found = Some(found?);
                self.waits = 0;
                Ok(Vec::new())
            }
            Step::Fetch(fetches) => {
                self.waits = fetches.len();
                Ok(fetches)
            }
        }
    }
}

impl BothSearches {
    pub(in super::super) const fn new(attached: SearchSession, stated: EnvelopeSearch) -> Self {
        Self {
            attached: Half::new(attached),
            stated: Half::new(stated),
        }
    }
}

impl Session<Vec<Candidate>> for BothSearches {
    fn scheme(&self) -> Scheme {
        self.attached.session.scheme()
    }

    fn advance(
        &mut self,
        mut answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Step<Vec<Candidate>> {
        if answers.len() != self.attached.waits + self.stated.waits {
            return Step::Done(Err(Rejection::out_of_step()));
        }
        let of_stated = answers.split_off(self.attached.waits);
        let mut wanted = match self.attached.advance(answers, meter) {
            Ok(wanted) => wanted,
            Err(rejection) => return Step::Done(Err(rejection)),
        };
        match self.stated.advance(of_stated, meter) {
            Ok(more) => wanted.extend(more),
            Err(rejection) => return Step::Done(Err(rejection)),
        }
        if !wanted.is_empty() {
            return Step::Fetch(wanted);
        }
        let mut found = self.attached.found.take().unwrap_or_default();
        found.extend(self.stated.found.take().unwrap_or_default());
        Step::Done(Ok(found))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.attached.session.notes();
        for note in self.stated.session.notes() {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }
}
