//! What a scheme found, for people.

use crate::Timestamp;

/// A name and what is said under it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name: one or two words.
    pub name: &'static str,
    /// What is said, a line each. Long ones may be broken between words.
    pub lines: Vec<String>,
}

impl Field {
    /// A field of one line.
    #[must_use]
    pub fn new(name: &'static str, line: impl Into<String>) -> Self {
        Self {
            name,
            lines: vec![line.into()],
        }
    }

    /// With one more line.
    #[must_use]
    pub fn and(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }
}

/// A part of a section, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The heading of what was verified, or at least looked at.
    Heading(String),
    /// The heading of what somebody claims and nobody verified.
    Claim(String),
    /// Names and what is said under them.
    Field(Field),
    /// Rows in columns.
    Table(Table),
    /// A line that belongs to the table above it.
    Line(String),
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

/// Rows in columns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// What is above the columns.
    pub columns: Vec<&'static str>,
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows more there are, which the lists of the section have and this has not.
    pub more: usize,
}

impl Table {
    /// A table that is whole.
    #[must_use]
    pub const fn new(columns: Vec<&'static str>, rows: Vec<Vec<Cell>>) -> Self {
        Self {
            columns,
            rows,
            more: 0,
        }
    }
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cell {
    /// A text.
    Text(String),
    /// How long it is until then.
    Until(Timestamp),
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}
