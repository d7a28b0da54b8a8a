//! Answers that are kept for a short time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::ApiError;

/// How long an answer counts as it is.
const FRESH: Duration = Duration::from_secs(10);
/// How long that there is no such object counts: somebody who forgot a Secret adds it and tries again.
const FRESH_ABSENCE: Duration = Duration::from_secs(1);
/// How long an answer stands in while the server cannot be asked.
const STANDS_IN: Duration = Duration::from_secs(60);
/// How long it counts that the server could not be asked. Who comes meanwhile does not wait for it once more.
const FRESH_FAILURE: Duration = Duration::from_secs(1);
/// The most that is kept.
const MOST: Most = Most {
    answers: 4096,
    bytes: 64 << 20,
};

#[derive(Clone, Copy, Debug)]
struct Most {
    answers: usize,
    bytes: usize,
}

/// An answer: something, or that it does not exist.
pub(super) type Answer<T> = Result<Option<Arc<T>>, ApiError>;

/// How many bytes an answer holds.
pub(super) trait Size {
    fn size(&self) -> usize;
}

/// Answers by what was asked. The same question is asked by one at a time, and others take its answer.
#[derive(Debug)]
pub(super) struct Kept<K, T> {
    slots: Mutex<Slots<K, T>>,
}

#[derive(Debug)]
struct Slots<K, T> {
    by_question: HashMap<K, Slot<T>>,
    bytes: usize,
}

#[derive(Debug)]
struct Slot<T> {
    /// Held by the one that asks.
    asking: Arc<tokio::sync::Mutex<()>>,
    kept: Option<(Instant, Option<Arc<T>>)>,
    failed: Option<(Instant, ApiError)>,
    used: Instant,
}

impl<K: Clone + Eq + Hash, T: Size> Kept<K, T> {
    pub(super) fn new() -> Self {
        Self {
            slots: Mutex::new(Slots {
                by_question: HashMap::new(),
                bytes: 0,
            }),
        }
    }

    /// The answer to `question`: the one that is kept, or what `ask` gives.
    pub(super) async fn get<F>(&self, question: K, ask: impl FnOnce() -> F) -> Answer<T>
    where
        F: Future<Output = Result<Option<T>, ApiError>>,
    {
        let asking = match self.look(&question) {
            (Some(fresh), _) => return Ok(fresh),
            (None, asking) => asking,
        };
        let _asking = asking.lock().await;
        // Another one may have asked meanwhile.
        if let (Some(fresh), _) = self.look(&question) {
            return Ok(fresh);
        }
        if let Some(error) = self.failure(&question) {
            return self.stand_in(&question).ok_or(error);
        }
        match ask().await {
            Ok(answer) => {
                let answer = answer.map(Arc::new);
                self.keep(question, answer.clone());
                Ok(answer)
            }
            Err(error @ ApiError::Unavailable { .. }) => {
                self.note_failure(&question, &error);
                self.stand_in(&question).ok_or(error)
            }
            // Being forbidden is an answer: what was allowed before counts no longer.
            Err(error) => {
                self.forget(&question);
                Err(error)
            }
        }
    }

    fn look(&self, question: &K) -> (Option<Option<Arc<T>>>, Arc<tokio::sync::Mutex<()>>) {
        let now = Instant::now();
        let mut slots = self.slots();
        let slot = slots.by_question.entry(question.clone());
        let slot = slot.or_insert_with(|| Slot {
            asking: Arc::default(),
            kept: None,
            failed: None,
            used: now,
        });
        slot.used = now;
        let fresh = slot.kept.as_ref().and_then(|(since, kept)| {
            let lasts = if kept.is_some() { FRESH } else { FRESH_ABSENCE };
            (now.duration_since(*since) < lasts).then(|| kept.clone())
        });
        let asking = Arc::clone(&slot.asking);
        // A question takes room before there is an answer, and there may never be one.
        slots.make_room(MOST, now);
        (fresh, asking)
    }

    fn failure(&self, question: &K) -> Option<ApiError> {
        let slots = self.slots();
        let (since, error) = slots.by_question.get(question)?.failed.as_ref()?;
        (since.elapsed() < FRESH_FAILURE).then(|| error.clone())
    }

    fn note_failure(&self, question: &K, error: &ApiError) {
        if let Some(slot) = self.slots().by_question.get_mut(question) {
            slot.failed = Some((Instant::now(), error.clone()));
        }
    }

    fn stand_in(&self, question: &K) -> Option<Option<Arc<T>>> {
        let slots = self.slots();
        let (since, kept) = slots.by_question.get(question)?.kept.as_ref()?;
        // That something was not there says nothing about now.
        kept.as_ref()?;
        (since.elapsed() < STANDS_IN).then(|| kept.clone())
    }

    fn keep(&self, question: K, answer: Option<Arc<T>>) {
        let now = Instant::now();
        let mut slots = self.slots();
        let size = answer.as_ref().map_or(0, |answer| answer.size());
        let asking = slots
            .remove(&question)
            .map_or_else(Arc::default, |slot| slot.asking);
        let slot = Slot {
            asking,
            kept: Some((now, answer)),
            failed: None,
            used: now,
        };
        slots.by_question.insert(question, slot);
        slots.bytes += size;
        slots.make_room(MOST, now);
    }

    fn forget(&self, question: &K) {
        self.slots().remove(question);
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, Slots<K, T>> {
        // What panics while it holds this leaves nothing half done.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, T: Size> Slots<K, T> {
    fn remove(&mut self, question: &K) -> Option<Slot<T>> {
        let slot = self.by_question.remove(question)?;
        let kept = slot.kept.as_ref().and_then(|(_, kept)| kept.as_ref());
        self.bytes -= kept.map_or(0, |kept| kept.size());
        Some(slot)
    }

    /// Lets go what can no longer stand in, and if that is not enough, what was not used for longest.
    fn make_room(&mut self, most: Most, now: Instant) {
        if self.by_question.len() <= most.answers && self.bytes <= most.bytes {
            return;
        }
        let mut by_use: Vec<(Instant, K)> = self
            .by_question
            .iter()
            .map(|(question, slot)| (slot.used, question.clone()))
            .collect();
        by_use.sort_by_key(|(used, _)| *used);
        for (used, question) in by_use {
            let is_over = now.duration_since(used) >= STANDS_IN;
            // More than a little at once, so that it is not done at each answer.
            let is_enough =
                self.by_question.len() * 4 <= most.answers * 3 && self.bytes <= most.bytes / 4 * 3;
            if !is_over && is_enough {
                return;
            }
            self.remove(&question);
        }
    }
}

#[cfg(test)]
mod tests;
