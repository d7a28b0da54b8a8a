//! Answers that do not come, or that are something else.

use doorward_core::{Answer, FetchError, Fetched};

/// The most that a session may ask for before it ends.
const MOST: usize = 384;

/// What becomes of the answers to a session, one after the other.
pub struct Disturbed<'i> {
    failures: std::slice::Iter<'i, u8>,
    answers: std::slice::Iter<'i, Vec<u8>>,
    asked: usize,
}

impl<'i> Disturbed<'i> {
    /// For each answer, 1 is that nothing is there, 2 that nobody can be asked, 3 that the next of `answers` takes its place.
    pub fn new(failures: &'i [u8], answers: &'i [Vec<u8>]) -> Self {
        Self {
            failures: failures.iter(),
            answers: answers.iter(),
            asked: 0,
        }
    }

    /// `answer`, or what takes its place. Panics if a session does not end.
    pub fn or(&mut self, answer: impl FnOnce() -> Answer) -> Answer {
        self.asked += 1;
        assert!(self.asked <= MOST, "the session does not end");
        match self.failures.next() {
            Some(1) => Err(FetchError::NotFound),
            Some(2) => Err(FetchError::Unavailable {
                detail: "fuzz".into(),
            }),
            Some(3) => {
                let bytes = self.answers.next().cloned().unwrap_or_default();
                Ok(Fetched::new(bytes, None, "fuzz"))
            }
            _ => answer(),
        }
    }
}
