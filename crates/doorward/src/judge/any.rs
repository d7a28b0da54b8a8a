//! Alternatives: plans of which one must be met.

use doorward_core::{Class, Code, Rejection};

use super::judged::Judged;
use super::subject::Subject;
use super::{Rank, demand, judge};
use crate::outcome::is_outage;
use crate::plan::{Node, Plan};
use crate::verdict::Requirement;

/// The alternatives in the order in which they are tried: as they stand, but one that is remembered to have been met
/// comes first, so that what did not hold is not asked about each time before it.
pub(super) async fn judge_any<'s>(plans: &'s [Plan], subject: &'s Subject<'s>) -> Judged {
    let nothing = Rejection::new(Code::PolicyInvalid, "the policy offers no alternative");
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
fn none_of(rejections: Vec<Rejection>) -> Rejection {
    let outage = rejections.iter().find(|r| is_outage(r));
    let unavailable = || rejections.iter().find(|r| r.class() == Class::Unavailable);
    let best = outage
        .or_else(unavailable)
        .or_else(|| rejections.iter().max_by_key(|r| r.rank()));
    let Some(best) = best else {
        return Rejection::new(Code::PolicyInvalid, "the policy offers no alternative");
    };
    let detail = format!("none of {} alternatives was met", rejections.len());
    best.clone().with_detail(detail).with_causes(rejections)
}
