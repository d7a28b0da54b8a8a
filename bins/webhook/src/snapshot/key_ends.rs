//! When the keys that policies name stop being good.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use doorward::Secret;
use doorward::simple_signing::Keyring;
use doorward_core::{Scheme, Timestamp};
use doorward_policy::{PolicyKind, PolicyObject};
use tokio::sync::watch;

use super::Snapshot;
use super::problems::add_in_turns;
use crate::metrics::Metrics;

/// The scheme of key rings in Secrets, for metrics.
const SIMPLE: &str = Scheme::SIMPLE_SIGNING.as_str();
/// The item of a Secret that holds a key ring.
const KEY_ITEM: &str = "key";
/// The most Secrets whose ends are published: first those that cluster policies name, then as many of each namespace.
const MAX_SECRETS: usize = 1_000;

/// Who names a Secret as a key ring. The first is the most important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// A cluster policy, in this very namespace.
    Operator,
    /// A cluster policy that does not say in which namespace: Secrets of that name in every namespace count.
    OperatorAnywhere,
    /// A policy of a namespace.
    Namespace,
}

/// The Secrets that policies name as key rings: the name, and in which namespaces; none stands for any.
#[derive(Debug, Default)]
pub(super) struct KeySecrets(HashMap<String, BTreeMap<Option<String>, By>>);

impl KeySecrets {
    pub(super) fn of(policies: &[PolicyObject]) -> Self {
        let mut named: HashMap<String, BTreeMap<Option<String>, By>> = HashMap::new();
        for policy in policies {
            for (namespace, name) in policy.key_secrets() {
                let by = match (policy.kind, namespace) {
                    (PolicyKind::ClusterImagePolicy, Some(_)) => By::Operator,
                    (PolicyKind::ClusterImagePolicy, None) => By::OperatorAnywhere,
                    (PolicyKind::ImagePolicy, _) => By::Namespace,
                };
                let namespaces = named.entry(name.to_owned()).or_default();
                let known = namespaces.entry(namespace.map(str::to_owned));
                known.and_modify(|one| *one = by.min(*one)).or_insert(by);
            }
        }
        Self(named)
    }

    fn named(&self, namespace: &str, name: &str) -> Option<By> {
        let namespaces = self.0.get(name)?;
        let here = namespaces.get(&Some(namespace.to_owned()));
        here.into_iter().chain(namespaces.get(&None)).min().copied()
    }
}

impl Snapshot {
    /// When the keys of each Secret, `namespace/name`, stop being good. This reads key rings, which others wrote and
    /// which may be large: not for a thread that answers reviews.
    fn key_ends(&self) -> Vec<(String, Timestamp)> {
        let mut of_operator = Vec::new();
        let mut of_namespaces: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for secret in self.objects.cluster.secrets() {
            let (namespace, name, _) = secret;
            match self.key_secrets.named(namespace, name) {
                None => {}
                Some(By::Operator) => of_operator.push(secret),
                Some(by) => {
                    let named = of_namespaces.entry(namespace).or_default();
                    named.push((by, secret));
                }
            }
        }
        // What a namespace names must not take the place of what the operator, or another namespace, does.
        of_operator.truncate(MAX_SECRETS);
        let in_order = of_namespaces.into_values().map(|mut named| {
            named.sort_by_key(|(by, _)| *by);
            named.into_iter().map(|(_, secret)| secret).collect()
        });
        let mut named = of_operator;
        add_in_turns(&mut named, in_order, MAX_SECRETS);
        let ends = named.into_iter().filter_map(|(namespace, name, data)| {
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

#[cfg(test)]
mod tests {
    use doorward_testkit::{KeyKind, OpenPgpSigner};

    use super::*;
    use crate::SnapshotBuilder;

    const HEAD: &str = "apiVersion: doorward.dev/v1\nmetadata: {name: p, namespace: NAMESPACE}\nkind: KIND\n\
                        spec:\n  repositories:\n";

    fn policy(kind: &str, namespace: &str, keys: &[String]) -> String {
        let head = HEAD.replace("KIND", kind).replace("NAMESPACE", namespace);
        let entries = keys.iter().enumerate().map(|(number, key)| {
            let simple = format!("{{requirements: [{{type: signedBy, {key}}}]}}");
            format!("  - {{name: r.example/a{number}, policy: {{simple: {simple}}}}}\n")
        });
        format!("---\n{head}{}", entries.collect::<String>())
    }

    #[test]
    fn the_keys_of_a_namespace_hide_neither_those_of_the_operator_nor_those_of_another_namespace() {
        let signer = OpenPgpSigner::builder(KeyKind::Ed25519)
            .created(Timestamp::from_unix(1_700_000_000))
            .expires_after(1_000)
            .build();
        let key = signer.public_key_armored().replace('\n', "\\n");
        let secret = |namespace: &str, name: &str| {
            format!(
                "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
                 stringData: {{key: \"{key}\"}}\n"
            )
        };
        let many: Vec<_> = (0..1_100)
            .map(|number| format!("keySecret: k{number}"))
            .collect();
        let mut text: String = (0..1_100)
            .map(|number| secret("aaa", &format!("k{number}")))
            .collect();
        text.push_str(&policy("ImagePolicy", "aaa", &many));
        text.push_str(&policy(
            "ImagePolicy",
            "bbb",
            &["keySecret: own".to_owned()],
        ));
        let operators = [
            "keySecret: release, keySecretNamespace: zzz",
            "keySecret: anywhere",
        ];
        text.push_str(
            &policy("ClusterImagePolicy", "''", &operators.map(str::to_owned))
                .replace(", namespace: ''", ""),
        );
        for (namespace, name) in [("bbb", "own"), ("zzz", "release"), ("yyy", "anywhere")] {
            text.push_str(&secret(namespace, name));
        }
        let mut builder = SnapshotBuilder::default();
        builder.add("p.yaml", text.as_bytes());
        let snapshot = builder.build();
        assert_eq!(snapshot.problems(), [""; 0]);
        let ends = snapshot.key_ends();
        assert_eq!(ends.len(), MAX_SECRETS);
        assert_eq!(ends[0].0, "zzz/release");
        for name in ["bbb/own", "yyy/anywhere"] {
            assert!(ends.iter().any(|(known, _)| known == name), "{name}");
        }
    }
}
