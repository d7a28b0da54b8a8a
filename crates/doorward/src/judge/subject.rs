//! The image under judgement, as one entry sees it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use doorward_core::{
    Digest, Meter, Pinned, Proof, Reference, Rejection, Repository, StateStore, Timestamp,
};

use crate::driver::{Source, lock};
use crate::envelope::Envelope;
use crate::inputs::{Inputs, ProofKey};
use crate::materials::Following;
use crate::plan::{Demand, Opening};
use crate::proof_cache::ProofCache;
use crate::resolution::{Resolution, Resolved};
use crate::review_budget::Tab;
use crate::turns::Turns;
use crate::verdict::Cost;

/// The image that one entry judges, and what it is judged with.
pub(crate) struct Subject<'s> {
    /// As decided on: without its tag if it has a digest.
    pub(crate) reference: &'s Reference,
    /// As written, with `:latest` if nothing else was: with its tag also if it has a digest.
    pub(crate) named: &'s Reference,
    pub(crate) located: &'s Repository,
    pub(crate) now: Timestamp,
    pub(crate) resolution: &'s Resolution,
    pub(crate) source: &'s dyn Source,
    pub(crate) tab: &'s Tab,
    /// What this entry has used. No entry can use up what another one needs.
    pub(crate) meter: &'s Mutex<Meter>,
    /// What was used beside the budget of the entry, for documents that are attached.
    pub(crate) beside: &'s Beside,
    /// Whether the manifest is among what was used.
    pub(crate) has_manifest: AtomicBool,
    pub(crate) state: &'s dyn StateStore,
    pub(crate) proofs: &'s ProofCache,
    /// Within which scope proofs are shared, if they are.
    pub(crate) scope: Option<&'s str>,
    /// Whose share of remembered trust grows with what is new.
    pub(crate) namespace: Option<&'s str>,
    /// Whose work that takes long goes on one piece at a time.
    pub(crate) turns: &'s Turns,
    /// Whether what was verified is kept.
    pub(crate) keeps: bool,
    /// Whether of several signatures the one counts that was made last.
    pub(crate) wants_latest: bool,
    /// The statement about the image that is judged in place of the image, if one is.
    pub(crate) envelope: Option<&'s Envelope>,
    /// Who looks after the images that its build used.
    pub(crate) following: Following<'s>,
}

/// What was used beside the budget of an entry, for the account of what a decision cost.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    fetches: AtomicUsize,
    bytes: AtomicUsize,
    signatures: AtomicUsize,
}

impl Beside {
    pub(crate) fn add(&self, used: &Meter) {
        self.fetches.fetch_add(used.fetches(), Ordering::Relaxed);
        self.bytes.fetch_add(used.bytes(), Ordering::Relaxed);
        self.signatures
            .fetch_add(used.signatures(), Ordering::Relaxed);
    }

    pub(crate) fn add_cost(&self, cost: Cost) {
        self.fetches.fetch_add(cost.fetches, Ordering::Relaxed);
        self.bytes.fetch_add(cost.bytes, Ordering::Relaxed);
        self.signatures
            .fetch_add(cost.signatures, Ordering::Relaxed);
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn signatures(&self) -> usize {
        self.signatures.load(Ordering::Relaxed)
    }
}

impl Subject<'_> {
    pub(super) fn opening<'o>(&'o self, pinned: &'o Pinned) -> Opening<'o> {
        Opening {
            reference: self.reference,
            pinned,
            located: self.located,
            manifest: self.resolution.descriptor(pinned),
            wants_latest: self.wants_latest,
        }
    }

    /// What a session about the image is opened with, and the key under which its proof is remembered.
    pub(super) fn prepare(&self, demand: &dyn Demand, pinned: &Pinned) -> Prepared {
        let inputs = demand.inputs(&self.opening(pinned));
        // Which signature was made last is asked again each time: one that was made since may be later.
        let scope = self.scope.filter(|_| !self.wants_latest);
        let key = scope.and_then(|scope| {
            let key = ProofKey {
                scope,
                scheme: demand.scheme(),
                inputs: inputs.as_ref(),
            };
            key.digest()
        });
        Prepared { inputs, key }
    }

    /// The remembered proof of a session that would be opened with these inputs.
    pub(super) fn recall(&self, prepared: &Prepared) -> Option<Proof> {
        self.proofs.find(prepared.key.as_ref()?, self.now)
    }

    /// Remembers the proof of a session, under the key of the inputs that it was opened with.
    pub(super) fn remember(&self, key: Option<Digest>, result: &Result<Proof, Rejection>) {
        if let (Some(key), Ok(proof), true) = (key, result, self.keeps) {
            self.proofs.insert(key, proof, self.now);
        }
    }

    /// Counts the manifest among what the entry has used, once.
    pub(super) fn count(&self, resolved: &Resolved) -> Result<(), Rejection> {
        if self.has_manifest.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let mut meter = lock(self.meter);
        meter.fetch()?;
        Ok(meter.answer(resolved.bytes)?)
    }
}

/// The one value that a session is opened with, and the hash of that very value.
pub(super) struct Prepared {
    pub(super) inputs: Box<dyn Inputs>,
    /// Absent where no proof of these inputs is remembered.
    pub(super) key: Option<Digest>,
}
