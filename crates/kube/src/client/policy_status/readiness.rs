//! Whether what policies name can be used: found out beside all else, one policy after the other.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use doorward_core::Code;
use doorward_policy::PolicyObject;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use crate::view::CompiledPolicies;

/// How often a policy is looked at again whose Secrets can be used.
const AGAIN: Duration = Duration::from_secs(300);
/// The same of one whose Secrets cannot, or could not be asked for.
const SOON: Duration = Duration::from_secs(30);

/// Whether what a policy names can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyReadiness {
    /// Something cannot, so that images are refused.
    NotReady {
        /// Why.
        code: Code,
        /// Why, for people.
        message: String,
    },
    /// All of it can.
    Ready,
    /// It could not be told.
    Unknown {
        /// Why, if there is a code for it.
        code: Option<Code>,
        /// Why, for people.
        message: String,
    },
}

/// Finds out whether what a policy names can be used.
pub trait PolicyCheck: Send + Sync {
    /// Looks at one policy. It takes its time: policies have many entries, and nobody waits for it.
    fn check<'a>(
        &'a self,
        policy: &'a PolicyObject,
    ) -> Pin<Box<dyn Future<Output = PolicyReadiness> + Send + 'a>>;
}

/// The policies that are looked at, by the paths of their objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    policies: Option<Arc<CompiledPolicies>>,
    /// The generation of each, and its place among the policies.
    places: Arc<BTreeMap<String, (Option<i64>, usize)>>,
}

impl Wanted {
    pub(super) const fn new(
        policies: Arc<CompiledPolicies>,
        places: Arc<BTreeMap<String, (Option<i64>, usize)>>,
    ) -> Self {
        Self {
            policies: Some(policies),
            places,
        }
    }
}

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Found {
    known: Mutex<HashMap<String, Known>>,
    /// Told when anything else was found out than before.
    pub(super) changed: Notify,
}

#[derive(Clone, Debug)]
struct Known {
    generation: Option<i64>,
    at: Instant,
    readiness: PolicyReadiness,
}

impl Known {
    fn due(&self) -> Instant {
        match self.readiness {
            PolicyReadiness::Ready => self.at + AGAIN,
            PolicyReadiness::NotReady { .. } | PolicyReadiness::Unknown { .. } => self.at + SOON,
        }
    }
}

impl Found {
    /// What is known of a generation of a policy.
    pub(super) fn of(&self, path: &str, generation: Option<i64>) -> Option<PolicyReadiness> {
        let known = self.locked();
        let known = known.get(path)?;
        (known.generation == generation).then(|| known.readiness.clone())
    }

    fn put(&self, path: &str, known: Known) {
        let mut all = self.locked();
        let before = all.insert(path.to_owned(), known.clone());
        let is_same = before.is_some_and(|before| {
            before.generation == known.generation && before.readiness == known.readiness
        });
        if !is_same {
            self.changed.notify_one();
        }
    }

    /// The path of the policy that is looked at next, and when. Namespaces take turns behind the one that was `last`, so that one
    /// with much to look at holds up no other.
    fn next(&self, wanted: &Wanted, last: &str, now: Instant) -> Option<(String, Instant)> {
        let known = self.locked();
        let due = |path: &str, generation| match known.get(path) {
            Some(known) if known.generation == generation => known.due(),
            Some(_) | None => now,
        };
        let all = wanted
            .places
            .iter()
            .map(|(path, (generation, _))| (path, due(path, *generation)));
        // Of those that are due, by turns; else the first that will be.
        let first = all.min_by_key(|(path, due)| {
            let namespace = namespace(path);
            let is_due = *due <= now;
            let turn = is_due.then(|| (namespace <= last, namespace.to_owned()));
            (!is_due, turn, *due)
        });
        first.map(|(path, due)| (path.clone(), due))
    }

    fn keep(&self, wanted: &Wanted) {
        self.locked()
            .retain(|path, _| wanted.places.contains_key(path));
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What of a path tells the namespace. That of an object of the cluster has none.
fn namespace(path: &str) -> &str {
    path.split_once("/namespaces/")
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or_default()
}

/// Looks at policies, each as it changes and again from time to time, until nobody wants any.
pub(super) async fn look(
    check: Arc<dyn PolicyCheck>,
    mut wanted: watch::Receiver<Wanted>,
    found: Arc<Found>,
) {
    let mut last = String::new();
    loop {
        let all = wanted.borrow_and_update().clone();
        found.keep(&all);
        let next = found.next(&all, &last, Instant::now());
        let due = next.as_ref().map(|(_, due)| *due);
        let wait = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = wanted.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            () = wait => {}
        }
        let Some((path, _)) = next else { continue };
        let place = all.places.get(&path).copied();
        let policies = all.policies.as_ref().map(|policies| policies.objects());
        let policy =
            place.and_then(|(generation, index)| Some((generation, policies?.get(index)?)));
        let Some((generation, policy)) = policy else {
            continue;
        };
        namespace(&path).clone_into(&mut last);
        let readiness = check.check(policy).await;
        let at = Instant::now();
        let known = Known {
            generation,
            at,
            readiness,
        };
        found.put(&path, known);
    }
}

#[cfg(test)]
mod tests;
