//! What came of a plan, or of a part of one.

use doorward_core::{Class, Code, Digest, Expiry, Proof, Rejection, Resource, Scheme};

use crate::met::Met;
use crate::note::Note;
use crate::proofs::{Proofs, Settled};
use crate::verdict::{Requirement, RequirementOutcome};

/// What came of a plan.
pub(crate) struct Judged {
    /// Every requirement that was looked at, in the plan's order.
    pub(crate) requirements: Vec<Requirement>,
    /// How it was met, or the most telling rejection.
    pub(crate) result: Result<Met, Rejection>,
    /// What parts of it verified, if the whole failed.
    pub(crate) also_proved: Vec<Digest>,
    /// Whether a failure leaves open if somebody signed: the answer was neither yes nor no.
    pub(crate) leaves_open: bool,
    /// The reasons that leave it open: the signature that somebody made who is trusted, or `None` where it is not known who made
    /// one.
    pub(crate) open: Vec<Option<Digest>>,
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
    pub(super) fn of(requirements: Vec<Requirement>, result: Result<Met, Rejection>) -> Self {
        let leaves_open = result.as_ref().is_err_and(leaves_open);
        Self {
            leaves_open,
            open: vec![None; usize::from(leaves_open)],
            requirements,
            result,
            also_proved: Vec::new(),
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

    pub(super) fn refused(scheme: Scheme, rejection: Rejection) -> Self {
        let rejection = rejection.in_scheme(scheme);
        Self {
            notes: Note::findings(scheme, rejection.checks()),
            ..Self::of(
                vec![Requirement::failed(scheme, rejection.clone())],
                Err(rejection),
            )
        }
    }

    pub(super) fn proved(scheme: Scheme, proof: Proof) -> Self {
        match Settled::of(proof) {
            Ok(settled) => Self::settled(scheme, settled),
            Err(rejection) => Self::refused(scheme, rejection),
        }
    }

    pub(super) fn settled(scheme: Scheme, settled: Settled) -> Self {
        let proof = settled.proof();
        let requirement = Requirement {
            scheme,
            outcome: RequirementOutcome::Pass,
            rejection: None,
            checks: proof.checks().to_vec(),
            evidence: proof.evidence().to_vec(),
        };
        Self {
            notes: Note::findings(scheme, proof.checks()),
            ..Self::of(
                vec![requirement],
                Ok(Met::Proved(Proofs::one(settled.clone()))),
            )
        }
    }

    pub(super) fn driven(scheme: Scheme, result: Result<Proof, Rejection>, flights: usize) -> Self {
        let judged = match result {
            Err(rejection) => Self::refused(scheme, rejection),
            Ok(proof) => Self::proved(scheme, proof),
        };
        Self { flights, ..judged }
    }

    /// With what was seen on the way to it.
    pub(super) fn saying(mut self, notes: Vec<Note>, expiries: Vec<(Scheme, Expiry)>) -> Self {
        self.notes.extend(notes);
        self.expiries.extend(expiries);
        self
    }

    /// Puts what was proved of something else, on which this rests, beside its evidence. It enters no agreement.
    pub(super) fn beside<'p>(&mut self, proofs: impl Iterator<Item = &'p Proof>) {
        let Some(requirement) = self.requirements.last_mut() else {
            return;
        };
        for proof in proofs {
            requirement
                .evidence
                .extend(proof.evidence().iter().cloned());
            requirement.checks.extend(proof.checks().iter().cloned());
        }
    }

    /// Takes over what was seen in `other`, whatever came of it.
    pub(super) fn saw(&mut self, other: Self) -> Result<Met, Rejection> {
        self.requirements.extend(other.requirements);
        self.expiries.extend(other.expiries);
        self.notes.extend(other.notes);
        self.recalled |= other.recalled;
        self.also_proved.extend(other.also_proved);
        self.leaves_open |= other.leaves_open;
        self.open.extend(other.open);
        other.result
    }

    /// The signatures that leave it open, if it is known of every reason that it is one.
    pub(super) fn open_signatures(&self) -> Option<Vec<Digest>> {
        let signatures: Option<Vec<Digest>> = self.open.iter().cloned().collect();
        signatures.filter(|signatures| !signatures.is_empty())
    }
}

/// Whether a refusal is none of somebody who did not sign: nobody could be asked, something was wrong here, or there was more
/// to look at than is looked at, be it in one of several reasons.
///
/// What everybody who may push can attach is answered by a plain no: it is malformed, too large, or signed by others. But
/// a list that cannot be read, or is too long, may have the right signature in it.
pub(super) fn leaves_open(rejection: &Rejection) -> bool {
    let is_answer = matches!(
        rejection.class(),
        Class::Integrity | Class::NoPolicy | Class::Untrusted
    );
    !is_answer || was_cut(rejection)
}

fn was_cut(rejection: &Rejection) -> bool {
    let of_list = matches!(rejection.resource(), Some(Resource::Referrers { .. }));
    rejection.code() == Code::BUDGET_EXCEEDED
        || rejection.class() == Class::Internal
        || (of_list && rejection.fetch_error().is_some())
        || rejection.causes().iter().any(was_cut)
}
