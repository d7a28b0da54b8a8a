//! What an image must satisfy, compiled: a tree of demands.

use std::fmt;

use bytes::Bytes;
use doorward_core::{
    Digest, Pinned, Reference, Rejection, Repository, Scheme, Session, StateKey, Timestamp,
};

use crate::verdict::{Mode, Rule};

/// What a session is opened with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opening<'a> {
    /// The image as decided on: normalised, with `:latest` if nothing else was written, and without its tag if it
    /// has a digest.
    pub reference: &'a Reference,
    /// The repository and the digest that the reference resolved to. Not verified yet.
    pub pinned: &'a Pinned,
    /// Where the repository is kept, which is not its own name when it is mirrored.
    pub located: &'a Repository,
    /// The time to decide at.
    pub now: Timestamp,
}

/// A compiled requirement of one scheme, ready to be verified for any image.
pub trait Demand: Send + Sync {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// A digest over everything that the outcome depends on besides the image: keys, identities, settings. Proofs
    /// are remembered under it, and not at all where it is absent.
    fn fingerprint(&self) -> Option<Digest>;

    /// Why no image that is called `reference` ever meets the demand, whatever is found out about it. Nothing, if one
    /// can. An image that is refused by its name alone is not asked about.
    fn refusal(&self, reference: &Reference) -> Option<Rejection> {
        let _ = reference;
        None
    }

    /// A session that verifies one image.
    fn open(&self, opening: &Opening<'_>) -> Box<dyn Session>;
}

/// A compiled requirement of a scheme that itself says which digest a name stands for, and remembers what it saw.
///
/// It needs no registry: a plan of lookups alone never asks one about the image.
pub trait Lookup: Send + Sync {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// Under which key that is remembered which a session about `reference` begins with.
    fn state_key(&self, reference: &Reference) -> StateKey;

    /// A session about `reference`, which has a tag or a digest or both, that begins with what is `remembered`.
    ///
    /// # Errors
    /// A rejection, if what is remembered cannot be read.
    fn open(
        &self,
        reference: &Reference,
        remembered: Option<&Bytes>,
        now: Timestamp,
    ) -> Result<Box<dyn Session>, Rejection>;

    /// Puts together what is stored and what another session learnt, forgetting nothing that either knew.
    ///
    /// # Errors
    /// A rejection, if one of the two cannot be read.
    fn merge(&self, stored: &Bytes, new: &Bytes) -> Result<Bytes, Rejection>;
}

/// One node of a plan.
#[non_exhaustive]
pub enum Node {
    /// One of several plans must be met. They are tried in order until one is.
    Any(Vec<Plan>),
    /// A demand that must be met.
    Demand(Box<dyn Demand>),
    /// A lookup that must succeed.
    Lookup(Box<dyn Lookup>),
    /// A demand that cannot be compiled, for example because its key does not exist. It is never met.
    Refused(Scheme, Rejection),
}

/// Nodes that must all be met. An empty plan demands nothing.
#[derive(Debug, Default)]
pub struct Plan {
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Plan {
    /// A plan of these nodes.
    #[must_use]
    pub const fn new(nodes: Vec<Node>) -> Self {
        Self { nodes }
    }

    /// Whether any node is worth looking at the image for.
    pub(crate) fn looks_at_image(&self, reference: &Reference) -> bool {
        self.nodes.iter().any(|node| match node {
            Node::Any(plans) => plans.iter().any(|plan| plan.looks_at_image(reference)),
            Node::Demand(demand) => demand.refusal(reference).is_none(),
            Node::Lookup(_) => true,
            Node::Refused(..) => false,
        })
    }

    /// Whether any node says itself which digest a name stands for.
    pub(crate) fn looks_up(&self) -> bool {
        self.nodes.iter().any(|node| match node {
            Node::Any(plans) => plans.iter().any(Self::looks_up),
            Node::Lookup(_) => true,
            Node::Demand(_) | Node::Refused(..) => false,
        })
    }

    /// Appends the fingerprints of all demands. Nothing comes of it if one of them has none.
    pub(crate) fn fingerprint(&self, out: &mut Vec<u8>) -> Option<()> {
        for node in &self.nodes {
            match node {
                Node::Any(plans) => {
                    out.extend_from_slice(b"any(");
                    for plan in plans {
                        plan.fingerprint(out)?;
                        out.push(b'|');
                    }
                    out.push(b')');
                }
                Node::Demand(demand) => {
                    out.extend_from_slice(demand.scheme().as_str().as_bytes());
                    out.extend_from_slice(demand.fingerprint()?.as_str().as_bytes());
                }
                // What a name stands for is asked each time: that is what a lookup is for.
                Node::Lookup(_) => return None,
                Node::Refused(..) => out.extend_from_slice(b"refused"),
            }
            out.push(b';');
        }
        Some(())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(plans) => f.debug_tuple("Any").field(plans).finish(),
            Self::Demand(demand) => f.debug_tuple("Demand").field(&demand.scheme()).finish(),
            Self::Lookup(lookup) => f.debug_tuple("Lookup").field(&lookup.scheme()).finish(),
            Self::Refused(scheme, rejection) => f
                .debug_tuple("Refused")
                .field(scheme)
                .field(rejection)
                .finish(),
        }
    }
}

/// One policy entry that governs an image, compiled.
#[derive(Debug)]
#[non_exhaustive]
pub struct Governed {
    /// Which entry.
    pub rule: Rule,
    /// How its failures are treated.
    pub mode: Mode,
    /// Whether a verified image is replaced by its digest form.
    pub mutate: bool,
    /// Whether the image passes with a warning when a required resource is unavailable.
    pub warn_on_unavailable: bool,
    /// What it demands.
    pub plan: Plan,
}

impl Governed {
    /// An enforced entry that pins, and denies what it cannot judge.
    #[must_use]
    pub const fn enforced(rule: Rule, plan: Plan) -> Self {
        Self {
            rule,
            mode: Mode::Enforce,
            mutate: true,
            warn_on_unavailable: false,
            plan,
        }
    }
}
