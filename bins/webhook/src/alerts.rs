//! Alerts: what somebody should look at now, posted as `CloudEvents` to one receiver of the operator.

mod alert;
mod delivery;
mod failure;
mod terms;

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward::{NoteKind, Verdict};
use doorward_core::Timestamp;
use doorward_kube::client::{Board, Due};
use doorward_kube::{ImageUse, Phase, Reason, Response, Review, Runs};
use doorward_registry::Notices;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use self::alert::AlertKind;
use self::alert::{Alert, Object};
use self::delivery::{Deliverer, Receiver};
use self::failure::Failure;
pub use self::terms::AlertArgs;
pub(crate) use self::terms::TokenFile;
use crate::metrics::Metrics;
use crate::metrics::alerts::Outcome;
use crate::regarding::regarding;

/// Images of one review that have alerts. Pods have a few, and all of their alerts would say much the same.
const MOST: usize = 8;

/// Posts alerts, beside everything else and as far as there is room.
///
/// What is the same about the same object is one alert with a count, not more often than every ten minutes. Namespaces take turns, and
/// each has room of its own. What is rare and of weight waits apart from refusals, and goes first.
#[derive(Debug)]
pub(crate) struct Alerts {
    boards: Arc<Boards>,
    metrics: Arc<Metrics>,
    _task: JoinSet<()>,
}

impl Alerts {
    /// Needs a tokio runtime.
    pub(crate) fn start(
        notices: Notices,
        token: Option<TokenFile>,
        source: String,
        metrics: Arc<Metrics>,
    ) -> Self {
        let receiver = Receiver { notices, token };
        Self::to(receiver, source, metrics)
    }

    fn to(receiver: impl delivery::Receives, source: String, metrics: Arc<Metrics>) -> Self {
        let boards = Arc::new(Boards::new());
        let deliverer = Deliverer::new(receiver, source, Arc::clone(&metrics));
        let mut task = JoinSet::new();
        task.spawn(deliverer.run(Arc::clone(&boards)));
        Self {
            boards,
            metrics,
            _task: task,
        }
    }

    /// Tells of the images of a review that failed, or that an exception let pass; or of all of them, where nothing was decided for
    /// this reason. A dry run leaves nothing behind.
    pub(crate) fn tell(
        &self,
        (review, phase): (&Review, Phase),
        response: &Response,
        verdicts: Result<&[Verdict], &Reason>,
        now: Timestamp,
    ) {
        // What the mutating webhook let pass it has told already.
        if review.is_dry_run() || (phase == Phase::Validate && response.is_allowed()) {
            return;
        }
        let runs = Runs::of_reviewed(review);
        let images = review.undecided();
        match verdicts {
            Ok(verdicts) => {
                let judged = images.zip(verdicts);
                let failed = judged.filter_map(|(image, verdict)| {
                    Failure::of(verdict, runs)
                        .or_else(|| Failure::of_answer(image, verdict, phase, runs))
                        .map(|failure| failure.at(image))
                });
                self.tell_each(&object_of(review), failed, now);
            }
            Err(reason) => {
                let unjudged = |image: &ImageUse| Failure::unjudged(&image.image, reason, runs);
                let failed = images.map(|image| unjudged(image).at(image));
                self.tell_each(&object_of(review), failed, now);
            }
        }
    }

    /// Tells of the images of a Pod that runs and would not come in now.
    pub(crate) fn tell_running(&self, review: &Review, verdicts: &[Verdict], now: Timestamp) {
        let judged = review.undecided().zip(verdicts);
        let failed = judged.filter_map(|(image, verdict)| {
            Failure::of(verdict, Runs::Already).map(|failure| failure.at(image))
        });
        self.tell_each(&object_of(review), failed, now);
    }

    /// Tells of images that were asked about without an object, where something is admitted on the answer: what failed, and what is
    /// refused for another reason.
    pub(crate) fn tell_images<'a>(
        &self,
        namespace: Option<&str>,
        verdicts: impl Iterator<Item = (&'a Verdict, Option<Reason>)>,
        now: Timestamp,
    ) {
        let object = Object::of_namespace(namespace.unwrap_or_default());
        let failed = verdicts.filter_map(|(verdict, refused)| {
            Failure::of(verdict, Runs::IfAdmitted)
                .or_else(|| refused.map(|reason| Failure::refused(verdict, &reason)))
        });
        self.tell_each(&object, failed, now);
    }

    /// Tells of images without an object of which nothing was decided, for this reason.
    pub(crate) fn tell_unjudged(
        &self,
        namespace: Option<&str>,
        images: &[String],
        reason: &Reason,
        now: Timestamp,
    ) {
        let object = Object::of_namespace(namespace.unwrap_or_default());
        let failed = images
            .iter()
            .map(|image| Failure::unjudged(image, reason, Runs::IfAdmitted));
        self.tell_each(&object, failed, now);
    }

    /// Tells of what was remembered of signed collections and is gone.
    pub(crate) fn tell_lost(&self, namespace: Option<&str>, verdicts: &[Verdict], now: Timestamp) {
        let object = Object::of_namespace(namespace.unwrap_or_default());
        let notes = verdicts.iter().flat_map(Verdict::notes);
        let lost = notes.filter(|note| note.kind == NoteKind::Lost);
        // Images of one collection say the same.
        let lost: BTreeSet<&str> = lost.map(|note| &**note).collect();
        let alerts = lost.into_iter();
        self.put_most(alerts.map(|what| Alert::of_lost_trust(object.clone(), what, now)));
    }

    /// Tells that what was remembered of a trusted root is gone.
    pub(crate) fn tell_root_lost(&self, name: &str, now: Timestamp) {
        let what = format!("what was remembered of the trusted root {name} was deleted");
        self.put(Alert::of_lost_trust(Object::default(), &what, now));
    }

    fn tell_each(&self, object: &Object, failed: impl Iterator<Item = Failure>, now: Timestamp) {
        let mut failed: Vec<Failure> = failed.collect();
        // Where there are more than that, those of weight come first.
        failed.sort_by_key(|failure| !failure.kind.is_urgent());
        let alerts = failed.into_iter();
        self.put_most(alerts.map(|failure| Alert::of_image(object.clone(), failure, now)));
    }

    /// Puts the first of them up, and counts the others.
    fn put_most(&self, alerts: impl Iterator<Item = Alert>) {
        for (number, alert) in alerts.enumerate() {
            if number < MOST {
                self.put(alert);
            } else {
                let word = alert.kind.word();
                self.metrics.alerts().count(word, Outcome::LeftOut);
            }
        }
    }

    fn put(&self, alert: Alert) {
        let word = alert.kind.word();
        if !self.boards.put(alert) {
            self.metrics.alerts().count(word, Outcome::LeftOut);
        }
    }
}

/// The object of a review, as far as it is known.
fn object_of(review: &Review) -> Object {
    match regarding(review) {
        Some(regarding) => Object::of(&regarding),
        None => Object::of_namespace(review.namespace().unwrap_or_default()),
    }
}

/// What waits to be posted.
#[derive(Debug)]
struct Boards {
    urgent: Board<Alert>,
    other: Board<Alert>,
}

impl Boards {
    fn new() -> Self {
        Self {
            urgent: Board::new(terms::QUIET),
            other: Board::new(terms::QUIET),
        }
    }

    fn of(&self, alert: &Alert) -> &Board<Alert> {
        match alert.kind.is_urgent() {
            true => &self.urgent,
            false => &self.other,
        }
    }

    fn put(&self, alert: Alert) -> bool {
        let (namespace, name) = (alert.object.corner().to_owned(), alert.name().to_owned());
        let board = self.of(&alert);
        board.put(&namespace, name, alert, Instant::now())
    }

    async fn next(&self) -> Due<Alert> {
        tokio::select! {
            biased;
            due = self.urgent.next() => due,
            due = self.other.next() => due,
        }
    }

    fn failed(&self, due: &Due<Alert>) {
        self.of(&due.notice)
            .failed(&due.namespace, &due.name, due.count);
    }
}

#[cfg(test)]
mod tests;
