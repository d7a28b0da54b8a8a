//! Plans of which so many must be met: one of several alternatives, or a quorum.

mod latest;

use doorward_core::{Class, Code, Rejection};

use super::judged::Judged;
use super::subject::Subject;
use super::{Rank, demand, judge};
use crate::met::Met;
use crate::outcome::is_outage;
use crate::plan::{Node, Plan};
use crate::verdict::Requirement;

/// The most plans of which a rejection says why they were not met. Each image of a review and each replay of a verdict
/// keeps them.
const MAX_TOLD: usize = 16;

/// Judges plans one after another until it is decided whether `needed` of them are met.
///
/// Plans that are remembered to have been met come first, so that what did not hold is not asked about each time
/// before them. The others are tried as they stand. A plan that could not be asked decides nothing: it may have been
/// met, so those after it are asked until enough are met, or too few can be. About a document all are asked, because it
/// counts when it was signed last.
pub(super) async fn judge_at_least<'s>(
    needed: usize,
    plans: &'s [Plan],
    subject: &'s Subject<'s>,
) -> Judged {
    if needed == 0 || needed > plans.len() {
        let detail = match plans.len() {
            0 => "the policy offers no alternative".to_owned(),
            count => format!("the policy wants {needed} of {count} to be met"),
        };
        return Judged::failed(Rejection::new(Code::POLICY_INVALID, detail));
    }
    let (mut order, others): (Vec<usize>, Vec<usize>) = (0..plans.len()).partition(|at| {
        plans
            .get(*at)
            .is_some_and(|plan| is_remembered(plan, subject))
    });
    order.extend(others);
    let mut judged: Vec<Option<Judged>> = plans.iter().map(|_| None).collect();
    let mut count = Count::new(needed, plans.len());
    for at in order {
        let Some(plan) = plans.get(at) else { continue };
        let one = judge(plan, subject, Rank::Alternative).await;
        count.take(&one.result);
        if let Some(place) = judged.get_mut(at) {
            *place = Some(one);
        }
        // Where it counts when somebody signed, one that is left may tell of a later time, or leave it open.
        if count.is_decided() && !subject.wants_latest {
            break;
        }
    }
    if subject.wants_latest {
        return latest::put_together(&count, plans, judged);
    }
    put_together(&count, plans, judged, &|_| true)
}

/// What is reported stands in the order of the policy, whatever was tried first. Of the plans that were met only those
/// count which `counts` names by their places.
fn put_together(
    count: &Count,
    plans: &[Plan],
    judged: Vec<Option<Judged>>,
    counts: &dyn Fn(usize) -> bool,
) -> Judged {
    let nothing = Rejection::new(Code::INTERNAL_ERROR, "no plan was judged");
    let mut all = Judged::failed(nothing);
    all.leaves_open = false;
    all.open.clear();
    let mut met: Option<Result<Met, Rejection>> = None;
    let mut rejections = Vec::new();
    for (at, (plan, one)) in plans.iter().zip(judged).enumerate() {
        let Some(one) = one else {
            let skipped = plan.schemes().into_iter().map(Requirement::skipped);
            all.requirements.extend(skipped);
            continue;
        };
        all.flights += one.flights;
        match (all.saw(one), met.take()) {
            (Ok(_), known) if !counts(at) => met = known,
            (Ok(more), None) => met = Some(Ok(more)),
            // Two plans that were met for different digests: which of them is right cannot be known.
            (Ok(more), Some(known)) => met = Some(known.and_then(|known| known.and(more))),
            (Err(rejection), known) => {
                rejections.push(rejection);
                met = known;
            }
        }
    }
    all.result = match met {
        Some(met) if count.met >= count.needed => met,
        met => {
            if let Some(Ok(Met::Proved(proofs))) = met {
                all.also_proved.push(proofs.digest().clone());
            }
            Err(too_few(count, rejections))
        }
    };
    all
}

/// How plans came out so far.
#[derive(Clone, Copy, Debug)]
struct Count {
    needed: usize,
    of: usize,
    met: usize,
    /// There is evidence that a server is out.
    outages: usize,
    /// They could not be asked, for another reason.
    unavailable: usize,
    /// They were not met, whatever else is asked.
    failed: usize,
}

impl Count {
    const fn new(needed: usize, of: usize) -> Self {
        Self {
            needed,
            of,
            met: 0,
            outages: 0,
            unavailable: 0,
            failed: 0,
        }
    }

    fn take(&mut self, result: &Result<Met, Rejection>) {
        match result {
            Ok(_) => self.met += 1,
            Err(rejection) if is_outage(rejection) => self.outages += 1,
            Err(rejection) if rejection.class() == Class::Unavailable => self.unavailable += 1,
            Err(_) => self.failed += 1,
        }
    }

    /// Whether asking further plans cannot change what comes of it.
    const fn is_decided(&self) -> bool {
        self.met >= self.needed || self.failed > self.of - self.needed
    }

    /// Which failures speak for all: those with which the rest might have been enough. As long as those that are out
    /// would have made up what is missing, the answer is not known; else whether those did that could not be asked.
    fn speaks(&self) -> fn(&Rejection) -> bool {
        if self.met + self.outages >= self.needed {
            is_outage
        } else if self.met + self.outages + self.unavailable >= self.needed {
            |one| !is_outage(one) && one.class() == Class::Unavailable
        } else {
            |one| !is_outage(one) && one.class() != Class::Unavailable
        }
    }
}

/// Whether every demand of a plan is remembered to have been met.
fn is_remembered(plan: &Plan, subject: &Subject<'_>) -> bool {
    let (Some(pinned), Ok(mut nodes)) = (subject.resolution.pinned(), plan.nodes()) else {
        return false;
    };
    nodes.all(|node| match node {
        Node::Demand(demand) => demand::is_remembered(demand.as_ref(), subject, pinned),
        Node::Any(_)
        | Node::AtLeast { .. }
        | Node::Attached(_)
        | Node::Lookup(_)
        | Node::Refused(..) => false,
    })
}

/// Why too few plans were met.
fn too_few(count: &Count, rejections: Vec<Rejection>) -> Rejection {
    let Some((best, causes)) = speaker(count, rejections) else {
        return Rejection::new(
            Code::INTERNAL_ERROR,
            "too few plans were met, and none failed",
        );
    };
    let Count {
        needed, of, met, ..
    } = count;
    let detail = match needed {
        1 => format!("none of {of} alternatives was met"),
        _ => format!("{met} of {of} were met, and {needed} must be"),
    };
    best.with_detail(detail).with_causes(causes)
}

/// The rejection that speaks for all, and the causes to tell with it: of a long list its first ones and the one that
/// speaks.
fn speaker(count: &Count, mut rejections: Vec<Rejection>) -> Option<(Rejection, Vec<Rejection>)> {
    let speaks = count.speaks();
    // Of those that could not be asked the first speaks, of the others the one that says most.
    let best = rejections
        .iter()
        .enumerate()
        .filter(|(_, rejection)| speaks(rejection))
        .reduce(|best, next| {
            let says_more = next.1.class() != Class::Unavailable && next.1.rank() >= best.1.rank();
            if says_more { next } else { best }
        });
    let (at, best) = best.map(|(at, best)| (at, best.clone()))?;
    if at >= MAX_TOLD {
        rejections.swap(at, MAX_TOLD - 1);
    }
    rejections.truncate(MAX_TOLD);
    Some((best, rejections))
}

#[cfg(test)]
mod tests {
    use doorward_testkit::outage;

    use super::*;

    fn told(needed: usize, met: usize, rejections: Vec<Rejection>) -> Rejection {
        let mut count = Count::new(needed, met + rejections.len());
        count.met = met;
        for rejection in &rejections {
            count.take(&Err(rejection.clone()));
        }
        too_few(&count, rejections)
    }

    fn out() -> Rejection {
        Rejection::new(Code::REGISTRY_UNAVAILABLE, "gone").because_of(&outage("gone"))
    }

    fn not_asked() -> Rejection {
        Rejection::new(Code::SECRET_UNAVAILABLE, "unreadable")
    }

    fn failed() -> Rejection {
        Rejection::new(Code::ADMISSION_NOT_PINNED, "no")
    }

    #[test]
    fn of_very_many_alternatives_the_first_are_told_and_the_one_that_speaks_for_all() {
        let mut all = vec![failed(); 64];
        all.push(not_asked());
        let told = told(1, 0, all);
        assert_eq!(told.code(), Code::SECRET_UNAVAILABLE);
        assert_eq!(told.causes().len(), MAX_TOLD);
        let last = told.causes().last().map(Rejection::code);
        assert_eq!(last, Some(Code::SECRET_UNAVAILABLE));
        assert!(
            told.to_string().contains("none of 65 alternatives"),
            "{told}"
        );
    }

    #[test]
    fn an_outage_speaks_for_a_quorum_only_if_it_was_all_that_was_missing() {
        assert!(is_outage(&told(2, 1, vec![failed(), out()])));
        assert!(is_outage(&told(2, 0, vec![out(), failed(), out()])));
        for (met, rejections) in [
            (0, vec![out(), failed()]),
            (0, vec![out(), not_asked()]),
            (0, vec![not_asked(), out(), failed()]),
            (1, vec![failed(), not_asked()]),
        ] {
            let told = told(2, met, rejections.clone());
            assert!(!is_outage(&told), "{rejections:?}");
        }
        assert_eq!(
            told(2, 0, vec![out(), not_asked()]).code(),
            Code::SECRET_UNAVAILABLE
        );
        assert_eq!(
            told(2, 0, vec![out(), failed()]).code(),
            Code::ADMISSION_NOT_PINNED
        );
    }

    #[test]
    fn a_quorum_is_decided_when_enough_are_met_or_too_few_can_be() {
        let count = |met, failed, away| Count {
            met,
            failed,
            unavailable: away,
            ..Count::new(2, 3)
        };
        for decided in [
            count(2, 0, 0),
            count(0, 2, 0),
            count(2, 1, 0),
            count(0, 2, 1),
        ] {
            assert!(decided.is_decided(), "{decided:?}");
        }
        for open in [
            count(0, 0, 0),
            count(1, 1, 0),
            count(1, 0, 1),
            count(0, 1, 1),
        ] {
            assert!(!open.is_decided(), "{open:?}");
        }
    }
}
