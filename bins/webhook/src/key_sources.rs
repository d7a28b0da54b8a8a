//! Keys and certificates at addresses and in key management services: asked while the webhook runs, and never while an image waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use doorward::{KeyChange, KeyRenewal, KeySourceError, KeySources, WatchedKey};
use doorward_policy::{KeyForm, KeySource, PolicyKind, PolicyObject};
use doorward_registry::Anonymous;
use futures::future::{join, join3};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fetcher::Counted;
use crate::snapshot::Snapshot;
use crate::webhook::Webhook;

/// How often it is looked at what is due.
pub(crate) const EVERY: Duration = Duration::from_secs(5);
/// How long a start waits for the first answers. A service that is away must not keep a replica from serving.
pub(crate) const FIRST_ROUND: Duration = Duration::from_secs(3);
/// The most sources that are asked for the policies of one namespace.
const OF_NAMESPACE: usize = 8;

/// What sources hold.
const FORMS: [KeyForm; 3] = [KeyForm::Certificates, KeyForm::OpenPgp, KeyForm::PublicKey];

/// The sources that policies name, and whether they are the operator's: those of cluster policies first, then those of
/// namespaces in turns.
pub(crate) fn named(policies: &[PolicyObject]) -> Vec<(KeySource, bool)> {
    let (mut all, mut namespaces) = (Vec::new(), BTreeMap::<_, Vec<&KeySource>>::new());
    for policy in policies {
        let sources = policy.key_sources().into_iter();
        match policy.kind {
            PolicyKind::ClusterImagePolicy => all.extend(sources.map(|one| (one.clone(), true))),
            PolicyKind::ImagePolicy => {
                let of_namespace = namespaces.entry(policy.namespace.as_deref()).or_default();
                for source in sources {
                    if of_namespace.len() < OF_NAMESPACE && !of_namespace.contains(&source) {
                        of_namespace.push(source);
                    }
                }
            }
        }
    }
    for turn in 0..OF_NAMESPACE {
        let next = namespaces.values().filter_map(|sources| sources.get(turn));
        all.extend(next.map(|source| ((*source).clone(), false)));
    }
    all
}

/// Asks what is due, as long as the webhook runs: every so often, and at once where policies changed. What tenants name is asked
/// beside, so that nobody waits for their servers. `asked` hears of the end of the first round of both.
pub(crate) async fn follow_key_sources(
    webhook: Webhook,
    every: Duration,
    asked: oneshot::Sender<()>,
) {
    let ((of_operator, first), (of_tenants, second)) = (oneshot::channel(), oneshot::channel());
    let both_asked = async {
        let _ = join(first, second).await;
        // Who waited for it may have given up.
        let _ = asked.send(());
    };
    join3(
        follow(&webhook, every, true, of_operator),
        follow(&webhook, every, false, of_tenants),
        both_asked,
    )
    .await;
}

/// The same, of what the operator or what tenants name.
async fn follow(webhook: &Webhook, every: Duration, of_operator: bool, asked: oneshot::Sender<()>) {
    let mut left_out = 0;
    let mut asked = Some(asked);
    let mut changed = webhook.policies_changed();
    loop {
        let beyond = renew_keys(webhook, of_operator).await;
        if let Some(asked) = asked.take() {
            let _ = asked.send(());
        }
        // One of both says so.
        if of_operator && beyond > left_out {
            tracing::warn!(
                left_out = beyond,
                "policies name more keys by their addresses than are asked for"
            );
        }
        left_out = beyond;
        // Where nothing changed, the time is up.
        let _ = timeout(every, changed.changed()).await;
    }
}

/// Watches what the policies name, and nothing else. Returns how many sources are beyond what is asked.
pub(crate) fn watch(keys: &KeySources, snapshot: &Snapshot) -> usize {
    let watched = snapshot.key_sources().iter();
    keys.watch(watched.map(|(source, is_kept)| WatchedKey {
        source,
        is_kept: *is_kept,
    }))
}

/// Asks what is due, and tells and counts what came of it. Returns how many sources are beyond what is asked.
async fn renew_keys(webhook: &Webhook, of_operator: bool) -> usize {
    let keys = webhook.key_sources();
    let left_out = webhook.watch_keys();
    let client = webhook.client().with_keychain(Arc::new(Anonymous));
    let fetcher = Counted::new(client, Arc::clone(webhook.metrics()));
    for renewal in keys.refresh_those(of_operator, &fetcher).await {
        webhook.metrics().key_source_asked(outcome(&renewal));
        tell(&renewal);
    }
    webhook
        .metrics()
        .key_sources_end(FORMS.map(|form| (form.scheme(), keys.end_of(form))));
    left_out
}

/// The word for what came of it.
const fn outcome(renewal: &KeyRenewal) -> &'static str {
    match &renewal.said {
        Ok(KeyChange::Exchanged { .. }) => "exchanged",
        Ok(KeyChange::First(_)) => "first",
        Ok(KeyChange::Same) => "same",
        Err(KeySourceError::Invalid { .. }) => "invalid",
        Err(KeySourceError::PinMismatch { .. }) => "pin-mismatch",
        Err(_) => "unavailable",
    }
}

fn tell(renewal: &KeyRenewal) {
    let (address, holds) = (renewal.source.address(), renewal.source.form().as_str());
    match &renewal.said {
        Ok(KeyChange::Same) => {}
        Ok(KeyChange::First(key)) => tracing::info!(?address, holds, %key, "a key was fetched"),
        Ok(KeyChange::Exchanged { before, now }) => tracing::warn!(
            ?address,
            holds,
            %before,
            %now,
            "a key was exchanged by its service, and no pin says which it is"
        ),
        Err(error @ (KeySourceError::PinMismatch { .. } | KeySourceError::Invalid { .. })) => {
            tracing::error!(
                ?address,
                holds,
                %error,
                last_good_counts = renewal.counts,
                "what is served is not the key that the policy trusts"
            );
        }
        Err(error) => tracing::warn!(
            ?address,
            holds,
            %error,
            last_good_counts = renewal.counts,
            "a key could not be fetched"
        ),
    }
}

#[cfg(test)]
mod tests {
    use doorward_policy::{Document, read_documents};

    use super::*;

    fn policy(head: &str, sources: &[String]) -> PolicyObject {
        let pin = "0".repeat(64);
        let authorities: Vec<_> = sources
            .iter()
            .map(|name| format!("{{keyURL: {{url: 'https://{name}.example/', sha256: '{pin}'}}}}"))
            .collect();
        let text = format!(
            "apiVersion: doorward.dev/v1\n{head}\nspec: {{repositories: [{{name: '*', policy: {{sigstore: {{authorities: \
             [{}]}}}}}}]}}\n",
            authorities.join(", ")
        );
        let (documents, mistakes) = read_documents("p.yaml", text.as_bytes());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let read = documents.into_iter().find_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            _ => None,
        });
        read.expect("a policy")
    }

    #[test]
    fn what_a_namespace_names_takes_no_place_of_the_operator_or_of_another_namespace() {
        let many: Vec<_> = (0..60).map(|number| format!("a{number}")).collect();
        let of = |namespace: &str| {
            format!("kind: ImagePolicy\nmetadata: {{name: p, namespace: {namespace}}}")
        };
        let cluster = "kind: ClusterImagePolicy\nmetadata: {name: c}";
        let all = named(&[
            policy(&of("a"), &many),
            policy(&of("b"), &["b".to_owned()]),
            policy(cluster, &["c".to_owned()]),
        ]);
        let addresses: Vec<_> = all
            .iter()
            .map(|(source, is_kept)| (source.address(), *is_kept))
            .collect();
        assert_eq!(
            addresses[..4],
            [
                ("https://c.example/", true),
                ("https://a0.example/", false),
                ("https://b.example/", false),
                ("https://a1.example/", false),
            ]
        );
        assert_eq!(addresses.len(), 1 + OF_NAMESPACE + 1);
    }
}
