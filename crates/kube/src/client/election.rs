//! Who of several candidates leads, by a record that all of them see.

use std::time::Duration;

/// How long a leader lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long a record must stand still before somebody else may claim it.
    pub lease: Duration,
    /// How long a claim counts for the one who made it, from before it was sent. Shorter than `lease` by as much as clocks may
    /// differ in *speed*: what time they show is never compared.
    pub counts: Duration,
    /// The pause between two looks at the record, and between two claims of the leader.
    pub pause: Duration,
}

impl Default for Terms {
    /// 15, 10 and 2 seconds, as components of Kubernetes have them: safe as long as no clock runs half as fast again as
    /// another.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            counts: Duration::from_secs(10),
            pause: Duration::from_secs(2),
        }
    }
}

/// The most that a record's own duration counts. Longer ones would keep everybody else out.
const LONGEST: Duration = Duration::from_secs(60);

/// The record, as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Changes with every write.
    pub(super) version: String,
    /// Who leads. Empty if the last one gave it up.
    pub(super) holder: String,
    /// How long the holder means to lead without another write.
    pub(super) lease: Duration,
}

/// What a candidate does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Write one's own name over the record of this version, or make the record if there is none. Nothing else may be
    /// replaced.
    Claim(Option<String>),
    /// Look again after the pause.
    Wait,
}

/// One candidate's part. Times are those of its own clock, since any moment: it runs on and never back.
#[derive(Clone, Debug)]
pub(super) struct Election {
    me: String,
    terms: Terms,
    /// What was seen last, and when it was first seen to be so.
    observed: Option<(Seen, Duration)>,
    counts_until: Option<Duration>,
}

impl Election {
    /// `me` must be the name of no other candidate.
    pub(super) const fn new(me: String, terms: Terms) -> Self {
        Self {
            me,
            terms,
            observed: None,
            counts_until: None,
        }
    }

    /// Under which name it takes part.
    pub(super) fn me(&self) -> &str {
        &self.me
    }

    /// Takes note of the record, or of there being none, once the answer is there.
    pub(super) fn sees(&mut self, seen: Option<Seen>, now: Duration) {
        if seen.as_ref().is_none_or(|seen| seen.holder != self.me) {
            self.counts_until = None;
        }
        self.observed = match (seen, self.observed.take()) {
            (None, _) => None,
            (Some(seen), Some((before, since))) if before == seen => Some((seen, since)),
            (Some(seen), _) => Some((seen, now)),
        };
    }

    /// What to do about what was seen last.
    pub(super) fn next(&self, now: Duration) -> Move {
        let Some((seen, since)) = &self.observed else {
            return Move::Claim(None);
        };
        let lease = seen.lease.min(LONGEST).max(self.terms.lease);
        let is_free = seen.holder.is_empty() || seen.holder == self.me;
        if is_free || now.saturating_sub(*since) >= lease {
            Move::Claim(Some(seen.version.clone()))
        } else {
            Move::Wait
        }
    }

    /// A claim that was sent at `asked` was taken; `seen` is what stands there now.
    pub(super) fn claimed(&mut self, seen: Seen, asked: Duration, now: Duration) {
        self.sees(Some(seen), now);
        self.counts_until = Some(asked + self.terms.counts);
    }

    /// A claim was not taken: somebody else has written.
    pub(super) fn lost(&mut self) {
        self.counts_until = None;
    }

    /// Whether this candidate leads.
    pub(super) fn leads(&self, now: Duration) -> bool {
        self.counts_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests;
