//! What an inspection could not read.

use serde::Serialize;

use crate::{Class, Code, Rejection};

/// Something that could not be read, as a decision would have refused it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    code: Code,
    message: String,
    #[serde(skip)]
    class: Class,
}

impl Problem {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// One line for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Its class.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }
}

impl From<&Rejection> for Problem {
    fn from(rejection: &Rejection) -> Self {
        Self {
            code: rejection.code(),
            message: rejection.to_string(),
            class: rejection.class(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
