//! The lists of a body, and how long they may be.
//!
//! The author of a policy chooses how much each image under it costs: every item is compiled and judged for every image
//! of a review.

use super::{Object, Walk};
use crate::LintCode;
use crate::node::Node;

/// The most items of all such lists of one body, those in its alternatives included.
const MAX_OF_BODY: usize = 256;

impl Walk<'_> {
    /// Begins a body, whose lists have items of their own.
    pub(crate) const fn begin_body(&mut self) {
        self.items = 0;
    }

    /// Whether the lists of the body have more items than are read, so that something is missing.
    pub(crate) const fn is_over(&self) -> bool {
        self.items > MAX_OF_BODY
    }

    /// Reads every item of the list in `field`, as many as are judged or read for each image. Absent is empty.
    pub(crate) fn few<T>(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
        read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        let count = self.list(object, field).map_or(0, <[_]>::len);
        // It was said where the bound was passed.
        if count > 0 && self.is_over() {
            return Vec::new();
        }
        self.items = self.items.saturating_add(count);
        let is_short = count <= object.most_items(field);
        if is_short && count > 0 && self.is_over() {
            let message = format!(
                "the lists of a body, alternatives included, have at most {MAX_OF_BODY} items together"
            );
            self.inside(field, |walk| {
                walk.meaning(LintCode::LimitExceeded, object.place(field), message);
            });
            return Vec::new();
        }
        self.every(object, field, read)
    }

    /// Reads every item of the list in `field`, if they are no more than the table lets it have. Absent is empty.
    pub(crate) fn every<T>(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        let items = self.list(object, field).unwrap_or_default();
        let (count, most) = (items.len(), object.most_items(field));
        self.inside(field, |walk| {
            if count > most {
                let message = format!("a list of {count}; at most {most} are judged");
                walk.meaning(LintCode::LimitExceeded, object.place(field), message);
                return Vec::new();
            }
            let indexed = items.iter().enumerate();
            indexed
                .filter_map(|(index, node)| {
                    walk.item(index, |walk| {
                        walk.bound_text(object.kind_of_items(field), node);
                        read(walk, node)
                    })
                })
                .collect()
        })
    }
}
