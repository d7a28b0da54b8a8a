//! Names that are compared as they are.

use crate::LintCode;
use crate::walk::{Object, Walk};

/// Notes a star in one of these fields: the author may think that it stands for something, and no certificate has it.
pub(super) fn check(walk: &mut Walk<'_>, object: &Object<'_>, fields: &[&'static str]) {
    for field in fields {
        let text = object.field(field).and_then(|node| node.as_str());
        if text.is_some_and(|text| text.contains('*')) {
            let message = "the name is compared as it is, and the star stands for itself: a pattern is written as `subjectRegExp`";
            walk.inside(field, |walk| {
                walk.note(LintCode::StarInName, object.place(field), message);
            });
        }
    }
}
