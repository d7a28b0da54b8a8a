//! A mapping of the format, and what holds between its fields.

use super::Field;

/// A mapping with known fields.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Mapping {
    /// What it is called in messages.
    pub name: &'static str,
    /// The anchor of its section in the field reference, if it has one of its own.
    pub section: Option<&'static str>,
    /// Its fields, in groups that mappings share.
    pub(crate) parts: &'static [&'static [Field]],
    /// What holds between them. The schemas of the groups of Portieris leave it to the reader.
    pub rules: &'static [Rule],
}

/// What holds between the fields of a mapping. Fields are compared by their presence.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// All of these are there.
    All(&'static [&'static str]),
    /// At least one of these is there.
    AtLeastOne(&'static [&'static str]),
    /// One of these two is there, and not the other.
    ExactlyOne([&'static str; 2]),
    /// None of the others stands beside the first.
    Excludes(&'static str, &'static [&'static str]),
    /// An expression of CEL over `self` is true, or else the message tells what is wrong.
    Holds(&'static str, &'static str),
    /// Any field is there.
    NotEmpty,
    /// The first is there only beside the second.
    OnlyBeside(&'static str, &'static str),
    /// The same, which only the reader says: the definition of a custom resource can afford no more expressions there.
    ReadOnlyBeside(&'static str, &'static str),
    /// As [`Rule::Excludes`], and only the reader says it.
    ReadOnlyExcludes(&'static str, &'static [&'static str]),
    /// All of the others are there, unless the first is.
    Unless(&'static str, &'static [&'static str]),
}

impl Mapping {
    /// Its fields, in the order of the format.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + Clone + use<> {
        self.parts.iter().copied().flatten()
    }

    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.name == name)
    }

    /// The names of its fields, in the order of the format.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.fields().map(|field| field.name)
    }
}
