//! Where the verified digest is written.

use crate::Group;
use crate::node::{Kind, Node};
use crate::schema::{PODS_ONLY, nearest};
use crate::walk::{Object, Walk};

/// What names an image in a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A Pod: what runs.
    Pod,
    /// Anything else: an object that Pods are made from, such as a Deployment, or a custom resource.
    Template,
}

/// Where the verified digest is written, by the field `mutateImage`. The order is that of what is asked for: the greater
/// value pins wherever the lesser does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutateImage {
    /// Nowhere (`false`).
    Nowhere,
    /// Into Pods, and not into what they are made from (`pods-only`).
    PodsOnly,
    /// Into whatever names the image (`true`).
    #[default]
    Everywhere,
}

impl MutateImage {
    /// Whether the digest is written into such a holder.
    #[must_use]
    pub const fn pins(self, holder: Holder) -> bool {
        match (self, holder) {
            (Self::Nowhere, _) | (Self::PodsOnly, Holder::Template) => false,
            (Self::PodsOnly, Holder::Pod) | (Self::Everywhere, _) => true,
        }
    }

    /// Whether the digest is written anywhere.
    #[must_use]
    pub const fn pins_anywhere(self) -> bool {
        self.pins(Holder::Pod)
    }
}

/// Reads the field. The word has a meaning in the group of this project alone: the others have the type that Portieris
/// gives the field.
pub(crate) fn read(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<MutateImage> {
    const FIELD: &str = "mutateImage";
    let node = object.field(FIELD)?;
    let expected = if walk.explicit {
        "true, false or `pods-only`"
    } else {
        "true or false"
    };
    match &node.kind {
        Kind::Bool(true) => Some(MutateImage::Everywhere),
        Kind::Bool(false) => Some(MutateImage::Nowhere),
        _ if walk.explicit && node.as_str() == Some(PODS_ONLY) => Some(MutateImage::PodsOnly),
        _ if !walk.explicit && node.as_str() == Some(PODS_ONLY) => {
            let message = format!(
                "`{PODS_ONLY}` has a meaning only in {}",
                Group::Doorward.api_version()
            );
            walk.inside(FIELD, |walk| {
                walk.form(crate::LintCode::InvalidValue, object.place(FIELD), message);
            });
            None
        }
        _ if walk.explicit && is_slip(node) => {
            let at = object.place(FIELD);
            let text = node.as_str().unwrap_or_default();
            walk.inside(FIELD, |walk| {
                walk.unknown_value(at, text, [PODS_ONLY].into_iter());
            });
            None
        }
        _ => {
            walk.inside(FIELD, |walk| walk.expected(node, expected));
            None
        }
    }
}

/// Whether the word is meant, and not written.
fn is_slip(node: &Node) -> bool {
    let near = |text| nearest(text, [PODS_ONLY]);
    node.as_str().and_then(near).is_some()
}
