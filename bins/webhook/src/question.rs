//! Questions about images by name, and their verdicts.

use doorward::{Decision, Verdict};
use doorward_core::Code;
use doorward_kube::{PullSecrets, Reason};
use tokio::time::Instant;

use crate::asked::Asked;
use crate::intake::Place;
use crate::review::{in_time, late};
use crate::webhook::Webhook;

/// Images without an object, and on whose behalf they are asked about.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) namespace: Option<String>,
    /// The service account that they are to run as, if it is known.
    pub(crate) account: Option<String>,
    /// What they are pulled with. `None` where who asks may not have that used: then they are pulled as anybody may, and nothing
    /// is kept.
    pub(crate) pull_secrets: Option<PullSecrets>,
    pub(crate) images: Vec<String>,
}

impl Question {
    /// The verdicts, one for each image, in order, by `end`.
    ///
    /// # Errors
    /// Why there is none: there is no place, or too many are judged for this namespace; what the images are pulled with is not
    /// known; or nothing was left of the time.
    pub(crate) async fn verdicts(
        self,
        webhook: &Webhook,
        mut place: Option<Place>,
        end: Instant,
    ) -> Result<Vec<Verdict>, Reason> {
        let in_place = place.take_if(|place| place.is_for(self.namespace.as_deref()));
        let Some(place) = in_place else {
            webhook.metrics().shed("overloaded");
            return Err(Reason::new(
                Code::ADMISSION_BUSY,
                "as many images are judged as may be at a time",
            ));
        };
        let judging = webhook.clone();
        let decided = in_time(
            webhook,
            place,
            end,
            async move { self.decide(&judging).await },
        );
        let verdicts = decided.await.unwrap_or_else(|| Err(late(webhook)))?;
        for verdict in &verdicts {
            webhook.metrics().decided(verdict, webhook.now());
        }
        Ok(verdicts)
    }

    async fn decide(&self, webhook: &Webhook) -> Result<Vec<Verdict>, Reason> {
        let snapshot = webhook.snapshot();
        let nothing = PullSecrets::none();
        let (namespace, account) = (self.namespace.as_deref(), self.account.as_deref());
        let asked = Asked {
            namespace,
            pull_secrets: self.pull_secrets.as_ref().unwrap_or(&nothing),
            asks_providers: self.pull_secrets.is_some(),
            environment: snapshot.environment_of(namespace, account),
            images: self.images.iter().map(String::as_str).collect(),
            keeps: self.pull_secrets.is_some(),
            within: None,
            recordings: None,
        };
        asked.verdicts(webhook, &snapshot).await
    }
}

/// The word for what became of all of them.
pub(crate) fn word(verdicts: &[Verdict]) -> &'static str {
    let any = |decision| verdicts.iter().any(|one| one.decision() == decision);
    if any(Decision::Deny) {
        "deny"
    } else if any(Decision::Warn) {
        "warn"
    } else {
        "allow"
    }
}
