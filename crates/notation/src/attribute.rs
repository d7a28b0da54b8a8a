//! Attributes that a signer adds to the signed headers.

use std::fmt;

use doorward_core::json::Value;
use doorward_core::text::one_line;

/// How many characters of a name are shown.
const SHOWN: usize = 100;

/// The name of a signed header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeName {
    /// An integer label, which only COSE has.
    Number(i64),
    /// A text.
    Text(String),
}

impl AttributeName {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) => None,
        }
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{}", one_line(text, SHOWN)),
        }
    }
}

/// The value of an extended attribute. Only plug-ins understand it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// A value that is no text, and that JSON can have.
    Json(Value),
    /// Another value.
    Other,
    /// A text.
    Text(String),
}

/// A signed header beyond those that the specification has (Signature Specification, "Extended attributes").
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtendedAttribute {
    /// What it is called.
    pub name: AttributeName,
    /// Whether the signer demands that a verifier understands it.
    pub critical: bool,
    /// What it says.
    pub value: AttributeValue,
}
