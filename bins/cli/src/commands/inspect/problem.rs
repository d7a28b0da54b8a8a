//! What an inspection could not read.

use doorward_core::{Class, Code};
use serde::Serialize;

/// Something that could not be read.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) message: String,
    #[serde(skip)]
    pub(super) class: Class,
}
