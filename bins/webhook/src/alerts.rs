//! Alerts: what somebody should look at now, posted as `CloudEvents` to one receiver of the operator.

mod alert;
mod delivery;
mod terms;

use std::sync::Arc;

use doorward::{NoteKind, Verdict};
use doorward_core::Timestamp;
use doorward_kube::client::Board;
use doorward_kube::{ImageUse, Phase, Response, Review, Runs};
use doorward_registry::Notices;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use self::alert::AlertKind;
use self::alert::{Alert, Object};
use self::delivery::{Deliverer, Receiver};
pub use self::terms::AlertArgs;
pub(crate) use self::terms::TokenFile;
use crate::metrics::Metrics;
use crate::metrics::alerts::Outcome;
use crate::regarding::regarding;

/// Images of one review that are told of. Pods have a few, and all of their alerts would say much the same.
const MOST: usize = 8;

/// Posts alerts, beside everything else and as far as there is room.
///
/// What is the same about the same object is one alert with a count, not more often than every ten minutes. Namespaces take turns, and
/// each has room of its own.
#[derive(Debug)]
pub(crate) struct Alerts {
    board: Arc<Board<Alert>>,
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
        let board = Arc::new(Board::new(terms::QUIET));
        let deliverer = Deliverer::new(receiver, source, Arc::clone(&metrics));
        let mut task = JoinSet::new();
        task.spawn(deliverer.run(Arc::clone(&board)));
        Self {
            board,
            metrics,
            _task: task,
        }
    }

    /// Tells of the images of a review that failed, or that an exception let pass. A dry run leaves nothing behind.
    pub(crate) fn tell(
        &self,
        (review, phase): (&Review, Phase),
        response: &Response,
        verdicts: &[Verdict],
        now: Timestamp,
    ) {
        // What the mutating webhook let pass it has told already.
        if review.is_dry_run() || (phase == Phase::Validate && response.is_allowed()) {
            return;
        }
        self.tell_object(review, Runs::of_reviewed(review), verdicts, now);
    }

    /// Tells of the images of a Pod that runs and would not come in now.
    pub(crate) fn tell_running(&self, review: &Review, verdicts: &[Verdict], now: Timestamp) {
        self.tell_object(review, Runs::Already, verdicts, now);
    }

    /// Tells of images that were asked about without an object, where something is admitted on the answer.
    pub(crate) fn tell_images(
        &self,
        namespace: Option<&str>,
        verdicts: &[Verdict],
        now: Timestamp,
    ) {
        let object = Object::of_namespace(namespace.unwrap_or_default());
        let images = verdicts.iter().map(|verdict| (None, verdict));
        self.tell_each(&object, images, Runs::IfAdmitted, now);
    }

    /// Tells that what was remembered of a trusted root is gone.
    pub(crate) fn tell_root_lost(&self, name: &str, now: Timestamp) {
        let what = format!("what was remembered of the trusted root {name} was deleted");
        self.put(Alert::of_lost_trust(Object::default(), what, now));
    }

    fn tell_object(&self, review: &Review, runs: Runs, verdicts: &[Verdict], now: Timestamp) {
        let object = match regarding(review) {
            Some(regarding) => Object::of(regarding),
            None => Object::of_namespace(review.namespace().unwrap_or_default()),
        };
        let places = review.undecided().map(Some);
        self.tell_each(&object, places.zip(verdicts), runs, now);
    }

    fn tell_each<'a>(
        &self,
        object: &Object,
        judged: impl Iterator<Item = (Option<&'a ImageUse>, &'a Verdict)>,
        runs: Runs,
        now: Timestamp,
    ) {
        let mut told = 0;
        for (place, verdict) in judged {
            for note in verdict
                .notes()
                .iter()
                .filter(|note| note.kind == NoteKind::Lost)
            {
                let what = format!("{}: {}", verdict.image(), &**note);
                self.put(Alert::of_lost_trust(object.clone(), what, now));
            }
            let Some(kind) = AlertKind::of(verdict, runs) else {
                continue;
            };
            told += 1;
            if told > MOST {
                self.metrics.alerts().count(kind.word(), Outcome::LeftOut);
                continue;
            }
            let place = place.map(|image| image.place().to_string());
            self.put(Alert::of_image(
                kind,
                object.clone(),
                place,
                verdict,
                runs,
                now,
            ));
        }
    }

    fn put(&self, alert: Alert) {
        let word = alert.kind.word();
        let (namespace, name) = (alert.object.namespace.clone(), alert.name());
        if !self.board.put(&namespace, name, alert, Instant::now()) {
            self.metrics.alerts().count(word, Outcome::LeftOut);
        }
    }
}

#[cfg(test)]
mod tests;
