//! Answers that stay good for later sessions.

use crate::{Resource, Timestamp};

/// An answer that stays good for a while, no matter who asks: a session has verified that it is authentic and says itself how
/// long it counts, such as a revocation list with its `nextUpdate`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// What was asked for.
    pub resource: Resource,
    /// From when on it is worth asking again. Until then the same answer is given.
    pub refresh_at: Timestamp,
    /// The last second in which it counts. Until then it stands in where nothing newer can be had.
    pub until: Timestamp,
}

impl Standing {
    /// That the answer to `resource` counts until `until` and is asked for again from `refresh_at` on.
    #[must_use]
    pub const fn new(resource: Resource, refresh_at: Timestamp, until: Timestamp) -> Self {
        Self {
            resource,
            refresh_at,
            until,
        }
    }
}
