//! When the keys that policies name stop being good.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use doorward::Secret;
use doorward::simple_signing::Keyring;
use doorward_core::{Scheme, Timestamp};
use doorward_policy::PolicyObject;
use tokio::sync::watch;

use super::Snapshot;
use crate::metrics::Metrics;

/// The scheme of key rings in Secrets, for metrics.
const SIMPLE: &str = Scheme::SIMPLE_SIGNING.as_str();
/// The item of a Secret that holds a key ring.
const KEY_ITEM: &str = "key";
/// The most Secrets whose ends are published.
const MAX_SECRETS: usize = 1_000;

/// The Secrets that policies name as key rings: the name, and in which namespaces; none stands for any.
#[derive(Debug, Default)]
pub(super) struct KeySecrets(HashMap<String, BTreeSet<Option<String>>>);

impl KeySecrets {
    pub(super) fn of(policies: &[PolicyObject]) -> Self {
        let mut named: HashMap<String, BTreeSet<Option<String>>> = HashMap::new();
        for (namespace, name) in policies.iter().flat_map(PolicyObject::key_secrets) {
            let namespaces = named.entry(name.to_owned()).or_default();
            namespaces.insert(namespace.map(str::to_owned));
        }
        Self(named)
    }

    fn has(&self, namespace: &str, name: &str) -> bool {
        self.0.get(name).is_some_and(|namespaces| {
            let has = |one: Option<&str>| namespaces.contains(&one.map(str::to_owned));
            has(None) || has(Some(namespace))
        })
    }
}

impl Snapshot {
    /// When the keys of each Secret, `namespace/name`, stop being good. This reads key rings, which others wrote and
    /// which may be large: not for a thread that answers reviews.
    fn key_ends(&self) -> Vec<(String, Timestamp)> {
        let is_named =
            |(namespace, name, _): &(&str, &str, _)| self.key_secrets.has(namespace, name);
        let named = self.cluster.secrets().filter(is_named).take(MAX_SECRETS);
        let ends = named.filter_map(|(namespace, name, data)| {
            let secret = Secret::from(data);
            let key = secret.item(KEY_ITEM)?;
            let keyring = Keyring::with_revocations([key], secret.items_but(KEY_ITEM)).ok()?;
            Some((format!("{namespace}/{name}"), keyring.expires()?))
        });
        ends.collect()
    }

    /// Publishes when the keys that policies name stop being good.
    pub(super) fn publish_key_ends(&self, metrics: &Metrics) {
        let ends = self.key_ends();
        metrics.trust_expires(ends.iter().map(|(name, end)| (SIMPLE, name.as_str(), *end)));
    }
}

/// Publishes the ends of keys beside everything else: rules are in force without them, and one state at a time is
/// looked at, however often the rules change.
#[derive(Debug)]
pub(crate) struct KeyEnds(watch::Sender<Option<Arc<Snapshot>>>);

impl KeyEnds {
    /// Needs a tokio runtime.
    pub(crate) fn published_in(metrics: Arc<Metrics>) -> Self {
        let (sender, mut states) = watch::channel(None::<Arc<Snapshot>>);
        tokio::spawn(async move {
            while states.changed().await.is_ok() {
                let Some(snapshot) = states.borrow_and_update().clone() else {
                    continue;
                };
                let metrics = Arc::clone(&metrics);
                let read = move || snapshot.publish_key_ends(&metrics);
                if let Err(error) = tokio::task::spawn_blocking(read).await {
                    tracing::error!(%error, "the ends of keys could not be read");
                }
            }
        });
        Self(sender)
    }

    /// Looks at a state that is in force, in place of one that was not got to.
    pub(crate) fn look_at(&self, snapshot: Arc<Snapshot>) {
        self.0.send_replace(Some(snapshot));
    }
}
