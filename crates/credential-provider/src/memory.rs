//! What one provider answered, and how it failed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::place::Place;
use crate::shelf::Shelf;
use crate::{Answer, CacheKeyType};

/// The longest that an answer is kept, whatever it says: as long as the tokens of the large clouds are good.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a provider that failed is not asked again: a decision asks for several things, and must not wait for it each
/// time.
const SPARED: Duration = Duration::from_secs(10);
/// How long it is known that a provider had credentials for something.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// For what an answer is kept, or a call is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    All,
    Image(String),
    Registry(String),
}

impl Key {
    fn of(kind: CacheKeyType, place: &Place) -> Self {
        match kind {
            CacheKeyType::Global => Self::All,
            CacheKeyType::Image => Self::Image(place.image.clone()),
            CacheKeyType::Registry => Self::Registry(place.registry.clone()),
        }
    }
}

pub(crate) type Outcome = Result<Arc<Answer>, Fault>;

/// What is kept of one provider.
#[derive(Default)]
pub(crate) struct Memory {
    answers: Shelf<Arc<Answer>>,
    faults: Shelf<Fault>,
    /// For what it had credentials.
    served: Shelf<()>,
    /// Of which type the last answer was.
    last: Option<CacheKeyType>,
}

impl Memory {
    /// What is known for an image: an answer that is still good, or a failure a moment ago. Looked up as the kubelet does:
    /// the image, its registry, all.
    pub(crate) fn find(&mut self, place: &Place, now: Instant) -> Option<Outcome> {
        let keys = keys_of(place);
        let answer = keys.iter().find_map(|key| self.answers.find(key, now));
        answer.map(Ok).or_else(|| {
            let fault = keys.iter().find_map(|key| self.faults.find(key, now));
            fault.map(Err)
        })
    }

    /// Whether an answer with credentials for an image was had within a day. What is asked for the first time may be an
    /// invention, of which there is no end.
    pub(crate) fn has_served(&mut self, place: &Place, now: Instant) -> bool {
        let keys = keys_of(place);
        keys.iter().any(|key| self.served.find(key, now).is_some())
    }

    /// Keeps what came of a call, if it is to be kept. That there was no time for one is no failure of the provider, and may
    /// be otherwise a moment later.
    pub(crate) fn keep(
        &mut self,
        place: &Place,
        outcome: &Outcome,
        default: Duration,
        now: Instant,
    ) {
        match outcome {
            Ok(answer) => {
                self.last = Some(answer.cache_key_type);
                self.faults.remove(&Key::Image(place.image.clone()));
                self.faults.remove(&Key::All);
                let key = Key::of(answer.cache_key_type, place);
                if !answer.auth.is_empty() {
                    self.served.put(key.clone(), (), REMEMBERED, now);
                }
                let span = answer.cache_duration.unwrap_or(default).min(LONGEST);
                if !span.is_zero() {
                    self.answers.put(key, Arc::clone(answer), span, now);
                }
            }
            Err(Fault::Busy(_)) => {}
            Err(fault) => {
                let key = if fault.is_of_all_images() {
                    Key::All
                } else {
                    Key::Image(place.image.clone())
                };
                self.faults.put(key, fault.clone(), SPARED, now);
            }
        }
    }

    /// For what one call is enough, as far as is known before its answer: the type of the answer before. Before there is
    /// one, for all.
    pub(crate) fn flight(&self, place: &Place) -> Key {
        self.last.map_or(Key::All, |kind| Key::of(kind, place))
    }
}

/// What something may be kept under that counts for an image, in the order in which it is looked for.
fn keys_of(place: &Place) -> [Key; 3] {
    [
        Key::Image(place.image.clone()),
        Key::Registry(place.registry.clone()),
        Key::All,
    ]
}

#[cfg(test)]
mod tests;
