//! What stops a session.

use doorward_core::Rejection;

use crate::{Error, File};

/// What stops the machine: more files are wanted, or the end.
pub(super) enum Halt {
    Fetch(Vec<(File, usize)>),
    End(Rejection),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::End(error.into())
    }
}

impl From<Rejection> for Halt {
    fn from(rejection: Rejection) -> Self {
        Self::End(rejection)
    }
}
