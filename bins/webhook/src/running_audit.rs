//! `POST /audit`: what runs, judged now, for somebody who asks.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::ImageReport;
use doorward_core::Timestamp;
use doorward_kube::client::{ApiServer, RunningPods};
use doorward_kube::{AuditRequest, Review};
use futures::stream::unfold;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until, timeout};

use crate::asker::{Asker, Unknown};
use crate::check::{problem, unknown};
use crate::connection::Working;
use crate::intake::Posted;
use crate::round::{INCONCLUSIVE, Judged, Round, Step, word};
use crate::webhook::Webhook;

/// The longest that one lasts. What was not judged by then is said to be missing.
const LONGEST: Duration = Duration::from_secs(3600);
/// A line comes at least so often, so that nobody takes the connection for dead.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// Lines that wait for the caller to read them.
const LINES: usize = 8;
/// What each line is a version of.
const API_VERSION: &str = "report.doorward.dev/v1";

/// What is audited.
#[derive(Debug)]
pub(crate) struct Audits {
    server: ApiServer,
    /// Namespaces in which nobody is asked when something comes in.
    left_out: BTreeSet<String>,
    /// One at a time: it asks registries for everything that runs.
    turn: Arc<Semaphore>,
}

impl Audits {
    pub(crate) fn of(server: ApiServer, left_out: BTreeSet<String>) -> Self {
        Self {
            server,
            left_out,
            turn: Arc::new(Semaphore::new(1)),
        }
    }
}

/// One line of the answer.
#[derive(Serialize)]
#[serde(tag = "kind")]
enum Line {
    /// The first: how many Pods are judged, of those that are alike one.
    #[serde(rename_all = "camelCase")]
    AuditBegan {
        api_version: &'static str,
        at: String,
        pods: usize,
    },
    /// A Pod.
    #[serde(rename_all = "camelCase")]
    AuditedPod {
        namespace: String,
        pod: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        images: Vec<ImageReport>,
        /// Why nothing was decided about its images.
        #[serde(skip_serializing_if = "Option::is_none")]
        inconclusive: Option<String>,
    },
    /// It goes on.
    #[serde(rename_all = "camelCase")]
    AuditProgress { judged: usize, pods: usize },
    /// The last. An answer without it broke off.
    #[serde(rename_all = "camelCase")]
    AuditEnded {
        complete: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
        summary: Summary,
    },
}

/// Images, each once for Pods that are alike.
#[derive(Debug, Default, Serialize)]
struct Summary {
    allowed: usize,
    denied: usize,
    inconclusive: usize,
    warned: usize,
}

/// Answers with a line of JSON for each Pod as soon as it is judged; 400 for what cannot be read, 401 and 403 for who may not ask, and
/// 503 where another one is under way or what runs cannot be listed.
pub(crate) async fn audit(webhook: &Webhook, headers: &HeaderMap, posted: Posted) -> Response {
    let (parsed, mut waiting) = posted.parse(AuditRequest::parse);
    // It takes no place from what is to run.
    drop(waiting.place.take());
    let request = match parsed {
        Ok(request) => request,
        Err(error) => return problem(StatusCode::BAD_REQUEST, error.to_string(), None),
    };
    let Some(audits) = webhook.audits() else {
        let why = "this webhook sees no cluster: it was started without --from-cluster";
        return problem(StatusCode::NOT_FOUND, why.to_owned(), None);
    };
    match may_ask(webhook, headers, waiting.end).await {
        Ok(true) => {}
        Ok(false) => {
            let why = "who asks may not list the Pods of all namespaces";
            return problem(StatusCode::FORBIDDEN, why.to_owned(), None);
        }
        Err(why) => return unknown(why),
    }
    let Ok(turn) = Arc::clone(&audits.turn).try_acquire_owned() else {
        return busy(webhook);
    };
    let running = RunningPods::started(audits.server.clone());
    let left_out = &audits.left_out;
    let is_wanted = |name: &str| request.is_about(name) && !left_out.contains(name);
    let listing = Round::of(webhook, running, is_wanted);
    let Ok(round) = timeout(LONGEST, listing).await else {
        let why = "what runs could not be listed in time".to_owned();
        return problem(StatusCode::SERVICE_UNAVAILABLE, why, None);
    };
    if let Some(why) = round.nothing_listed() {
        let why = format!("what runs cannot be listed: {why}");
        return problem(StatusCode::SERVICE_UNAVAILABLE, why, None);
    }
    tracing::info!(pods = round.waiting(), "an audit of what runs begins");
    let (lines, read) = mpsc::channel(LINES);
    let telling = Telling {
        lines,
        pods: round.waiting(),
        judged: 0,
        counts: BTreeMap::new(),
    };
    // On a task of its own: it ends when nobody reads any more.
    tokio::spawn(telling.of(round, webhook.now()));
    streamed(read, turn, waiting.working)
}

/// Whether who asks may see what runs everywhere.
async fn may_ask(webhook: &Webhook, headers: &HeaderMap, end: Instant) -> Result<bool, Unknown> {
    let askers = webhook.askers();
    match askers.who(headers, end).await? {
        Asker::Component => Ok(true),
        Asker::Stranger => Ok(false),
        Asker::User(user) => askers.may_list_pods(&user, end).await,
    }
}

fn busy(webhook: &Webhook) -> Response {
    webhook.metrics().shed("overloaded");
    let why = "another audit is under way".to_owned();
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, why, None);
    let later = header::HeaderValue::from_static("60");
    response.headers_mut().insert(header::RETRY_AFTER, later);
    response
}

/// The answer, as long as it is read. The turn ends with it.
fn streamed(
    read: mpsc::Receiver<Line>,
    turn: OwnedSemaphorePermit,
    working: Option<Working>,
) -> Response {
    let lines = unfold((read, turn, working), async |(mut read, turn, working)| {
        let line = read.recv().await?;
        // Reports and strings are written without an error.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        Some((
            Ok::<_, Infallible>(Bytes::from(text)),
            (read, turn, working),
        ))
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (StatusCode::OK, kind, Body::from_stream(lines)).into_response()
}

/// What an audit has come to, and who reads it.
struct Telling {
    lines: mpsc::Sender<Line>,
    pods: usize,
    judged: usize,
    counts: BTreeMap<&'static str, usize>,
}

/// Nobody reads any more.
struct Gone;

impl Telling {
    async fn of(mut self, round: Round, at: Timestamp) {
        let pods = self.pods;
        self.add(INCONCLUSIVE, round.unknown());
        let begun = Line::AuditBegan {
            api_version: API_VERSION,
            at: at.to_string(),
            pods,
        };
        if self.say(begun).await.is_ok() && self.each(round).await.is_ok() {
            tracing::info!(pods, "an audit of what runs ended");
        } else {
            tracing::info!(pods, judged = self.judged, "nobody reads an audit any more");
        }
    }

    async fn each(&mut self, mut round: Round) -> Result<(), Gone> {
        let end = Instant::now() + LONGEST;
        let late = loop {
            let alive = Instant::now() + SIGN_OF_LIFE;
            tokio::select! {
                step = round.next() => match step {
                    Some(step) => self.step(step).await?,
                    None => break None,
                },
                () = sleep_until(alive.min(end)) => {
                    if Instant::now() >= end {
                        break Some("it lasted an hour, and not everything was judged".to_owned());
                    }
                    let (judged, pods) = (self.judged, self.pods);
                    self.say(Line::AuditProgress { judged, pods }).await?;
                }
            }
        };
        let problem = late.or(round.end().err());
        let count = |word| self.counts.get(word).copied().unwrap_or_default();
        let summary = Summary {
            allowed: count("allow"),
            denied: count("deny"),
            inconclusive: count(INCONCLUSIVE),
            warned: count("warn"),
        };
        let ended = Line::AuditEnded {
            complete: problem.is_none() && summary.inconclusive == 0,
            problem,
            summary,
        };
        self.say(ended).await
    }

    async fn step(&mut self, step: Step) -> Result<(), Gone> {
        self.judged += 1;
        let line = match step {
            Step::Judged(judged) => self.judged(&judged),
            Step::LeftOut(review) => {
                self.add(INCONCLUSIVE, review.undecided().count());
                let why = "others of its namespace took too long".to_owned();
                pod(&review, Vec::new(), Some(why))
            }
        };
        self.say(line).await
    }

    fn judged(&mut self, (review, verdicts): &Judged) -> Line {
        match verdicts {
            Ok(verdicts) => {
                for verdict in verdicts {
                    self.add(word(verdict), 1);
                }
                let images = verdicts.iter().map(ImageReport::from).collect();
                pod(review, images, None)
            }
            Err(reason) => {
                self.add(INCONCLUSIVE, review.undecided().count());
                let why = format!("{} [{}]", reason.message, reason.code);
                pod(review, Vec::new(), Some(why))
            }
        }
    }

    fn add(&mut self, word: &'static str, images: usize) {
        *self.counts.entry(word).or_default() += images;
    }

    async fn say(&self, line: Line) -> Result<(), Gone> {
        self.lines.send(line).await.map_err(|_| Gone)
    }
}

fn pod(review: &Review, images: Vec<ImageReport>, inconclusive: Option<String>) -> Line {
    Line::AuditedPod {
        namespace: review.namespace().unwrap_or_default().to_owned(),
        pod: review.name().unwrap_or_default().to_owned(),
        images,
        inconclusive,
    }
}
