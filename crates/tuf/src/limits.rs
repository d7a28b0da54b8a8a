//! How much is taken from a repository before anything in it is trusted.

use std::time::Duration;

/// Bounds of one load. Sizes are in bytes; a document that is larger is refused, never cut.
///
/// A length that signed metadata lists can only lower a bound: the signer of a snapshot does not decide how much
/// memory its reader spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long the metadata may take in all, and each target again. Default: one minute.
    pub deadline: Duration,
    /// How many metadata documents other than roots are fetched. Default: 64, that is the timestamp, the snapshot,
    /// the top-level targets role and 61 delegated roles. Repositories of trust material have a few.
    pub documents: usize,
    /// The largest root. Default: 256 KiB. Real ones have some kilobytes.
    pub root_bytes: usize,
    /// How many newer roots are taken in one load. Default: 256. A root lives for months or years, so that is decades.
    /// All roots together must also fit into what is remembered, 768 KiB in base64; real ones have some kilobytes.
    pub root_updates: u64,
    /// The largest snapshot. Default: 256 KiB. It is always remembered, as roots and timestamps are.
    pub snapshot_bytes: usize,
    /// The largest file that is asked for by name. Default: 1 MiB.
    pub target_bytes: usize,
    /// The largest document of a targets role, delegated or not. Default: 1 MiB. One of more than 256 KiB is not
    /// remembered, but fetched again.
    pub targets_bytes: usize,
    /// The largest timestamp. Default: 64 KiB, for it lists one file.
    pub timestamp_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            documents: 64,
            root_bytes: 256 << 10,
            root_updates: 256,
            snapshot_bytes: 256 << 10,
            target_bytes: 1 << 20,
            targets_bytes: 1 << 20,
            timestamp_bytes: 64 << 10,
        }
    }
}
