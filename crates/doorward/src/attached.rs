//! Requirements about documents that are attached to an image.

use doorward_core::{
    Checked, Digest, Proof, Rejection, Resource, Scheme, Selector, Session, Timestamp,
};

use crate::plan::{Opening, Plan};
use crate::vouched::Vouched;

/// A compiled requirement about documents that are attached to an image, such as a bill of materials or a scan report.
///
/// Each document is an artifact of its own, in the repository of the image, with a digest of its own. The requirement is
/// judged in three steps. Everything that may count is [found](Self::find). Of each it is judged, about its own digest,
/// whether those [signed](DocumentKind::signed_by) it who must have. Then all that somebody vouched for is
/// [read](Self::read) together, for which of several documents counts depends on all of them: an old report must not hide
/// a newer one.
///
/// What was proved about a document is evidence, and says nothing about which digest the image has.
pub trait Attached: Send + Sync {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// The kinds of documents that are wanted. Without any, the requirement is never met.
    fn kinds(&self) -> &[DocumentKind];

    /// The session that finds what may be one of the documents. It ends with at most [`Candidate::MAX`] manifests of each
    /// kind; where there are more, nobody knows whether the one that counts is among the first, so it says that it does
    /// [not know](Candidate::Unknown).
    fn find(&self, opening: &Opening<'_>, now: Timestamp) -> Box<dyn Session<Vec<Candidate>>>;

    /// Why no document of a kind counts that must be there: the reasons for each that was found, the most telling ones
    /// first, and none if nothing was found.
    fn none_counts(&self, kind: usize, opening: &Opening<'_>, causes: Vec<Rejection>) -> Rejection;

    /// The session that reads the documents somebody vouched for, those of each kind, and judges the image by all of them.
    /// Its proof is about the digest of the image: it shows that the documents are about it.
    fn read(
        &self,
        opening: &Opening<'_>,
        documents: Vec<Documents>,
        now: Timestamp,
    ) -> Box<dyn Session<Proof>>;
}

/// A kind of documents that a requirement wants.
#[derive(Debug)]
#[non_exhaustive]
pub struct DocumentKind {
    /// Who must have signed a document of the kind: a plan that is judged about the document. One that checks nothing is
    /// met by no document, for nobody has then vouched for it.
    pub signed_by: Plan,
    /// Whether the requirement is met only if there is one, and it is known which.
    pub is_required: bool,
}

impl DocumentKind {
    /// A kind of which there must be a document, and it must be known that none is missing.
    #[must_use]
    pub const fn required(signed_by: Plan) -> Self {
        Self {
            signed_by,
            is_required: true,
        }
    }

    /// A kind of which there may be documents, that can only help.
    #[must_use]
    pub const fn helpful(signed_by: Plan) -> Self {
        Self {
            signed_by,
            is_required: false,
        }
    }
}

/// What may be a document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Candidate {
    /// It counts for nothing, no matter who signed it: it is about something else, or there is nothing.
    Dismissed {
        /// The place of its kind.
        kind: usize,
        /// Why.
        why: Rejection,
    },
    /// It counts if somebody vouches for it.
    Found {
        /// The place of its kind.
        kind: usize,
        /// The manifest that attaches it, which was asked for by its digest.
        manifest: Checked,
    },
    /// It could not be asked about, so it is not known whether it counts.
    Unknown {
        /// The place of its kind.
        kind: usize,
        /// Why.
        why: Rejection,
    },
}

impl Candidate {
    /// The most of one kind that are judged. Images have a handful; each costs some three round trips, which are made
    /// together.
    pub const MAX: usize = 64;
}

/// What somebody vouched for, of one kind.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Documents {
    /// The documents, as they were found.
    pub vouched: Vec<Vouched>,
    /// Why there may be more. Always absent of a kind that is required.
    pub unknown: Option<Rejection>,
}

/// The digest that a manifest was asked for by.
pub(crate) fn asked_digest(manifest: &Checked) -> Option<&Digest> {
    match &manifest.fetch().resource {
        Resource::Manifest {
            selector: Selector::Digest(digest),
            ..
        } => Some(digest),
        _ => None,
    }
}
