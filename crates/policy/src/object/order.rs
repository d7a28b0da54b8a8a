//! What a text would say if it broke off between two lines.

use super::{EntrySource, PolicyObject};
use crate::walk::{Object, Walk};
use crate::{LintCode, PolicyBody};

impl PolicyObject {
    /// Notes that a text which breaks off between whole entries would admit more than it does. Entries on one line are
    /// between brackets, where that cannot happen unseen.
    pub(super) fn note_order(&self, walk: &mut Walk<'_>) {
        let unchecked =
            |entry: &&EntrySource| entry.body.as_ref().is_ok_and(PolicyBody::is_unchecked);
        let Some(open) = self.entries.iter().find(unchecked) else {
            return;
        };
        let follows = |entry: &EntrySource| {
            entry.at.line > open.at.line
                && entry.body.as_ref().is_ok_and(|body| !body.is_unchecked())
        };
        if self.entries.iter().any(follows) {
            walk.note(
                LintCode::UncheckedFirst,
                open.at,
                "a file that breaks off behind this entry admits more than the whole; entries that demand something \
                 stand better before it",
            );
        }
    }

    /// Notes that `floor` stands behind the entries: a text that breaks off between them is a policy like any other,
    /// from which every namespace with policies of its own is free.
    pub(super) fn note_floor_last(&self, walk: &mut Walk<'_>, spec: &Object<'_>) {
        let (floor, entries) = (spec.place("floor"), spec.place("repositories"));
        if self.floor && floor.line > entries.line {
            walk.note(
                LintCode::FloorLast,
                floor,
                "a file that breaks off before this line is no floor; `floor` stands better before `repositories`",
            );
        }
    }
}
