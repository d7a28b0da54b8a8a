//! What stops a session.

use crate::{Error, File};

/// What stops the machine: more files are wanted, each with its bound in bytes, or the end.
pub(super) type Halt = doorward_core::Halt<(File, usize)>;

impl<W> From<Error> for doorward_core::Halt<W> {
    fn from(error: Error) -> Self {
        doorward_core::Rejection::from(error).into()
    }
}
