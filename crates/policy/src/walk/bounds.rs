//! The bounds of the table.

use super::{Object, Walk};
use crate::LintCode;
use crate::node::{Member, Node};
use crate::schema::Type;

impl Object<'_> {
    /// The most items that the list in `field` may have.
    pub(super) fn most_items(&self, field: &str) -> usize {
        match self.kind_of(field) {
            Some(Type::List { most, .. }) => most,
            // Not in the table: nothing is known of its items, so none is read.
            _ => 0,
        }
    }

    /// The bounds of the number in `field`.
    pub(crate) fn bounds_of(&self, field: &str) -> (u8, u8) {
        match self.kind_of(field) {
            Some(Type::Number(least, most)) => (least, most),
            // Not in the table: nothing is a number of its kind.
            _ => (u8::MAX, 0),
        }
    }

    /// What the items of the list in `field` may be.
    pub(super) fn kind_of_items(&self, field: &str) -> Option<Type> {
        match self.kind_of(field) {
            Some(Type::List { of, .. }) => Some(*of),
            _ => None,
        }
    }
}

impl Walk<'_> {
    /// Reports a text that is longer than one of its kind may be.
    pub(super) fn bound_text(&mut self, kind: Option<Type>, node: &Node) {
        let most = match kind {
            Some(Type::Text(text) | Type::Texts { of: text, .. }) => text.most,
            _ => return,
        };
        let length = node.as_str().map_or(0, str::len);
        if length > most {
            let message = format!("a text of {length} bytes; at most {most} are read");
            self.meaning(LintCode::LimitExceeded, node.at, message);
        }
    }

    /// Reports a mapping of texts in `field` that has more members than it may, or too long ones.
    pub(crate) fn bound_members(&mut self, object: &Object<'_>, field: &str, members: &[Member]) {
        let kind = object.kind_of(field);
        let Some(Type::Texts { of, most, .. }) = kind else {
            return;
        };
        let count = members.len();
        if count > most {
            let message = format!("a mapping of {count}; at most {most} are judged");
            self.meaning(LintCode::LimitExceeded, object.place(field), message);
        }
        for member in members {
            self.bound_text(kind, &member.value);
            if member.key.len() > of.most {
                let message = format!(
                    "a name of {} bytes; at most {} are read",
                    member.key.len(),
                    of.most
                );
                self.meaning(LintCode::LimitExceeded, member.at, message);
            }
        }
    }
}
