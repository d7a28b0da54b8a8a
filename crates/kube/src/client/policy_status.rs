//! The status of policies: what became of each, for those who look at it.

mod condition;
mod readiness;
mod written;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use doorward_core::text::one_line;
use doorward_core::{Digest, Timestamp};
use doorward_policy::crd::{MAX_MESSAGE, MAX_PATH};
use doorward_policy::{Diagnostic, LintCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, sleep_until};

use self::condition::Condition;
use self::readiness::{Found, Wanted, look};
pub use self::readiness::{PolicyCheck, PolicyReadiness};
use self::written::Written;
use super::api_server::ApiServer;
use super::cluster_watch::{ClusterState, ClusterWatch};
use super::error::ApiError;
use super::resource::Resource;
use crate::risks::risks;
use crate::view::{ClusterView, ObjectName};

/// How long changes are collected before a status is written.
const TOGETHER: Duration = Duration::from_millis(500);
/// The pause after each write.
const PAUSE: Duration = Duration::from_millis(20);
/// When what could not be written is tried again, though nothing changed.
const AGAIN: Duration = Duration::from_secs(30);

/// Findings that a status has, the mistakes before the risks. The definition allows more, but an object has a largest size.
const MOST: usize = 50;

/// Tells the time.
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Writes into the status of each policy of a cluster whether it is in force as it is written, whether what it names can be used,
/// and what the linter says.
///
/// Every replica does that, and writes nothing that is there already. Every ten minutes it looks at what was written. Needs
/// `get` of the policies and `patch` of their status. A definition without a status, as that of another project, has none
/// written. It ends when this is dropped.
#[derive(Debug)]
pub struct PolicyStatus {
    _task: JoinSet<()>,
}

impl PolicyStatus {
    /// Needs a tokio runtime. `clock` tells the time at which a condition changes, and `check` whether what a policy names can be
    /// used: it is asked about one policy at a time, when a policy changes, and again after five minutes, or after half a minute
    /// where it cannot.
    #[must_use]
    pub fn start(
        server: ApiServer,
        watch: &ClusterWatch,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        check: Arc<dyn PolicyCheck>,
    ) -> Self {
        let mut task = JoinSet::new();
        let found = Arc::new(Found::default());
        let (wanting, wanted) = watch::channel(Wanted::default());
        task.spawn(look(check, wanted, Arc::clone(&found)));
        let follower = Follower {
            server,
            clock: Arc::new(clock),
            found,
            wanting,
        };
        task.spawn(follower.follow(watch.subscribe()));
        Self { _task: task }
    }
}

struct Follower {
    server: ApiServer,
    clock: Clock,
    found: Arc<Found>,
    wanting: watch::Sender<Wanted>,
}

impl Follower {
    async fn follow(self, mut states: watch::Receiver<ClusterState>) {
        let mut written = Written::new();
        let mut is_whole = true;
        let mut all: Vec<Said> = Vec::new();
        loop {
            let is_new = tokio::select! {
                changed = states.changed() => match changed {
                    Ok(()) => true,
                    Err(_) => return,
                },
                () = self.found.changed.notified() => false,
                () = sleep(AGAIN), if !is_whole => false,
                () = sleep_until(written.end()) => false,
            };
            written.renew();
            sleep(TOGETHER).await;
            if is_new {
                let state = states.borrow_and_update().clone();
                // Before everything was seen, a policy may look as if it stood alone.
                if !state.is_synced() {
                    continue;
                }
                let view = Arc::clone(state.view());
                let Ok((said, wanted)) = spawn_blocking(move || said(&view)).await else {
                    return;
                };
                let paths: HashSet<&str> = said.iter().map(|one| one.path.as_str()).collect();
                written.retain(|path| paths.contains(path));
                all = said;
                self.wanting.send_replace(wanted);
            }
            is_whole = self.write(&mut all, &mut written).await;
        }
    }

    /// Writes what is not written yet. Returns whether all could be.
    async fn write(&self, all: &mut [Said], written: &mut Written) -> bool {
        let mut is_whole = true;
        for one in all {
            if one.is_policy {
                one.ready = self.found.of(&one.path, one.generation);
            }
            let digest = one.digest();
            if written.has(&one.path, &digest) {
                continue;
            }
            match one.write(&self.server, &self.clock).await {
                // There is nothing to write it into, or it may not be written: that is so until something changes.
                Ok(()) | Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => {
                    written.put(&one.path, digest);
                }
                Err(_) => is_whole = false,
            }
            sleep(PAUSE).await;
        }
        is_whole
    }
}

/// What is said of one policy.
#[derive(Debug, PartialEq)]
struct Said {
    path: String,
    generation: Option<i64>,
    accepted: bool,
    reason: &'static str,
    message: String,
    findings: Vec<Value>,
    /// Whether what it names can be used, once that was found out.
    ready: Option<PolicyReadiness>,
    /// Whether it names anything: an exception does not.
    is_policy: bool,
}

/// What is said of every policy of an API server, and of which it is to be found out whether what they name can be used.
fn said(view: &ClusterView) -> (Vec<Said>, Wanted) {
    let policies = view.policies();
    let mut of_each: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    let mut risks = risks(policies.objects(), None);
    for exception in policies.exceptions() {
        risks.extend(exception.notes().iter().cloned());
        // Counted from when it was made, it is always so or never.
        let made = exception.created;
        let time = made.and_then(|made| exception.lint_time(made, view.longest_exception()));
        risks.extend(time.filter(|found| found.code == LintCode::ExceptionTooLong));
    }
    for found in policies.diagnostics().iter().chain(&risks) {
        of_each.entry(&found.source).or_default().push(found);
    }
    let resources: BTreeMap<String, Resource> = Resource::watched()
        .filter(|resource| resource.is_ours())
        .map(|resource| (resource.source(), resource))
        .collect();
    let places = policies.objects().iter().enumerate();
    let places: HashMap<&str, usize> = places
        .map(|(index, policy)| (policy.place().0, index))
        .collect();
    let mut wanted = BTreeMap::new();
    let objects = view.policy_objects().filter_map(|object| {
        let resource = *resources.get(object.source)?;
        let path = path(resource, object.name)?;
        let mut found = of_each.remove(object.label).unwrap_or_default();
        // The mistakes first.
        found.sort_by_key(|found| !found.is_error());
        found.dedup();
        let then = match resource {
            Resource::Exception(_) => "it overrides nothing",
            _ => "what they concern is denied",
        };
        let mut said = Said::of(path, object.generation, &found, then);
        if let Some(place) = places.get(object.label) {
            said.is_policy = true;
            wanted.insert(said.path.clone(), (object.generation, *place));
        }
        Some(said)
    });
    let said = objects.collect();
    let wanted = Wanted::new(Arc::clone(&policies), Arc::new(wanted));
    (said, wanted)
}

fn path(resource: Resource, name: &ObjectName) -> Option<String> {
    match &name.namespace {
        Some(namespace) => resource.path(namespace, &name.name),
        None => resource.cluster_path(&name.name),
    }
}

impl Said {
    /// `then` is what comes of mistakes.
    fn of(path: String, generation: Option<i64>, found: &[&Diagnostic], then: &str) -> Self {
        let mistakes = found.iter().filter(|found| found.is_error()).count();
        let first = found.first().filter(|_| mistakes > 0);
        let message = match (mistakes, found.len()) {
            (0, 0) => "in force as it is written".to_owned(),
            (0, risks) => format!(
                "in force as it is written, with {}",
                count(risks, "finding")
            ),
            (mistakes, _) => format!(
                "{}; {then}: {}",
                count(mistakes, "mistake"),
                first.map_or("", |first| first.message.as_str())
            ),
        };
        Self {
            path,
            generation,
            accepted: mistakes == 0,
            reason: first.map_or("InForce", |_| "Mistakes"),
            message: one_line(&message, 1000),
            findings: found
                .iter()
                .take(MOST)
                .map(|found| finding(found))
                .collect(),
            ready: None,
            is_policy: false,
        }
    }

    fn digest(&self) -> Digest {
        Digest::sha256(format!("{self:?}").as_bytes())
    }

    async fn write(&self, server: &ApiServer, clock: &Clock) -> Result<(), ApiError> {
        let Some(object) = server.get(&self.path).await? else {
            return Ok(());
        };
        let generation = object
            .pointer("/metadata/generation")
            .and_then(Value::as_i64);
        // It was written meanwhile, and is seen again.
        if generation != self.generation {
            return Ok(());
        }
        let old = object.get("status").unwrap_or(&Value::Null);
        let new = self.status(old, clock());
        if new == *old {
            return Ok(());
        }
        let patch = json!({"status": new});
        server.merge(&format!("{}/status", self.path), &patch).await
    }

    /// The status in place of `old`. Since when a condition is so stays as long as it is.
    fn status(&self, old: &Value, now: Timestamp) -> Value {
        let accepted = Condition {
            name: "Accepted",
            status: if self.accepted { "True" } else { "False" },
            reason: self.reason.to_owned(),
            message: self.message.clone(),
        };
        let mut conditions = vec![accepted.over(old, self.generation, now)];
        let ready = match &self.ready {
            Some(ready) => Some(Condition::ready(ready).over(old, self.generation, now)),
            // What was found out before this replica began holds until it has looked for itself.
            None => Condition::found(old, Condition::READY).cloned(),
        };
        conditions.extend(ready.filter(|_| self.is_policy));
        json!({"conditions": conditions, "findings": self.findings})
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

fn finding(found: &Diagnostic) -> Value {
    let mut message = found.message.clone();
    if let Some(suggestion) = &found.suggestion {
        message.push_str("; ");
        message.push_str(suggestion);
    }
    let mut finding = json!({
        "code": found.code.as_str(),
        "severity": found.severity.to_string(),
        "message": one_line(&message, MAX_MESSAGE),
    });
    if let (false, Some(members)) = (found.path.is_empty(), finding.as_object_mut()) {
        members.insert("path".to_owned(), one_line(&found.path, MAX_PATH).into());
    }
    finding
}

#[cfg(test)]
mod tests;
