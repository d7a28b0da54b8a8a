//! Runs a plan against one image.

use std::sync::Mutex;

use doorward_core::{Class, Code, Fetcher, Meter, Proof, Rejection, Scheme};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::driver::drive;
use crate::plan::{Demand, Node, Opening, Plan};
use crate::verdict::{Requirement, RequirementOutcome};

/// What came of a plan.
pub(crate) struct Judged {
    /// Every requirement that was looked at, in the plan's order.
    pub(crate) requirements: Vec<Requirement>,
    /// The proofs, or the most telling rejection.
    pub(crate) result: Result<Vec<Proof>, Rejection>,
    /// Sequential round trips.
    pub(crate) flights: usize,
}

/// Judges all nodes of `plan` together. Without an opening only a plan that [does not look at the
/// image](Plan::looks_at_image) can be met.
pub(crate) fn judge<'a>(
    plan: &'a Plan,
    opening: Option<&'a Opening<'a>>,
    fetcher: &'a dyn Fetcher,
    meter: &'a Mutex<Meter>,
) -> BoxFuture<'a, Judged> {
    async move {
        let judged = join_all(
            plan.nodes
                .iter()
                .map(|node| judge_node(node, opening, fetcher, meter)),
        )
        .await;
        let mut requirements = Vec::new();
        let mut proofs = Vec::new();
        let mut worst: Option<Rejection> = None;
        let mut flights = 0;
        for node in judged {
            requirements.extend(node.requirements);
            flights = flights.max(node.flights);
            match node.result {
                Ok(more) => proofs.extend(more),
                Err(rejection) => {
                    if worst
                        .as_ref()
                        .is_none_or(|known| known.rank() < rejection.rank())
                    {
                        worst = Some(rejection);
                    }
                }
            }
        }
        Judged {
            requirements,
            result: worst.map_or(Ok(proofs), Err),
            flights,
        }
    }
    .boxed()
}

async fn judge_node(
    node: &Node,
    opening: Option<&Opening<'_>>,
    fetcher: &dyn Fetcher,
    meter: &Mutex<Meter>,
) -> Judged {
    match node {
        Node::Any(plans) => judge_any(plans, opening, fetcher, meter).await,
        Node::Demand(demand) => match opening {
            Some(opening) => judge_demand(demand.as_ref(), opening, fetcher, meter).await,
            None => refused(
                demand.scheme(),
                Rejection::new(
                    Code::InternalError,
                    "an image was not looked at although the policy demands it",
                ),
            ),
        },
        Node::Refused(scheme, rejection) => refused(*scheme, rejection.clone()),
    }
}

fn refused(scheme: Scheme, rejection: Rejection) -> Judged {
    let rejection = rejection.in_scheme(scheme);
    Judged {
        requirements: vec![Requirement::failed(scheme, rejection.clone())],
        result: Err(rejection),
        flights: 0,
    }
}

async fn judge_demand(
    demand: &dyn Demand,
    opening: &Opening<'_>,
    fetcher: &dyn Fetcher,
    meter: &Mutex<Meter>,
) -> Judged {
    let scheme = demand.scheme();
    let mut session = demand.open(opening);
    let driven = drive(session.as_mut(), fetcher, meter).await;
    let result = driven.result.and_then(|proof| agreeing(proof, opening));
    let requirement = match &result {
        Ok(proof) => Requirement {
            scheme,
            outcome: RequirementOutcome::Pass,
            rejection: None,
            checks: proof.checks().to_vec(),
            evidence: proof.evidence().to_vec(),
        },
        Err(rejection) => Requirement::failed(scheme, rejection.clone()),
    };
    Judged {
        requirements: vec![requirement],
        result: result.map(|proof| vec![proof]),
        flights: driven.flights,
    }
}

/// All proofs of one decision are about the digest that the reference was resolved to, once. A scheme that finds
/// another digest has not proved this image.
fn agreeing(proof: Proof, opening: &Opening<'_>) -> Result<Proof, Rejection> {
    let resolved = opening.pinned.digest();
    if proof.digest() == resolved {
        return Ok(proof);
    }
    Err(Rejection::new(
        Code::ConflictingDigests,
        format!(
            "the image resolves to {resolved}, but {} is what was verified",
            proof.digest()
        ),
    )
    .in_scheme(proof.scheme()))
}

async fn judge_any(
    plans: &[Plan],
    opening: Option<&Opening<'_>>,
    fetcher: &dyn Fetcher,
    meter: &Mutex<Meter>,
) -> Judged {
    let mut requirements = Vec::new();
    let mut rejections = Vec::new();
    let mut flights = 0;
    let mut remaining = plans.iter();
    for plan in remaining.by_ref() {
        let judged = judge(plan, opening, fetcher, meter).await;
        flights += judged.flights;
        requirements.extend(judged.requirements);
        match judged.result {
            Err(rejection) => rejections.push(rejection),
            Ok(proofs) => {
                requirements.extend(remaining.flat_map(schemes).map(Requirement::skipped));
                return Judged {
                    requirements,
                    result: Ok(proofs),
                    flights,
                };
            }
        }
    }
    Judged {
        requirements,
        result: Err(none_of(rejections)),
        flights,
    }
}

/// Why no alternative was met. As long as one of them could not be asked, the answer is not known, so that one
/// speaks for all.
fn none_of(rejections: Vec<Rejection>) -> Rejection {
    let unavailable = rejections.iter().find(|r| r.class() == Class::Unavailable);
    let best = unavailable.or_else(|| rejections.iter().max_by_key(|r| r.rank()));
    match best {
        None => Rejection::new(Code::PolicyInvalid, "the policy offers no alternative"),
        Some(best) => Rejection::new(
            best.code(),
            format!("none of {} alternatives was met", rejections.len()),
        )
        .with_causes(rejections),
    }
}

fn schemes(plan: &Plan) -> Vec<Scheme> {
    let mut found = Vec::new();
    for node in &plan.nodes {
        match node {
            Node::Any(plans) => found.extend(plans.iter().flat_map(schemes)),
            Node::Demand(demand) => found.push(demand.scheme()),
            Node::Refused(scheme, _) => found.push(*scheme),
        }
    }
    found
}
