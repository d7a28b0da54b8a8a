//! Alerts on their way.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use doorward_kube::client::Due;
use doorward_registry::{NoticeError, Notices, PostedNotice};
use tokio::time::{Instant, sleep};

use super::Boards;
use super::alert::Alert;
use super::terms::{FIRST_WAIT, LONGEST_WAIT, TRIES, TokenFile};
use crate::metrics::Metrics;
use crate::metrics::alerts::Outcome;

/// The media type of one event in the structured mode (`CloudEvents` 1.0, HTTP binding, 3.2).
const MEDIA_TYPE: &str = "application/cloudevents+json";
/// How long a problem is only counted after one was logged.
const QUIET_LOG: Duration = Duration::from_secs(60);

/// Who takes events.
pub(super) trait Receives: Send + 'static {
    /// Sends one event, once.
    fn take(&self, body: Vec<u8>) -> impl Future<Output = Result<(), NoticeError>> + Send;
}

/// The receiver of the operator.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) notices: Notices,
    pub(super) token: Option<TokenFile>,
}

impl Receives for Receiver {
    async fn take(&self, body: Vec<u8>) -> Result<(), NoticeError> {
        let token = self.token.clone().map(|file| {
            tokio::task::spawn_blocking(move || file.read().map_err(|error| format!("{error:#}")))
        });
        let token = match token {
            None => None,
            Some(read) => match read.await {
                Ok(Ok(token)) => Some(token),
                // It may be on its way: the kubelet replaces such files.
                Ok(Err(detail)) => return Err(unavailable(detail)),
                Err(_) => return Err(unavailable("the token could not be read".to_owned())),
            },
        };
        let notice = PostedNotice {
            media_type: MEDIA_TYPE,
            body: body.into(),
            token,
        };
        self.notices.post(&notice).await
    }
}

const fn unavailable(detail: String) -> NoticeError {
    NoticeError::Unavailable { detail, wait: None }
}

/// Sends what is due, one after the other.
pub(super) struct Deliverer<R> {
    receiver: R,
    source: String,
    /// What begins the ids of all events of this process.
    run: String,
    sent: u64,
    metrics: Arc<Metrics>,
    logged: Option<Instant>,
}

impl<R: Receives> Deliverer<R> {
    pub(super) fn new(receiver: R, source: String, metrics: Arc<Metrics>) -> Self {
        // Not secret: two processes of one source must not use the same id for two events.
        let run = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        Self {
            receiver,
            source,
            run,
            sent: 0,
            metrics,
            logged: None,
        }
    }

    /// Never ends.
    pub(super) async fn run(mut self, boards: Arc<Boards>) {
        loop {
            let due = boards.next().await;
            let word = due.notice.kind.word();
            let outcome = self.deliver(&due).await;
            self.metrics.alerts().count(word, outcome);
            if outcome != Outcome::Sent {
                boards.failed(&due);
            }
        }
    }

    /// Sends an event until it arrives, is refused, or was tried often enough. It has the same id each time, so that the receiver
    /// can tell a repetition (`CloudEvents` 1.0, "id").
    async fn deliver(&mut self, due: &Due<Alert>) -> Outcome {
        self.sent = self.sent.wrapping_add(1);
        let id = format!("{}-{}", self.run, self.sent);
        let event = due.notice.event(&id, &self.source, due.count);
        let body = event.to_string().into_bytes();
        let mut backoff = FIRST_WAIT;
        for _ in 1..TRIES {
            match self.receiver.take(body.clone()).await {
                Ok(()) => return Outcome::Sent,
                Err(NoticeError::Unavailable { detail, wait }) => {
                    self.complain(&detail);
                    sleep(wait.unwrap_or(backoff).clamp(backoff, LONGEST_WAIT)).await;
                    backoff = (backoff * 2).min(LONGEST_WAIT);
                }
                Err(refused) => {
                    self.complain(&refused.to_string());
                    return Outcome::Refused;
                }
            }
        }
        match self.receiver.take(body).await {
            Ok(()) => Outcome::Sent,
            Err(error) => {
                self.complain(&error.to_string());
                Outcome::GivenUp
            }
        }
    }

    /// Says in the log that alerts do not arrive, but not each time.
    fn complain(&mut self, problem: &str) {
        let is_recent = self.logged.is_some_and(|said| said.elapsed() < QUIET_LOG);
        if !is_recent {
            self.logged = Some(Instant::now());
            tracing::warn!(
                problem,
                "an alert does not arrive; reviews go on without it"
            );
        }
    }
}
