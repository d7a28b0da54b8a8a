//! What was found, sorted by kind.

use std::collections::BTreeSet;

use doorward_core::{Checked, Code, Descriptor, Rejection};

use crate::attached::Candidate;
use crate::envelope::Envelope;
use crate::judge::weight;
use crate::plan::DocumentKind;
use crate::vouched::asked_digest;

/// The most reasons for documents that do not count which a rejection keeps.
const MAX_TOLD: usize = 16;

/// The candidates of one kind.
#[derive(Default)]
pub(super) struct Pile {
    pub(super) manifests: Vec<Checked>,
    pub(super) envelopes: Vec<Envelope>,
    pub(super) dismissed: Vec<Rejection>,
    pub(super) unknown: Vec<Rejection>,
}

/// The candidates of each kind, each digest once.
pub(super) fn piles(kinds: &[DocumentKind], candidates: Vec<Candidate>) -> Vec<Pile> {
    let mut piles: Vec<Pile> = kinds.iter().map(|_| Pile::default()).collect();
    let mut seen = BTreeSet::new();
    for candidate in candidates {
        let (Candidate::Dismissed { kind, .. }
        | Candidate::Enveloped { kind, .. }
        | Candidate::Found { kind, .. }
        | Candidate::Unknown { kind, .. }) = candidate;
        let Some(pile) = piles.get_mut(kind) else {
            continue;
        };
        match candidate {
            Candidate::Dismissed { why, .. } => pile.dismissed.push(why),
            // The same blob may stand there again with other annotations, which belong to it.
            Candidate::Enveloped { envelope, .. } => {
                if !pile.envelopes.contains(&envelope) {
                    pile.envelopes.push(envelope);
                }
            }
            Candidate::Found { manifest, .. } => match asked_digest(&manifest) {
                Some(digest) if seen.insert((kind, digest.clone())) => {
                    pile.manifests.push(manifest);
                }
                Some(_) => {}
                None => {
                    let detail = "a document was not asked for by its digest";
                    pile.unknown
                        .push(Rejection::new(Code::INTERNAL_ERROR, detail));
                }
            },
            Candidate::Unknown { why, .. } => pile.unknown.push(why),
        }
    }
    for pile in &mut piles {
        let count = pile.manifests.len() + distinct(&pile.envelopes);
        let most = Candidate::MAX;
        if count > most {
            let detail =
                format!("{count} documents are attached to the image, and {most} are judged");
            pile.unknown
                .push(Rejection::new(Code::BUDGET_EXCEEDED, detail));
        }
        // It is known already that they do not tell.
        if !pile.unknown.is_empty() {
            pile.manifests.clear();
            pile.envelopes.clear();
        }
    }
    piles
}

/// How many envelopes there are, wherever they are. Each is judged in every place that holds it, and the policy names the places.
fn distinct(envelopes: &[Envelope]) -> usize {
    let mut blobs: Vec<&Descriptor> = Vec::new();
    for envelope in envelopes {
        if !blobs.contains(&&envelope.blob) {
            blobs.push(&envelope.blob);
        }
    }
    blobs.len()
}

/// One rejection for documents of which it is not known whether they count. An outage speaks only if there is nothing
/// else.
pub(super) fn not_known(mut unknown: Vec<Rejection>) -> Rejection {
    unknown.sort_by_key(|one| std::cmp::Reverse(weight(one)));
    unknown.truncate(MAX_TOLD);
    if unknown.is_empty() {
        let detail = "a document could not be judged, and nobody says why";
        return Rejection::new(Code::INTERNAL_ERROR, detail);
    }
    // Its own sentence is in the one of all.
    let best = unknown.remove(0);
    let detail = format!(
        "which documents count is not known, because of one that could not be judged: {best}"
    );
    best.with_detail(detail).with_causes(unknown)
}

/// Reasons, those that say most first, and no more of them than are told.
pub(super) fn most_telling(mut causes: Vec<Rejection>) -> Vec<Rejection> {
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.reach()));
    causes.truncate(MAX_TOLD);
    causes
}
