//! Repositories that the crate knows, with a root to begin with.

use crate::{Location, TufError};

/// A repository of trust material that many need, and a root that leads to its newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shipped {
    /// GitHub's own instance of sigstore, which signs attestations of private repositories.
    GitHub,
    /// The public instance of sigstore.
    Sigstore,
}

impl Shipped {
    /// The root that ships with this crate: version 9 of GitHub's, version 16 of the public instance's.
    #[must_use]
    pub const fn root(self) -> &'static [u8] {
        match self {
            Self::GitHub => include_bytes!("shipped/github.root.json"),
            Self::Sigstore => include_bytes!("shipped/sigstore.root.json"),
        }
    }

    /// Where the repository is.
    ///
    /// # Errors
    /// None today: the addresses are written here.
    pub fn location(self) -> Result<Location, TufError> {
        let base = match self {
            Self::GitHub => "https://tuf-repo.github.com/",
            Self::Sigstore => "https://tuf-repo-cdn.sigstore.dev/",
        };
        Location::at(base)
    }
}
