//! What runs already, verified before somebody waits for it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use doorward_kube::client::RunningPods;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::alike::Alike;
use crate::review::{Purpose, decide};
use crate::unfinished::Unfinished;
use crate::webhook::Webhook;

/// How many different Pods are looked at. What more there is meets a replica that knows little, as it did before.
const MOST: usize = 2_000;
/// How many are looked at together: reviews that somebody waits for come first.
const AT_ONCE: usize = 4;
/// How long the images of one may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many of a namespace may take longer before the others of it are left out, so that one whose registries are silent does
/// not use up the time of all.
const LATE_OF_ONE: usize = 4;
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(600);

/// Looks at the images with a digest that run, so that what is verified is remembered. It answers nobody, writes no event
/// and no record, and reviews are taken meanwhile.
pub(crate) async fn warm_up(webhook: Webhook, mut running: RunningPods) {
    let looked = timeout(WHOLE, look(&webhook, &mut running)).await;
    match looked {
        Ok(Ok(pods)) => tracing::info!(pods, "looked at the images that run"),
        Ok(Err(problem)) => {
            let problem = problem.as_str();
            tracing::warn!(
                problem,
                "cannot look at the images that run; the first review of each waits for registries"
            );
        }
        Err(_) => tracing::info!("took too long to look at all images that run"),
    }
}

async fn look(webhook: &Webhook, running: &mut RunningPods) -> Result<usize, String> {
    let mut seen = HashSet::new();
    let mut late: HashMap<String, usize> = HashMap::new();
    // Dropped, it ends what is under way.
    let mut under_way = JoinSet::new();
    while seen.len() < MOST {
        let Some(review) = running.next().await.map_err(|error| error.to_string())? else {
            break;
        };
        if under_way.len() >= AT_ONCE
            && let Some(Ok(Some(namespace))) = under_way.join_next().await
        {
            *late.entry(namespace).or_default() += 1;
        }
        let namespace = review.namespace().unwrap_or_default().to_owned();
        let is_silent = late
            .get(&namespace)
            .is_some_and(|late| *late >= LATE_OF_ONE);
        // What a tag stands for is asked for again anyway.
        let has_digest = review.undecided().any(|one| one.image.contains('@'));
        let is_new = has_digest && Alike::of(&review).is_some_and(|alike| seen.insert(alike));
        if is_silent || !is_new {
            continue;
        }
        let looking = webhook.clone();
        under_way.spawn_on(
            async move {
                let verdicts = decide(&looking, &review, Purpose::Later(PATIENCE)).await;
                let is_late = Unfinished::is_late(&verdicts);
                let outcome = match verdicts {
                    Ok(verdicts) if verdicts.iter().all(|one| one.code().is_none()) => "verified",
                    Ok(_) | Err(_) => "not-verified",
                };
                looking.metrics().ahead().warmed_up(outcome);
                is_late.then_some(namespace)
            },
            &webhook.judges(),
        );
    }
    while under_way.join_next().await.is_some() {}
    Ok(seen.len())
}
