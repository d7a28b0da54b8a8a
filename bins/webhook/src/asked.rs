//! Images that are decided on together.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use doorward::{Context, Verdict};
use doorward_core::Code;
use doorward_kube::{PullSecrets, Reason};
use doorward_policy::Environment;
use doorward_registry::{Keychain, KeychainChain};
use tokio::time::Instant;

use crate::fetcher::Counted;
use crate::recordings::Recordings;
use crate::snapshot::{CredentialsError, Snapshot};
use crate::webhook::Webhook;

/// Images of one workload, and all that their verdicts depend on.
pub(crate) struct Asked<'a> {
    pub(crate) namespace: Option<&'a str>,
    /// What they are pulled with.
    pub(crate) pull_secrets: &'a PullSecrets,
    /// Whether the credential providers of this site are asked as well.
    pub(crate) asks_providers: bool,
    pub(crate) environment: Environment<'a>,
    pub(crate) images: Vec<&'a str>,
    /// Whether what is verified is kept. Nothing may be admitted on the answer where it is not.
    pub(crate) keeps: bool,
    /// How long it may take.
    pub(crate) time: Time,
    /// Where it is written down.
    pub(crate) recordings: Option<&'a Recordings>,
}

/// How long a decision may take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Time {
    /// As long as a review, from its beginning.
    OfReview,
    /// As long as that, and not so long that there is no answer by then: what was not decided in time is said of each image, and
    /// those that were have their verdicts.
    AnsweredBy(Instant),
    /// So long, whatever a review may take.
    Within(Duration),
}

impl Asked<'_> {
    /// The verdicts of the engine, one for each image, in order.
    ///
    /// # Errors
    /// Why there is none for any of them: what they are pulled with is not known.
    pub(crate) async fn verdicts(
        &self,
        webhook: &Webhook,
        snapshot: &Snapshot,
    ) -> Result<Vec<Verdict>, Reason> {
        let keychain = snapshot
            .keychain(self.namespace, self.pull_secrets)
            .await
            .map_err(|error| {
                let code = match &error {
                    CredentialsError::TooMany(_) => Code::ADMISSION_INVALID,
                    CredentialsError::Unavailable { .. } => Code::SECRET_UNAVAILABLE,
                };
                Reason::new(code, error.to_string())
            })?;
        let keychain = match self.asks_providers {
            true => webhook.with_providers(keychain),
            false => keychain,
        };
        let scope = scope(self.namespace, &keychain);
        let client = webhook.client().with_keychain(Arc::new(keychain));
        let fetcher = Arc::new(Counted::new(client, Arc::clone(webhook.metrics())));
        let secrets = webhook.trust_roots().beside(snapshot.secrets());
        let secrets = webhook.key_sources().beside(&secrets);
        let mut context = Context::new(&snapshot.rules, &secrets, fetcher, webhook.now())
            .remembering_in(&scope)
            .in_environment(self.environment);
        // Only now: to learn what the images are pulled with took its time too.
        context = match self.time {
            Time::OfReview => context,
            Time::AnsweredBy(end) => context.within(webhook.left_until(end)),
            Time::Within(within) => context.within(within),
        };
        if !self.keeps {
            context = context.keeping_nothing();
        }
        let verdicts = self.decided(webhook, snapshot, &context).await;
        for verdict in &verdicts {
            webhook.metrics().noted(verdict);
        }
        // The first to ask finds it out, and it is remembered again then: nobody finds it out after.
        if let Some(alerts) = webhook.alerts().filter(|_| self.keeps) {
            alerts.tell_lost(self.namespace, &verdicts, webhook.now());
        }
        Ok(verdicts)
    }

    /// The engine has a deadline of its own, a little earlier than the review, which knows what was not finished.
    async fn decided(
        &self,
        webhook: &Webhook,
        snapshot: &Snapshot,
        context: &Context<'_>,
    ) -> Vec<Verdict> {
        let engine = webhook.engine();
        let Some(recordings) = self.recordings else {
            return engine.decide_all(&self.images, context).await;
        };
        let Some(policies) = snapshot.recorded_policies() else {
            recordings.miss();
            return engine.decide_all(&self.images, context).await;
        };
        let recorded = engine
            .decide_recorded(&self.images, context, policies)
            .await;
        recordings.take(&recorded);
        recorded.verdicts
    }
}

/// Workloads of one namespace with the same pull secrets share proofs.
fn scope(namespace: Option<&str>, keychain: &KeychainChain) -> String {
    let mut scope = String::with_capacity(128);
    for byte in keychain.fingerprint().as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(scope, "{byte:02x}");
    }
    if let Some(namespace) = namespace {
        scope.push('/');
        scope.push_str(namespace);
    }
    scope
}
