//! What an image must satisfy, compiled: a tree of demands.

use std::fmt;

use bytes::Bytes;
use doorward_core::{
    Code, Descriptor, Pinned, Proof, Reference, Rejection, Repository, Scheme, Session, StateKey,
    Timestamp,
};
use doorward_policy::{ExceptionsAllowed, Missing, Mode, MutateImage};

use crate::attached::{Candidate, Documents};
use crate::envelope::Envelope;
use crate::inputs::Inputs;
use crate::rule::Rule;

/// The name that rejections of a policy entry itself carry where a scheme stands otherwise.
pub(crate) const POLICY: Scheme = Scheme::custom("policy");

/// The image that a session is about.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Opening<'a> {
    /// The image as decided on: normalised, with `:latest` if nothing else was written, and without its tag if it
    /// has a digest.
    pub reference: &'a Reference,
    /// The repository and the digest that the reference resolved to. Not verified yet.
    pub pinned: &'a Pinned,
    /// Where the repository is kept, which is not its own name when it is mirrored.
    pub located: &'a Repository,
    /// The descriptor of the manifest, if it was read already and says what it is: what signatures over descriptors
    /// are compared with. A session that needs it and is not given it fetches the manifest itself.
    pub manifest: Option<&'a Descriptor>,
    /// Whether the time of signing decides something, as for a document of which the newest counts. Of several signatures
    /// that hold, the proof should then be of the one that was made last.
    pub wants_latest: bool,
}

/// A compiled requirement of one scheme, ready to be verified for any image.
pub trait Demand: Send + Sync {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// Why no image that is called `reference` ever meets the demand, whatever is found out about it. Returns `None` if
    /// one can. An image that is refused by its name alone is not asked about.
    fn refusal(&self, reference: &Reference) -> Option<Rejection> {
        let _ = reference;
        None
    }

    /// How an index is signed as a whole, if `rejection` says that nothing was found that vouches for it: a lowercase
    /// fragment that names the command. The manifests of its platforms may well be signed, and the refusal of an index
    /// says so then.
    fn signs_an_index(&self, rejection: &Rejection) -> Option<&'static str> {
        let _ = rejection;
        None
    }

    /// Whether `rejection` leaves open if anybody signed. Then the answer was neither yes nor no: nobody could be asked,
    /// more would have to be looked at than is, or somebody who is trusted signed, and the signature cannot be judged or no
    /// longer counts. Where a document does not count because nobody signed it, it must be known
    /// that nobody did, for it may be the one that says the worst.
    ///
    /// Only what is special to the scheme is asked here: that a fetch failed, or a budget was exceeded, is known without.
    fn leaves_open(&self, rejection: &Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// What a session that verifies one image is opened with.
    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs>;

    /// What a session that verifies one statement about the image is opened with: that somebody whom the demand trusts signed
    /// it, that it is of one of the [types](Envelope::predicate_types), and about this image. Its proof must
    /// [hold the statement](Proof::statement). Returns `None` if the scheme signs no statements, which then counts for
    /// nothing.
    fn stated(&self, opening: &Opening<'_>, envelope: &Envelope) -> Option<Box<dyn Inputs>> {
        let _ = (opening, envelope);
        None
    }
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

/// A compiled requirement about documents that are attached to an image, such as a bill of materials or a scan report.
///
/// Each document is an artifact of its own, in the repository of the image, with a digest of its own. The requirement is
/// judged in three steps. Everything that may count is [found](Self::find). Of each it is judged, about its own digest,
/// whether those [signed](DocumentKind::signed_by) it who must have. Then all that somebody vouched for is
/// [read](Self::read) together, for which of several documents counts depends on all of them: an old report must not hide
/// a newer one.
///
/// A statement in an [envelope](Candidate::Enveloped) is about the image, and its signature is within it. It is judged by the
/// same plan, of which each demand is asked about [the statement](Demand::stated) then and not about a digest.
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

/// One node of a plan.
#[non_exhaustive]
pub enum Node {
    /// One of several plans must be met. They are tried in order until one is.
    Any(Vec<Plan>),
    /// So many of several plans must be met. They are tried in order until that is decided. None, or more than there
    /// are, denies as invalid. Plans are counted and not signers: who puts them together sees to it that no two are met
    /// by one key.
    AtLeast {
        /// How many must be met.
        needed: usize,
        /// The plans.
        of: Vec<Plan>,
    },
    /// A requirement about documents that are attached to the image.
    Attached(Box<dyn Attached>),
    /// A demand that must be met.
    Demand(Box<dyn Demand>),
    /// A lookup that must succeed.
    Lookup(Box<dyn Lookup>),
    /// A demand that cannot be compiled, for example because its key does not exist. It is never met.
    Refused(Scheme, Rejection),
}

/// What an image must satisfy: nodes that must all be met, or expressly nothing.
///
/// There is no plan without a node that is not expressly unchecked: a list of demands that came out empty, for
/// whatever reason, denies.
pub struct Plan(Form);

enum Form {
    All { first: Node, rest: Vec<Node> },
    Unchecked(Unchecked),
}

/// That a plan says of itself that nothing is checked.
///
/// Only [`Plan::unchecked`] makes one, and what it allows is never pinned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unchecked(());

impl Plan {
    /// A plan of these nodes. Without any, it denies as invalid.
    #[must_use]
    pub fn new(nodes: Vec<Node>) -> Self {
        let mut nodes = nodes.into_iter();
        let first = nodes.next().unwrap_or_else(|| {
            let detail = "the entry demands nothing, and does not say that it checks nothing";
            Node::Refused(POLICY, Rejection::new(Code::POLICY_INVALID, detail))
        });
        Self(Form::All {
            first,
            rest: nodes.collect(),
        })
    }

    /// A plan that admits every image unchecked. For an entry that says so, and no other.
    #[must_use]
    pub const fn unchecked() -> Self {
        Self(Form::Unchecked(Unchecked(())))
    }

    /// What is demanded, or the word that nothing is.
    pub(crate) fn nodes(&self) -> Result<impl Iterator<Item = &Node>, Unchecked> {
        match &self.0 {
            Form::All { first, rest } => Ok(std::iter::once(first).chain(rest)),
            Form::Unchecked(token) => Err(*token),
        }
    }

    fn each(&self) -> impl Iterator<Item = &Node> {
        self.nodes().ok().into_iter().flatten()
    }

    /// Whether any node is worth looking at the image for.
    pub(crate) fn looks_at_image(&self, reference: &Reference) -> bool {
        self.each().any(|node| match node {
            Node::Any(plans) | Node::AtLeast { of: plans, .. } => {
                plans.iter().any(|plan| plan.looks_at_image(reference))
            }
            Node::Demand(demand) => demand.refusal(reference).is_none(),
            Node::Attached(_) | Node::Lookup(_) => true,
            Node::Refused(..) => false,
        })
    }

    /// Whether any node says itself which digest a name stands for.
    pub(crate) fn looks_up(&self) -> bool {
        self.each().any(|node| match node {
            Node::Any(plans) | Node::AtLeast { of: plans, .. } => plans.iter().any(Self::looks_up),
            Node::Lookup(_) => true,
            Node::Attached(_) | Node::Demand(_) | Node::Refused(..) => false,
        })
    }

    /// The schemes of all demands, for saying that they were not tried.
    pub(crate) fn schemes(&self) -> Vec<Scheme> {
        let mut found = Vec::new();
        for node in self.each() {
            match node {
                Node::Any(plans) | Node::AtLeast { of: plans, .. } => {
                    found.extend(plans.iter().flat_map(Self::schemes));
                }
                Node::Attached(attached) => found.push(attached.scheme()),
                Node::Demand(demand) => found.push(demand.scheme()),
                Node::Lookup(lookup) => found.push(lookup.scheme()),
                Node::Refused(scheme, _) => found.push(*scheme),
            }
        }
        found
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nodes() {
            Ok(nodes) => f.debug_list().entries(nodes).finish(),
            Err(_) => f.write_str("Unchecked"),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(plans) => f.debug_tuple("Any").field(plans).finish(),
            Self::AtLeast { needed, of } => f
                .debug_struct("AtLeast")
                .field("needed", needed)
                .field("of", of)
                .finish(),
            Self::Attached(attached) => {
                f.debug_tuple("Attached").field(&attached.scheme()).finish()
            }
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
    /// From when its failures refuse, if that is still to come: until then its mode is no stricter than [`Mode::Warn`], and
    /// what it warns of names this time.
    pub effective_from: Option<Timestamp>,
    /// What would have to be known to tell whether it governs the image, if that is not known. Its failures then say that
    /// it cannot be told whether the image is refused.
    pub supposed: Option<Missing>,
    /// Which exceptions may let run what it refuses.
    pub exceptions: ExceptionsAllowed,
    /// Where a verified image is replaced by its digest form.
    pub mutate: MutateImage,
    /// Whether the tag stays beside the digest that is written.
    pub keep_tag: bool,
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
            effective_from: None,
            supposed: None,
            exceptions: ExceptionsAllowed::Denied,
            mutate: MutateImage::Everywhere,
            keep_tag: false,
            warn_on_unavailable: false,
            plan,
        }
    }
}
