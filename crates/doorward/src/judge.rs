//! Runs a plan against one image.

mod at_least;
mod attached;
mod demand;
mod judged;
mod lookup;
mod subject;

use doorward_core::{Class, Code, Digest, Fact, Proof, Rejection};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::met::Met;
use crate::outcome::is_outage;
use crate::plan::{Node, Plan};

pub(crate) use judged::Judged;
pub(crate) use subject::{Beside, Subject};

/// What a plan is to the entry that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    /// All that the entry demands: where it fails, the entry does.
    Whole,
    /// One of several of which one must be met: where it fails, another one may decide.
    Alternative,
}

/// Judges all nodes of `plan` together.
pub(crate) fn judge<'s>(
    plan: &'s Plan,
    subject: &'s Subject<'s>,
    rank: Rank,
) -> BoxFuture<'s, Judged> {
    async move {
        let nodes = match plan.nodes() {
            Ok(nodes) => nodes,
            Err(token) => return Judged::of(Vec::new(), Ok(Met::Unchecked(token))),
        };
        let judged = join_all(nodes.map(|node| judge_node(node, subject, rank))).await;
        // A plan has a node; were there none, nothing would have been met.
        let nothing = Rejection::new(Code::INTERNAL_ERROR, "a plan without nodes was judged");
        let mut all = Judged::failed(nothing);
        all.leaves_open = false;
        all.open.clear();
        let mut met: Option<Met> = None;
        let mut failures = Vec::new();
        for node in judged {
            all.flights = all.flights.max(node.flights);
            let result = all.saw(node).and_then(|more| match met.take() {
                Some(known) => known.and(more),
                None => Ok(more),
            });
            match result {
                Ok(all) => met = Some(all),
                Err(rejection) => failures.push(rejection),
            }
        }
        match (heaviest(&mut failures), met) {
            (Some(worst), met) => {
                if let Some(Met::Proved(proofs)) = met {
                    all.also_proved.push(proofs.digest().clone());
                }
                all.result = Err(worst);
            }
            (None, Some(met)) => all.result = Ok(met),
            (None, None) => {}
        }
        all
    }
    .boxed()
}

async fn judge_node<'s>(node: &'s Node, subject: &'s Subject<'s>, rank: Rank) -> Judged {
    // What these say is about an image, and signs no statement about one.
    if subject.envelope.is_some() {
        match node {
            Node::Attached(attached) => return demand::signs_no_statements(attached.scheme()),
            Node::Lookup(lookup) => return demand::signs_no_statements(lookup.scheme()),
            Node::Any(_) | Node::AtLeast { .. } | Node::Demand(_) | Node::Refused(..) => {}
        }
    }
    match node {
        Node::Any(plans) => at_least::judge_at_least(1, plans, subject).await,
        Node::AtLeast { needed, of } => at_least::judge_at_least(*needed, of, subject).await,
        Node::Attached(attached) => attached::judge_attached(attached.as_ref(), subject).await,
        Node::Demand(demand) => demand::judge_demand(demand.as_ref(), subject, rank).await,
        Node::Lookup(lookup) => lookup::judge_lookup(lookup.as_ref(), subject).await,
        Node::Refused(scheme, rejection) => Judged::refused(*scheme, rejection.clone()),
    }
}

/// How much a failure weighs beside others that must not be either. An outage weighs less than anything else, whatever
/// its class, so that a plan counts as out only if nothing else is wrong.
fn weight(failure: &Rejection) -> (bool, (Class, u8)) {
    (!is_outage(failure), failure.rank())
}

/// Takes the failure out that weighs most; of several that do, the first.
pub(crate) fn heaviest(failures: &mut Vec<Rejection>) -> Option<Rejection> {
    let places = failures.iter().enumerate();
    let (place, _) = places.reduce(|best, next| match weight(next.1) > weight(best.1) {
        true => next,
        false => best,
    })?;
    Some(failures.remove(place))
}

/// All proofs of one decision are about one digest. A scheme that finds another has not proved this image.
fn agreeing(proof: Proof, resolved: &Digest) -> Result<Proof, Rejection> {
    if proof.digest() == resolved {
        return Ok(proof);
    }
    Err(Rejection::new(
        Code::CONFLICTING_DIGESTS,
        format!(
            "the image resolves to {resolved}, but {} is what was verified",
            proof.digest()
        ),
    )
    .with_fact(Fact::Digests {
        expected: resolved.clone(),
        actual: proof.digest().clone(),
    })
    .in_scheme(proof.scheme()))
}
