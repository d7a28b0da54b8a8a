//! How far a verification got, and what stops it.

use doorward_core::{Check, Rejection};

use super::NotarySession;
use crate::{Error, File, Remembered, RootOrigin, TrustedSet};

/// How far the verification got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Root,
    Timestamp,
    Snapshot,
    Targets,
    Released,
    Done,
}

impl Stage {
    pub(super) const ALL: [(Self, &'static str); 5] = [
        (Self::Root, "root"),
        (Self::Timestamp, "timestamp"),
        (Self::Snapshot, "snapshot"),
        (Self::Targets, "targets"),
        (Self::Released, "released"),
    ];
}

/// What stops the machine: more files are wanted, or the end.
pub(super) enum Halt {
    Fetch(Vec<(File, usize)>),
    End(Rejection),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::End(error.into())
    }
}

impl From<Rejection> for Halt {
    fn from(rejection: Rejection) -> Self {
        Self::End(rejection)
    }
}

impl NotarySession {
    /// Every check, as far as they were made.
    pub(super) fn checks(&self) -> Vec<Check> {
        let known = self.input.remembered.as_ref().map(Remembered::origin);
        let mut checks = vec![Check::observed("remembered-trust", known.is_some())];
        for (stage, name) in Stage::ALL {
            if stage > self.stage {
                break;
            }
            checks.push(Check::enforced(name, stage < self.stage));
        }
        let confirmed = self.set.as_ref().and_then(TrustedSet::confirmed);
        if confirmed == Some(RootOrigin::FirstUse) {
            checks.push(Check::observed("pinned-root", false));
        }
        if self.input.max_staleness > 0 && self.stage > Stage::Timestamp {
            checks.push(Check::observed("fresh", self.asked));
        }
        checks
    }
}
