//! Names of trust stores.

use std::fmt;
use std::str::FromStr;

/// What the certificates of a store are trusted for. One type never stands in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreType {
    /// `ca`: to issue signers' certificates.
    Ca,
    /// `signingAuthority`: to issue certificates of signing authorities, which vouch for the time themselves.
    SigningAuthority,
    /// `tsa`: to issue certificates of time-stamping authorities.
    Tsa,
}

impl StoreType {
    /// The name in policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }
}

impl FromStr for StoreType {
    type Err = StoreReferenceError;

    fn from_str(text: &str) -> Result<Self, StoreReferenceError> {
        [Self::Ca, Self::SigningAuthority, Self::Tsa]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(StoreReferenceError::Type)
    }
}

/// The name of a store: letters, digits, `_`, `.` and `-`. Stricter than the specification in that neither `.` nor `..`
/// is one, because a store is a folder and these are others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreName(String);

impl StoreName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StoreName {
    type Err = StoreNameError;

    fn from_str(text: &str) -> Result<Self, StoreNameError> {
        // The longest name of a folder on usual file systems.
        const LONGEST: usize = 255;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(is_plain) {
            return Err(StoreNameError);
        }
        match text {
            "." | ".." => Err(StoreNameError),
            name => Ok(Self(name.to_owned())),
        }
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not the name of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a trust store has letters, digits, `_`, `.` and `-`, and is neither `.` nor `..`"
)]
pub struct StoreNameError;

/// A store by type and name: `ca:acme`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreReference {
    /// What its certificates are trusted for.
    pub kind: StoreType,
    /// What it is called.
    pub name: StoreName,
}

impl StoreReference {
    /// The store of that type and name.
    #[must_use]
    pub const fn new(kind: StoreType, name: StoreName) -> Self {
        Self { kind, name }
    }
}

impl FromStr for StoreReference {
    type Err = StoreReferenceError;

    fn from_str(text: &str) -> Result<Self, StoreReferenceError> {
        let (kind, name) = text.split_once(':').ok_or(StoreReferenceError::NoColon)?;
        Ok(Self::new(kind.parse()?, name.parse()?))
    }
}

impl fmt::Display for StoreReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

/// Why a text names no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreReferenceError {
    /// The name is none.
    #[error(transparent)]
    Name(#[from] StoreNameError),
    /// There is no type.
    #[error("a trust store is given as its type, a colon and its name")]
    NoColon,
    /// The type is not known.
    #[error("the type of a trust store is `ca`, `signingAuthority` or `tsa`")]
    Type,
}
