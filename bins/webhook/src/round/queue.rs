//! What waits to be judged again.

use std::collections::{BTreeMap, HashSet, VecDeque};

use doorward_kube::Review;

use crate::alike::Alike;

/// How many different Pods wait.
const MOST: usize = 20_000;
/// How many different Pods of one namespace wait, so that one keeps no other out.
const MOST_OF_ONE: usize = 2_000;
/// The most bytes of the labels of a Pod. They are held as long as it waits, and those that there are have some hundred.
const MOST_LABELS: usize = 16 << 10;

/// Pods that wait to be judged, of those that are alike one, the namespaces in turns.
#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<String, VecDeque<Review>>,
    turns: VecDeque<String>,
    known: HashSet<Alike>,
    left: usize,
}

impl Queue {
    /// Has a Pod wait, unless one that is alike does or did, or there is no room.
    pub(super) fn put(&mut self, review: Review) {
        let Some(alike) = Alike::labelled(&review) else {
            return;
        };
        if self.known.contains(&alike) {
            return;
        }
        let namespace = review.namespace().unwrap_or_default().to_owned();
        let of_one = self.waiting.get(&namespace).map_or(0, VecDeque::len);
        let is_full = self.known.len() >= MOST || of_one >= MOST_OF_ONE;
        if is_full || labels(&review) > MOST_LABELS {
            self.left += 1;
            return;
        }
        self.known.insert(alike);
        if of_one == 0 {
            self.turns.push_back(namespace.clone());
        }
        self.waiting.entry(namespace).or_default().push_back(review);
    }

    /// The next one, of the namespace whose turn it is.
    pub(super) fn next(&mut self) -> Option<Review> {
        let namespace = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&namespace)?;
        let review = waiting.pop_front();
        if !waiting.is_empty() {
            self.turns.push_back(namespace);
        }
        review
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    /// How many there was no room for.
    pub(super) const fn left(&self) -> usize {
        self.left
    }
}

fn labels(review: &Review) -> usize {
    let labels = review.workload().and_then(|workload| workload.labels());
    let labels = labels.into_iter().flatten();
    labels.map(|(key, value)| key.len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use doorward_kube::Limits;
    use serde_json::json;

    use super::*;

    fn pod(namespace: &str, name: &str, label: &str) -> Review {
        let pod = json!({
            "metadata": {"namespace": namespace, "name": name, "labels": {"app": label}},
            "spec": {"containers": [{"name": "c", "image": "r.example/app:1"}]},
        });
        Review::of_running(&pod, &Limits::default()).unwrap()
    }

    fn names(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.next())
            .map(|review| review.name().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn namespaces_take_turns_and_pods_that_are_alike_wait_once() {
        let mut queue = Queue::default();
        for (namespace, name, label) in [
            ("a", "a1", "1"),
            ("a", "a2", "2"),
            ("a", "a3", "3"),
            ("a", "again", "1"),
            ("b", "b1", "1"),
        ] {
            queue.put(pod(namespace, name, label));
        }
        assert_eq!(names(&mut queue), ["a1", "b1", "a2", "a3"]);
        assert_eq!(queue.left(), 0);
    }

    #[test]
    fn a_namespace_with_very_many_pods_keeps_no_other_out() {
        let mut queue = Queue::default();
        for number in 0..=MOST_OF_ONE {
            queue.put(pod("a", &format!("a{number}"), &number.to_string()));
        }
        queue.put(pod("b", "b1", "1"));
        assert_eq!(queue.left(), 1);
        assert_eq!(names(&mut queue)[..2], ["a0", "b1"]);
    }

    #[test]
    fn a_pod_with_more_labels_than_anybody_has_is_counted_and_not_held() {
        let mut queue = Queue::default();
        queue.put(pod("a", "a1", &"x".repeat(MOST_LABELS)));
        assert_eq!((queue.left(), names(&mut queue).len()), (1, 0));
    }
}
