//! A mapping of a document.

use crate::Position;
use crate::node::{Kind, Node};
use crate::schema::{Mapping, Need, Type};

/// A mapping whose keys were checked.
pub(crate) struct Object<'n> {
    pub(crate) at: Position,
    pub(super) mapping: &'static Mapping,
    pub(super) members: Vec<(&'static str, &'n Node)>,
}

impl<'n> Object<'n> {
    /// The value of `field`. One without a value was reported when the mapping was read.
    pub(crate) fn field(&self, field: &str) -> Option<&'n Node> {
        self.members
            .iter()
            .find(|(name, node)| *name == field && !matches!(node.kind, Kind::Null))
            .map(|(_, node)| *node)
    }

    /// What the table says that `field` may hold.
    pub(super) fn kind_of(&self, field: &str) -> Option<Type> {
        self.mapping.field(field).map(|field| field.of)
    }

    /// Whether `field` is required here in every group.
    pub(crate) fn always_has(&self, field: &str) -> bool {
        let field = self.mapping.field(field);
        field.is_some_and(|field| field.need == Need::Always)
    }

    /// Whether `field` stands here, be it without a value.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.members.iter().any(|(name, _)| *name == field)
    }

    /// Where the value of `field` is, or the mapping if it has none.
    pub(crate) fn place(&self, field: &str) -> Position {
        self.field(field).map_or(self.at, |node| node.at)
    }
}
