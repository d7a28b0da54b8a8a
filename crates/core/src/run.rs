//! Runs a session within its budget, without I/O.

use std::collections::HashSet;

use crate::{Answer, CheckedAnswer, Code, Fetch, Meter, Proof, Rejection, Session, Step};

/// What a [`Run`] wants next.
#[derive(Debug)]
pub enum Turn<'r, T = Proof> {
    /// The session is over: the image is proved or refused.
    Done(Result<T, Rejection>),
    /// These resources are wanted, all at once. They may be fetched together.
    Fetch(&'r [Fetch]),
}

/// A session being run, with the budget and the checks that no caller may forget.
///
/// Every answer is [checked](crate::Checked) against the bound and the digest of its fetch, no matter who fetched it.
/// Fetches, bytes and signatures are counted before they are spent; what several sessions with one meter ask for is counted once. What goes over the budget ends the run, and so do
/// answers to other fetches than were asked for.
///
/// ```
/// use doorward_core::{Answer, Budget, Fetch, FetchError, Meter, Proof, Rejection, Run, Session, Turn};
///
/// fn verify(session: impl Session, fetch: impl Fn(&Fetch) -> Answer) -> Result<Proof, Rejection> {
///     let mut meter = Meter::new(Budget::default());
///     let mut run = Run::new(session);
///     let mut answers = Vec::new();
///     loop {
///         match run.turn(answers, &mut meter) {
///             Turn::Done(result) => return result,
///             Turn::Fetch(wanted) => {
///                 answers = wanted.iter().map(|one| one.check(fetch(one))).collect();
///             }
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Run<S> {
    session: S,
    wanted: Vec<Fetch>,
    /// Which of them were counted.
    counted: Vec<bool>,
    /// Everything that was wanted so far.
    asked: HashSet<Fetch>,
    flights: usize,
    is_over: bool,
}

impl<S> Run<S> {
    /// A session at its beginning.
    #[must_use]
    pub fn new(session: S) -> Self {
        Self {
            session,
            wanted: Vec::new(),
            counted: Vec::new(),
            asked: HashSet::new(),
            flights: 0,
            is_over: false,
        }
    }

    /// Takes the answers to what was wanted last, in its order, and says what is wanted next. The first turn takes
    /// none. An answer that was checked for another fetch ends the run.
    pub fn turn<T>(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Turn<'_, T>
    where
        S: Session<T>,
    {
        match self.step(answers, meter) {
            Ok(None) => Turn::Fetch(&self.wanted),
            Ok(Some(end)) => {
                self.is_over = true;
                Turn::Done(Ok(end))
            }
            Err(rejection) => {
                self.is_over = true;
                Turn::Done(Err(rejection.in_scheme(self.session.scheme())))
            }
        }
    }

    /// Runs the session to its end with what `fetch` answers. Every answer is checked here.
    ///
    /// # Errors
    /// The rejection of the session, or that the budget was exceeded.
    pub fn to_end<T>(
        &mut self,
        meter: &mut Meter,
        mut fetch: impl FnMut(&Fetch) -> Answer,
    ) -> Result<T, Rejection>
    where
        S: Session<T>,
    {
        let mut answers = Vec::new();
        loop {
            match self.turn(answers, meter) {
                Turn::Done(result) => return result,
                Turn::Fetch(wanted) => {
                    answers = wanted.iter().map(|one| one.check(fetch(one))).collect();
                }
            }
        }
    }

    /// Groups of fetches so far that were wanted one after another.
    #[must_use]
    pub const fn flights(&self) -> usize {
        self.flights
    }

    /// The session, for what it remembers, notes and relied on.
    #[must_use]
    pub const fn session(&self) -> &S {
        &self.session
    }

    /// The session, given back.
    #[must_use]
    pub fn into_session(self) -> S {
        self.session
    }

    /// What the session ended with, or that more is wanted.
    fn step<T>(
        &mut self,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Result<Option<T>, Rejection>
    where
        S: Session<T>,
    {
        let asked = std::mem::take(&mut self.wanted);
        let is_in_step = answers.len() == asked.len()
            && answers.iter().zip(&asked).all(|(answer, fetch)| {
                answer
                    .as_ref()
                    .map_or(true, |checked| checked.fetch() == fetch)
            });
        if self.is_over || !is_in_step {
            return Err(Rejection::out_of_step());
        }
        let counted = std::mem::take(&mut self.counted);
        let counted = answers.iter().zip(counted).filter(|(_, counts)| *counts);
        let bytes = counted.filter_map(|(answer, _)| Some(answer.as_ref().ok()?.bytes.len()));
        meter.answer(bytes.sum())?;
        match self.session.advance(answers, meter) {
            Step::Done(result) => result.map(Some),
            // A session that waits for nothing would never end.
            Step::Fetch(wanted) if wanted.is_empty() => Err(Rejection::new(
                Code::INTERNAL_ERROR,
                "a verification asked for nothing and did not end",
            )),
            Step::Fetch(wanted) => {
                self.counted = meter.share(&wanted, &mut self.asked)?;
                self.flights += 1;
                self.wanted = wanted;
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Budget, Digest, FetchError, Fetched, Resource, Scheme, Selector};

    /// Asks for these, each by itself, and never ends well.
    struct Asks(Vec<Vec<Fetch>>);

    impl Session for Asks {
        fn scheme(&self) -> Scheme {
            Scheme::custom("asks")
        }

        fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
            if let Some(error) = answers.into_iter().find_map(Result::err) {
                return Step::Done(Err(Rejection::new(Code::from(&error), error.to_string())));
            }
            match self.0.pop() {
                Some(wanted) => Step::Fetch(wanted),
                None => Step::Done(Err(Rejection::new(Code::POLICY_NONE, "over"))),
            }
        }
    }

    fn manifest(content: &[u8], max_bytes: usize) -> Fetch {
        let resource = Resource::Manifest {
            repository: "r.example/a".parse().expect("a repository"),
            selector: Selector::Digest(Digest::sha256(content)),
        };
        Fetch::new(resource, max_bytes)
    }

    fn answer(bytes: &[u8]) -> Answer {
        Ok(Fetched::new(bytes.to_vec(), None, "test"))
    }

    fn end(wanted: Vec<Vec<Fetch>>, budget: Budget, bytes: &[u8]) -> (Code, usize) {
        let mut run = Run::new(Asks(wanted));
        let mut meter = Meter::new(budget);
        let rejection = run
            .to_end(&mut meter, |_| answer(bytes))
            .expect_err("it never ends well");
        assert_eq!(rejection.scheme(), Some(Scheme::custom("asks")));
        (rejection.code(), run.flights())
    }

    #[test]
    fn an_answer_that_is_not_what_was_asked_for_never_reaches_the_session() {
        let wanted = || vec![vec![manifest(b"x", 4)]];
        let whole = Budget::default();
        assert_eq!(end(wanted(), whole, b"x"), (Code::POLICY_NONE, 1));
        assert_eq!(
            end(wanted(), whole, b"y"),
            (Code::REGISTRY_DIGEST_MISMATCH, 1)
        );
        assert_eq!(
            end(wanted(), whole, b"xxxxx"),
            (Code::REGISTRY_TOO_LARGE, 1)
        );
    }

    #[test]
    fn no_fetch_goes_out_and_no_answer_is_taken_over_the_budget() {
        let two = || vec![vec![manifest(b"x", 4)], vec![manifest(b"x", 4)]];
        let fetches = Budget {
            fetches: 1,
            ..Budget::default()
        };
        assert_eq!(end(two(), fetches, b"x"), (Code::BUDGET_EXCEEDED, 1));
        let bytes = Budget {
            bytes: 1,
            ..Budget::default()
        };
        assert_eq!(end(two(), bytes, b"x"), (Code::BUDGET_EXCEEDED, 2));
        assert_eq!(end(two(), Budget::default(), b"x"), (Code::POLICY_NONE, 2));
    }

    #[test]
    fn what_several_sessions_of_a_decision_ask_for_is_counted_once_and_asking_again_is_not_free() {
        let one = || vec![manifest(b"x", 4)];
        let budget = Budget {
            fetches: 2,
            bytes: 2,
            ..Budget::default()
        };
        let mut meter = Meter::new(budget);
        let mut ends = |wanted: Vec<Vec<Fetch>>| {
            let mut run = Run::new(Asks(wanted));
            let end = run.to_end(&mut meter, |_| answer(b"x"));
            (
                end.expect_err("it never ends well").code(),
                meter.fetches(),
                meter.bytes(),
            )
        };
        assert_eq!(ends(vec![one()]), (Code::POLICY_NONE, 1, 1));
        assert_eq!(ends(vec![one()]), (Code::POLICY_NONE, 1, 1));
        assert_eq!(ends(vec![one(), one()]), (Code::POLICY_NONE, 2, 2));
        // With another bound it is another fetch.
        let other = vec![manifest(b"x", 5)];
        assert_eq!(ends(vec![other]).0, Code::BUDGET_EXCEEDED);
        assert_eq!(ends(vec![one(), one()]).0, Code::BUDGET_EXCEEDED);
    }

    #[test]
    fn a_fetch_that_did_not_go_out_for_the_budget_is_not_free_for_the_next_session() {
        let (first, second) = (manifest(b"x", 4), manifest(b"x", 5));
        let budget = Budget {
            fetches: 1,
            ..Budget::default()
        };
        let mut meter = Meter::new(budget);
        let mut ends = |wanted: Vec<Fetch>| {
            let mut asked = 0;
            let mut run = Run::new(Asks(vec![wanted]));
            let end = run.to_end(&mut meter, |_| {
                asked += 1;
                answer(b"x")
            });
            (end.expect_err("it never ends well").code(), asked)
        };
        let both = vec![first.clone(), second.clone()];
        assert_eq!(ends(both.clone()), (Code::BUDGET_EXCEEDED, 0));
        // None of the two has gone out, and nothing of the budget is left for them.
        for wanted in [both, vec![second], vec![first]] {
            assert_eq!(ends(wanted), (Code::BUDGET_EXCEEDED, 0));
        }
    }

    #[test]
    fn a_session_that_asks_for_nothing_ends() {
        assert_eq!(
            end(vec![Vec::new()], Budget::default(), b""),
            (Code::INTERNAL_ERROR, 0)
        );
    }

    fn checked(fetch: &Fetch, bytes: &[u8]) -> CheckedAnswer {
        fetch.check(answer(bytes))
    }

    #[test]
    fn answers_to_something_else_and_a_turn_after_the_end_are_faults() {
        let asked = manifest(b"x", 4);
        let mut meter = Meter::new(Budget::default());
        let good = || checked(&asked, b"x");
        for answers in [
            Vec::new(),
            vec![good(), good()],
            // Checked, and for something else.
            vec![checked(&manifest(b"y", 4), b"y")],
            // Checked for a wider bound.
            vec![checked(&manifest(b"x", 5), b"x")],
        ] {
            let mut run = Run::new(Asks(vec![vec![asked.clone()]]));
            assert!(matches!(run.turn(Vec::new(), &mut meter), Turn::Fetch([_])));
            for answers in [answers, vec![good()], Vec::new()] {
                let Turn::Done(Err(fault)) = run.turn(answers, &mut meter) else {
                    panic!("it goes on");
                };
                assert_eq!(fault.code(), Code::INTERNAL_ERROR);
            }
        }
        let mut run = Run::new(Asks(Vec::new()));
        let unasked = run.turn(vec![Err(FetchError::NotFound)], &mut meter);
        assert!(matches!(unasked, Turn::Done(Err(fault)) if fault.code() == Code::INTERNAL_ERROR));
    }

    #[test]
    fn one_checked_answer_may_go_to_several_sessions() {
        let asked = manifest(b"x", 4);
        let shared = checked(&asked, b"x");
        for _ in 0..2 {
            let mut meter = Meter::new(Budget::default());
            let mut run = Run::new(Asks(vec![vec![asked.clone()]]));
            assert!(matches!(run.turn(Vec::new(), &mut meter), Turn::Fetch([_])));
            let end = run.turn(vec![shared.clone()], &mut meter);
            assert!(matches!(end, Turn::Done(Err(over)) if over.code() == Code::POLICY_NONE));
        }
    }
}
