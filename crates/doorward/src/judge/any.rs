//! Alternatives: plans of which one must be met.

use doorward_core::{Class, Code, Rejection};

use super::judged::Judged;
use super::subject::Subject;
use super::{Rank, demand, judge};
use crate::outcome::is_outage;
use crate::plan::{Node, Plan};
use crate::verdict::Requirement;

/// The most alternatives of which a rejection says why they were not met. Each image of a review and each replay of a
/// verdict keeps them.
const MAX_TOLD: usize = 16;

/// The alternatives in the order in which they are tried: as they stand, but one that is remembered to have been met
/// comes first, so that what did not hold is not asked about each time before it.
pub(super) async fn judge_any<'s>(plans: &'s [Plan], subject: &'s Subject<'s>) -> Judged {
    let nothing = Rejection::new(Code::POLICY_INVALID, "the policy offers no alternative");
    let mut all = Judged::failed(nothing);
    if let Some(number) = plans.iter().position(|plan| is_remembered(plan, subject)) {
        for (other, plan) in plans.iter().enumerate() {
            if other != number {
                all.requirements
                    .extend(plan.schemes().into_iter().map(Requirement::skipped));
                continue;
            }
            let judged = judge(plan, subject, Rank::Alternative).await;
            all.flights += judged.flights;
            all.result = all.saw(judged);
        }
        if all.result.is_ok() {
            return all;
        }
        all.requirements.clear();
    }
    let mut rejections = Vec::new();
    let mut remaining = plans.iter();
    for plan in remaining.by_ref() {
        let judged = judge(plan, subject, Rank::Alternative).await;
        all.flights += judged.flights;
        match all.saw(judged) {
            Err(rejection) => rejections.push(rejection),
            Ok(met) => {
                let skipped = remaining.flat_map(Plan::schemes).map(Requirement::skipped);
                all.requirements.extend(skipped);
                all.result = Ok(met);
                return all;
            }
        }
    }
    if !rejections.is_empty() {
        all.result = Err(none_of(rejections));
    }
    all
}

/// Whether every demand of a plan is remembered to have been met.
fn is_remembered(plan: &Plan, subject: &Subject<'_>) -> bool {
    let (Some(pinned), Ok(mut nodes)) = (subject.resolution.pinned(), plan.nodes()) else {
        return false;
    };
    nodes.all(|node| match node {
        Node::Demand(demand) => demand::is_remembered(demand.as_ref(), subject, pinned),
        Node::Any(_) | Node::Lookup(_) | Node::Refused(..) => false,
    })
}

/// Why no alternative was met. As long as one of them could not be asked, the answer is not known, so that one
/// speaks for all: first one of which there is evidence that its server is out, for with that server back the
/// alternative may be met.
///
/// The causes of a long list are its first ones and the one that speaks for all.
fn none_of(mut rejections: Vec<Rejection>) -> Rejection {
    let count = rejections.len();
    let outage = rejections.iter().position(is_outage);
    let is_unavailable = |rejection: &Rejection| rejection.class() == Class::Unavailable;
    let unavailable = || rejections.iter().position(is_unavailable);
    let foremost = || (0..count).max_by_key(|at| rejections.get(*at).map(Rejection::rank));
    let at = outage
        .or_else(unavailable)
        .or_else(foremost)
        .unwrap_or_default();
    let Some(best) = rejections.get(at).cloned() else {
        return Rejection::new(Code::POLICY_INVALID, "the policy offers no alternative");
    };
    if at >= MAX_TOLD {
        rejections.swap(at, MAX_TOLD - 1);
    }
    rejections.truncate(MAX_TOLD);
    let detail = format!("none of {count} alternatives was met");
    best.with_detail(detail).with_causes(rejections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_simple_signing::codes as simple_codes;

    #[test]
    fn of_very_many_alternatives_the_first_are_told_and_the_one_that_speaks_for_all() {
        let mut all = vec![Rejection::new(simple_codes::REJECTED_BY_POLICY, "no"); 64];
        all.push(Rejection::new(Code::REGISTRY_UNAVAILABLE, "gone"));
        let told = none_of(all);
        assert_eq!(told.code(), Code::REGISTRY_UNAVAILABLE);
        assert_eq!(told.causes().len(), MAX_TOLD);
        let last = told.causes().last().map(Rejection::code);
        assert_eq!(last, Some(Code::REGISTRY_UNAVAILABLE));
        assert!(
            told.to_string().contains("none of 65 alternatives"),
            "{told}"
        );
    }
}
