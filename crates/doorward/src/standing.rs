//! Answers that stay good from one review to the next.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{Fetch, Fetched, Resource, Standing, Timestamp};

/// The most answers that are kept. A cluster has some dozen issuers of certificates.
const MAX_ANSWERS: usize = 1024;
/// The most bytes of all answers: eight times the largest single one.
const MAX_BYTES: usize = 32 << 20;
/// For how long an answer that no review needs is asked for ahead of time, in seconds: a week.
const NEEDED: i64 = 7 * 24 * 60 * 60;
/// How often an answer is asked for ahead of its end, if nothing better comes.
const TIMES: i64 = 8;
/// How long it takes at least, and at most, until it is asked for again, in seconds: ten minutes, and six hours.
const PAUSES: (i64, i64) = (10 * 60, 6 * 60 * 60);

/// Answers that a session has verified and that say how long they count, for all reviews of an engine.
///
/// They are public, and authentic no matter who asked first, so tenants share them. A session that is given one verifies it
/// again: what is kept here decides how often servers are asked, and never what is believed.
#[derive(Debug, Default)]
pub(crate) struct StandingAnswers(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    answers: HashMap<Resource, Kept>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Kept {
    fetched: Fetched,
    /// When it was kept: a clock that went back must not prolong a memory.
    since: Timestamp,
    refresh_at: Timestamp,
    until: Timestamp,
    /// The most bytes of an answer.
    max_bytes: usize,
    /// When a review needed it last.
    needed: Timestamp,
    /// What was answered since, which no session has verified yet.
    newer: Option<Fetched>,
    /// When it was asked for ahead of time, whatever came of it.
    asked: Option<Timestamp>,
}

impl Kept {
    fn bytes(&self) -> usize {
        let newer = self.newer.as_ref().map_or(0, |newer| newer.bytes.len());
        self.fetched.bytes.len().saturating_add(newer)
    }

    fn counts_at(&self, now: Timestamp) -> bool {
        self.since <= now && now <= self.until
    }

    /// Whether it is as good as a new one.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.counts_at(now)
            && !self.is_only_beside()
            && (now < self.refresh_at || self.was_asked_within(2 * self.pause(), now))
    }

    /// Whether it is asked for again each time, and kept to compare what comes with it.
    fn is_only_beside(&self) -> bool {
        self.refresh_at <= self.since
    }

    /// How long it takes until it is asked for ahead of time again, in seconds.
    fn pause(&self) -> i64 {
        let time = self.until.unix().saturating_sub(self.refresh_at.unix());
        (time / TIMES).clamp(PAUSES.0, PAUSES.1)
    }

    /// Whether it was asked for no longer ago than that.
    fn was_asked_within(&self, seconds: i64, now: Timestamp) -> bool {
        self.asked
            .is_some_and(|asked| asked <= now && now < asked.plus(seconds))
    }
}

impl Held {
    fn remove(&mut self, resource: &Resource) {
        if let Some(kept) = self.answers.remove(resource) {
            self.bytes = self.bytes.saturating_sub(kept.bytes());
        }
    }
}

impl StandingAnswers {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, standing: Standing, max_bytes: usize, mut fetched: Fetched, now: Timestamp) {
        // What it was better than is of no more use, but to know what this review compared it with.
        let compared = fetched.verified_before.take();
        let Standing {
            resource,
            refresh_at,
            until,
            ..
        } = standing;
        let bytes = fetched.bytes.len();
        if until < now || bytes > MAX_BYTES {
            return;
        }
        let mut held = self.held();
        // What was given from here is no newer for that: to keep it as if it were would put off asking again, as long as
        // there are reviews.
        let given = |kept: &Kept| kept.is_fresh(now) && kept.fetched.bytes == fetched.bytes;
        // What another review has kept meanwhile was not compared with it, and may be newer.
        let unseen = |kept: &Kept| {
            kept.counts_at(now)
                && kept.fetched.bytes != fetched.bytes
                && Some(&kept.fetched.bytes) != compared.as_ref()
        };
        let stays = |kept: &Kept| given(kept) || unseen(kept);
        if held.answers.get(&resource).is_some_and(stays) {
            return;
        }
        held.remove(&resource);
        if held.answers.len() >= MAX_ANSWERS || held.bytes.saturating_add(bytes) > MAX_BYTES {
            // Begin again rather than search for the least useful one.
            *held = Held::default();
        }
        held.bytes += bytes;
        let kept = Kept {
            fetched,
            since: now,
            refresh_at,
            until,
            max_bytes,
            needed: now,
            newer: None,
            asked: None,
        };
        held.answers.insert(resource, kept);
    }

    fn find(&self, resource: &Resource, now: Timestamp) -> Option<Kept> {
        let mut held = self.held();
        let kept = held.answers.get_mut(resource)?;
        if !kept.counts_at(now) {
            return None;
        }
        kept.needed = now;
        Some(kept.clone())
    }

    /// What is worth asking for before a review has to: answers that still count and have been there for a while, and that
    /// reviews need.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Fetch> {
        let held = self.held();
        let due = held.answers.iter().filter(|(_, kept)| {
            kept.counts_at(now)
                && !kept.is_only_beside()
                && kept.refresh_at <= now
                && now <= kept.needed.plus(NEEDED)
                && !kept.was_asked_within(kept.pause(), now)
        });
        due.map(|(resource, kept)| Fetch::new(resource.clone(), kept.max_bytes))
            .collect()
    }

    /// Takes note of what came of asking ahead of time. A newer answer lies beside the one that is kept until a session has
    /// looked at both, and is not believed before.
    pub(crate) fn offer(&self, resource: &Resource, newer: Option<Fetched>, now: Timestamp) {
        let mut held = self.held();
        let room = MAX_BYTES.saturating_sub(held.bytes);
        let Some(kept) = held.answers.get_mut(resource) else {
            return;
        };
        kept.asked = Some(now);
        let (before, known) = (kept.bytes(), kept.fetched.bytes.clone());
        if let Some(newer) = newer.filter(|newer| newer.bytes != known && newer.bytes.len() <= room)
        {
            kept.newer = Some(newer);
        }
        let after = kept.bytes();
        held.bytes = held.bytes.saturating_sub(before).saturating_add(after);
    }
}

/// The answers that stay good, as one review sees them.
#[derive(Clone, Debug)]
pub(crate) struct StandingView {
    pub(crate) answers: Arc<StandingAnswers>,
    pub(crate) now: Timestamp,
    /// Whether what this review learns is kept.
    pub(crate) keeps: bool,
}

/// An answer that is there already.
pub(crate) enum Stands {
    /// It is as good as a new one.
    Fresh(Fetched),
    /// It counts, but a newer one is worth asking for.
    Old(Fetched),
}

impl StandingView {
    /// What stays good of what was answered before.
    pub(crate) fn find(&self, resource: &Resource) -> Option<Stands> {
        let kept = self.answers.find(resource, self.now)?;
        Some(match kept.newer {
            // The session says which of them counts.
            Some(newer) => Stands::Fresh(newer.beside(kept.fetched.bytes)),
            None if kept.is_fresh(self.now) => Stands::Fresh(kept.fetched),
            None => Stands::Old(kept.fetched),
        })
    }

    /// Keeps an answer that was just given.
    ///
    /// `max_bytes` is how large it may have been.
    pub(crate) fn keep(&self, standing: Standing, max_bytes: usize, fetched: Fetched) {
        if self.keeps {
            self.answers.keep(standing, max_bytes, fetched, self.now);
        }
    }
}
