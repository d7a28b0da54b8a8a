//! What runs, judged again now and then: keys end, signatures are taken back, policies change, and what runs was judged when it came.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use doorward::{Decision, Verdict};
use doorward_core::{Class, Timestamp};
use doorward_kube::client::{ApiServer, Leadership, RunningPods, Terms};
use doorward_kube::{Reason, Review};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::alike::Alike;
use crate::events;
use crate::reports;
use crate::review::{Purpose, decide};
use crate::serving::replica;
use crate::webhook::Webhook;

/// The Lease by which one replica of several does it.
const LEASE: &str = "doorward-rescan";
/// The first round comes this soon: somebody who installs it wants to know what runs.
const FIRST: Duration = Duration::from_secs(60);
/// How many are judged together: reviews that somebody waits for come first.
const AT_ONCE: usize = 4;
/// How long the images of one Pod may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many different Pods are judged in one round.
const MOST: usize = 50_000;
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
        task.spawn(async move {
            sleep(FIRST.min(every)).await;
            loop {
                if leader.leads() {
                    round(&webhook, RunningPods::new(server.clone()), &left_out).await;
                } else {
                    webhook.metrics().rescans().passed_on();
                }
                sleep(every).await;
            }
        });
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

/// One look at everything that runs.
async fn round(webhook: &Webhook, mut running: RunningPods, left_out: &BTreeSet<String>) {
    let mut seen = Seen::default();
    let whole = look(webhook, &mut running, left_out, &mut seen).await;
    webhook
        .metrics()
        .rescans()
        .ended(&seen.counts, whole.is_ok(), webhook.now());
    match whole {
        Ok(()) => tracing::info!(
            pods = seen.pods,
            denied = seen.count("deny"),
            warned = seen.count("warn"),
            inconclusive = seen.count("inconclusive"),
            "judged again what runs"
        ),
        Err(problem) => tracing::warn!(
            problem,
            pods = seen.pods,
            "what runs could not be listed to the end; it is judged again next time"
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
            reports::tell_running(told, metrics, review, verdicts.as_deref(), now);
        }
        let Ok(verdicts) = verdicts else {
            *self.counts.entry("inconclusive").or_default() += review.undecided().count();
            return;
        };
        if let Some(events) = webhook.events() {
            events::tell_running(events, metrics, review, verdicts, now);
        }
        for (image, verdict) in review.undecided().zip(verdicts) {
            *self.counts.entry(word(verdict)).or_default() += 1;
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
        (Decision::Deny, Some(Class::Unavailable)) => "inconclusive",
        (decision, _) => decision.as_str(),
    }
}

/// Judges what runs. Pods of which all that is judged is alike are judged once, and told of once.
///
/// # Errors
/// What is wrong with the list, which then was not seen whole.
async fn look(
    webhook: &Webhook,
    running: &mut RunningPods,
    left_out: &BTreeSet<String>,
    seen: &mut Seen,
) -> Result<(), String> {
    let mut known = HashSet::new();
    // Dropped, it ends what is under way.
    let mut under_way: JoinSet<(Review, Result<Vec<Verdict>, Reason>)> = JoinSet::new();
    let whole = loop {
        let review = match running.next().await {
            Ok(Some(review)) => review,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.to_string()),
        };
        let is_left_out = review
            .namespace()
            .is_none_or(|name| left_out.contains(name));
        let alike = Alike::of(&review).map(|alike| alike.labelled(&review));
        if is_left_out || !alike.is_some_and(|alike| known.insert(alike)) {
            continue;
        }
        if known.len() > MOST {
            break Err(format!("more than {MOST} different Pods run"));
        }
        if under_way.len() >= AT_ONCE
            && let Some(Ok((review, verdicts))) = under_way.join_next().await
        {
            seen.tell(webhook, &review, &verdicts);
        }
        let looking = webhook.clone();
        under_way.spawn_on(
            async move {
                let verdicts = decide(&looking, &review, Purpose::Later(PATIENCE)).await;
                (review, verdicts)
            },
            &webhook.judges(),
        );
    };
    while let Some(judged) = under_way.join_next().await {
        if let Ok((review, verdicts)) = judged {
            seen.tell(webhook, &review, &verdicts);
        }
    }
    whole
}
