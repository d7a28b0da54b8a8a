//! Which of several plans that were met tell when a document was signed.

use std::cmp::Reverse;

use doorward_core::{Evidence, Proof, Rejection, Timestamp};

use super::Count;
use crate::judge::judged::Judged;
use crate::met::Met;
use crate::plan::Plan;

/// What came of all plans about a document: met by as many as must be, and of those that were met by the ones that signed
/// last.
///
/// One that leaves it open whether somebody signed may have signed later. Then the whole is left open. One that would have
/// signed before those that were met changes nothing, whatever is wrong with it: signatures end in the course of time, and
/// everybody who may push can attach an old one again.
pub(super) fn put_together(count: &Count, plans: &[Plan], judged: Vec<Option<Judged>>) -> Judged {
    let mut met: Vec<(usize, Option<Timestamp>)> = judged
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((at, time_of(one.as_ref()?.result.as_ref().ok()?))))
        .collect();
    // One that tells no time counts whatever the others say: it cannot be shown to be older.
    met.sort_by_key(|(_, time)| Reverse((time.is_none(), *time)));
    met.truncate(count.needed);
    let doubts: Vec<Rejection> = judged
        .iter()
        .flatten()
        .filter(|one| one.leaves_open)
        .filter_map(|one| one.result.as_ref().err().cloned())
        .collect();
    let mut all = super::put_together(count, plans, judged, &|at| {
        met.iter().any(|(counts, _)| *counts == at)
    });
    if met.len() < count.needed {
        // It is open only if those would have been enough, and was then signed no later than the last of them.
        all.leaves_open = met.len() + doubts.len() >= count.needed;
        let latest = latest(&doubts).and_then(Rejection::signed);
        all.result = all.result.map_err(|rejection| rejection.signed_at(latest));
        return all;
    }
    let since = met.iter().filter_map(|(_, time)| *time).min();
    let may_be_later = |doubt: &&Rejection| match (since, doubt.signed()) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(since), Some(signed)) => signed > since,
    };
    let later = latest(doubts.iter().filter(may_be_later));
    all.leaves_open = later.is_some();
    if let Some(doubt) = later.filter(|_| all.result.is_ok()) {
        all.result = Err(doubt.clone());
    }
    all
}

/// The one that may have been signed last.
fn latest<'r>(doubts: impl IntoIterator<Item = &'r Rejection>) -> Option<&'r Rejection> {
    doubts
        .into_iter()
        .max_by_key(|doubt| (doubt.signed().is_none(), doubt.signed()))
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
