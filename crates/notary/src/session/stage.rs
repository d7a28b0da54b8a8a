//! How far a verification got.

use doorward_core::Check;

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
    const ALL: [(Self, &'static str); 5] = [
        (Self::Root, "root"),
        (Self::Timestamp, "timestamp"),
        (Self::Snapshot, "snapshot"),
        (Self::Targets, "targets"),
        (Self::Released, "released"),
    ];

    /// The stages as checks: those before this one passed, and this one did not.
    pub(super) fn checks(self) -> impl Iterator<Item = Check> {
        let begun = Self::ALL
            .into_iter()
            .take_while(move |(stage, _)| *stage <= self);
        begun.map(move |(stage, name)| Check::enforced(name, stage < self))
    }
}
