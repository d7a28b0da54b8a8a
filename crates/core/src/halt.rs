//! What stops a session before its end.

use crate::{BudgetExceeded, Fetch, Rejection, Step};

/// What stops a session before its end, for code that goes on with `?` as far as it can.
///
/// `W` is what the session wants: fetches, or something of its own that becomes fetches.
#[derive(Debug)]
pub enum Halt<W = Fetch> {
    /// It is refused, and the session is over.
    Refused(Box<Rejection>),
    /// These are wanted, all at once.
    Wants(Vec<W>),
}

/// How far a session came: to its end with a `T`, or not.
pub type Progress<T, W = Fetch> = Result<T, Halt<W>>;

impl<W> From<Rejection> for Halt<W> {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(Box::new(rejection))
    }
}

impl<W> From<BudgetExceeded> for Halt<W> {
    fn from(error: BudgetExceeded) -> Self {
        Rejection::from(error).into()
    }
}

impl<T> From<Progress<T>> for Step<T> {
    fn from(progress: Progress<T>) -> Self {
        match progress {
            Ok(end) => Self::Done(Ok(end)),
            Err(Halt::Refused(rejection)) => Self::Done(Err(*rejection)),
            Err(Halt::Wants(fetches)) => Self::Fetch(fetches),
        }
    }
}
