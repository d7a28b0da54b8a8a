//! One answer that is kept.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use doorward_core::{Digest, Fetch, Fetched, Made, Resource, Timestamp};

use super::needers::Needers;

/// How often an answer is asked for ahead of its end, if nothing better comes.
const TIMES: i64 = 8;
/// How long it takes at least, and at most, until it is asked for again, in seconds: ten minutes, and six hours.
const PAUSES: (i64, i64) = (10 * 60, 6 * 60 * 60);
/// For how long an answer that has ended is still known, in seconds: a year. Answers that are older seldom hold for longer.
const KNOWN: i64 = 366 * 24 * 60 * 60;
/// The most questions that an answer is known to bear on, before it bears on all of its authority.
const MAX_QUESTIONS: usize = 64;

/// What an answer is kept under. Whose it is belongs to it: somebody else who names the same address has no say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) resource: Resource,
    pub(super) authority: Option<Digest>,
}

impl Question {
    pub(super) fn of(fetch: &Fetch) -> Self {
        Self {
            resource: fetch.resource.clone(),
            authority: fetch.authority.clone(),
        }
    }

    pub(super) fn fetch(&self, max_bytes: usize) -> Fetch {
        let fetch = Fetch::new(self.resource.clone(), max_bytes);
        match &self.authority {
            Some(authority) => fetch.by(authority.clone()),
            None => fetch,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) fetched: Fetched,
    /// When it was kept: a clock that went back must not make it newer.
    pub(super) since: Timestamp,
    pub(super) refresh_at: Timestamp,
    pub(super) until: Timestamp,
    /// When it was made, by its own signed word.
    pub(super) made: Option<Made>,
    /// What it revokes for good is asked about here.
    pub(super) revokes: Revokes,
    /// The most bytes of an answer.
    pub(super) max_bytes: usize,
    /// When a review needed it last.
    pub(super) needed: Timestamp,
    /// Who needs it.
    pub(super) needers: Needers,
    /// What was answered since, which no session has verified yet.
    pub(super) newer: Option<Newer>,
    /// When it was asked for ahead of time, whatever came of it.
    pub(super) asked: Option<Timestamp>,
    /// Whether that is as good as if a review had asked: the same came, or nothing.
    pub(super) spares_reviews: bool,
    /// Whether a session could not rely on it. Then reviews ask, however new it is, until one relies on it again: somebody
    /// else's answer may be kept in the place of the authority's.
    pub(super) is_doubted: bool,
}

/// An answer that came ahead of time.
#[derive(Clone, Debug)]
pub(super) struct Newer {
    pub(super) fetched: Fetched,
    /// Whether a review was given it. If it is not kept since then, it may be none: the next review asks itself.
    pub(super) was_given: bool,
}

impl Kept {
    pub(super) fn bytes(&self) -> usize {
        let newer = self
            .newer
            .as_ref()
            .map_or(0, |newer| newer.fetched.bytes.len());
        self.fetched.bytes.len().saturating_add(newer)
    }

    /// Whether it counts. By a clock that went back it does too: what is newer by its own word is not passed over.
    pub(super) fn counts_at(&self, now: Timestamp) -> bool {
        now <= self.until
    }

    /// Whether it is known, if only for what it revokes for good and so that nothing older takes its place.
    pub(super) fn is_known_at(&self, now: Timestamp) -> bool {
        now <= self.until.plus(KNOWN)
    }

    /// Whether it is as good as a new one.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.is_new_enough(now) && !self.is_doubted
    }

    /// Whether it is not worth asking again for its age.
    pub(super) fn is_new_enough(&self, now: Timestamp) -> bool {
        self.since <= now
            && self.counts_at(now)
            && !self.is_only_beside()
            && (now < self.refresh_at
                || self.spares_reviews && self.was_asked_within(2 * self.pause(), now))
    }

    /// Whether it is asked for again each time, and kept to compare what comes with it.
    pub(super) fn is_only_beside(&self) -> bool {
        self.refresh_at <= self.since
    }

    /// How long it takes until it is asked for ahead of time again, in seconds.
    pub(super) fn pause(&self) -> i64 {
        let time = self.until.unix().saturating_sub(self.refresh_at.unix());
        (time / TIMES).clamp(PAUSES.0, PAUSES.1)
    }

    /// Whether it was asked for no longer ago than that.
    pub(super) fn was_asked_within(&self, seconds: i64, now: Timestamp) -> bool {
        self.asked
            .is_some_and(|asked| asked <= now && now < asked.plus(seconds))
    }

    /// Whether an answer that was made then, and compared with `compared`, leaves it in its place. Its own signed word
    /// decides, whatever the clock of a review. Where that says nothing, what another review has kept meanwhile stays: it was
    /// not compared, and may be newer.
    pub(super) fn stays_before(
        &self,
        made: Option<Made>,
        compared: Option<&[u8]>,
        now: Timestamp,
    ) -> bool {
        if !self.is_known_at(now) {
            return false;
        }
        if let (Some(own), Some(other)) = (self.made, made) {
            if other.is_before(&own) {
                return true;
            }
            if own.is_before(&other) {
                return false;
            }
        }
        self.counts_at(now) && compared != Some(&self.fetched.bytes[..])
    }
}

/// Where that is asked about which an answer revokes for good: hashes of the resources, for what comes of a collision is one
/// more answer to look at.
#[derive(Clone, Debug, Default)]
pub(super) struct Revokes {
    questions: BTreeSet<u64>,
    /// Whether there are more than are known.
    has_more: bool,
}

impl Revokes {
    pub(super) fn of(resources: &[Resource]) -> Self {
        let mut revokes = Self::default();
        for resource in resources {
            revokes.add(hash(resource));
        }
        revokes
    }

    /// Adds what another answer bore on.
    pub(super) fn join(&mut self, other: &Self) {
        self.has_more |= other.has_more;
        for question in &other.questions {
            self.add(*question);
        }
    }

    fn add(&mut self, question: u64) {
        if self.questions.len() < MAX_QUESTIONS {
            self.questions.insert(question);
        } else if !self.questions.contains(&question) {
            self.has_more = true;
        }
    }

    pub(super) fn bear_on(&self, resource: &Resource) -> bool {
        self.has_more || self.questions.contains(&hash(resource))
    }
}

fn hash(resource: &Resource) -> u64 {
    let mut hasher = DefaultHasher::new();
    resource.hash(&mut hasher);
    hasher.finish()
}
