//! Answers that stay good from one review to the next.

mod fetcher;
mod room;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use doorward_core::{Fetch, Fetched, Resource, Standing, Timestamp};

use self::room::{Held, Needers};

pub(crate) use self::fetcher::StandingFetcher;

/// The most answers that are kept. A cluster has some dozen issuers of certificates.
const MAX_ANSWERS: usize = 1024;
/// The most bytes of all answers: twice the largest single one.
const MAX_BYTES: usize = 32 << 20;
/// For how long an answer that no review needs is asked for ahead of time, in seconds: a week.
const NEEDED: i64 = 7 * 24 * 60 * 60;
/// The most questions of one round ahead of time, and the most bytes of all their answers. The rest is left for the next
/// round, those last that no review has needed for longest.
const ROUND: (usize, usize) = (256, 64 << 20);
/// How much larger than the one that is kept an answer may be that is asked for ahead of time: twice as large, and so many
/// bytes.
const GROWTH: usize = 64 << 10;
/// How often an answer is asked for ahead of its end, if nothing better comes.
const TIMES: i64 = 8;
/// How long it takes at least, and at most, until it is asked for again, in seconds: ten minutes, and six hours.
const PAUSES: (i64, i64) = (10 * 60, 6 * 60 * 60);

/// Answers that a session has verified and that say how long they count, for all reviews of an engine.
///
/// They are public, and authentic no matter who asked first, so tenants share them. Where there is no room, the namespace
/// that holds most gives way, with what it has needed longest ago: one that adds and adds drives out nothing that another
/// needs who holds less. Reviews without a namespace are one together.
///
/// A session that is given one verifies it again: what is kept here decides how often servers are asked, and never what is
/// believed.
#[derive(Debug, Default)]
pub(crate) struct StandingAnswers(Mutex<Held>);

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
    /// Who needs it.
    needers: Needers,
    /// What was answered since, which no session has verified yet.
    newer: Option<Newer>,
    /// When it was asked for ahead of time, whatever came of it.
    asked: Option<Timestamp>,
    /// Whether that is as good as if a review had asked: the same came, or nothing.
    spares_reviews: bool,
    /// Whether a session could not rely on it. Then reviews ask, however new it is: its issuer may have another key by now,
    /// or somebody else's answer may be kept in the place of the issuer's.
    is_doubted: bool,
}

/// An answer that came ahead of time.
#[derive(Clone, Debug)]
struct Newer {
    fetched: Fetched,
    /// Whether a review was given it. If it is not kept since then, it may be none: the next review asks itself.
    was_given: bool,
}

/// What came of asking ahead of time.
pub(crate) enum Offered {
    Answer(Fetched),
    /// Nothing, because nobody answered.
    Silence,
    /// Nothing that could be an answer.
    Unusable,
}

impl Kept {
    fn bytes(&self) -> usize {
        let newer = self
            .newer
            .as_ref()
            .map_or(0, |newer| newer.fetched.bytes.len());
        self.fetched.bytes.len().saturating_add(newer)
    }

    fn counts_at(&self, now: Timestamp) -> bool {
        self.since <= now && now <= self.until
    }

    /// Whether it is as good as a new one.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.is_new_enough(now) && !self.is_doubted
    }

    /// Whether it is not worth asking again for its age.
    fn is_new_enough(&self, now: Timestamp) -> bool {
        self.counts_at(now)
            && !self.is_only_beside()
            && (now < self.refresh_at
                || self.spares_reviews && self.was_asked_within(2 * self.pause(), now))
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

impl StandingAnswers {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(
        &self,
        standing: Standing,
        max_bytes: usize,
        mut fetched: Fetched,
        view: &StandingView,
    ) {
        let now = view.now;
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
        let given = |kept: &Kept| kept.is_new_enough(now) && kept.fetched.bytes == fetched.bytes;
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
        let kept = Kept {
            fetched,
            since: now,
            refresh_at,
            until,
            max_bytes,
            needed: now,
            needers: Needers::default(),
            newer: None,
            asked: None,
            spares_reviews: false,
            is_doubted: false,
        };
        held.insert(resource, kept, &view.namespace);
    }

    fn find(&self, resource: &Resource, view: &StandingView) -> Option<Kept> {
        let mut held = self.held();
        let kept = held.answers.get_mut(resource)?;
        if !kept.counts_at(view.now) {
            return None;
        }
        kept.needed = view.now;
        let found = kept.clone();
        // One that keeps nothing cannot tell others what became of it.
        if let Some(newer) = kept.newer.as_mut().filter(|_| view.keeps) {
            newer.was_given = true;
        }
        held.need(resource, &view.namespace);
        Some(found)
    }

    /// Takes note that a session could not rely on what is there.
    fn doubt(&self, resource: &Resource) {
        if let Some(kept) = self.held().answers.get_mut(resource) {
            kept.is_doubted = true;
        }
    }

    /// What is worth asking for before a review has to: answers that still count and have been there for a while, and that
    /// reviews need, no more than one round may cost.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Fetch> {
        let held = self.held();
        let due = held.answers.iter().filter(|(_, kept)| {
            kept.counts_at(now)
                && !kept.is_only_beside()
                && kept.refresh_at <= now
                && now <= kept.needed.plus(NEEDED)
                && !kept.was_asked_within(kept.pause(), now)
        });
        let mut due: Vec<_> = due.collect();
        due.sort_unstable_by_key(|(_, kept)| std::cmp::Reverse(kept.needed));
        let (most, mut bytes) = ROUND;
        let fetches = due.into_iter().filter_map(|(resource, kept)| {
            let known = kept.fetched.bytes.len();
            let max = kept
                .max_bytes
                .min(known.saturating_mul(2).saturating_add(GROWTH));
            bytes = bytes.checked_sub(max)?;
            Some(Fetch::new(resource.clone(), max))
        });
        fetches.take(most).collect()
    }

    /// Takes note of what came of asking ahead of time. A newer answer lies beside the one that is kept until a session has
    /// looked at both, and is not believed before.
    pub(crate) fn offer(&self, resource: &Resource, offered: Offered, now: Timestamp) {
        let mut held = self.held();
        let room = MAX_BYTES.saturating_sub(held.bytes);
        let Some(kept) = held.answers.get_mut(resource) else {
            return;
        };
        kept.asked = Some(now);
        let before = kept.bytes();
        kept.spares_reviews = match offered {
            Offered::Silence => kept.newer.is_none(),
            Offered::Unusable => false,
            Offered::Answer(same) if same.bytes == kept.fetched.bytes => kept.newer.is_none(),
            Offered::Answer(newer) => {
                let is_known = kept
                    .newer
                    .as_ref()
                    .is_some_and(|known| known.fetched.bytes == newer.bytes);
                if !is_known && newer.bytes.len() <= room {
                    kept.newer = Some(Newer {
                        fetched: newer,
                        was_given: false,
                    });
                }
                false
            }
        };
        let after = kept.bytes();
        held.bytes = held.bytes.saturating_sub(before).saturating_add(after);
    }
}

/// The answers that stay good, as one review sees them.
#[derive(Clone, Debug)]
pub(crate) struct StandingView {
    pub(crate) answers: Arc<StandingAnswers>,
    pub(crate) now: Timestamp,
    /// The namespace of the workload, empty without one.
    pub(crate) namespace: Arc<str>,
    /// Whether what this review learns is kept.
    pub(crate) keeps: bool,
}

/// An answer that is there already.
pub(crate) enum Stands {
    /// It is as good as a new one.
    Fresh(Fetched),
    /// It counts, but a newer one is worth asking for.
    Old {
        /// What to give where nothing newer can be had.
        fetched: Fetched,
        /// What was verified of it.
        verified: Bytes,
    },
}

impl StandingView {
    /// What stays good of what was answered before.
    pub(crate) fn find(&self, resource: &Resource) -> Option<Stands> {
        let kept = self.answers.find(resource, self)?;
        let is_fresh = kept.is_fresh(self.now);
        let verified = kept.fetched.bytes.clone();
        let (fetched, is_fresh) = match kept.newer {
            // The session says which of them counts.
            Some(newer) => (
                newer.fetched.beside(verified.clone()),
                is_fresh || !newer.was_given,
            ),
            None => (kept.fetched, is_fresh),
        };
        Some(if is_fresh {
            Stands::Fresh(fetched)
        } else {
            Stands::Old { fetched, verified }
        })
    }

    /// Takes note that nothing newer could be had: what is there is no newer for that, and is asked for again in a while.
    pub(crate) fn silent(&self, resource: &Resource) {
        if self.keeps {
            self.answers.offer(resource, Offered::Silence, self.now);
        }
    }

    /// Takes note that a session asked for what is there, and could not rely on it.
    pub(crate) fn doubt(&self, resource: &Resource) {
        if self.keeps {
            self.answers.doubt(resource);
        }
    }

    /// Keeps an answer that was just given.
    ///
    /// `max_bytes` is how large it may have been.
    pub(crate) fn keep(&self, standing: Standing, max_bytes: usize, fetched: Fetched) {
        if self.keeps {
            self.answers.keep(standing, max_bytes, fetched, self);
        }
    }
}
