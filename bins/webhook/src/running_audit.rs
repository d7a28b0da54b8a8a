//! `POST /audit`: what runs, judged now, for somebody who asks.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorward::ImageReport;
use doorward_core::Class;
use doorward_kube::client::{ApiServer, RunningPods};
use doorward_kube::{AuditRequest, Review};
use futures::stream::unfold;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::asker::{Asker, Unknown};
use crate::check::{problem, undecided, unknown};
use crate::connection::Working;
use crate::intake::Posted;
use crate::question::in_place;
use crate::round::{INCONCLUSIVE, Judged, Round, Step, word};
use crate::webhook::Webhook;

/// The longest that one lasts. What was not judged by then is said to be missing.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long a line may wait for somebody who takes none.
const UNREAD: Duration = Duration::from_secs(60);
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
    /// Whether the program ends.
    ends: watch::Sender<bool>,
}

impl Audits {
    pub(crate) fn of(server: ApiServer, left_out: BTreeSet<String>) -> Self {
        Self {
            server,
            left_out,
            turn: Arc::new(Semaphore::new(1)),
            ends: watch::Sender::new(false),
        }
    }

    /// Ends what is under way, and begins no other.
    pub(crate) fn end(&self) {
        self.turn.close();
        self.ends.send_replace(true);
    }
}

/// One line of the answer.
#[derive(Serialize)]
#[serde(tag = "kind")]
enum Line {
    /// The first.
    #[serde(rename_all = "camelCase")]
    AuditBegan {
        api_version: &'static str,
        at: String,
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
    /// How many Pods are judged, of those that are alike one, as far as they are listed; and how many were.
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
/// 503 where another one is under way.
pub(crate) async fn audit(webhook: &Webhook, headers: &HeaderMap, posted: Posted) -> Response {
    let (parsed, waiting) = posted.parse(AuditRequest::parse);
    let request = match parsed {
        Ok(request) => request,
        Err(error) => return problem(StatusCode::BAD_REQUEST, error.to_string(), None),
    };
    let Some(audits) = webhook.audits() else {
        let why = "this webhook sees no cluster: it was started without --from-cluster";
        return problem(StatusCode::NOT_FOUND, why.to_owned(), None);
    };
    // Who waits for the API server to say whose token it is waits in a place, of which each caller has a share.
    let place = match in_place(webhook, waiting.place, None) {
        Ok(place) => place,
        Err(reason) => return undecided(reason),
    };
    match may_ask(webhook, headers, waiting.end).await {
        Ok(true) => {}
        Ok(false) => {
            let why = "who asks may not list the Pods of all namespaces";
            return problem(StatusCode::FORBIDDEN, why.to_owned(), None);
        }
        Err(why) => return unknown(why),
    }
    // The audit itself takes none from what is to run.
    drop(place);
    if let Some(name) = audits.left_out.iter().find(|name| request.names(name)) {
        let why = format!("{name} is left out: nobody is asked when something comes in there");
        return problem(StatusCode::BAD_REQUEST, why, None);
    }
    let turn = match Arc::clone(&audits.turn).try_acquire_owned() {
        Ok(turn) => turn,
        Err(TryAcquireError::NoPermits) => return busy(webhook),
        Err(TryAcquireError::Closed) => {
            let why = "this webhook ends";
            return problem(StatusCode::SERVICE_UNAVAILABLE, why.to_owned(), None);
        }
    };
    tracing::info!("an audit of what runs begins");
    let (lines, read) = mpsc::channel(LINES);
    let telling = Telling {
        lines,
        end: Instant::now() + LONGEST,
        ends: audits.ends.subscribe(),
        pods: 0,
        judged: 0,
        unasked: 0,
        counts: BTreeMap::new(),
    };
    let running = RunningPods::started(audits.server.clone());
    let left_out = audits.left_out.clone();
    let is_wanted = move |name: &str| request.is_about(name) && !left_out.contains(name);
    // On a task of its own: it ends when nobody reads any more, and gives the turn back then.
    tokio::spawn(telling.of(webhook.clone(), running, is_wanted, turn));
    streamed(read, waiting.working)
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

/// The answer, as long as it is read.
fn streamed(read: mpsc::Receiver<Line>, working: Option<Working>) -> Response {
    let lines = unfold((read, working), async |(mut read, working)| {
        let line = read.recv().await?;
        // Reports and strings are written without an error.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        Some((Ok::<_, Infallible>(Bytes::from(text)), (read, working)))
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (StatusCode::OK, kind, Body::from_stream(lines)).into_response()
}

/// What an audit has come to, and who reads it.
struct Telling {
    lines: mpsc::Sender<Line>,
    /// When it ends at the latest.
    end: Instant,
    ends: watch::Receiver<bool>,
    pods: usize,
    judged: usize,
    /// Images that failed because somebody could not be asked, and came in all the same.
    unasked: usize,
    counts: BTreeMap<&'static str, usize>,
}

/// Waits until the program ends.
async fn program_ends(ends: &mut watch::Receiver<bool>) {
    // Where nobody can say so any more, it has.
    let _ = ends.wait_for(|ends| *ends).await;
}

/// Nobody reads any more.
struct Gone;

/// What became of something that is waited for while lines go on.
enum Waited<T> {
    Came(T),
    /// It is too late for it, for this reason.
    Over(&'static str),
}

impl Telling {
    async fn of(
        mut self,
        webhook: Webhook,
        running: RunningPods,
        is_wanted: impl Fn(&str) -> bool + Send + Sync,
        turn: OwnedSemaphorePermit,
    ) {
        let told = self.tell(&webhook, running, is_wanted).await;
        drop(turn);
        let (judged, pods) = (self.judged, self.pods);
        match told {
            Ok(()) => tracing::info!(judged, pods, "an audit of what runs ended"),
            Err(Gone) => tracing::info!(judged, pods, "nobody reads an audit any more"),
        }
    }

    async fn tell(
        &mut self,
        webhook: &Webhook,
        running: RunningPods,
        is_wanted: impl Fn(&str) -> bool + Send + Sync,
    ) -> Result<(), Gone> {
        let begun = Line::AuditBegan {
            api_version: API_VERSION,
            at: webhook.now().to_string(),
        };
        self.say(begun).await?;
        let listing = Round::of(webhook, running, is_wanted);
        let mut round = match self.wait(listing).await? {
            Waited::Came(round) => round,
            Waited::Over(why) => return self.ended(Some(why.to_owned())).await,
        };
        self.pods = round.waiting();
        self.progress().await?;
        loop {
            match self.wait(round.next()).await? {
                Waited::Came(Some(step)) => self.step(step).await?,
                Waited::Came(None) => break,
                Waited::Over(why) => return self.ended(Some(why.to_owned())).await,
            }
        }
        let unread = match round.unknown() {
            0 => None,
            pods => Some(format!(
                "{pods} Pods could not be read, or there was no room for them"
            )),
        };
        self.ended(round.end().err().or(unread)).await
    }

    /// Waits, and shows meanwhile that it goes on.
    async fn wait<T>(&self, awaited: impl Future<Output = T>) -> Result<Waited<T>, Gone> {
        let (lines, mut ends) = (self.lines.clone(), self.ends.clone());
        tokio::pin!(awaited);
        loop {
            let alive = Instant::now() + SIGN_OF_LIFE;
            tokio::select! {
                came = &mut awaited => return Ok(Waited::Came(came)),
                () = lines.closed() => return Err(Gone),
                () = program_ends(&mut ends) => {
                    return Ok(Waited::Over("the webhook ends, and not everything was judged"));
                }
                () = sleep_until(self.end) => {
                    return Ok(Waited::Over("it lasted an hour, and not everything was judged"));
                }
                () = sleep_until(alive) => self.progress().await?,
            }
        }
    }

    async fn progress(&self) -> Result<(), Gone> {
        let (judged, pods) = (self.judged, self.pods);
        self.say(Line::AuditProgress { judged, pods }).await
    }

    async fn ended(&self, problem: Option<String>) -> Result<(), Gone> {
        let count = |word| self.counts.get(word).copied().unwrap_or_default();
        let summary = Summary {
            allowed: count("allow"),
            denied: count("deny"),
            inconclusive: count(INCONCLUSIVE),
            warned: count("warn"),
        };
        let is_judged = summary.inconclusive == 0 && self.unasked == 0;
        let ended = Line::AuditEnded {
            complete: problem.is_none() && is_judged,
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
                    let rejection = verdict.rejection();
                    let is_unasked = rejection.is_some_and(|why| why.class() == Class::Unavailable);
                    self.unasked += usize::from(is_unasked);
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

    /// Says it to somebody who takes it before long: who takes nothing keeps all others from asking.
    async fn say(&self, line: Line) -> Result<(), Gone> {
        match self.lines.send_timeout(line, UNREAD).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Gone),
        }
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
