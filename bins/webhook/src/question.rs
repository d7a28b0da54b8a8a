//! Questions about images by name, and their verdicts.

use doorward::policy::Holder;
use doorward::{Decision, Mode, Verdict};
use doorward_core::Code;
use doorward_kube::{PullSecrets, Reason};
use tokio::time::Instant;

use crate::asked::{Asked, Time};
use crate::intake::Place;
use crate::review::{in_time, late};
use crate::webhook::Webhook;

/// Images without an object, and on whose behalf they are asked about.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) namespace: Option<String>,
    /// The service account that they are to run as, if it is known.
    pub(crate) account: Option<String>,
    /// What they are pulled with. `None` where who asks may not have that used: then they are pulled as anybody may.
    pub(crate) pull_secrets: Option<PullSecrets>,
    /// Whether what is verified is kept. It has to be wherever something is admitted on the answer.
    pub(crate) keeps: bool,
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
        place: Option<Place>,
        end: Instant,
    ) -> Result<Vec<Verdict>, Reason> {
        let place = in_place(webhook, place, self.namespace.as_deref())?;
        self.verdicts_in(webhook, place, end).await
    }

    /// The same, in a place that was taken for its namespace.
    ///
    /// # Errors
    /// As of [`verdicts`](Self::verdicts), but for the place.
    pub(crate) async fn verdicts_in(
        self,
        webhook: &Webhook,
        place: Place,
        end: Instant,
    ) -> Result<Vec<Verdict>, Reason> {
        let judging = webhook.clone();
        let deciding = async move { self.decide(&judging, end).await };
        decided(webhook, place, end, deciding).await
    }

    async fn decide(&self, webhook: &Webhook, end: Instant) -> Result<Vec<Verdict>, Reason> {
        let snapshot = webhook.snapshot();
        let nothing = PullSecrets::none();
        let (namespace, account) = (self.namespace.as_deref(), self.account.as_deref());
        let asked = Asked {
            namespace,
            pull_secrets: self.pull_secrets.as_ref().unwrap_or(&nothing),
            asks_providers: self.pull_secrets.is_some(),
            environment: snapshot.environment_of(namespace, account),
            images: self.images.iter().map(String::as_str).collect(),
            keeps: self.keeps,
            time: Time::AnsweredBy(end),
            recordings: None,
        };
        asked.verdicts(webhook, &snapshot).await
    }
}

/// The place, for images of this namespace.
///
/// # Errors
/// If there is none, or too many are judged for this namespace.
pub(crate) fn in_place(
    webhook: &Webhook,
    mut place: Option<Place>,
    namespace: Option<&str>,
) -> Result<Place, Reason> {
    let taken = place.take_if(|place| place.is_for(namespace));
    taken.ok_or_else(|| {
        webhook.metrics().shed("overloaded");
        Reason::new(
            Code::ADMISSION_BUSY,
            "as many images are judged as may be at a time",
        )
    })
}

/// What `deciding` comes to in its place, by `end`. It is counted.
///
/// # Errors
/// Why there is nothing: of its own, or nothing was left of the time.
pub(crate) async fn decided(
    webhook: &Webhook,
    place: Place,
    end: Instant,
    deciding: impl Future<Output = Result<Vec<Verdict>, Reason>> + Send + 'static,
) -> Result<Vec<Verdict>, Reason> {
    let decided = in_time(webhook, place, end, deciding).await;
    let verdicts = decided.unwrap_or_else(|| Err(late(webhook)))?;
    for verdict in &verdicts {
        webhook.metrics().decided(verdict, webhook.now());
    }
    Ok(verdicts)
}

/// That an image was verified under a name that may come to mean another one, where nothing pins it: what the entries that ask
/// for the pin make of that, and the sentence. `None` if it is named by its digest, or no entry asks.
pub(crate) fn want_of_pin(verdict: &Verdict) -> Option<(Mode, Reason)> {
    let pinned = verdict.replacement_in(Holder::Pod)?;
    // Nothing is stored here that may date from an outage.
    let mode = match verdict.is_pin_enforced_in(Holder::Pod) {
        true => Mode::Enforce,
        false => verdict.insistence_in(Holder::Pod)?,
    };
    let names_digest = verdict.reference()?.digest().is_some();
    (!names_digest).then(|| {
        let why = format!(
            "verified as {}, and nothing pins it here: name it by its digest",
            pinned.digest()
        );
        (mode, Reason::new(Code::ADMISSION_NOT_PINNED, why))
    })
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
