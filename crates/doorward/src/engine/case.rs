//! One image under judgement, and the verdict on it.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use doorward_core::{
    Budget, Code, Digest, Meter, Proof, Reference, Rejection, Repository, StateStore, Timestamp,
};
use doorward_policy::Holder;
use futures::future::join_all;
use tokio::time::{Instant, timeout_at};

use crate::context::Context;
use crate::driver::{Source, lock};
use crate::excuse::{Excused, Excuses, Reasons};
use crate::judge::{Beside, Judged, Rank, Subject, judge};
use crate::materials::Following;
use crate::note::Note;
use crate::outcome::{Outcome, is_outage};
use crate::plan::Governed;
use crate::proof_cache::ProofCache;
use crate::resolution::Resolution;
use crate::review_budget::Tab;
use crate::rule::Rule;
use crate::turns::Turns;
use crate::verdict::{Cost, Verdict};

/// When a decision must have ended.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    pub(super) end: Instant,
    pub(super) span: Duration,
}

impl Deadline {
    pub(super) fn missed(&self) -> Rejection {
        Rejection::new(
            Code::DEADLINE_EXCEEDED,
            format!("no decision within {:.1} s", self.span.as_secs_f32()),
        )
    }
}

/// One image under judgement.
pub(super) struct Case<'a> {
    pub(super) image: &'a str,
    pub(super) written: &'a Reference,
    pub(super) located: &'a Repository,
    pub(super) subject: Reference,
    pub(super) named: Reference,
    pub(super) state: &'a dyn StateStore,
    pub(super) proofs: &'a ProofCache,
    pub(super) governed: &'a [Governed],
    pub(super) context: &'a Context<'a>,
    pub(super) source: &'a dyn Source,
    pub(super) tab: &'a Tab,
    pub(super) turns: &'a Turns,
    pub(super) budget: Budget,
    pub(super) deadline: Deadline,
    pub(super) following: Following<'a>,
}

/// What the judgement found: one result for each governing entry, in their order.
pub(super) struct Found {
    pub(super) digest: Option<Digest>,
    pub(super) entries: Vec<Judged>,
    pub(super) cost: Cost,
}

/// What one entry has used.
struct Used {
    meter: Meter,
    beside: Beside,
    has_manifest: bool,
}

impl Case<'_> {
    /// Judges every entry about the image as it is resolved.
    ///
    /// What comes of an entry depends on the image and that entry alone: each has a budget of its own, and one that
    /// does not end in time takes none of the others with it.
    pub(super) async fn run(&self, resolution: &Resolution) -> Found {
        let judged = join_all(
            self.governed
                .iter()
                .map(|entry| self.judge(entry, resolution)),
        );
        let (mut entries, used): (Vec<Judged>, Vec<Used>) = judged.await.into_iter().unzip();
        let looks_up = self.governed.iter().any(|entry| entry.plan.looks_up());
        if let Some(failure) = resolution.failure()
            && !looks_up
        {
            // Said once, by nobody in particular, rather than by every requirement.
            for (entry, judged) in self.governed.iter().zip(&mut entries) {
                // What else is wrong with an entry counts more than an outage, which it could be softened as.
                let is_covered = judged
                    .result
                    .as_ref()
                    .is_err_and(|own| !is_outage(failure) || is_outage(own));
                if entry.plan.looks_at_image(&self.subject) && is_covered {
                    *judged = Judged {
                        flights: judged.flights,
                        ..Judged::failed(failure.clone())
                    };
                }
            }
        }
        let cost = cost(&entries, &used, resolution);
        Found {
            digest: resolution.answered().cloned(),
            entries,
            cost,
        }
    }

    async fn judge(&self, entry: &Governed, resolution: &Resolution) -> (Judged, Used) {
        let meter = Mutex::new(Meter::new(self.budget));
        let beside = Beside::default();
        let subject = Subject {
            namespace: self.context.namespace(),
            reference: &self.subject,
            named: &self.named,
            located: self.located,
            now: self.context.now,
            resolution,
            source: self.source,
            tab: self.tab,
            meter: &meter,
            beside: &beside,
            has_manifest: AtomicBool::new(false),
            state: self.state,
            proofs: self.proofs,
            scope: self.context.cache_scope,
            turns: self.turns,
            keeps: self.context.keeps,
            wants_latest: false,
            envelope: None,
            following: self.following,
        };
        let judged = timeout_at(self.deadline.end, judge(&entry.plan, &subject, Rank::Whole)).await;
        let judged = judged.unwrap_or_else(|_| Judged::failed(self.deadline.missed()));
        let used = Used {
            has_manifest: subject.has_manifest.into_inner(),
            meter: lock(&meter).clone(),
            beside,
        };
        (judged, used)
    }

    /// Puts the verdict together from what was found, with the exceptions that there are for the image.
    pub(super) fn verdict(self, found: Found, excuses: &Excuses<'_>) -> Verdict {
        let Found {
            digest,
            entries,
            cost,
        } = found;
        let seen = entries.iter().flat_map(|entry| entry.notes.clone());
        let seen: Vec<Note> = seen.collect();
        let reasons: Vec<Reasons> = entries.iter().map(Reasons::of).collect();
        let mut outcomes = Vec::new();
        let (mut expiries, mut requirements) = (Vec::new(), Vec::new());
        for (entry, judged) in self.governed.iter().zip(entries) {
            outcomes.push((entry, Outcome::of(entry, judged.result)));
            expiries.extend(judged.expiries);
            requirements.extend(judged.requirements);
        }
        let mut ends = ends(&outcomes);
        let is_tampered = reasons.iter().any(Reasons::is_tampered)
            || is_ambiguous(&outcomes, &reasons, digest.as_ref());
        let Excused {
            ruling,
            used,
            notes,
        } = excuses.rule(self.subject.repository(), outcomes, &reasons);
        ends.extend(used.iter().map(|exception| exception.until));
        let notes = distinct(notes.into_iter().chain(seen));
        let pinned = ruling.pinned().map(|pinned| pinned.digest().clone());
        Verdict {
            image: self.image.to_owned(),
            reference: Some(self.written.clone().or_latest()),
            digest: pinned.or(digest),
            insisting: [Holder::Pod, Holder::Template].map(|holder| {
                let entry = self.governed.get(ruling.insistence(holder)?.entry)?;
                Some(entry.rule.clone())
            }),
            rules: deciding_first(self.governed, ruling.deciding()),
            ruling,
            is_tampered,
            exceptions: used,
            requirements,
            expiries,
            ends,
            notes,
            cost,
        }
    }
}

/// The first seconds in which a proof no longer counts, or an entry begins to refuse.
fn ends(outcomes: &[(&Governed, Outcome)]) -> Vec<Timestamp> {
    let mut ends = Vec::new();
    for (entry, outcome) in outcomes {
        ends.extend(entry.effective_from);
        if let Outcome::Passed(proofs) = outcome {
            let last = proofs.iter().filter_map(Proof::valid_until);
            ends.extend(last.map(|last| last.plus(1)));
        }
    }
    ends
}

/// Whether the image is one thing to one who vouches for it and another to another one, or to the registry.
fn is_ambiguous(
    outcomes: &[(&Governed, Outcome)],
    reasons: &[Reasons],
    resolved: Option<&Digest>,
) -> bool {
    let passed = outcomes.iter().filter_map(|(_, outcome)| match outcome {
        Outcome::Passed(proofs) => Some(proofs.digest()),
        Outcome::Unchecked(_) | Outcome::Soft(_) | Outcome::Excused(_) | Outcome::Hard(_) => None,
    });
    let proved = reasons.iter().flat_map(Reasons::proved);
    let mut digests = passed.chain(proved).chain(resolved);
    digests
        .next()
        .is_some_and(|first| digests.any(|other| other != first))
}

fn cost(entries: &[Judged], used: &[Used], resolution: &Resolution) -> Cost {
    let sum = |own: fn(&Meter) -> usize, beside: fn(&Beside) -> usize| {
        let of = |used: &Used| own(&used.meter) + beside(&used.beside);
        used.iter().map(of).sum::<usize>()
    };
    // The manifest is counted by every entry, and fetched once.
    let counted = used.iter().filter(|used| used.has_manifest).count();
    let flights = entries.iter().map(|entry| entry.flights).max();
    let signatures = sum(Meter::signatures, Beside::signatures);
    let resolved_first = usize::from(matches!(
        resolution,
        Resolution::Known(..) | Resolution::Failed(_)
    ));
    Cost {
        fetches: sum(Meter::fetches, Beside::fetches).saturating_sub(counted)
            + usize::from(resolution.was_asked()),
        bytes: sum(Meter::bytes, Beside::bytes).saturating_sub(counted * resolution.bytes())
            + resolution.bytes(),
        signatures,
        flights: resolved_first + flights.unwrap_or(0),
        cached: signatures == 0 && entries.iter().any(|entry| entry.recalled),
    }
}

/// The names of the entries, that of the deciding one first.
fn deciding_first(governed: &[Governed], deciding: usize) -> Vec<Rule> {
    let mut rules: Vec<Rule> = governed.iter().map(|entry| entry.rule.clone()).collect();
    if let Some(first) = rules.get_mut(..=deciding) {
        first.rotate_right(1);
    }
    rules
}

fn distinct(notes: impl Iterator<Item = Note>) -> Vec<Note> {
    let mut kept: Vec<Note> = Vec::new();
    for note in notes {
        if !kept.contains(&note) {
            kept.push(note);
        }
    }
    kept
}
