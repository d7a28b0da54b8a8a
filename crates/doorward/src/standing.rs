//! Answers that stay good from one review to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{Fetched, Resource, Standing, Timestamp};

/// The most answers that are kept. A cluster has some dozen issuers of certificates.
const MAX_ANSWERS: usize = 1024;
/// The most bytes of all answers: eight times the largest single one.
const MAX_BYTES: usize = 32 << 20;

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
}

impl Held {
    fn remove(&mut self, resource: &Resource) {
        if let Some(kept) = self.answers.remove(resource) {
            self.bytes = self.bytes.saturating_sub(kept.fetched.bytes.len());
        }
    }
}

impl StandingAnswers {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, standing: Standing, fetched: Fetched, now: Timestamp) {
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
        };
        held.answers.insert(resource, kept);
    }

    fn find(&self, resource: &Resource, now: Timestamp) -> Option<Kept> {
        let held = self.held();
        let kept = held.answers.get(resource)?;
        (kept.since <= now && now <= kept.until).then(|| kept.clone())
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
        Some(if self.now < kept.refresh_at {
            Stands::Fresh(kept.fetched)
        } else {
            Stands::Old(kept.fetched)
        })
    }

    /// Keeps an answer that was just given.
    pub(crate) fn keep(&self, standing: Standing, fetched: Fetched) {
        if self.keeps {
            self.answers.keep(standing, fetched, self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_000);

    fn list(name: &str) -> Resource {
        Resource::Revocation {
            url: format!("http://ca.example/{name}"),
            request: None,
        }
    }

    fn fetched(bytes: usize) -> Fetched {
        Fetched::new(vec![0; bytes], None, "test")
    }

    fn view(answers: &Arc<StandingAnswers>, now: Timestamp) -> StandingView {
        StandingView {
            answers: Arc::clone(answers),
            now,
            keeps: true,
        }
    }

    fn until(name: &str) -> Standing {
        Standing::new(list(name), NOW.plus(10), NOW.plus(20))
    }

    #[test]
    fn an_answer_is_fresh_then_old_and_then_gone() {
        let answers = Arc::default();
        view(&answers, NOW).keep(until("a"), fetched(1));
        for (after, expected) in [(0, "fresh"), (9, "fresh"), (10, "old"), (20, "old")] {
            let found = match view(&answers, NOW.plus(after)).find(&list("a")) {
                Some(Stands::Fresh(_)) => "fresh",
                Some(Stands::Old(_)) => "old",
                None => "gone",
            };
            assert_eq!(found, expected, "{after}");
        }
        // Also for a clock that went back.
        for gone in [21, -1] {
            assert!(view(&answers, NOW.plus(gone)).find(&list("a")).is_none());
        }
        assert!(view(&answers, NOW).find(&list("b")).is_none());
    }

    #[test]
    fn a_review_that_keeps_nothing_leaves_nothing() {
        let answers = Arc::default();
        let mut dry = view(&answers, NOW);
        dry.keeps = false;
        dry.keep(until("a"), fetched(1));
        assert!(view(&answers, NOW).find(&list("a")).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_in_bytes() {
        let answers: Arc<StandingAnswers> = Arc::default();
        for number in 0..3 * MAX_ANSWERS {
            view(&answers, NOW).keep(until(&number.to_string()), fetched(1 << 16));
            let held = answers.held();
            assert!(held.answers.len() <= MAX_ANSWERS && held.bytes <= MAX_BYTES);
            assert_eq!(held.bytes, held.answers.len() << 16);
        }
        view(&answers, NOW).keep(until("large"), fetched(MAX_BYTES + 1));
        assert!(view(&answers, NOW).find(&list("large")).is_none());
        let before = answers.held().bytes;
        for _ in 0..10 {
            view(&answers, NOW).keep(until("same"), fetched(1));
        }
        assert!(answers.held().bytes <= before + 1);
    }
}
