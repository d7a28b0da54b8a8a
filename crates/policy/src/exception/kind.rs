//! The two kinds of exception.

use std::fmt;

use crate::Group;

/// Which of the two kinds of exception an object is. Both are of `doorward.dev` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExceptionKind {
    /// Counts in every namespace, or in those that it selects.
    ClusterImageException,
    /// Counts in its namespace.
    ImageException,
}

impl ExceptionKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::ClusterImageException, Self::ImageException];

    /// The group of both.
    pub const GROUP: Group = Group::Doorward;

    /// The name in the field `kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClusterImageException => "ClusterImageException",
            Self::ImageException => "ImageException",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind of an object of this API version and name of a kind. One of another version is meant as such as well,
    /// and is then refused by the reader.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let (group, _) = api_version.split_once('/')?;
        Self::named(kind).filter(|_| group == Self::GROUP.as_str())
    }
}

impl fmt::Display for ExceptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
