//! What runs in place of what an image stands for now.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::{Context, Decision, Engine, Verdict};
use doorward_core::{Code, Digest, Fetch, Fetcher, Resource, Selector};
use serde::Serialize;
use serde_json::Value;

use super::{Use, repository};

/// Digests that run of one name and are judged. Where there are more, somebody moves the tag all the time.
const MOST: usize = 8;
/// The largest index that is looked into.
const MAX_INDEX: usize = 4 << 20;

/// What is decided about a digest that runs, by the policies of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RunningVerdict {
    verdict: Decision,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    message: String,
}

impl RunningVerdict {
    pub(super) fn is_denied(&self) -> bool {
        self.verdict == Decision::Deny
    }

    /// Behind a colon.
    pub(super) fn for_people(&self) -> String {
        let Self {
            verdict,
            code,
            message,
        } = self;
        match (verdict, code) {
            (Decision::Allow, _) => "that digest is allowed".to_owned(),
            (Decision::Warn, code) => format!("that digest is warned of, {message}{}", of(*code)),
            (Decision::Deny, code) => format!("that digest is denied, {message}{}", of(*code)),
        }
    }
}

fn of(code: Option<Code>) -> String {
    code.map_or_else(String::new, |code| format!(" ({code})"))
}

/// What runs of an image that stands for something else now.
#[derive(Debug, Default)]
pub(super) struct Running {
    judged: BTreeMap<Digest, RunningVerdict>,
    /// Manifests of the index that the image stands for now.
    parts: Vec<Digest>,
}

impl Running {
    /// What runs in these places of the image `name`, of which `now` is decided.
    pub(super) async fn of(
        name: &str,
        uses: &[Use],
        now: &Verdict,
        (engine, context, fetcher): (&Engine, &Context<'_>, &Arc<dyn Fetcher>),
    ) -> Self {
        let Some(digest) = now.digest() else {
            return Self::default();
        };
        let running = uses.iter().filter_map(|place| place.drifted_from(digest));
        let mut running: Vec<&Digest> = running.collect();
        running.sort_unstable();
        running.dedup();
        if running.is_empty() {
            return Self::default();
        }
        // Some nodes name the manifest of their platform, which is what the index says is to run.
        let (parts, others): (Vec<&Digest>, Vec<&Digest>) = match parts(now, digest, fetcher).await
        {
            Some(parts) => running.into_iter().partition(|one| parts.contains(one)),
            None => (Vec::new(), running),
        };
        let others: Vec<&Digest> = others.into_iter().take(MOST).collect();
        let names = others
            .iter()
            .map(|one| format!("{}@{one}", repository(name)));
        let names: Vec<String> = names.collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let verdicts = engine.decide_all(&names, context).await;
        let judged = others.into_iter().zip(&verdicts).map(|(digest, verdict)| {
            let judged = RunningVerdict {
                verdict: verdict.decision(),
                code: verdict.code(),
                message: verdict.message(),
            };
            (digest.clone(), judged)
        });
        Self {
            judged: judged.collect(),
            parts: parts.into_iter().cloned().collect(),
        }
    }

    /// The place, with what is known of what runs there.
    pub(super) fn at(&self, mut place: Use) -> Use {
        if let Some(running) = &place.running {
            place.is_part = self.parts.contains(running);
            place.running_verdict = self.judged.get(running).cloned();
        }
        place
    }
}

/// The manifests that are listed where an image stands for an index. `None` if it does not, or it cannot be had.
async fn parts(now: &Verdict, digest: &Digest, fetcher: &Arc<dyn Fetcher>) -> Option<Vec<Digest>> {
    let resource = Resource::Manifest {
        repository: now.reference()?.repository().clone(),
        selector: Selector::Digest(digest.clone()),
    };
    let fetched = fetcher.fetch(&Fetch::new(resource, MAX_INDEX)).await.ok()?;
    let index: Value = serde_json::from_slice(&fetched.bytes).ok()?;
    let manifests = index.get("manifests")?.as_array()?.iter();
    let digests = manifests.filter_map(|one| one.get("digest")?.as_str()?.parse().ok());
    Some(digests.collect())
}
