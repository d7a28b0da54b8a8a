//! Answers that stay good from one review to the next.

mod fetcher;
mod kept;
mod needers;
mod room;
mod round;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use doorward_core::{Fetch, Fetched, Standing, Timestamp};

use self::kept::{Kept, Newer, Question, Revokes};
use self::needers::Needers;
use self::room::Held;

pub(crate) use self::fetcher::StandingFetcher;

/// The most answers that are kept. A cluster has some dozen issuers of certificates.
const MAX_ANSWERS: usize = 1024;
/// The most bytes of all answers: twice the largest single one.
const MAX_BYTES: usize = 32 << 20;

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

/// What came of asking ahead of time.
pub(crate) enum Offered {
    Answer(Fetched),
    /// Nothing, because nobody answered.
    Silence,
    /// Nothing that could be an answer.
    Unusable,
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
        fetched.revoked_before.clear();
        let Standing {
            resource,
            authority,
            refresh_at,
            until,
            made,
            revokes,
            was_known,
            ..
        } = standing;
        let bytes = fetched.bytes.len();
        let is_over = until < now && revokes.is_empty();
        if is_over || bytes > MAX_BYTES {
            return;
        }
        let question = Question {
            resource,
            authority,
        };
        let mut revokes = Revokes::of(&revokes);
        let mut held = self.held();
        if let Some(kept) = held.answers.get_mut(&question) {
            let relied_on = match was_known {
                true => compared.as_ref(),
                false => Some(&fetched.bytes),
            };
            let is_same = relied_on == Some(&kept.fetched.bytes);
            if is_same {
                kept.revokes.join(&revokes);
                kept.is_doubted &= was_known;
            }
            // What was given from here is no newer for that: to keep it as if it were would put off asking again, as long
            // as there are reviews.
            let stays = match is_same {
                true => kept.is_new_enough(now),
                false => kept.stays_before(made, compared.as_deref(), now),
            };
            if stays {
                return;
            }
            revokes.join(&kept.revokes);
        }
        if was_known {
            return;
        }
        let kept = Kept {
            fetched,
            since: now,
            refresh_at,
            until,
            made,
            revokes,
            max_bytes,
            needed: now,
            needers: Needers::default(),
            newer: None,
            asked: None,
            spares_reviews: false,
            is_doubted: false,
        };
        held.insert(question, kept, &view.namespace);
    }

    /// What is there that answers a question, and what is known that bears on it.
    fn find(&self, fetch: &Fetch, view: &StandingView) -> (Option<Kept>, Vec<Bytes>) {
        let now = view.now;
        let question = Question::of(fetch);
        let mut held = self.held();
        let (mut found, mut known, mut needed) = (None, Vec::new(), Vec::new());
        for (other, kept) in &mut held.answers {
            if other.authority != question.authority || !kept.is_known_at(now) {
                continue;
            }
            let is_it = other.resource == question.resource;
            if is_it && kept.counts_at(now) {
                kept.needed = now;
                found = Some(kept.clone());
                // One that keeps nothing cannot tell others what became of it.
                if let Some(newer) = kept.newer.as_mut().filter(|_| view.keeps) {
                    newer.was_given = true;
                }
            } else if is_it || kept.revokes.bear_on(&question.resource) {
                known.push(kept.fetched.bytes.clone());
            } else {
                continue;
            }
            needed.push(other.clone());
        }
        for question in &needed {
            held.need(question, &view.namespace);
        }
        (found, known)
    }

    /// Takes note that a session could not rely on what is there.
    fn doubt(&self, fetch: &Fetch) {
        if let Some(kept) = self.held().answers.get_mut(&Question::of(fetch)) {
            kept.is_doubted = true;
        }
    }

    /// Takes note of what came of asking ahead of time. A newer answer lies beside the one that is kept until a session has
    /// looked at both, and is not believed before.
    pub(crate) fn offer(&self, fetch: &Fetch, offered: Offered, now: Timestamp) {
        let mut held = self.held();
        let room = MAX_BYTES.saturating_sub(held.bytes);
        let Some(kept) = held.answers.get_mut(&Question::of(fetch)) else {
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

/// What is there of an answer.
pub(crate) struct Found {
    pub(crate) stands: Option<Stands>,
    /// Answers of the same authority that revoke something for good about which this one is asked.
    pub(crate) known: Vec<Bytes>,
}

impl StandingView {
    /// What stays good of what was answered before.
    pub(crate) fn find(&self, fetch: &Fetch) -> Found {
        let (kept, known) = self.answers.find(fetch, self);
        let stands = kept.map(|kept| self.stands(kept));
        Found { stands, known }
    }

    fn stands(&self, kept: Kept) -> Stands {
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
        if is_fresh {
            Stands::Fresh(fetched)
        } else {
            Stands::Old { fetched, verified }
        }
    }

    /// Takes note that nothing newer could be had: what is there is no newer for that, and is asked for again in a while.
    pub(crate) fn silent(&self, fetch: &Fetch) {
        if self.keeps {
            self.answers.offer(fetch, Offered::Silence, self.now);
        }
    }

    /// Takes note that a session asked for what is there, and could not rely on it.
    pub(crate) fn doubt(&self, fetch: &Fetch) {
        if self.keeps {
            self.answers.doubt(fetch);
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
