//! What came of one entry, with the entry's mode applied.

use doorward_core::{Code, Fact, Rejection};
use doorward_policy::{Holder, Mode};

use crate::excuse::Excuse;
use crate::met::Met;
use crate::plan::{Governed, Unchecked};
use crate::proofs::Proofs;

/// What came of one policy entry. It depends on that entry and the image alone, never on the other entries.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Everything that the entry demands was verified.
    Passed(Proofs),
    /// The entry says that it checks nothing.
    Unchecked(Unchecked),
    /// It was not met, and the entry itself says that this refuses nothing.
    Soft(Rejection),
    /// It was not met, and an exception covers every reason for it.
    Excused(Excuse),
    /// It was not met.
    Hard(Rejection),
}

impl Outcome {
    /// The outcome of `entry`, whose plan ended with `result`.
    pub(crate) fn of(entry: &Governed, result: Result<Met, Rejection>) -> Self {
        match result {
            Ok(Met::Proved(proofs)) => Self::Passed(proofs),
            Ok(Met::Unchecked(token)) => Self::Unchecked(token),
            Err(failure) if softens(entry, &failure) => Self::Soft(told(entry, failure)),
            Err(failure) => Self::Hard(told(entry, failure)),
        }
    }
}

/// What is said of a failure of an entry that does not refuse yet, or of which nobody knows whether it governs the image.
/// The failure itself is the cause.
fn told(entry: &Governed, failure: Rejection) -> Rejection {
    let failure = match entry.effective_from {
        None => failure,
        Some(from) => {
            let detail = format!("{} refuses such an image from {from} on", entry.rule);
            Rejection::new(Code::POLICY_NOT_EFFECTIVE_YET, detail)
                .with_fact(Fact::Time(from))
                .with_causes(vec![failure])
        }
    };
    match &entry.supposed {
        None => failure,
        Some(missing) => {
            let detail = format!(
                "whether {} decides about the image cannot be told: {missing}",
                entry.rule
            );
            Rejection::new(Code::POLICY_SELECTION_UNKNOWN, detail).with_causes(vec![failure])
        }
    }
}

/// Of two failures the one that says more. An outage says less than an answer, and may be softened.
pub(crate) fn more_telling(first: Rejection, other: Option<Rejection>) -> Rejection {
    match other {
        Some(other) if is_outage(&first) && !is_outage(&other) => other,
        _ => first,
    }
}

fn softens(entry: &Governed, failure: &Rejection) -> bool {
    match entry.mode {
        Mode::Audit | Mode::Warn => true,
        Mode::Enforce => entry.warn_on_unavailable && is_outage(failure),
    }
}

/// Whether this is the failure that `onUnavailable: warn` is for: there is evidence of an outage in which the deployer
/// the image had no part. Codes and classes do not count, for credentials, sizes and numbers that a deployer chooses
/// can bring those about.
pub(crate) fn is_outage(failure: &Rejection) -> bool {
    failure.outage().is_some()
}

/// How strongly an entry that passed wants an object of this sort to name what was verified.
///
/// An entry that would have let a failure through when the object was changed cannot tell afterwards whether it did:
/// the registry may have come back meanwhile. So it only warns.
pub(crate) const fn insistence(entry: &Governed, holder: Holder) -> Option<Mode> {
    match (entry.mutate.pins(holder), entry.mode) {
        (false, _) => None,
        (true, Mode::Audit) => Some(Mode::Audit),
        (true, Mode::Warn) => Some(Mode::Warn),
        (true, Mode::Enforce) if entry.warn_on_unavailable => Some(Mode::Warn),
        (true, Mode::Enforce) => Some(Mode::Enforce),
    }
}
