//! Which digest must be signed, where an image has several platforms.

use crate::LintCode;
use crate::walk::{Object, Walk};

/// Which digest must be signed, where an image is an index of several platforms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MultiArch {
    /// That of the index, which the reference names.
    #[default]
    Index,
    /// Those of all manifests in it that a runtime can choose.
    EveryChild,
    /// That of one of them.
    AnyChild,
}

const CHOICES: &[(&str, MultiArch)] = &[
    ("index", MultiArch::Index),
    ("everyChild", MultiArch::EveryChild),
    ("anyChild", MultiArch::AnyChild),
];

/// The field of `sigstore`.
pub(super) const FIELD: &str = "multiArch";

pub(super) fn read(walk: &mut Walk<'_>, object: &Object<'_>) -> MultiArch {
    let chosen = walk.choice(object, FIELD, CHOICES).unwrap_or_default();
    if chosen == MultiArch::AnyChild {
        let message = "a signature for one platform admits the whole index: it does not prove that anybody signed what a node \
                       of another platform runs, and anyone who may push can put a signed manifest beside others. \
                       `everyChild` demands a signature of each";
        walk.note(LintCode::AnyChild, object.place(FIELD), message);
    }
    chosen
}
