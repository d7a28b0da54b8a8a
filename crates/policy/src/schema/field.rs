//! A field of a mapping.

use super::Type;

/// A field: its name, what it may hold, and what it means.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it may hold.
    pub of: Type,
    /// Where it must be there.
    pub need: Need,
    /// What its absence means.
    pub absent: Absent,
    /// Where it may be there.
    pub only: Only,
    /// What it means, in a sentence of plain text.
    pub doc: &'static str,
    /// What else the book says of it, in Markdown; may be empty.
    pub more: &'static str,
}

/// Where a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// In the objects of every group: without it, no schema takes the object.
    Always,
    /// In `doorward.dev`, where nothing is permitted by absence. The schemas of the other groups do without it, as that of
    /// Portieris does, and the reader says what its absence means there.
    InDoorward,
    /// Nowhere.
    Never,
}

/// What the absence of a field means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The same as `false`.
    False,
    /// What these words say, in Markdown.
    Says(&'static str),
    /// The same as `true`.
    True,
    /// The same as this word.
    Word(&'static str),
}

/// Where a field may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// In every kind of object.
    Anywhere,
    /// In a `ClusterImageException`.
    InClusterExceptions,
    /// In a `ClusterImagePolicy` of `doorward.dev`.
    InClusterPolicies,
    /// In objects of `doorward.dev`.
    InDoorward,
}

/// A field that may be left out.
pub(super) const fn field(name: &'static str, of: Type, doc: &'static str) -> Field {
    Field {
        name,
        of,
        need: Need::Never,
        absent: Absent::Says("none"),
        only: Only::Anywhere,
        doc,
        more: "",
    }
}

impl Field {
    pub(super) const fn required(mut self) -> Self {
        self.need = Need::Always;
        self.absent = Absent::Says("required");
        self
    }

    pub(super) const fn required_in_doorward(mut self) -> Self {
        self.need = Need::InDoorward;
        self.absent = Absent::Says("required");
        self
    }

    pub(super) const fn absent(mut self, absent: Absent) -> Self {
        self.absent = absent;
        self
    }

    pub(super) const fn only(mut self, only: Only) -> Self {
        self.only = only;
        self
    }

    pub(super) const fn more(mut self, more: &'static str) -> Self {
        self.more = more;
        self
    }
}
