//! The format of policies as data: which fields exist where, and what each may hold.
//!
//! The strict reader takes the known fields and the bounds from here; the field reference and the definitions of custom
//! resources are generated from it. What only the reader can judge, such as a condition that must parse, is not here.

mod explain;
mod field;
mod mapping;
mod table;
mod text;

pub(crate) use explain::explain;
pub use explain::nearest;
pub use field::{Absent, Field, Need, Only};
pub use mapping::{Mapping, Rule};
pub(crate) use table::*;
pub use table::{DOCUMENT, EXCEPTION, EXCEPTION_SPEC, SPEC, exception_mappings, mappings};
pub use text::Text;

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// `true`, `false`, or in `doorward.dev` one of these words. In the groups of Portieris it is `true` or `false`.
    BoolOr(&'static [&'static str]),
    /// What belongs to Kubernetes, and is not described here.
    Kubernetes,
    /// A list.
    List {
        /// What each item may hold.
        of: &'static Self,
        /// The fewest items in `doorward.dev`. In the groups of Portieris an empty list is taken as Portieris takes it.
        fewest: usize,
        /// The most items.
        most: usize,
    },
    /// A mapping with these fields and no others.
    Mapping(&'static Mapping),
    /// A whole number from the first to the second, both among them.
    Number(u8, u8),
    /// `any`, `all`, or a whole number from 1 to this.
    Quorum(usize),
    /// A text.
    Text(&'static Text),
    /// A mapping of any names to texts.
    Texts {
        /// What the values may be.
        of: &'static Text,
        /// The fewest members in `doorward.dev`.
        fewest: usize,
        /// The most members.
        most: usize,
    },
    /// `true`, and nothing else.
    True,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Type {
    /// Whether the table says what it may hold.
    pub(crate) const fn is_described(&self) -> bool {
        !matches!(self, Self::Kubernetes)
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
