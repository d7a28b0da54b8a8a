//! One place in an object that names an image.

use std::fmt;

use doorward_core::text::one_line;

/// The most characters of a container's name, for people.
const MAX_NAME: usize = 320;

/// Where in a pod an image stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `initContainers`, sidecars included.
    Init,
    /// `containers`.
    Main,
    /// `ephemeralContainers`.
    Ephemeral,
    /// `volumes` of type `image`.
    Volume,
    /// A field of a custom resource that is an image by itself.
    Field,
}

impl Slot {
    /// The name of the list in the pod specification, or `fields`.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Main => "containers",
            Self::Ephemeral => "ephemeralContainers",
            Self::Volume => "volumes",
            Self::Field => "fields",
        }
    }

    /// What an element of the list is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init container",
            Self::Main => "container",
            Self::Ephemeral => "ephemeral container",
            Self::Volume => "image volume",
            Self::Field => "field",
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One place in an object that names an image.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ImageUse {
    /// The list it stands in.
    pub slot: Slot,
    /// The name of the container or volume, or the pointer of a field; empty if it has none.
    pub name: String,
    /// The image as written, never blank.
    pub image: String,
    /// The JSON pointer (RFC 6901) to the image string in the object.
    pub pointer: String,
    /// In a custom resource, the pointer to the pod specification that it is in. Elsewhere there is only one.
    pub(crate) pod: String,
    /// Whether it stands in something that Pods are made from, and not in a Pod.
    pub in_template: bool,
    /// On an update: the stored object has this very string under the same name in the same list. Such an image is
    /// not decided again, so that a revoked signature or an unreachable registry cannot keep an object from being
    /// labelled, scaled down or freed of a finalizer.
    pub unchanged: bool,
}

impl ImageUse {
    /// The container or volume, for people: `init container setup`.
    #[must_use]
    pub fn place(&self) -> String {
        if self.name.is_empty() {
            return format!("unnamed {} at {}", self.slot, self.pointer);
        }
        format!("{} {}", self.slot, one_line(&self.name, MAX_NAME))
    }
}
