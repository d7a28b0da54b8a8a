//! Runs a plan against one image.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use doorward_core::{
    Class, Code, Digest, Expiry, Fact, Fetcher, Meter, Pinned, Proof, Reference, Rejection,
    Repository, Scheme, StateStore, Timestamp,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join, join_all};

use crate::driver::{Driven, drive_within, lock};
use crate::inputs::{Inputs, ProofKey};
use crate::met::{Met, Proofs};
use crate::note::Note;
use crate::outcome::is_outage;
use crate::plan::{Demand, Lookup, Node, Opening, Plan};
use crate::proof_cache::ProofCache;
use crate::remember::{Kept, keep, load};
use crate::resolution::Resolution;
use crate::resolve::Resolved;
use crate::review_budget::Tab;
use crate::verdict::{Requirement, RequirementOutcome};

/// The image that one entry judges, and what it is judged with.
pub(crate) struct Subject<'s> {
    /// As decided on: without its tag if it has a digest.
    pub(crate) reference: &'s Reference,
    /// As written, with `:latest` if nothing else was: with its tag also if it has a digest.
    pub(crate) named: &'s Reference,
    pub(crate) located: &'s Repository,
    pub(crate) now: Timestamp,
    pub(crate) resolution: &'s Resolution,
    pub(crate) fetcher: &'s dyn Fetcher,
    pub(crate) tab: &'s Tab,
    /// What this entry has used. No entry can use up what another one needs.
    pub(crate) meter: Mutex<Meter>,
    /// Whether the manifest is among what was used.
    pub(crate) has_manifest: AtomicBool,
    pub(crate) state: &'s dyn StateStore,
    pub(crate) proofs: &'s ProofCache,
    /// Within which scope proofs are shared, if they are.
    pub(crate) scope: Option<&'s str>,
    /// Whose share of remembered trust grows with what is new.
    pub(crate) namespace: Option<&'s str>,
    /// Whether what was verified is kept.
    pub(crate) keeps: bool,
}

impl Subject<'_> {
    const fn opening<'o>(&'o self, pinned: &'o Pinned) -> Opening<'o> {
        Opening {
            reference: self.reference,
            pinned,
            located: self.located,
        }
    }

    /// The key of the proof of these inputs, if it is remembered.
    fn key(&self, scheme: Scheme, inputs: &dyn Inputs) -> Option<Digest> {
        let scope = self.scope?;
        let key = ProofKey {
            scope,
            scheme,
            inputs,
        };
        key.digest()
    }

    /// The remembered proof that the image meets `demand`.
    fn recall(&self, demand: &dyn Demand, pinned: &Pinned) -> Option<Proof> {
        if demand.refusal(self.reference).is_some() {
            return None;
        }
        let inputs = demand.inputs(&self.opening(pinned));
        self.proofs
            .find(&self.key(demand.scheme(), inputs.as_ref())?, self.now)
    }

    /// Counts the manifest among what the entry has used, once.
    fn count(&self, resolved: &Resolved) -> Result<(), Rejection> {
        if self.has_manifest.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let mut meter = lock(&self.meter);
        meter.fetch()?;
        Ok(meter.answer(resolved.bytes)?)
    }
}

/// What came of a plan.
pub(crate) struct Judged {
    /// Every requirement that was looked at, in the plan's order.
    pub(crate) requirements: Vec<Requirement>,
    /// How it was met, or the most telling rejection.
    pub(crate) result: Result<Met, Rejection>,
    /// Sequential round trips.
    pub(crate) flights: usize,
    /// Whether a proof was remembered.
    pub(crate) recalled: bool,
    /// What the requirements relied on will end when.
    pub(crate) expiries: Vec<(Scheme, Expiry)>,
    /// What people should know although it decides nothing.
    pub(crate) notes: Vec<Note>,
}

impl Judged {
    fn of(requirements: Vec<Requirement>, result: Result<Met, Rejection>) -> Self {
        Self {
            requirements,
            result,
            flights: 0,
            recalled: false,
            expiries: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A failure without having looked at any requirement.
    pub(crate) fn failed(rejection: Rejection) -> Self {
        Self::of(Vec::new(), Err(rejection))
    }

    fn refused(scheme: Scheme, rejection: Rejection) -> Self {
        let rejection = rejection.in_scheme(scheme);
        Self::of(
            vec![Requirement::failed(scheme, rejection.clone())],
            Err(rejection),
        )
    }

    fn proved(scheme: Scheme, proof: Proof) -> Self {
        let requirement = Requirement {
            scheme,
            outcome: RequirementOutcome::Pass,
            rejection: None,
            checks: proof.checks().to_vec(),
            evidence: proof.evidence().to_vec(),
        };
        Self::of(vec![requirement], Ok(Met::Proved(Proofs::one(proof))))
    }

    fn driven(scheme: Scheme, result: Result<Proof, Rejection>, flights: usize) -> Self {
        let judged = match result {
            Err(rejection) => Self::refused(scheme, rejection),
            Ok(proof) => Self::proved(scheme, proof),
        };
        Self { flights, ..judged }
    }

    /// Takes over what was seen in `other`, whatever came of it.
    fn saw(&mut self, other: Self) -> Result<Met, Rejection> {
        self.requirements.extend(other.requirements);
        self.expiries.extend(other.expiries);
        self.notes.extend(other.notes);
        self.recalled |= other.recalled;
        other.result
    }
}

/// Judges all nodes of `plan` together.
pub(crate) fn judge<'s>(plan: &'s Plan, subject: &'s Subject<'s>) -> BoxFuture<'s, Judged> {
    async move {
        let nodes = match plan.nodes() {
            Ok(nodes) => nodes,
            Err(token) => return Judged::of(Vec::new(), Ok(Met::Unchecked(token))),
        };
        let judged = join_all(nodes.map(|node| judge_node(node, subject))).await;
        // A plan has a node; were there none, nothing would have been met.
        let nothing = Rejection::new(Code::InternalError, "a plan without nodes was judged");
        let mut all = Judged::failed(nothing);
        let mut met: Option<Met> = None;
        let mut worst: Option<Rejection> = None;
        for node in judged {
            all.flights = all.flights.max(node.flights);
            let result = all.saw(node).and_then(|more| match met.take() {
                Some(known) => known.and(more),
                None => Ok(more),
            });
            match result {
                Ok(all) => met = Some(all),
                Err(rejection) => {
                    if worst
                        .as_ref()
                        .is_none_or(|known| weight(known) < weight(&rejection))
                    {
                        worst = Some(rejection);
                    }
                }
            }
        }
        match (worst, met) {
            (Some(worst), _) => all.result = Err(worst),
            (None, Some(met)) => all.result = Ok(met),
            (None, None) => {}
        }
        all
    }
    .boxed()
}

async fn judge_node<'s>(node: &'s Node, subject: &'s Subject<'s>) -> Judged {
    match node {
        Node::Any(plans) => judge_any(plans, subject).await,
        Node::Demand(demand) => judge_demand(demand.as_ref(), subject).await,
        Node::Lookup(lookup) => judge_lookup(lookup.as_ref(), subject).await,
        Node::Refused(scheme, rejection) => Judged::refused(*scheme, rejection.clone()),
    }
}

async fn judge_demand(demand: &dyn Demand, subject: &Subject<'_>) -> Judged {
    let scheme = demand.scheme();
    if let Some(rejection) = demand.refusal(subject.reference) {
        return Judged::refused(scheme, rejection);
    }
    match subject.resolution {
        Resolution::Known(pinned, resolved) => {
            judge_resolved(demand, subject, pinned, resolved).await
        }
        Resolution::Given(pinned, asking) => {
            if let Some(proof) = subject.recall(demand, pinned) {
                return recalled(scheme, proof);
            }
            let (resolved, driven) =
                join(asking.clone(), drive_demand(demand, subject, pinned)).await;
            let flights = driven.flights.max(1);
            let result = resolved.and_then(|resolved| {
                subject.count(&resolved)?;
                explained(driven.result, &resolved, subject)
            });
            remember(demand, subject, pinned, &result);
            Judged::driven(scheme, result, flights)
        }
        Resolution::Asked(repository, asking) => match asking.clone().await {
            Ok(resolved) => {
                let pinned = Pinned::new(repository.clone(), resolved.digest.clone());
                let judged = judge_resolved(demand, subject, &pinned, &resolved).await;
                Judged {
                    flights: judged.flights + 1,
                    ..judged
                }
            }
            Err(rejection) => Judged::driven(scheme, Err(rejection), 1),
        },
        Resolution::Failed(rejection) => Judged::refused(scheme, rejection.clone()),
        Resolution::Never => Judged::refused(
            scheme,
            Rejection::new(
                Code::InternalError,
                "an image was not looked at although the policy demands it",
            ),
        ),
    }
}

/// Judges a demand about an image that the registry has.
async fn judge_resolved(
    demand: &dyn Demand,
    subject: &Subject<'_>,
    pinned: &Pinned,
    resolved: &Resolved,
) -> Judged {
    let scheme = demand.scheme();
    if let Err(rejection) = subject.count(resolved) {
        return Judged::refused(scheme, rejection);
    }
    if let Some(proof) = subject.recall(demand, pinned) {
        return recalled(scheme, proof);
    }
    let driven = drive_demand(demand, subject, pinned).await;
    let result = explained(driven.result, resolved, subject);
    remember(demand, subject, pinned, &result);
    Judged::driven(scheme, result, driven.flights)
}

fn recalled(scheme: Scheme, proof: Proof) -> Judged {
    Judged {
        recalled: true,
        ..Judged::proved(scheme, proof)
    }
}

async fn drive_demand(demand: &dyn Demand, subject: &Subject<'_>, pinned: &Pinned) -> Driven {
    let mut session = demand.inputs(&subject.opening(pinned)).open(subject.now);
    let mut driven = drive_within(
        session.as_mut(),
        subject.fetcher,
        &subject.meter,
        Some(subject.tab),
    )
    .await;
    driven.result = driven
        .result
        .and_then(|proof| agreeing(proof, pinned.digest()));
    driven
}

fn remember(
    demand: &dyn Demand,
    subject: &Subject<'_>,
    pinned: &Pinned,
    result: &Result<Proof, Rejection>,
) {
    let Ok(proof) = result else { return };
    if !subject.keeps {
        return;
    }
    let inputs = demand.inputs(&subject.opening(pinned));
    if let Some(key) = subject.key(demand.scheme(), inputs.as_ref()) {
        subject.proofs.insert(key, proof, subject.now);
    }
}

/// Says of an index without a signature what it is: the manifests of its platforms may well be signed, and tools that
/// choose a platform first look at those.
fn explained(
    result: Result<Proof, Rejection>,
    resolved: &Resolved,
    subject: &Subject<'_>,
) -> Result<Proof, Rejection> {
    let Some(index) = &resolved.index else {
        return result;
    };
    result.map_err(|rejection| {
        if rejection.code() != Code::SimpleNoSignature {
            return rejection;
        }
        let (count, listed) = match index.platforms.len() {
            0 => (index.manifests, String::new()),
            count => (count, format!(" ({})", index.platforms.join(", "))),
        };
        let noun = match (index.platforms.is_empty(), count) {
            (true, 1) => "manifest",
            (true, _) => "manifests",
            (false, 1) => "platform",
            (false, _) => "platforms",
        };
        rejection.adding(&format!(
            "{} is an index of {count} {noun}{listed}, and the index itself must be signed, because a runtime chooses \
             the platform from it; `skopeo copy --all --sign-by KEY` signs the index and every manifest in it",
            subject.reference
        ))
    })
}

/// A lookup begins with what is remembered, and what it verified is kept before its outcome counts: a version that
/// was believed once must never be believed to be the newest again.
async fn judge_lookup(lookup: &dyn Lookup, subject: &Subject<'_>) -> Judged {
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
async fn look_up(lookup: &dyn Lookup, subject: &Subject<'_>) -> (Judged, Option<Kept>) {
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
    let driven = drive_within(
        session.as_mut(),
        subject.fetcher,
        &subject.meter,
        Some(subject.tab),
    )
    .await;
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
    let said = session.notes().into_iter();
    notes.extend(said.map(|text| Note::overruled(scheme, text)));
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
    .with_fact(Fact::Digests {
        expected: resolved.clone(),
        actual: proof.digest().clone(),
    })
    .in_scheme(proof.scheme()))
}

/// The alternatives in the order in which they are tried: as they stand, but one that is remembered to have been met
/// comes first, so that what did not hold is not asked about each time before it.
async fn judge_any<'s>(plans: &'s [Plan], subject: &'s Subject<'s>) -> Judged {
    let nothing = Rejection::new(Code::PolicyInvalid, "the policy offers no alternative");
    let mut all = Judged::failed(nothing);
    if let Some(number) = plans.iter().position(|plan| is_remembered(plan, subject)) {
        for (other, plan) in plans.iter().enumerate() {
            if other != number {
                all.requirements
                    .extend(plan.schemes().into_iter().map(Requirement::skipped));
                continue;
            }
            let judged = judge(plan, subject).await;
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
        let judged = judge(plan, subject).await;
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
        Node::Demand(demand) => subject.recall(demand.as_ref(), pinned).is_some(),
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

/// How much a failure weighs beside others that must not be either. An outage weighs less than anything else, whatever
/// its class, so that a plan counts as out only if nothing else is wrong.
fn weight(failure: &Rejection) -> (bool, (Class, u8)) {
    (!is_outage(failure), failure.rank())
}
