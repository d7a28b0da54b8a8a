use std::fmt;
use std::str::FromStr;

use doorward_core::{Digest, Timestamp};

use crate::PackageUrl;

/// An OpenVEX document: which vulnerabilities affect which products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vex {
    pub(crate) author: String,
    pub(crate) timestamp: Timestamp,
    pub(crate) statements: Vec<Statement>,
}

impl Vex {
    /// Who the document says wrote it. Anyone can write any name here; the signature tells the author that counts.
    #[must_use]
    pub fn author(&self) -> &str {
        &self.author
    }

    /// When it was written, as it says.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The statements, in the order of the document.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// One statement about a vulnerability in products (OpenVEX 0.2, "Statement Fields").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(crate) vulnerability: Vec<String>,
    pub(crate) products: Vec<Product>,
    pub(crate) status: Status,
    pub(crate) justification: Option<String>,
    pub(crate) timestamp: Timestamp,
}

impl Statement {
    /// The identifiers of the vulnerability: its name, then its aliases.
    #[must_use]
    pub fn vulnerability(&self) -> &[String] {
        &self.vulnerability
    }

    /// What it is about. A statement without products names nothing.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// What it says.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The justification, or else the impact statement, that says why a product is not affected.
    #[must_use]
    pub fn justification(&self) -> Option<&str> {
        self.justification.as_deref()
    }

    /// Since when it holds: its own time, or else that of the document ("Inheritance").
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }
}

/// A product of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    pub(crate) digests: Vec<Digest>,
    pub(crate) parts: Option<Vec<PackageUrl>>,
}

impl Product {
    /// The digests that it is named by: in `hashes`, and in package URLs of the type `oci`, whose version is one. A
    /// product that is named by a name alone has none.
    #[must_use]
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }

    /// The packages that the statement is restricted to, from `subcomponents`. `None` if it is about the whole product;
    /// empty if it names its parts in ways that are not compared, so that it is about no package.
    #[must_use]
    pub fn parts(&self) -> Option<&[PackageUrl]> {
        self.parts.as_deref()
    }

    /// Returns whether the product is this image: it has its digest, and no other of the same algorithm.
    #[must_use]
    pub fn is_image(&self, image: &Digest) -> bool {
        self.digests.contains(image)
            && self
                .digests
                .iter()
                .all(|digest| digest == image || digest.algorithm() != image.algorithm())
    }
}

/// What a statement says of its products (OpenVEX 0.2, "Status Labels").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// `affected`
    Affected,
    /// `fixed`
    Fixed,
    /// `not_affected`
    NotAffected,
    /// `under_investigation`
    UnderInvestigation,
}

impl Status {
    /// The label of the specification.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::NotAffected => "not_affected",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// Returns whether a policy may let statements of this status suppress findings.
    #[must_use]
    pub const fn may_suppress(self) -> bool {
        matches!(self, Self::Fixed | Self::NotAffected)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        match text {
            "affected" => Ok(Self::Affected),
            "fixed" => Ok(Self::Fixed),
            "not_affected" => Ok(Self::NotAffected),
            "under_investigation" => Ok(Self::UnderInvestigation),
            _ => Err(StatusError),
        }
    }
}

/// The text is no status label of OpenVEX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected affected, fixed, not_affected or under_investigation")]
pub struct StatusError;
