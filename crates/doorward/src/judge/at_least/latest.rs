//! Which of several plans that were met tell when a document was signed.

use std::cmp::Reverse;

use doorward_core::{Evidence, Proof, Timestamp};

use super::Count;
use crate::judge::judged::Judged;
use crate::met::Met;
use crate::plan::Plan;

/// What came of all plans about a document: met by as many as must be, and of those that were met by the ones that signed
/// last. One that leaves it open whether somebody signed may have signed later, so the whole is left open then.
pub(super) fn put_together(count: &Count, plans: &[Plan], judged: Vec<Option<Judged>>) -> Judged {
    let mut met: Vec<(usize, Option<Timestamp>)> = judged
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((at, time_of(one.as_ref()?.result.as_ref().ok()?))))
        .collect();
    // One that tells no time counts whatever the others say: it cannot be shown to be older.
    met.sort_by_key(|(_, time)| Reverse((time.is_none(), *time)));
    let counting: Vec<usize> = met.iter().map(|(at, _)| *at).take(count.needed).collect();
    let doubt = judged
        .iter()
        .flatten()
        .filter(|one| one.leaves_open)
        .find_map(|one| one.result.as_ref().err().cloned());
    let mut all = super::put_together(count, plans, judged, &|at| counting.contains(&at));
    if let Some(doubt) = doubt.filter(|_| all.result.is_ok()) {
        all.result = Err(doubt);
    }
    all
}

/// When a plan was met: the earliest of the times of those who must all have signed.
fn time_of(met: &Met) -> Option<Timestamp> {
    match met {
        Met::Proved(proofs) => {
            let evidence = proofs.iter().flat_map(Proof::evidence);
            evidence.filter_map(Evidence::time).min()
        }
        Met::Unchecked(_) => None,
    }
}
