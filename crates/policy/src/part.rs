//! Parts of a body that may be there.

use crate::node::Node;
use crate::walk::{Object, Walk};

/// Reads `field` with `read` if it is there.
pub(crate) fn part<T>(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    read: impl FnOnce(&mut Walk<'_>, &Node) -> Option<T>,
) -> Option<T> {
    let node = object.field(field)?;
    walk.inside(field, |walk| read(walk, node))
}
