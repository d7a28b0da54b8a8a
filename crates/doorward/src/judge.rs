//! Runs a plan against one image.

use std::sync::Mutex;

use doorward_core::{
    Class, Code, Digest, Expiry, Fetcher, Meter, Pinned, Proof, Reference, Rejection, Repository,
    Scheme, StateStore, Timestamp,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join, join_all};

use crate::driver::{Driven, drive};
use crate::note::Note;
use crate::plan::{Demand, Lookup, Node, Opening, Plan};
use crate::remember::{Kept, keep, load};
use crate::resolution::Resolution;
use crate::verdict::{Requirement, RequirementOutcome};

/// The image that is judged, and what it is judged with.
pub(crate) struct Subject<'s, 'a> {
    /// As decided on: without its tag if it has a digest.
    pub(crate) reference: &'s Reference,
    /// As written, with `:latest` if nothing else was: with its tag also if it has a digest.
    pub(crate) named: &'s Reference,
    pub(crate) located: &'s Repository,
    pub(crate) now: Timestamp,
    pub(crate) resolution: &'s Resolution<'a>,
    pub(crate) fetcher: &'s dyn Fetcher,
    pub(crate) meter: &'s Mutex<Meter>,
    pub(crate) state: &'s dyn StateStore,
    /// Whose share of it grows with what is new.
    pub(crate) namespace: Option<&'s str>,
    /// Whether what was verified is kept there.
    pub(crate) keeps: bool,
}

/// What came of a plan.
pub(crate) struct Judged {
    /// Every requirement that was looked at, in the plan's order.
    pub(crate) requirements: Vec<Requirement>,
    /// The proofs, or the most telling rejection.
    pub(crate) result: Result<Vec<Proof>, Rejection>,
    /// Sequential round trips.
    pub(crate) flights: usize,
    /// What the requirements relied on will end when.
    pub(crate) expiries: Vec<(Scheme, Expiry)>,
    /// What people should know although it decides nothing.
    pub(crate) notes: Vec<Note>,
}

impl Judged {
    fn of(requirements: Vec<Requirement>, result: Result<Vec<Proof>, Rejection>) -> Self {
        Self {
            requirements,
            result,
            flights: 0,
            expiries: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same outcome without having looked at any requirement.
    pub(crate) fn nothing(result: Result<Vec<Proof>, Rejection>) -> Self {
        Self::of(Vec::new(), result)
    }

    /// What is remembered of an earlier judgement that every requirement passed.
    pub(crate) fn remembered(requirements: Vec<Requirement>) -> Self {
        Self::of(requirements, Ok(Vec::new()))
    }

    fn refused(scheme: Scheme, rejection: Rejection) -> Self {
        let rejection = rejection.in_scheme(scheme);
        Self::of(
            vec![Requirement::failed(scheme, rejection.clone())],
            Err(rejection),
        )
    }

    fn driven(scheme: Scheme, result: Result<Proof, Rejection>, flights: usize) -> Self {
        match result {
            Err(rejection) => Self {
                flights,
                ..Self::refused(scheme, rejection)
            },
            Ok(proof) => {
                let requirement = Requirement {
                    scheme,
                    outcome: RequirementOutcome::Pass,
                    rejection: None,
                    checks: proof.checks().to_vec(),
                    evidence: proof.evidence().to_vec(),
                };
                Self {
                    flights,
                    ..Self::of(vec![requirement], Ok(vec![proof]))
                }
            }
        }
    }
}

/// Judges all nodes of `plan` together.
pub(crate) fn judge<'s, 'a: 's>(
    plan: &'s Plan,
    subject: &'s Subject<'s, 'a>,
) -> BoxFuture<'s, Judged> {
    async move {
        let nodes = plan.nodes.iter().map(|node| judge_node(node, subject));
        let mut all = Judged::nothing(Ok(Vec::new()));
        let mut proofs = Vec::new();
        let mut worst: Option<Rejection> = None;
        for node in join_all(nodes).await {
            all.requirements.extend(node.requirements);
            all.expiries.extend(node.expiries);
            all.notes.extend(node.notes);
            all.flights = all.flights.max(node.flights);
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
        all.result = worst.map_or(Ok(proofs), Err);
        all
    }
    .boxed()
}

async fn judge_node<'s, 'a: 's>(node: &'s Node, subject: &'s Subject<'s, 'a>) -> Judged {
    match node {
        Node::Any(plans) => judge_any(plans, subject).await,
        Node::Demand(demand) => judge_demand(demand.as_ref(), subject).await,
        Node::Lookup(lookup) => judge_lookup(lookup.as_ref(), subject).await,
        Node::Refused(scheme, rejection) => Judged::refused(*scheme, rejection.clone()),
    }
}

async fn judge_demand(demand: &dyn Demand, subject: &Subject<'_, '_>) -> Judged {
    let scheme = demand.scheme();
    if let Some(rejection) = demand.refusal(subject.reference) {
        return Judged::refused(scheme, rejection);
    }
    match subject.resolution {
        Resolution::Known(pinned) => {
            let driven = drive_demand(demand, subject, pinned).await;
            Judged::driven(scheme, driven.result, driven.flights)
        }
        Resolution::Given(pinned, asking) => {
            let (manifest, driven) =
                join(asking.clone(), drive_demand(demand, subject, pinned)).await;
            let flights = driven.flights.max(1);
            match manifest {
                Ok(_) => Judged::driven(scheme, driven.result, flights),
                Err(rejection) => Judged::driven(scheme, Err(rejection), flights),
            }
        }
        Resolution::Asked(repository, asking) => match asking.clone().await {
            Ok(digest) => {
                let pinned = Pinned::new(repository.clone(), digest);
                let driven = drive_demand(demand, subject, &pinned).await;
                Judged::driven(scheme, driven.result, driven.flights + 1)
            }
            Err(rejection) => Judged::driven(scheme, Err(rejection), 1),
        },
        Resolution::Never => Judged::refused(
            scheme,
            Rejection::new(
                Code::InternalError,
                "an image was not looked at although the policy demands it",
            ),
        ),
    }
}

async fn drive_demand(demand: &dyn Demand, subject: &Subject<'_, '_>, pinned: &Pinned) -> Driven {
    let mut session = demand.open(&Opening {
        reference: subject.reference,
        pinned,
        located: subject.located,
        now: subject.now,
    });
    let mut driven = drive(session.as_mut(), subject.fetcher, subject.meter).await;
    driven.result = driven
        .result
        .and_then(|proof| agreeing(proof, pinned.digest()));
    driven
}

/// A lookup begins with what is remembered, and what it verified is kept before its outcome counts: a version that
/// was believed once must never be believed to be the newest again.
async fn judge_lookup(lookup: &dyn Lookup, subject: &Subject<'_, '_>) -> Judged {
    match look_up(lookup, subject).await {
        (judged, Some(Kept::MetMeanwhile)) => {
            let (again, _) = look_up(lookup, subject).await;
            Judged {
                flights: judged.flights + again.flights,
                ..again
            }
        }
        (judged, _) => judged,
    }
}

/// One lookup, and what became of what it learnt if there was something to keep.
async fn look_up(lookup: &dyn Lookup, subject: &Subject<'_, '_>) -> (Judged, Option<Kept>) {
    let scheme = lookup.scheme();
    let key = lookup.state_key(subject.named);
    let mut notes = Vec::new();
    let loaded = match load(subject.state, &key, &mut notes).await {
        Ok(loaded) => loaded,
        Err(rejection) => return (Judged::refused(scheme, rejection), None),
    };
    let mut session = match lookup.open(subject.named, loaded.as_ref(), subject.now) {
        Ok(session) => session,
        Err(rejection) => return (Judged::refused(scheme, rejection), None),
    };
    let driven = drive(session.as_mut(), subject.fetcher, subject.meter).await;
    let mut result = driven.result.and_then(|proof| {
        match subject.reference.digest() {
            // Whatever the scheme makes of a digest in the reference: it is the only one that can be admitted.
            Some(digest) => agreeing(proof, digest),
            None => Ok(proof),
        }
    });
    let mut kept = None;
    if let Some(new) = session.remembers().filter(|_| subject.keeps) {
        let namespace = subject.namespace;
        match keep(subject.state, namespace, &key, loaded, new, lookup).await {
            Ok(outcome) => kept = Some(outcome),
            Err(rejection) => result = result.and(Err(rejection)),
        }
    }
    let expiries = session.expiries().into_iter();
    let judged = Judged {
        expiries: expiries.map(|expiry| (scheme, expiry)).collect(),
        notes,
        ..Judged::driven(scheme, result, driven.flights)
    };
    (judged, kept)
}

/// All proofs of one decision are about one digest. A scheme that finds another has not proved this image.
fn agreeing(proof: Proof, resolved: &Digest) -> Result<Proof, Rejection> {
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

async fn judge_any<'s, 'a: 's>(plans: &'s [Plan], subject: &'s Subject<'s, 'a>) -> Judged {
    let mut all = Judged::nothing(Ok(Vec::new()));
    let mut rejections = Vec::new();
    let mut remaining = plans.iter();
    for plan in remaining.by_ref() {
        let judged = judge(plan, subject).await;
        all.flights += judged.flights;
        all.requirements.extend(judged.requirements);
        all.expiries.extend(judged.expiries);
        all.notes.extend(judged.notes);
        match judged.result {
            Err(rejection) => rejections.push(rejection),
            Ok(proofs) => {
                let skipped = remaining.flat_map(schemes).map(Requirement::skipped);
                all.requirements.extend(skipped);
                all.result = Ok(proofs);
                return all;
            }
        }
    }
    all.result = Err(none_of(rejections));
    all
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
            Node::Lookup(lookup) => found.push(lookup.scheme()),
            Node::Refused(scheme, _) => found.push(*scheme),
        }
    }
    found
}
