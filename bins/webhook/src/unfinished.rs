//! Reviews that were not decided in time, finished for those who come again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use doorward::Verdict;
use doorward_core::Code;
use doorward_kube::{Reason, Review};

use crate::review::{Purpose, decide};
use crate::webhook::Webhook;

/// How long a review may take that nobody waits for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many of them are under way.
const MOST: usize = 8;
/// How many of them are of one namespace.
const MOST_OF_ONE: usize = 2;

/// The images of a namespace that are looked at although nobody waits any more.
///
/// A refusal because time ran out is no judgement, and those who wanted the object ask again. What was verified meanwhile is
/// remembered then, so that a slow registry costs one refusal and not one after the other.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(Mutex<HashSet<Images>>);

/// What is looked at: the same once, however often it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Images {
    namespace: Option<String>,
    images: Vec<String>,
}

impl Unfinished {
    /// Whether a review ended because its time was over.
    pub(crate) fn is_late(verdicts: &Result<Vec<Verdict>, Reason>) -> bool {
        match verdicts {
            Ok(verdicts) => verdicts
                .iter()
                .any(|verdict| verdict.code() == Some(Code::DEADLINE_EXCEEDED)),
            Err(reason) => reason.code == Code::DEADLINE_EXCEEDED,
        }
    }

    /// Takes a place for these images. `None` if there is none, or they are looked at already.
    fn enter(self: &Arc<Self>, images: Images) -> Option<Under> {
        let mut held = self.locked();
        let of_one = held
            .iter()
            .filter(|other| other.namespace == images.namespace);
        if held.len() >= MOST || of_one.count() >= MOST_OF_ONE || held.contains(&images) {
            return None;
        }
        held.insert(images.clone());
        Some(Under {
            all: Arc::clone(self),
            images,
        })
    }

    fn locked(&self) -> MutexGuard<'_, HashSet<Images>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, until it is dropped.
struct Under {
    all: Arc<Unfinished>,
    images: Images,
}

impl Drop for Under {
    fn drop(&mut self) {
        self.all.locked().remove(&self.images);
    }
}

/// Goes on with a review that was not decided in time. What it finds is remembered and answers nobody; a dry run leaves
/// nothing behind, so it ends.
pub(crate) fn finish(webhook: &Webhook, review: Arc<Review>) {
    if review.is_dry_run() || webhook.recordings().is_some() {
        return;
    }
    let images = Images {
        namespace: review.namespace().map(str::to_owned),
        images: review.undecided().map(|one| one.image.clone()).collect(),
    };
    let Some(place) = webhook.unfinished().enter(images) else {
        webhook.metrics().ahead().unfinished("no-room");
        return;
    };
    let going_on = webhook.clone();
    webhook.judges().spawn(async move {
        let _place = place;
        let verdicts = decide(&going_on, &review, Purpose::Later(PATIENCE)).await;
        let is_late = Unfinished::is_late(&verdicts);
        going_on
            .metrics()
            .ahead()
            .unfinished(if is_late { "too-late" } else { "finished" });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(namespace: &str, image: &str) -> Images {
        Images {
            namespace: Some(namespace.to_owned()),
            images: vec![image.to_owned()],
        }
    }

    #[test]
    fn the_same_images_are_looked_at_once_and_a_namespace_has_a_share() {
        let all = Arc::new(Unfinished::default());
        let first = all.enter(images("shop", "a"));
        assert!(first.is_some());
        assert!(all.enter(images("shop", "a")).is_none());
        let second = all.enter(images("shop", "b"));
        assert!(second.is_some());
        assert!(all.enter(images("shop", "c")).is_none());
        assert!(all.enter(images("other", "a")).is_some());
        drop(first);
        assert!(all.enter(images("shop", "a")).is_some());
    }

    #[test]
    fn no_more_are_looked_at_than_there_are_places_and_each_is_given_back() {
        let all = Arc::new(Unfinished::default());
        let held: Vec<_> = (0..2 * MOST)
            .filter_map(|number| all.enter(images(&number.to_string(), "a")))
            .collect();
        assert_eq!(held.len(), MOST);
        drop(held);
        assert!(all.locked().is_empty());
    }
}
