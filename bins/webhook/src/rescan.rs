//! What runs, judged again now and then: keys end, signatures are taken back, policies change, and what runs was judged when it came.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use doorward::Verdict;
use doorward_core::Timestamp;
use doorward_kube::client::{ApiServer, Leader, Leadership, RunningPods, Terms};
use doorward_kube::{Reason, Review};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::events;
use crate::reports;
use crate::round::{INCONCLUSIVE, Round, Step, word};
use crate::serving::replica;
use crate::webhook::Webhook;

/// The Lease by which one replica of several does it.
const LEASE: &str = "doorward-rescan";
/// The first round of a leader comes this soon: somebody who installs it wants to know what runs.
const FIRST: Duration = Duration::from_secs(60);
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
    let mut round = Round::of(webhook, running, |name| !left_out.contains(name)).await;
    seen.add(INCONCLUSIVE, round.unknown());
    while let Some(step) = round.next().await {
        match step {
            Step::Judged(judged) => seen.tell(webhook, &judged.0, &judged.1),
            Step::LeftOut(review) => seen.add(INCONCLUSIVE, review.undecided().count()),
        }
    }
    let whole = round.end();
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

/// What a round has come to so far.
#[derive(Default)]
struct Seen {
    pods: usize,
    logged: usize,
    counts: BTreeMap<&'static str, usize>,
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
        if let Some(alerts) = webhook.alerts() {
            alerts.tell_running(review, verdicts, now);
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
