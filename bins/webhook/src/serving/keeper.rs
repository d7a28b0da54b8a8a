//! Serves what stands in the Secret, and keeps it there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use doorward_core::Timestamp;
use doorward_kube::client::{ApiError, Leader, SecretVersion, ServingSecret, StoredSecret};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::content::{Content, Items};
use super::pair::{Issued, Pair, issue};
use super::plan::{Held, Step, Times, plan, seconds};
use super::said::Said;
use crate::settings;
use crate::tls::{Tls, TlsFiles};
use crate::webhook::Clock;

/// Authorities in PEM that are where the API server looks, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InPlace {
    pub(super) bundle: Vec<u8>,
    pub(super) since: Instant,
}

/// How it is known for how long an authority is trusted.
#[derive(Debug)]
pub(super) enum Trust {
    /// The configurations are looked at.
    Seen(watch::Receiver<Option<InPlace>>),
    /// Somebody else takes the bundle out of the Secret: nobody sees when, and time has to do.
    Unseen,
}

/// One replica's part: every one serves what stands in the Secret, and the leader writes it.
pub(super) struct Keeper {
    pub(super) secret: ServingSecret,
    /// `NAMESPACE/NAME`, for people.
    pub(super) name: String,
    pub(super) names: Vec<String>,
    pub(super) client_authorities: Option<PathBuf>,
    pub(super) leader: Leader,
    pub(super) clock: Clock,
    pub(super) times: Times,
    pub(super) look: Duration,
    pub(super) trust: Trust,
    /// What is to be served.
    pub(super) served: watch::Sender<Option<Tls>>,
    /// What clients are to trust.
    pub(super) bundle: watch::Sender<Option<Vec<u8>>>,
}

/// What the last look came to.
enum Outcome {
    /// There was nothing to do.
    Nothing,
    /// Something was written, or somebody else has written: look again.
    Again,
}

impl Keeper {
    /// Looks at the Secret for good.
    pub(super) async fn follow(mut self) {
        let mut said = Said::new("the serving certificate");
        let mut shown = None;
        loop {
            let pause = match self.look_once(&mut shown).await {
                Ok(Outcome::Nothing) => {
                    said.well();
                    self.look
                }
                Ok(Outcome::Again) => self.look / 50,
                Err(error) => {
                    said.problem(&format!("{error:#}"));
                    self.look
                }
            };
            let in_place = async {
                let changed = match &mut self.trust {
                    Trust::Seen(seen) => seen.changed().await.is_ok(),
                    Trust::Unseen => false,
                };
                if !changed {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = in_place => {}
                () = self.leader.changed() => {}
            }
        }
    }

    async fn look_once(&mut self, shown: &mut Option<(Pair, Option<Vec<u8>>)>) -> Result<Outcome> {
        let stored = self.secret.read().await;
        let stored = stored.with_context(|| format!("the Secret {}", self.name))?;
        let now = (self.clock)();
        let (mut foreign, mut content, mut version) = (None, None, None);
        match stored {
            StoredSecret::Foreign { why } => foreign = Some(why),
            StoredSecret::Ours {
                items,
                version: read,
            } => {
                content = Some(Content::read(&items, &self.names));
                version = Some(read);
            }
            _ => {}
        }
        // What keeps it from being served here must not keep it from being renewed.
        let served = match &content {
            Some(content) => self.serve(content, now, shown),
            None => Ok(()),
        };
        let held = match (&foreign, &content) {
            (Some(_), _) => Held::Foreign,
            (None, Some(content)) => content.held(),
            (None, None) => Held::Nothing,
        };
        let trusted = content
            .as_ref()
            .and_then(|content| self.trusted(content, now));
        let step = plan(held, now, trusted, &self.times);
        if step == Step::Refuse {
            let why = foreign.unwrap_or_default();
            return Err(anyhow!(
                "the Secret {} is not ours: {why}; it is left alone",
                self.name
            ));
        }
        if !self.leader.leads() {
            return match step {
                Step::Issue if shown.is_none() => {
                    let problem = self.leader.standing().problem;
                    let problem = problem.map_or_else(String::new, |why| format!(": {why}"));
                    Err(anyhow!(
                        "the Secret {} has no certificate that can be served, and this replica does not lead{problem}",
                        self.name
                    ))
                }
                _ => served.map(|()| Outcome::Nothing),
            };
        }
        let (items, done) = match (step, &content) {
            (Step::Keep | Step::Wait | Step::Refuse, _) => {
                return served.map(|()| Outcome::Nothing);
            }
            (Step::Stage, Some(content)) => (
                content.staged(self.made(now)?, now)?,
                "the next serving certificate was made",
            ),
            (Step::Promote, Some(content)) => (
                content.promoted(now)?,
                "the next serving certificate is served from now on",
            ),
            (Step::Tidy, Some(content)) => (
                content.without_next(now)?,
                "an authority has ended and is no longer trusted",
            ),
            (Step::Issue, Some(content)) => (
                content.reissued(self.made(now)?, now),
                "a serving certificate was made",
            ),
            (_, None) => (
                Content::issued(self.made(now)?),
                "a serving certificate was made",
            ),
        };
        let problem = content.as_ref().and_then(Content::problem);
        self.write(version, &items, done, problem).await
    }

    async fn write(
        &self,
        version: Option<SecretVersion>,
        items: &Items,
        done: &str,
        problem: Option<&str>,
    ) -> Result<Outcome> {
        if !self.leader.leads() {
            return Ok(Outcome::Again);
        }
        match self.secret.write(version, items).await {
            Ok(()) => {
                if let Some(problem) = problem {
                    tracing::error!(
                        secret = self.name,
                        problem,
                        "what stood in the Secret cannot be used, and was replaced"
                    );
                }
                tracing::info!(secret = self.name, "{done}");
                Ok(Outcome::Again)
            }
            Err(ApiError::Conflict { .. }) => Ok(Outcome::Again),
            Err(error) => {
                Err(error).with_context(|| format!("the Secret {} cannot be written", self.name))
            }
        }
    }

    fn made(&self, now: Timestamp) -> Result<Issued> {
        issue(&self.names, now, &self.times)
    }

    /// For how long all authorities in the Secret have been trusted.
    fn trusted(&self, content: &Content, now: Timestamp) -> Option<Duration> {
        match &self.trust {
            Trust::Seen(seen) => {
                let seen = seen.borrow();
                let seen = seen.as_ref()?;
                (seen.bundle == content.bundle(now)).then(|| seen.since.elapsed())
            }
            Trust::Unseen => {
                let made = content.next_from()?.unix() + seconds(self.times.backdate);
                let since = u64::try_from(now.unix().saturating_sub(made)).unwrap_or(0);
                Some(Duration::from_secs(since))
            }
        }
    }

    /// Serves what can be served, and publishes what is to be trusted.
    fn serve(
        &self,
        content: &Content,
        now: Timestamp,
        shown: &mut Option<(Pair, Option<Vec<u8>>)>,
    ) -> Result<()> {
        let Some(pair) = content.current(now) else {
            return Ok(());
        };
        let bundle = content.bundle(now);
        self.bundle.send_if_modified(|before| {
            let is_other = before.as_ref() != Some(&bundle);
            *before = Some(bundle);
            is_other
        });
        let authorities = self.client_authorities.as_deref().map(settings::read);
        let now_shown = (pair.clone(), authorities.transpose()?);
        if shown.as_ref() == Some(&now_shown) {
            return Ok(());
        }
        let tls = Tls::new(&TlsFiles {
            certificate: now_shown.0.certificate.clone(),
            key: now_shown.0.key.clone(),
            client_authorities: now_shown.1.clone(),
        })?;
        self.served.send_replace(Some(tls));
        *shown = Some(now_shown);
        Ok(())
    }
}

/// The names by which a Service is asked within the cluster.
pub(super) fn names(service: &str, namespace: &str) -> Vec<String> {
    ["", ".svc", ".svc.cluster.local"]
        .map(|end| format!("{service}.{namespace}{end}"))
        .to_vec()
}

/// A clock as it is shared.
pub(super) fn clock(now: fn() -> Timestamp) -> Clock {
    Arc::new(now)
}
