//! How far a session is.

use std::collections::{BTreeSet, VecDeque};

use doorward_core::{Descriptor, Digest, Incomplete, Rejection, Timestamp};

use crate::discovery::Located;
use crate::{PluginRequest, RevocationRequest, Walk};

#[derive(Debug)]
pub(super) enum State {
    /// Nothing was asked yet.
    Start,
    /// The manifest of the image, unless it is known, and the list were asked for.
    Listing,
    /// The tag was asked for, because the list has no signature.
    Tag(Trying),
    /// Manifests of signatures were asked for.
    Manifests(Trying, Vec<Descriptor>),
    /// Envelopes were asked for.
    Envelopes(Trying, Vec<Located>),
    /// Authorities were asked about the certificates of one signature.
    Authorities(Trying, Box<Asking>, VecDeque<Held>),
    /// A plug-in was asked about one signature.
    Plugin(Trying, Box<Held>, PluginRequest, VecDeque<Held>),
    /// The outcome was given.
    Over,
}

/// What is still to be tried.
#[derive(Debug)]
pub(super) struct Trying {
    pub(super) subject: Descriptor,
    pub(super) left: VecDeque<Descriptor>,
    /// How many are asked for next.
    pub(super) round: usize,
    /// Whether there are more than are tried.
    pub(super) are_too_many: bool,
    /// What the lists lack.
    pub(super) incomplete: Option<Incomplete>,
    /// Manifests that were named by an index of signatures, and not by a list.
    pub(super) nested: BTreeSet<Digest>,
    /// How many were found so far.
    pub(super) found: usize,
    /// Whether the tag was asked for beside the list.
    pub(super) has_tag: bool,
}

/// A signature that nothing refuses but perhaps its authorities.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) walk: Walk,
    pub(super) source: String,
    pub(super) manifest: Digest,
}

/// A signature whose authorities were asked.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) held: Held,
    pub(super) asked: Vec<RevocationRequest>,
}

impl From<Held> for Asking {
    fn from(held: Held) -> Self {
        Self {
            held,
            asked: Vec::new(),
        }
    }
}

/// A signature that does not count.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) rejection: Box<Rejection>,
    /// The last second in which it was made as the signer says, where the signature on that holds.
    pub(super) made: Option<Timestamp>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self {
            rejection: Box::new(rejection),
            made: None,
        }
    }
}
