//! The one fold from the outcomes of all entries to a ruling.
//!
//! An [`Admission`] has no other origin. Adding an entry only ever adds an outcome, and the fold takes the strictest
//! of all failures and the union of all that passed: so it never turns a refusal into an admission, and never takes a
//! pin away.

use doorward_core::{Code, Digest, Pinned, Rejection, Repository};
use doorward_policy::{Holder, Mode};

use crate::decision::Decision;
use crate::outcome::{Outcome, insistence};
use crate::plan::Governed;
use crate::proofs::conflict;

/// What was decided, and by which entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ruling {
    decided: Decided,
    mode: Mode,
    deciding: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Decided {
    Admitted(Admission),
    Refused(Rejection),
}

/// That the image may run, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    pin: Option<Pin>,
    failure: Option<Rejection>,
}

/// What was verified, and how strongly it is wanted in the object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pin {
    pinned: Pinned,
    in_pods: Option<Insistence>,
    in_templates: Option<Insistence>,
}

/// That objects of one sort are to name what was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Insistence {
    /// How strongly.
    pub(crate) mode: Mode,
    /// By the entry at which place.
    pub(crate) entry: usize,
    /// Whether an entry that enforces wants it, whatever it lets through in an outage.
    pub(crate) is_enforced: bool,
    /// Whether an entry that wants it wants the tag beside the digest. The digest is what counts, so one that does not
    /// ask for the tag takes it from nobody.
    pub(crate) keeps_tag: bool,
}

impl Insistence {
    fn of(outcomes: &[(&Governed, Outcome)], holder: Holder) -> Option<Self> {
        let wanted = looked_at(outcomes).filter_map(|(number, entry, _)| {
            Some(Self {
                mode: insistence(entry, holder)?,
                entry: number,
                is_enforced: entry.mode == Mode::Enforce,
                keeps_tag: entry.keep_tag,
            })
        });
        wanted.reduce(|kept, next| {
            let keeps_tag = kept.keeps_tag || next.keeps_tag;
            let is_enforced = kept.is_enforced || next.is_enforced;
            let strictest = if next.mode > kept.mode { next } else { kept };
            Self {
                is_enforced,
                keeps_tag,
                ..strictest
            }
        })
    }
}

/// A failure of one entry that speaks for the verdict.
struct Failure {
    entry: usize,
    is_hard: bool,
    mode: Mode,
    rejection: Rejection,
}

impl Failure {
    /// Of two failures that do the same, the one that explains more speaks.
    const fn weight(&self) -> (bool, Mode, (doorward_core::Class, u8)) {
        (self.is_hard, self.mode, self.rejection.rank())
    }
}

impl Ruling {
    /// A refusal before any entry was asked.
    pub(crate) const fn refused(rejection: Rejection) -> Self {
        Self {
            decided: Decided::Refused(rejection),
            mode: Mode::Enforce,
            deciding: 0,
        }
    }

    /// The ruling on an image of `repository` that the outcomes of all its entries give.
    pub(crate) fn of(repository: &Repository, outcomes: &[(&Governed, Outcome)]) -> Self {
        if outcomes.is_empty() {
            let detail = "no entry says anything about the image";
            return Self::refused(Rejection::new(Code::POLICY_NO_MATCH, detail));
        }
        let leader = leader(outcomes);
        let failure = strictest(outcomes, leader);
        if let Some(failure) = &failure
            && failure.is_hard
        {
            return Self {
                decided: Decided::Refused(failure.rejection.clone()),
                mode: failure.mode,
                deciding: failure.entry,
            };
        }
        let pin = leader.map(|(_, _, digest)| Pin {
            pinned: Pinned::new(repository.clone(), digest.clone()),
            in_pods: Insistence::of(outcomes, Holder::Pod),
            in_templates: Insistence::of(outcomes, Holder::Template),
        });
        let (mode, deciding) = match (&failure, leader) {
            (Some(failure), _) => (failure.mode, failure.entry),
            (None, Some((number, _, _))) => (strictest_mode(outcomes), number),
            (None, None) => (strictest_mode(outcomes), 0),
        };
        Self {
            decided: Decided::Admitted(Admission {
                pin,
                failure: failure.map(|failure| failure.rejection),
            }),
            mode,
            deciding,
        }
    }

    /// The ruling on an image that somebody breaks the glass for, which this says. It is pinned where its digest is known,
    /// and runs without where nobody can be asked for it.
    pub(crate) fn glass_broken(rejection: Rejection, pinned: Option<Pinned>) -> Self {
        let wanted = Insistence {
            mode: Mode::Warn,
            entry: 0,
            is_enforced: false,
            keeps_tag: false,
        };
        let pin = pinned.map(|pinned| Pin {
            pinned,
            in_pods: Some(wanted),
            in_templates: Some(wanted),
        });
        Self {
            decided: Decided::Admitted(Admission {
                pin,
                failure: Some(rejection),
            }),
            mode: Mode::Enforce,
            deciding: 0,
        }
    }

    pub(crate) const fn decision(&self) -> Decision {
        match &self.decided {
            Decided::Admitted(Admission { failure: None, .. }) => Decision::Allow,
            Decided::Admitted(_) => Decision::Warn,
            Decided::Refused(_) => Decision::Deny,
        }
    }

    /// The mode of the entry that decided; where none failed, the strictest of all.
    pub(crate) const fn mode(&self) -> Mode {
        self.mode
    }

    /// The entry that decided, by its place.
    pub(crate) const fn deciding(&self) -> usize {
        self.deciding
    }

    pub(crate) const fn rejection(&self) -> Option<&Rejection> {
        match &self.decided {
            Decided::Admitted(admission) => admission.failure.as_ref(),
            Decided::Refused(rejection) => Some(rejection),
        }
    }

    pub(crate) fn pinned(&self) -> Option<&Pinned> {
        self.pin().map(|pin| &pin.pinned)
    }

    /// How the pin is wanted in objects of one sort, if it is.
    pub(crate) fn insistence(&self, holder: Holder) -> Option<Insistence> {
        let pin = self.pin()?;
        match holder {
            Holder::Pod => pin.in_pods,
            Holder::Template => pin.in_templates,
        }
    }

    const fn pin(&self) -> Option<&Pin> {
        match &self.decided {
            Decided::Admitted(admission) => admission.pin.as_ref(),
            Decided::Refused(_) => None,
        }
    }
}

/// An entry that is about one digest: its place, itself, and the digest.
type LookedAt<'a> = (usize, &'a Governed, &'a Digest);

/// The entries that passed, with the digest that they verified.
fn passed<'a>(outcomes: &'a [(&'a Governed, Outcome)]) -> impl Iterator<Item = LookedAt<'a>> {
    outcomes
        .iter()
        .enumerate()
        .filter_map(|(number, (entry, outcome))| match outcome {
            Outcome::Passed(proofs) => Some((number, *entry, proofs.digest())),
            Outcome::Unchecked(_) | Outcome::Soft(_) | Outcome::Excused(_) | Outcome::Hard(_) => {
                None
            }
        })
}

/// The entries that an exception covers, with the digest that was looked at.
fn excused<'a>(outcomes: &'a [(&'a Governed, Outcome)]) -> impl Iterator<Item = LookedAt<'a>> {
    outcomes
        .iter()
        .enumerate()
        .filter_map(|(number, (entry, outcome))| match outcome {
            Outcome::Excused(excuse) => Some((number, *entry, excuse.digest())),
            Outcome::Unchecked(_) | Outcome::Soft(_) | Outcome::Passed(_) | Outcome::Hard(_) => {
                None
            }
        })
}

fn looked_at<'a>(outcomes: &'a [(&'a Governed, Outcome)]) -> impl Iterator<Item = LookedAt<'a>> {
    passed(outcomes).chain(excused(outcomes))
}

/// Of the entries that passed, the first of the strictest ones: what it verified is what is admitted. Where none did, what
/// was looked at for an exception is.
fn leader<'a>(outcomes: &'a [(&'a Governed, Outcome)]) -> Option<LookedAt<'a>> {
    let strictest = passed(outcomes).reduce(|kept, next| {
        if next.1.mode > kept.1.mode {
            next
        } else {
            kept
        }
    });
    strictest.or_else(|| excused(outcomes).next())
}

/// The failure that counts. That an entry verified another digest than the leader is one too: which of the two is
/// right cannot be known. It is as strict as the stricter of the two entries, which the leader is.
///
/// What was looked at for an exception and is not what was verified is refused whatever the modes.
fn strictest(outcomes: &[(&Governed, Outcome)], leader: Option<LookedAt<'_>>) -> Option<Failure> {
    let failures = outcomes
        .iter()
        .enumerate()
        .filter_map(|(number, (entry, outcome))| {
            let (is_hard, mode, rejection) = match outcome {
                Outcome::Unchecked(_) => return None,
                Outcome::Passed(proofs) => {
                    let (_, first, verified) =
                        leader.filter(|(_, _, first)| *first != proofs.digest())?;
                    let is_hard = first.mode == Mode::Enforce;
                    (is_hard, first.mode, conflict(verified, proofs))
                }
                Outcome::Excused(excuse) => {
                    match leader.filter(|(_, _, first)| *first != excuse.digest()) {
                        Some((_, _, verified)) => {
                            (true, entry.mode, other_image(verified, excuse.digest()))
                        }
                        None => (false, entry.mode, excuse.rejection().clone()),
                    }
                }
                Outcome::Soft(rejection) => (false, entry.mode, rejection.clone()),
                Outcome::Hard(rejection) => (true, entry.mode, rejection.clone()),
            };
            Some(Failure {
                entry: number,
                is_hard,
                mode,
                rejection,
            })
        });
    failures.reduce(|kept, next| {
        if next.weight() > kept.weight() {
            next
        } else {
            kept
        }
    })
}

/// That an exception is for another image than was verified.
fn other_image(verified: &Digest, looked_at: &Digest) -> Rejection {
    let detail = format!(
        "what one entry verified is {verified}, and the image that an exception would admit is {looked_at}"
    );
    Rejection::new(Code::CONFLICTING_DIGESTS, detail)
}

fn strictest_mode(outcomes: &[(&Governed, Outcome)]) -> Mode {
    let modes = outcomes.iter().map(|(entry, _)| entry.mode);
    modes.max().unwrap_or(Mode::Enforce)
}
