//! Strict, bounded JSON (RFC 8259) for documents whose exact content was signed.
//!
//! General parsers accept what a signed document must not contain: duplicate members, of which different programs
//! see different ones. This one refuses them at every level, bounds depth and size, keeps numbers as written, and
//! insists on valid UTF-8 without lone surrogates and on exactly one value.

mod parser;

pub use parser::{JsonError, Limits, parse};

/// A JSON value. Numbers keep their spelling; objects keep the order of their members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `[…]`
    Array(Vec<Self>),
    /// `true` or `false`
    Bool(bool),
    /// `null`
    Null,
    /// A number, as written.
    Number(String),
    /// `{…}`, without duplicate names.
    Object(Vec<(String, Self)>),
    /// A string, unescaped.
    String(String),
}

impl Value {
    /// The members, if this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The member `name`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}
