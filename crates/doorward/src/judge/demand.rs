//! Demands: requirements about a digest that the registry has.

use doorward_core::{Code, Digest, Expiry, Pinned, Proof, Rejection, Scheme};
use futures::future::join;

use super::judged::{Judged, leaves_open};
use super::subject::{Prepared, Subject};
use super::{Rank, agreeing};
use crate::driver::{Driven, drive_in_turns};
use crate::envelope::Envelope;
use crate::inputs::Inputs;
use crate::note::Note;
use crate::outcome::more_telling;
use crate::plan::Demand;
use crate::resolution::Resolution;
use crate::resolution::Resolved;

/// Judges one demand, as soon as the digest that it is about is known.
pub(super) async fn judge_demand(demand: &dyn Demand, subject: &Subject<'_>, rank: Rank) -> Judged {
    let mut judged = judge_one(demand, subject, rank).await;
    if let Err(rejection) = &judged.result {
        judged.leaves_open |= demand.leaves_open(rejection);
        judged.open = open(demand, rejection);
    }
    judged
}

/// The reasons within a refusal that leave it open whether somebody signed: see [`Judged::open`].
fn open(demand: &dyn Demand, rejection: &Rejection) -> Vec<Option<Digest>> {
    let mut reasons = Vec::new();
    // Its causes are reasons of their own.
    let alone = rejection.clone().with_causes(Vec::new());
    match rejection.signature() {
        Some(signature) => reasons.push(Some(signature.clone())),
        None if leaves_open(&alone) || demand.leaves_open(&alone) => reasons.push(None),
        None => {}
    }
    let causes = rejection.causes().iter();
    reasons.extend(causes.flat_map(|cause| open(demand, cause)));
    reasons
}

async fn judge_one(demand: &dyn Demand, subject: &Subject<'_>, rank: Rank) -> Judged {
    let scheme = demand.scheme();
    if let Some(rejection) = demand.refusal(subject.reference) {
        return Judged::refused(scheme, rejection);
    }
    if let Some(envelope) = subject.envelope {
        return judge_stated(demand, subject, envelope).await;
    }
    match subject.resolution {
        Resolution::Known(pinned, resolved) => {
            judge_resolved(demand, subject, pinned, resolved, rank).await
        }
        Resolution::Given(pinned, asking) => {
            let prepared = subject.prepare(demand, pinned);
            if let Some(proof) = subject.recall(&prepared) {
                return recalled(scheme, proof);
            }
            let Prepared { inputs, key } = prepared;
            let (resolved, driven) = join(asking.clone(), drive(inputs, subject, pinned)).await;
            let flights = driven.flights.max(1);
            let seen = Seen::by(scheme, &driven);
            let counted = resolved.and_then(|resolved| {
                subject.count(&resolved)?;
                Ok(resolved)
            });
            let result = match counted {
                Ok(resolved) => {
                    explained(driven.result, demand, subject, pinned, &resolved, rank).await
                }
                Err(rejection) => Err(more_telling(rejection, driven.result.err())),
            };
            subject.remember(key, &result);
            seen.beside(Judged::driven(scheme, result, flights))
        }
        Resolution::Asked(repository, asking) => match asking.clone().await {
            Ok(resolved) => {
                let pinned = Pinned::new(repository.clone(), resolved.digest.clone());
                let judged = judge_resolved(demand, subject, &pinned, &resolved, rank).await;
                Judged {
                    flights: judged.flights + 1,
                    ..judged
                }
            }
            Err(rejection) => Judged::driven(scheme, Err(rejection), 1),
        },
        Resolution::Failed(rejection) => Judged::refused(scheme, rejection.clone()),
        Resolution::Never => Judged::refused(scheme, Resolution::not_looked_at()),
    }
}

/// Judges a demand about a statement about the image. Nothing of it is remembered: which statement is the newest is asked
/// again each time.
async fn judge_stated(demand: &dyn Demand, subject: &Subject<'_>, envelope: &Envelope) -> Judged {
    let scheme = demand.scheme();
    let Some(pinned) = subject.resolution.pinned() else {
        return Judged::refused(scheme, Resolution::not_looked_at());
    };
    let Some(inputs) = demand.stated(&subject.opening(pinned), envelope) else {
        return signs_no_statements(scheme);
    };
    let driven = drive(inputs, subject, pinned).await;
    let seen = Seen::by(scheme, &driven);
    let result = driven.result.and_then(|proof| {
        if proof.statement().is_some() {
            return Ok(proof);
        }
        let detail = "a statement was accepted, and is not in the proof";
        Err(Rejection::new(Code::INTERNAL_ERROR, detail))
    });
    seen.beside(Judged::driven(scheme, result, driven.flights))
}

/// That a scheme signs no statements, so that none counts by its signatures.
pub(super) fn signs_no_statements(scheme: Scheme) -> Judged {
    let detail = format!("{scheme} signs no statements in envelopes");
    let rejection = Rejection::new(Code::POLICY_UNSUPPORTED, detail);
    Judged::refused(scheme, rejection)
}

/// Judges a demand about an image that the registry has.
async fn judge_resolved(
    demand: &dyn Demand,
    subject: &Subject<'_>,
    pinned: &Pinned,
    resolved: &Resolved,
    rank: Rank,
) -> Judged {
    let scheme = demand.scheme();
    if let Err(rejection) = subject.count(resolved) {
        return Judged::refused(scheme, rejection);
    }
    let prepared = subject.prepare(demand, pinned);
    if let Some(proof) = subject.recall(&prepared) {
        return recalled(scheme, proof);
    }
    let Prepared { inputs, key } = prepared;
    let driven = drive(inputs, subject, pinned).await;
    let seen = Seen::by(scheme, &driven);
    let result = explained(driven.result, demand, subject, pinned, resolved, rank).await;
    subject.remember(key, &result);
    seen.beside(Judged::driven(scheme, result, driven.flights))
}

/// What a session saw beside its outcome.
struct Seen {
    notes: Vec<Note>,
    expiries: Vec<(Scheme, Expiry)>,
}

impl Seen {
    fn by(scheme: Scheme, driven: &Driven) -> Self {
        let notes = driven.notes.iter().cloned();
        let expiries = driven.expiries.iter().cloned();
        Self {
            notes: notes.map(|text| Note::seen(scheme, text)).collect(),
            expiries: expiries.map(|expiry| (scheme, expiry)).collect(),
        }
    }

    fn beside(self, judged: Judged) -> Judged {
        judged.saying(self.notes, self.expiries)
    }
}

/// Whether the image is remembered to have met a demand.
pub(super) fn is_remembered(demand: &dyn Demand, subject: &Subject<'_>, pinned: &Pinned) -> bool {
    subject.envelope.is_none()
        && demand.refusal(subject.reference).is_none()
        && subject.recall(&subject.prepare(demand, pinned)).is_some()
}

fn recalled(scheme: Scheme, proof: Proof) -> Judged {
    Judged {
        recalled: true,
        ..Judged::proved(scheme, proof)
    }
}

async fn drive(inputs: Box<dyn Inputs>, subject: &Subject<'_>, pinned: &Pinned) -> Driven {
    let mut session = inputs.open(subject.now);
    // Documents are many, and each has signatures.
    let turns = subject
        .wants_latest
        .then_some((subject.turns, subject.namespace));
    let mut driven = drive_in_turns(
        session.as_mut(),
        subject.source,
        subject.meter,
        Some(subject.tab),
        turns,
    )
    .await;
    driven.result = driven
        .result
        .and_then(|proof| agreeing(proof, pinned.digest()));
    driven
}

/// Says of an index without a signature what it is: the manifests of its platforms may well be signed, and tools that
/// choose a platform first look at those. The first of them is tried only where this refusal decides: an alternative
/// that comes later must find the budget and the time that it would have had.
async fn explained(
    result: Result<Proof, Rejection>,
    demand: &dyn Demand,
    subject: &Subject<'_>,
    pinned: &Pinned,
    resolved: &Resolved,
    rank: Rank,
) -> Result<Proof, Rejection> {
    let (Some(index), Err(rejection)) = (&resolved.index, &result) else {
        return result;
    };
    let Some(how) = demand.signs_an_index(rejection) else {
        return result;
    };
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
    let first = match &index.first {
        Some((platform, digest))
            if rank == Rank::Whole && meets(demand, subject, pinned, digest).await =>
        {
            format!(" (the manifest for {platform} is)")
        }
        _ => String::new(),
    };
    let reference = subject.reference;
    Err(rejection.clone().adding(&format!(
        "{reference} is an index of {count} {noun}{listed}, and the index itself must be signed{first}, because a \
         runtime chooses the platform from it; {how}"
    )))
}

/// Whether a manifest that an index lists would meet the demand by itself. Within the budget of the entry; what is
/// proved of another digest than the image's is let go, and only a message says so.
async fn meets(
    demand: &dyn Demand,
    subject: &Subject<'_>,
    pinned: &Pinned,
    listed: &Digest,
) -> bool {
    let listed = Pinned::new(pinned.repository().clone(), listed.clone());
    let Prepared { inputs, .. } = subject.prepare(demand, &listed);
    drive(inputs, subject, &listed).await.result.is_ok()
}
