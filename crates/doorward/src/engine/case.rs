//! One image under judgement, and the verdict on it.

use std::sync::Mutex;

use doorward_core::{
    Class, Code, Digest, Fetcher, Meter, Pinned, Proof, Reference, Rejection, StateStore,
};
use futures::future::join_all;

use crate::context::Context;
use crate::driver::lock;
use crate::judge::{Judged, Subject, judge};
use crate::note::Note;
use crate::plan::Governed;
use crate::resolution::Resolution;
use crate::verdict::{Cost, Decision, Mode, RequirementOutcome, Verdict};

/// One image under judgement.
pub(super) struct Case<'a> {
    pub(super) image: &'a str,
    pub(super) written: &'a Reference,
    pub(super) subject: Reference,
    pub(super) named: Reference,
    pub(super) state: &'a dyn StateStore,
    pub(super) governed: &'a [Governed],
    pub(super) context: &'a Context<'a>,
    pub(super) fetcher: &'a dyn Fetcher,
    pub(super) meter: Mutex<Meter>,
}

/// What the judgement found: one result for each governing entry, or one for all when remembered.
pub(super) struct Found {
    pub(super) digest: Option<Digest>,
    pub(super) entries: Vec<Judged>,
    pub(super) resolve_flights: usize,
    pub(super) cached: bool,
}

impl Found {
    /// The same outcome for every entry, without having looked at any requirement.
    pub(super) fn nothing(result: Result<(), Rejection>, entries: usize) -> Self {
        Self {
            digest: None,
            entries: (0..entries)
                .map(|_| Judged::nothing(result.clone().map(|()| Vec::new())))
                .collect(),
            resolve_flights: 0,
            cached: false,
        }
    }

    pub(super) const fn after(mut self, flights: usize) -> Self {
        self.resolve_flights = flights;
        self
    }
}

impl Case<'_> {
    /// Judges every entry about the image as it is resolved.
    pub(super) async fn run(&self, resolution: Resolution<'_>) -> (Vec<Judged>, Option<Digest>) {
        let located = self.fetcher.locate(self.subject.repository());
        let subject = Subject {
            namespace: self.context.namespace,
            reference: &self.subject,
            named: &self.named,
            located: &located,
            now: self.context.now,
            resolution: &resolution,
            fetcher: self.fetcher,
            meter: &self.meter,
            state: self.state,
            keeps: self.context.keeps,
        };
        let entries = join_all(
            self.governed
                .iter()
                .map(|entry| judge(&entry.plan, &subject)),
        )
        .await;
        (entries, resolution.answered().cloned())
    }

    /// Everything that a proof depends on, or nothing where proofs are not remembered.
    pub(super) fn key(&self, digest: &Digest) -> Option<Digest> {
        let scope = self.context.cache_scope?;
        let mut text =
            format!("{}\n{scope}\n{}\n{digest}\n", scope.len(), self.subject).into_bytes();
        for entry in self.governed {
            entry.plan.fingerprint(&mut text)?;
            text.push(b'\n');
        }
        Some(Digest::sha256(&text))
    }

    /// Applies each entry's mode to what was found and puts the verdict together. The strictest decision counts.
    pub(super) fn verdict(self, found: Found) -> Verdict {
        let mut decision = Decision::Allow;
        let mut mode = Mode::Audit;
        let mut rejection: Option<Rejection> = None;
        for (entry, judged) in self.governed.iter().zip(&found.entries) {
            let Err(failure) = &judged.result else {
                continue;
            };
            let outcome = treat(entry, failure);
            // Of two entries that do the same about it, the one that explains more speaks.
            let known = rejection.as_ref().map(Rejection::rank);
            if (outcome, entry.mode, Some(failure.rank())) > (decision, mode, known) {
                (decision, mode) = (outcome, entry.mode);
                rejection = Some(failure.clone());
            }
        }
        if rejection.is_none() {
            mode = self
                .governed
                .iter()
                .map(|entry| entry.mode)
                .max()
                .unwrap_or(Mode::Enforce);
        }
        // An entry can be satisfied without any proof, by an alternative that demands nothing.
        // Nothing was verified then, so nothing is pinned.
        let proved = found
            .entries
            .iter()
            .flat_map(|entry| &entry.requirements)
            .any(|requirement| requirement.outcome == RequirementOutcome::Pass);
        let pinned = match (&rejection, &found.digest) {
            (None, Some(digest)) if proved => Some(Pinned::new(
                self.subject.repository().clone(),
                digest.clone(),
            )),
            _ => None,
        };
        let mutate = self
            .governed
            .iter()
            .any(|entry| entry.mutate && entry.plan.looks_at_image(&self.subject));
        let notes = distinct(found.entries.iter().flat_map(|entry| entry.notes.clone()));
        let expiries = found
            .entries
            .iter()
            .flat_map(|entry| entry.expiries.clone())
            .collect();
        let meter = lock(&self.meter).clone();
        let flights = found
            .entries
            .iter()
            .map(|entry| entry.flights)
            .max()
            .unwrap_or(0);
        Verdict {
            image: self.image.to_owned(),
            reference: Some(self.written.clone().or_latest()),
            decision,
            mode,
            rejection,
            digest: found.digest,
            pinned,
            mutate,
            rules: self
                .governed
                .iter()
                .map(|entry| entry.rule.clone())
                .collect(),
            requirements: found
                .entries
                .into_iter()
                .flat_map(|entry| entry.requirements)
                .collect(),
            expiries,
            notes,
            cost: Cost {
                fetches: meter.fetches(),
                bytes: meter.bytes(),
                signatures: meter.signatures(),
                flights: found.resolve_flights + flights,
                cached: found.cached,
            },
        }
    }
}

/// The one digest that all proofs are about. Nothing, if there is no proof.
///
/// Lookups of different schemes or servers can each say another digest for one tag. None of them has then proved the
/// image, whichever is right.
pub(super) fn agreed(entries: &mut [Judged]) -> Option<Digest> {
    let proofs = || -> Vec<&Proof> {
        let passed = entries
            .iter()
            .filter_map(|entry| entry.result.as_ref().ok());
        passed.flatten().collect()
    };
    let first = proofs().first()?.digest().clone();
    let other = proofs()
        .into_iter()
        .find(|proof| *proof.digest() != first)
        .map(|proof| (proof.scheme(), proof.digest().clone()));
    let Some((scheme, other)) = other else {
        return Some(first);
    };
    let rejection = Rejection::new(
        Code::ConflictingDigests,
        format!(
            "what one requirement verified is {first}, and what another one verified is {other}"
        ),
    )
    .in_scheme(scheme);
    for entry in entries.iter_mut().filter(|entry| entry.result.is_ok()) {
        entry.result = Err(rejection.clone());
    }
    None
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

/// What an entry does about a failure.
///
/// `onUnavailable: warn` is for outages. A registry that refuses the credentials is not out, and whoever deploys
/// the image chooses the credentials, so that case stays denied.
fn treat(entry: &Governed, failure: &Rejection) -> Decision {
    let refused = matches!(
        failure.code(),
        Code::NotaryServerUnauthorized | Code::RegistryUnauthorized
    );
    let outage = failure.class() == Class::Unavailable && !refused;
    match entry.mode {
        Mode::Enforce if outage && entry.warn_on_unavailable => Decision::Warn,
        Mode::Enforce => Decision::Deny,
        Mode::Audit | Mode::Warn => Decision::Warn,
    }
}
