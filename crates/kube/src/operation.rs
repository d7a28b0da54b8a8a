//! What the API server is asked to do.

use std::fmt;

/// The operation of an admission request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// A connection to a running object, such as `kubectl exec`.
    Connect,
    /// A new object.
    Create,
    /// An object goes away.
    Delete,
    /// The request names none, or one that is not known. It is checked like [`Operation::Create`].
    Other,
    /// An object changes.
    Update,
}

impl Operation {
    /// The operation that a review names.
    pub(crate) fn named(name: Option<&str>) -> Self {
        match name {
            Some("CONNECT") => Self::Connect,
            Some("CREATE") => Self::Create,
            Some("DELETE") => Self::Delete,
            Some("UPDATE") => Self::Update,
            Some(_) | None => Self::Other,
        }
    }

    /// The name in the API, or `OTHER`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Create => "CREATE",
            Self::Delete => "DELETE",
            Self::Other => "OTHER",
            Self::Update => "UPDATE",
        }
    }

    /// Whether the operation can start an image.
    pub(crate) const fn starts_images(self) -> bool {
        !matches!(self, Self::Connect | Self::Delete)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
