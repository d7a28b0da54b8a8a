//! Documents that are attached to an image.

use doorward_core::{Budget, Digest, Pinned, Proof, Scheme, Session, Timestamp};

use crate::met::Proofs;
use crate::plan::{Opening, Plan};

/// A compiled requirement about documents that are attached to an image, such as a bill of materials or a scan report.
///
/// Each document is an artifact of its own, in the repository of the image, with a digest of its own. It is judged
/// in three steps. It is [found](Self::find); somebody must have [signed](Self::signed_by) it, which is judged about
/// its own digest; and only then is it [read](Self::read). What was proved about the document is evidence, and says
/// nothing about which digest the image has.
pub trait Attached: Send + Sync {
    /// The scheme.
    fn scheme(&self) -> Scheme;

    /// Who must have signed a document: a plan that is judged about the document. One that checks nothing is met by no
    /// document, for nobody has then vouched for it.
    fn signed_by(&self) -> &Plan;

    /// The session that finds the documents. It ends with their digests, those to be tried first at the beginning, or
    /// with a rejection if there is none. The first 16 that differ are tried, and where there are more and none of these
    /// counts, the refusal is that the budget was exceeded.
    fn find(&self, opening: &Opening<'_>, now: Timestamp) -> Box<dyn Session<Vec<Digest>>>;

    /// The session that reads a document somebody vouched for, and judges the image by it. Its proof is about the
    /// digest of the image: it shows that the document is about it.
    fn read(
        &self,
        opening: &Opening<'_>,
        document: &Vouched,
        now: Timestamp,
    ) -> Box<dyn Session<Proof>>;
}

/// The most documents that are tried for one requirement. Each costs at least two round trips.
pub(crate) const MAX_DOCUMENTS: usize = 16;

/// The largest document that is judged: the manifest of an artifact, which lists its content and does not hold it. A
/// usual one has one KiB.
pub(crate) const MAX_DOCUMENT: usize = 256 << 10;

/// What it may cost to find out whether somebody vouched for one of so many documents: a share of what the entry may
/// cost, which is not taken from it. Anybody who may push can attach documents, and must not be able to use up with
/// them what the others need, or an alternative that has nothing to do with them.
pub(crate) const fn allowance(budget: Budget) -> Budget {
    let mut share = budget;
    share.fetches = budget.fetches / MAX_DOCUMENTS;
    share.bytes = budget.bytes / MAX_DOCUMENTS;
    share.signatures = budget.signatures / MAX_DOCUMENTS;
    share.unpacked = budget.unpacked / MAX_DOCUMENTS;
    share
}

/// A document that somebody vouched for. Only the engine makes one, from proofs of the document's own digest.
///
/// ```compile_fail
/// let forged = doorward::Vouched { .. };
/// ```
#[derive(Clone, Debug)]
pub struct Vouched {
    pinned: Pinned,
    proofs: Proofs,
}

impl Vouched {
    /// The document `pinned`, if it is what the proofs are about, and if any of them names who signed: a requirement
    /// that accepts anything is met, and nobody has vouched.
    pub(crate) fn of(pinned: Pinned, proofs: Proofs) -> Option<Self> {
        let is_signed = proofs.iter().any(|proof| !proof.evidence().is_empty());
        (is_signed && proofs.digest() == pinned.digest()).then_some(Self { pinned, proofs })
    }

    /// The repository and the digest of the document.
    #[must_use]
    pub const fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// What was proved of it, at least one thing.
    pub fn proofs(&self) -> impl Iterator<Item = &Proof> {
        self.proofs.iter()
    }
}
