//! What runs, judged again now and then: keys end, signatures are taken back, policies change, and what runs was judged when it came.

mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use doorward::{Decision, Verdict};
use doorward_core::{Class, Timestamp};
use doorward_kube::client::{ApiServer, Leader, Leadership, RunningPods, Terms};
use doorward_kube::{Reason, Review};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use self::queue::Queue;
use crate::events;
use crate::reports;
use crate::review::{Purpose, decide};
use crate::serving::replica;
use crate::unfinished::Unfinished;
use crate::webhook::Webhook;

/// The Lease by which one replica of several does it.
const LEASE: &str = "doorward-rescan";
/// The first round of a leader comes this soon: somebody who installs it wants to know what runs.
const FIRST: Duration = Duration::from_secs(60);
/// How many are judged together: reviews that somebody waits for come first.
const AT_ONCE: usize = 4;
/// How long the images of one Pod may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many of a namespace may take longer before the others of it are left out, so that one whose registries are silent does not
/// use up the time of all.
const LATE_OF_ONE: usize = 4;
/// Images that fail and are logged in one round. All are counted, and reported where reports are written.
const LOGGED: usize = 100;

/// Judges what runs again, as long as it lives.
#[derive(Debug)]
pub(crate) struct Rescan {
    leadership: Leadership,
    _task: JoinSet<()>,
}

impl Rescan {
    /// Begins, with rounds so far apart. `left_out` are the namespaces that are not judged: nobody is asked when something comes in
    /// there. Needs a tokio runtime.
    ///
    /// # Errors
    /// If the home namespace has a name that none can have.
    pub(crate) fn start(
        webhook: Webhook,
        server: ApiServer,
        home: &str,
        left_out: BTreeSet<String>,
        every: Duration,
        clock: fn() -> Timestamp,
    ) -> Result<Self> {
        let terms = Terms::default();
        let leadership = Leadership::start(
            server.clone(),
            home,
            LEASE,
            &replica(),
            terms,
            Arc::new(clock),
        );
        let leadership = leadership.map_err(|name| anyhow!("{name} is no name of a Lease"))?;
        let leader = leadership.leader();
        let mut task = JoinSet::new();
        let rounds = Rounds {
            webhook,
            server,
            left_out,
        };
        task.spawn(rounds.lead(leader, every));
        Ok(Self {
            leadership,
            _task: task,
        })
    }

    /// Ends, so that another replica need not wait for the Lease to end.
    pub(crate) async fn end(self) {
        if let Err(error) = self.leadership.give_up().await {
            tracing::warn!(%error, "the Lease of the rescan is left to end by itself");
        }
    }
}

/// What rounds are made with.
struct Rounds {
    webhook: Webhook,
    server: ApiServer,
    left_out: BTreeSet<String>,
}

impl Rounds {
    /// Makes rounds while this replica leads: the first soon after it comes to lead. Never ends.
    async fn lead(self, mut leader: Leader, every: Duration) {
        loop {
            while !leader.leads() {
                // Another replica says what it sees.
                self.webhook.metrics().rescans().passed_on();
                leader.changed().await;
            }
            let mut pause = FIRST.min(every);
            while led_through(&mut leader, pause).await {
                let running = RunningPods::started(self.server.clone());
                round(&self.webhook, running, &self.left_out).await;
                pause = every;
            }
        }
    }
}

/// Waits for so long. Returns early, and `false`, once this replica no longer leads.
async fn led_through(leader: &mut Leader, pause: Duration) -> bool {
    let end = sleep(pause);
    tokio::pin!(end);
    while leader.leads() {
        tokio::select! {
            () = &mut end => return leader.leads(),
            () = leader.changed() => {}
        }
    }
    false
}

/// One look at everything that runs.
async fn round(webhook: &Webhook, running: RunningPods, left_out: &BTreeSet<String>) {
    let mut seen = Seen::default();
    let whole = look(webhook, running, left_out, &mut seen).await;
    webhook
        .metrics()
        .rescans()
        .ended(&seen.counts, whole.is_ok(), webhook.now());
    match whole {
        Ok(()) => tracing::info!(
            pods = seen.pods,
            denied = seen.count("deny"),
            warned = seen.count("warn"),
            inconclusive = seen.count(INCONCLUSIVE),
            "judged again what runs"
        ),
        Err(problem) => tracing::warn!(
            problem,
            pods = seen.pods,
            "what runs was not judged to the end; it is judged again next time"
        ),
    }
}

/// A Pod, and what was decided about its images.
type Judged = (Review, Result<Vec<Verdict>, Reason>);

/// The word for what could not be judged.
const INCONCLUSIVE: &str = "inconclusive";

/// What a round has come to so far.
#[derive(Default)]
struct Seen {
    pods: usize,
    /// Pods whose judgement did not end.
    lost: usize,
    logged: usize,
    counts: BTreeMap<&'static str, usize>,
    /// How many of a namespace took too long.
    late: BTreeMap<String, usize>,
}

impl Seen {
    fn count(&self, word: &'static str) -> usize {
        self.counts.get(word).copied().unwrap_or_default()
    }

    fn add(&mut self, word: &'static str, images: usize) {
        if images > 0 {
            *self.counts.entry(word).or_default() += images;
        }
    }

    fn is_silent(&self, namespace: &str) -> bool {
        self.late
            .get(namespace)
            .is_some_and(|late| *late >= LATE_OF_ONE)
    }

    /// Takes over what came of a Pod. A fault of the program in one leaves the others.
    fn take(&mut self, webhook: &Webhook, judged: Result<Judged, JoinError>) {
        match judged {
            Ok((review, verdicts)) => {
                if Unfinished::is_late(&verdicts) {
                    let namespace = review.namespace().unwrap_or_default();
                    *self.late.entry(namespace.to_owned()).or_default() += 1;
                }
                self.tell(webhook, &review, &verdicts);
            }
            Err(_) => self.lost += 1,
        }
    }

    /// Tells of the images of a Pod, to those who look for it.
    fn tell(
        &mut self,
        webhook: &Webhook,
        review: &Review,
        verdicts: &Result<Vec<Verdict>, Reason>,
    ) {
        self.pods += 1;
        let (metrics, now) = (webhook.metrics(), webhook.now());
        if let Some(told) = webhook.reports() {
            let verdicts = verdicts.as_deref();
            reports::tell_running(told, metrics, review, verdicts, now);
        }
        let Ok(verdicts) = verdicts else {
            self.add(INCONCLUSIVE, review.undecided().count());
            return;
        };
        if let Some(events) = webhook.events() {
            events::tell_running(events, metrics, review, verdicts, now);
        }
        for (image, verdict) in review.undecided().zip(verdicts) {
            self.add(word(verdict), 1);
            let Some(code) = verdict.code() else {
                continue;
            };
            self.logged += 1;
            if self.logged <= LOGGED {
                tracing::warn!(
                    namespace = review.namespace().unwrap_or_default(),
                    pod = review.name().unwrap_or_default(),
                    image = image.image,
                    verdict = word(verdict),
                    code = code.as_str(),
                    reason = verdict.message(),
                    "an image that runs fails now"
                );
            }
        }
    }
}

/// What became of an image, in a word for a metric.
fn word(verdict: &Verdict) -> &'static str {
    let class = verdict.rejection().map(doorward_core::Rejection::class);
    match (verdict.decision(), class) {
        (Decision::Deny, Some(Class::Unavailable)) => INCONCLUSIVE,
        (decision, _) => decision.as_str(),
    }
}

/// Judges what runs, the namespaces in turns. Everything is listed before anything is judged: the place where a list goes on is
/// forgotten by an API server within minutes.
///
/// # Errors
/// What is wrong with the list, which then was not seen whole.
async fn look(
    webhook: &Webhook,
    mut running: RunningPods,
    left_out: &BTreeSet<String>,
    seen: &mut Seen,
) -> Result<(), String> {
    let mut queue = Queue::default();
    let mut whole = loop {
        match running.next().await {
            Ok(Some(review)) => {
                let namespace = review.namespace();
                if namespace.is_some_and(|name| !left_out.contains(name)) {
                    queue.put(review);
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.to_string()),
        }
    };
    // Nobody knows how many images they have.
    seen.add(INCONCLUSIVE, running.unread() + queue.left());
    // Dropped, it ends what is under way.
    let mut under_way: JoinSet<Judged> = JoinSet::new();
    while let Some(review) = queue.next() {
        if under_way.len() >= AT_ONCE
            && let Some(judged) = under_way.join_next().await
        {
            seen.take(webhook, judged);
        }
        if seen.is_silent(review.namespace().unwrap_or_default()) {
            seen.add(INCONCLUSIVE, review.undecided().count());
            continue;
        }
        let looking = webhook.clone();
        under_way.spawn_on(
            async move {
                let verdicts = decide(&looking, &review, Purpose::Later(PATIENCE)).await;
                (review, verdicts)
            },
            &webhook.judges(),
        );
    }
    while let Some(judged) = under_way.join_next().await {
        seen.take(webhook, judged);
    }
    if seen.lost > 0 {
        let lost = format!("the judgement of {} Pods did not end", seen.lost);
        whole = whole.and(Err(lost));
    }
    whole
}
