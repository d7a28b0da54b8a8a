//! What is asked for ahead of time in one round.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use doorward_core::{Fetch, Timestamp};

use super::StandingAnswers;
use super::kept::{Kept, Question};

/// For how long an answer that no review needs is asked for ahead of time, in seconds: a week.
pub(super) const NEEDED: i64 = 7 * 24 * 60 * 60;
/// The most questions of one round ahead of time, and the most bytes of all their answers. The rest is left for the next
/// round, of each namespace that last which it has not needed for longest.
const ROUND: (usize, usize) = (256, 64 << 20);
/// How much larger than the one that is kept an answer may be that is asked for ahead of time: twice as large, and so many
/// bytes.
const GROWTH: usize = 64 << 10;

/// What one namespace would have asked for, the next one last.
#[derive(Default)]
struct Share<'a> {
    due: Vec<(&'a Question, &'a Kept)>,
    bytes: usize,
}

impl StandingAnswers {
    /// What is worth asking for before a review has to: answers that still count and have been there for a while, and that
    /// reviews need, no more than one round may cost. The namespaces that need them take turns, the one next for which least
    /// is asked so far: one with many leaves room for others.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Fetch> {
        let held = self.held();
        let mut shares: BTreeMap<Arc<str>, Share<'_>> = BTreeMap::new();
        for (question, kept) in held.answers.iter().filter(|(_, kept)| is_due(kept, now)) {
            for namespace in kept.needers.names() {
                let share = shares.entry(Arc::clone(namespace)).or_default();
                share.due.push((question, kept));
            }
        }
        for share in shares.values_mut() {
            share.due.sort_by_key(|(_, kept)| kept.needed);
        }
        let (most, mut left) = ROUND;
        let (mut taken, mut round) = (HashSet::new(), Vec::new());
        while round.len() < most {
            let next = shares.values_mut().filter_map(|share| {
                let bytes = max_bytes(share.due.last()?.1);
                Some(((share.bytes, bytes), share))
            });
            let Some(((_, bytes), share)) = next.min_by_key(|(order, _)| *order) else {
                break;
            };
            let Some((question, _)) = share.due.pop() else {
                break;
            };
            if taken.contains(question) {
                continue;
            }
            if let Some(rest) = left.checked_sub(bytes) {
                left = rest;
                share.bytes = share.bytes.saturating_add(bytes);
                taken.insert(question);
                round.push(question.fetch(bytes));
            }
        }
        round
    }
}

fn is_due(kept: &Kept, now: Timestamp) -> bool {
    kept.counts_at(now)
        && !kept.is_only_beside()
        && kept.refresh_at <= now
        && now <= kept.needed.plus(NEEDED)
        && !kept.was_asked_within(kept.pause(), now)
}

/// The most bytes of a newer answer.
fn max_bytes(kept: &Kept) -> usize {
    let known = kept.fetched.bytes.len();
    let larger = known.saturating_mul(2).saturating_add(GROWTH);
    kept.max_bytes.min(larger)
}
