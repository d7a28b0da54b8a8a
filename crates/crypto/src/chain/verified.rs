//! The proof that a certificate was certified.

use doorward_core::Timestamp;

use super::Purpose;
use crate::Certificate;

/// A certification path that holds (RFC 5280, section 6): from a leaf over its issuers to an anchor. Only
/// verification makes one, so that it is the evidence.
///
/// It says that the path held at one time and for one purpose. It says nothing about names and nothing about
/// revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct VerifiedChain {
    leaf: Certificate,
    intermediates: Vec<Certificate>,
    anchor: Certificate,
    purpose: Purpose,
    at: Timestamp,
}

impl VerifiedChain {
    /// For those who have verified the path, and for nobody else.
    pub(super) const fn new(
        leaf: Certificate,
        intermediates: Vec<Certificate>,
        anchor: Certificate,
        purpose: Purpose,
        at: Timestamp,
    ) -> Self {
        Self {
            leaf,
            intermediates,
            anchor,
            purpose,
            at,
        }
    }

    /// The certificate that was to be verified.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The certificates between leaf and anchor, the issuer of the leaf first. Certificates that were presented and
    /// are not on the path are not among them.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// The trusted certificate in which the path ends. It may be the leaf itself.
    #[must_use]
    pub const fn anchor(&self) -> &Certificate {
        &self.anchor
    }

    /// The whole path from leaf to anchor, each certificate issued by the next: two at least, the same one twice if
    /// the leaf is the anchor.
    pub fn path(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        std::iter::once(&self.leaf)
            .chain(&self.intermediates)
            .chain(std::iter::once(&self.anchor))
    }

    /// The purpose for which leaf and intermediates are good: they name it, or say nothing of purposes.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The time at which every certificate on the path was valid. It need not be the time of the verification.
    #[must_use]
    pub const fn verified_at(&self) -> Timestamp {
        self.at
    }
}
