//! One look at everything that runs.

mod queue;

use std::collections::BTreeMap;
use std::time::Duration;

use doorward::{Decision, Verdict};
use doorward_core::Class;
use doorward_kube::client::RunningPods;
use doorward_kube::{Reason, Review};
use tokio::task::JoinSet;

use self::queue::Queue;
use crate::review::{Purpose, decide};
use crate::unfinished::Unfinished;
use crate::webhook::Webhook;

/// How many are judged together: reviews that somebody waits for come first.
const AT_ONCE: usize = 4;
/// How long the images of one Pod may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many of a namespace may take longer before the others of it are left out, so that one whose registries are silent does not
/// use up the time of all.
const LATE_OF_ONE: usize = 4;

/// A Pod, and what was decided about its images.
pub(crate) type Judged = (Review, Result<Vec<Verdict>, Reason>);

/// Judges what runs, the namespaces in turns. Dropped, it ends what is under way.
pub(crate) struct Round {
    webhook: Webhook,
    queue: Queue,
    under_way: JoinSet<Judged>,
    /// How many of a namespace took too long.
    late: BTreeMap<String, usize>,
    /// Pods whose judgement did not end.
    lost: usize,
    /// Images of Pods that there was no room for, or that could not be read.
    unknown: usize,
    /// What is wrong with the list, which then was not seen whole.
    listed: Result<(), String>,
}

/// What a round comes to next.
pub(crate) enum Step {
    /// A Pod was judged.
    Judged(Box<Judged>),
    /// A Pod was left out, because others of its namespace took too long.
    LeftOut(Box<Review>),
}

impl Round {
    /// Lists everything before anything is judged: the place where a list goes on is forgotten by an API server within minutes.
    /// `is_wanted` says of which namespaces Pods are judged.
    pub(crate) async fn of(
        webhook: &Webhook,
        mut running: RunningPods,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Self {
        let mut queue = Queue::default();
        let listed = loop {
            match running.next_in(&is_wanted).await {
                Ok(Some(review)) => queue.put(review),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.to_string()),
            }
        };
        Self {
            webhook: webhook.clone(),
            // Nobody knows how many images they have.
            unknown: running.unread() + queue.left(),
            queue,
            under_way: JoinSet::new(),
            late: BTreeMap::new(),
            lost: 0,
            listed,
        }
    }

    /// How many Pods wait to be judged, of those that are alike one.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many Pods nothing will be said of: there was no room for them, or they could not be read.
    pub(crate) const fn unknown(&self) -> usize {
        self.unknown
    }

    /// The next Pod. `None` once there is none any more.
    pub(crate) async fn next(&mut self) -> Option<Step> {
        loop {
            if self.under_way.len() < AT_ONCE
                && let Some(review) = self.queue.next()
            {
                if self.is_silent(review.namespace().unwrap_or_default()) {
                    return Some(Step::LeftOut(Box::new(review)));
                }
                self.begin(review);
                continue;
            }
            match self.under_way.join_next().await? {
                Ok(judged) => {
                    self.note(&judged);
                    return Some(Step::Judged(Box::new(judged)));
                }
                // A fault of the program in one leaves the others.
                Err(_) => self.lost += 1,
            }
        }
    }

    fn begin(&mut self, review: Review) {
        let looking = self.webhook.clone();
        let judging = async move {
            let verdicts = decide(&looking, &review, Purpose::Later(PATIENCE)).await;
            (review, verdicts)
        };
        self.under_way.spawn_on(judging, &self.webhook.judges());
    }

    fn note(&mut self, (review, verdicts): &Judged) {
        if Unfinished::is_late(verdicts) {
            let namespace = review.namespace().unwrap_or_default();
            *self.late.entry(namespace.to_owned()).or_default() += 1;
        }
    }

    fn is_silent(&self, namespace: &str) -> bool {
        self.late
            .get(namespace)
            .is_some_and(|late| *late >= LATE_OF_ONE)
    }

    /// Whether everything was seen.
    ///
    /// # Errors
    /// What was not.
    pub(crate) fn end(self) -> Result<(), String> {
        let lost = match self.lost {
            0 => Ok(()),
            lost => Err(format!("the judgement of {lost} Pods did not end")),
        };
        self.listed.and(lost)
    }
}

/// The word for what could not be judged.
pub(crate) const INCONCLUSIVE: &str = "inconclusive";

/// What became of an image, in a word for a metric.
pub(crate) fn word(verdict: &Verdict) -> &'static str {
    let class = verdict.rejection().map(doorward_core::Rejection::class);
    match (verdict.decision(), class) {
        (Decision::Deny, Some(Class::Unavailable)) => INCONCLUSIVE,
        (decision, _) => decision.as_str(),
    }
}
