//! Answers that stay good for later sessions.

use crate::{Digest, Resource, Timestamp};

/// An answer that stays good for a while, no matter who asks: a session has verified that it is authentic and says itself how
/// long it counts, such as a revocation list with its `nextUpdate`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// What was asked for.
    pub resource: Resource,
    /// Whose answer it is, as in [`Fetch::authority`](crate::Fetch::authority).
    pub authority: Option<Digest>,
    /// From when on it is worth asking again. Until then the same answer is given.
    pub refresh_at: Timestamp,
    /// The last second in which it counts. Until then it stands in where nothing newer can be had.
    pub until: Timestamp,
    /// When it was made, if it says so. It displaces nothing that was made later.
    pub made: Option<Made>,
    /// Where the same is asked about what it revokes for good, this resource too if the session saw that it revokes
    /// something. What is answered there is given with this one beside it, also once this one has ended: what is revoked for
    /// good stays so.
    pub revokes: Vec<Resource>,
    /// Whether it is not what arrived but what was [verified before](crate::Fetched::verified_before).
    pub was_known: bool,
}

impl Standing {
    /// That the answer to `resource` counts until `until` and is asked for again from `refresh_at` on.
    #[must_use]
    pub const fn new(resource: Resource, refresh_at: Timestamp, until: Timestamp) -> Self {
        Self {
            resource,
            authority: None,
            refresh_at,
            until,
            made: None,
            revokes: Vec::new(),
            was_known: false,
        }
    }

    /// As the word of this authority.
    #[must_use]
    pub fn by(mut self, authority: Digest) -> Self {
        self.authority = Some(authority);
        self
    }

    /// Made at this time.
    #[must_use]
    pub const fn made(mut self, made: Made) -> Self {
        self.made = Some(made);
        self
    }

    /// Revoking for good what these resources are asked about.
    #[must_use]
    pub fn revoking(mut self, resources: Vec<Resource>) -> Self {
        self.revokes = resources;
        self
    }

    /// As the one that was verified before, if it is.
    #[must_use]
    pub const fn known(mut self, was_known: bool) -> Self {
        self.was_known = was_known;
        self
    }
}

/// When an answer was made, by its own signed word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made {
    /// Its number among those of its authority, if it has one: without a sign, the highest byte first.
    pub number: Option<[u8; 21]>,
    /// The first second for which it says something.
    pub this_update: Timestamp,
    /// When it was signed; the same as `this_update` where it does not say.
    pub produced: Timestamp,
}

impl Made {
    /// Made for the time `this_update`, and signed at `produced`.
    #[must_use]
    pub const fn new(
        number: Option<[u8; 21]>,
        this_update: Timestamp,
        produced: Timestamp,
    ) -> Self {
        Self {
            number,
            this_update,
            produced,
        }
    }

    /// Whether it was made before another answer to the same question. Numbers never go down (RFC 5280, section 5.2.3), so
    /// they decide where both have one.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        let times = |made: &Self| (made.this_update, made.produced);
        match (self.number, other.number) {
            (Some(one), Some(two)) => (one, times(self)) < (two, times(other)),
            _ => times(self) < times(other),
        }
    }
}
