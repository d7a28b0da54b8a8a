//! What one provider answered, and how it failed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::place::Place;
use crate::{Answer, CacheKeyType};

/// The longest that an answer is kept, whatever it says: as long as the tokens of the large clouds are good.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a provider that failed is not asked again: a decision asks for several things, and must not wait for it each
/// time.
const SPARED: Duration = Duration::from_secs(10);
/// The most answers that are kept, and the most failures.
const MOST: usize = 1024;

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

/// What is kept until a time.
struct Kept<T> {
    until: Instant,
    what: T,
}

#[derive(Default)]
pub(crate) struct Memory {
    answers: HashMap<Key, Kept<Arc<Answer>>>,
    faults: HashMap<Key, Kept<Fault>>,
    /// Of which type the last answer was.
    last: Option<CacheKeyType>,
}

impl Memory {
    /// What is known for an image: an answer that is still good, or a failure a moment ago. Looked up as the kubelet does:
    /// the image, its registry, all.
    pub(crate) fn find(&self, place: &Place, now: Instant) -> Option<Outcome> {
        let keys = [
            Key::Image(place.image.clone()),
            Key::Registry(place.registry.clone()),
            Key::All,
        ];
        let answer = keys.iter().find_map(|key| alive(&self.answers, key, now));
        let fault = || keys.iter().find_map(|key| alive(&self.faults, key, now));
        answer.map(Ok).or_else(|| fault().map(Err))
    }

    /// Keeps what came of a call, if it is to be kept.
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
                let span = answer.cache_duration.unwrap_or(default).min(LONGEST);
                if !span.is_zero() {
                    let key = Key::of(answer.cache_key_type, place);
                    insert(&mut self.answers, key, Arc::clone(answer), now + span, now);
                }
            }
            Err(fault) => {
                let key = if fault.is_of_all_images() {
                    Key::All
                } else {
                    Key::Image(place.image.clone())
                };
                insert(&mut self.faults, key, fault.clone(), now + SPARED, now);
            }
        }
    }

    /// For what one call is enough, as far as is known before its answer: the type of the answer before. Before there is
    /// one, for all.
    pub(crate) fn flight(&self, place: &Place) -> Key {
        self.last.map_or(Key::All, |kind| Key::of(kind, place))
    }
}

fn alive<T: Clone>(all: &HashMap<Key, Kept<T>>, key: &Key, now: Instant) -> Option<T> {
    let kept = all.get(key).filter(|kept| now < kept.until)?;
    Some(kept.what.clone())
}

/// Adds one, for which first the dead ones make room, and then the one that dies next.
fn insert<T>(all: &mut HashMap<Key, Kept<T>>, key: Key, what: T, until: Instant, now: Instant) {
    if all.len() >= MOST && !all.contains_key(&key) {
        all.retain(|_, kept| now < kept.until);
        if all.len() >= MOST {
            let next = all.iter().min_by_key(|(_, kept)| kept.until);
            if let Some(next) = next.map(|(key, _)| key.clone()) {
                all.remove(&next);
            }
        }
    }
    all.insert(key, Kept { until, what });
}

#[cfg(test)]
mod tests;
