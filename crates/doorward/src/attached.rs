//! What is attached to an image and may count.

use doorward_core::{Checked, Rejection};

use crate::envelope::Envelope;
use crate::vouched::Vouched;

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
    /// It counts if somebody who may sign documents of the kind signed the statement in it, and it is about the image.
    Enveloped {
        /// The place of its kind.
        kind: usize,
        /// Where it is.
        envelope: Envelope,
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
