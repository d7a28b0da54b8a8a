//! Has the API server ask this webhook once it can answer, and keeps it so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use doorward_core::Timestamp;
use doorward_kube::client::{
    Armament, ArmingError, Before, Change, Leader, Look, WebhookConfigurations,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::keeper::InPlace;
use super::pair::{accepted, authorities, certificates};
use super::said::Said;
use crate::admin::Readiness;
use crate::metrics::Metrics;
use crate::settings;
use crate::webhook::Clock;

/// Which authorities the API server is to trust.
#[derive(Clone, Debug)]
pub(super) enum Authorities {
    /// Those in a file, for the certificate in another.
    File {
        bundle: PathBuf,
        certificate: PathBuf,
    },
    /// Those of the Secret.
    Secret(watch::Receiver<Option<Vec<u8>>>),
}

/// One replica's part: every one looks, and the leader writes.
pub(super) struct Arming {
    pub(super) configurations: WebhookConfigurations,
    /// All but the authorities.
    pub(super) armament: Armament,
    pub(super) owner: String,
    pub(super) authorities: Authorities,
    pub(super) leader: Leader,
    pub(super) clock: Clock,
    pub(super) round: Duration,
    pub(super) metrics: Arc<Metrics>,
    pub(super) readiness: Arc<Readiness>,
    pub(super) in_place: watch::Sender<Option<InPlace>>,
}

impl Arming {
    /// Looks at the configurations for good.
    pub(super) async fn follow(mut self) {
        let mut said = Said::new("the webhook configurations");
        let mut is_armed = false;
        let mut misses = 0;
        loop {
            // With what cannot be used, the door stays as it was hung, and is kept so.
            let unusable = match self.bundle() {
                Ok(Some(bundle)) => {
                    self.armament.authorities = bundle;
                    None
                }
                Ok(None) => None,
                Err(error) => Some(format!("{error:#}")),
            };
            let mut armed = unusable.is_some().then_some(false);
            let mut problems: Vec<_> = unusable.into_iter().collect();
            if !self.armament.authorities.is_empty() {
                let look = self.look().await;
                self.tell(&look);
                self.publish(look.in_place);
                // What could not be asked is no news.
                let is_unknown = look
                    .problems
                    .iter()
                    .any(|problem| matches!(problem, ArmingError::Api(_)));
                armed = (look.in_place || !is_unknown).then_some(look.in_place);
                problems.extend(look.problems.iter().map(ToString::to_string));
            }
            if problems.is_empty() {
                said.well();
            } else {
                said.problem(&problems.join("; "));
            }
            misses = match armed {
                Some(false) => misses + 1,
                Some(true) => 0,
                None => misses,
            };
            // A replica that has not read the newest bundle yet misses once what the leader has written.
            if let Some(armed) = armed.filter(|armed| *armed || misses != 1 || !is_armed) {
                if armed != is_armed {
                    let text = if armed {
                        "armed: the API server asks this webhook"
                    } else {
                        "not armed: the webhook configurations are not as they should be"
                    };
                    tracing::info!("{text}");
                }
                is_armed = armed;
                self.metrics.arming().armed(armed);
                self.readiness.armed(armed);
            }
            self.next().await;
        }
    }

    /// Waits until there is a reason to look again.
    async fn next(&mut self) {
        let bundle = async {
            let changed = match &mut self.authorities {
                Authorities::Secret(bundle) => bundle.changed().await.is_ok(),
                Authorities::File { .. } => false,
            };
            if !changed {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = sleep(self.round) => {}
            () = bundle => {}
            () = self.leader.changed() => {}
        }
    }

    /// The authorities, once they are known. With those of a file, the API server would believe the certificate that is
    /// served: to arm with others would refuse everything in the cluster.
    fn bundle(&mut self) -> Result<Option<Vec<u8>>> {
        match &mut self.authorities {
            Authorities::Secret(bundle) => Ok(bundle.borrow_and_update().clone()),
            Authorities::File {
                bundle,
                certificate,
            } => {
                let pem = settings::read(bundle)?;
                let shown = settings::read(certificate)?;
                let name = format!("{}.{}.svc", self.armament.service, self.armament.home);
                vouched(&pem, &shown, &name, (self.clock)()).with_context(|| {
                    format!(
                        "the API server would not believe the certificate {} by {}",
                        certificate.display(),
                        bundle.display()
                    )
                })?;
                Ok(Some(pem))
            }
        }
    }

    async fn look(&mut self) -> Look {
        let leader = self.leader.clone();
        let may_write = move || leader.leads();
        self.configurations
            .bring(&self.armament, &self.owner, &may_write)
            .await
    }

    /// Logs and counts what was written.
    fn tell(&self, look: &Look) {
        for Change { kind, name, before } in &look.changes {
            match before {
                Before::Drifted(what) => {
                    self.metrics.arming().drifted();
                    tracing::warn!(
                        kind,
                        name,
                        what,
                        "somebody changed this configuration; it is put right"
                    );
                }
                Before::Gone => {
                    self.metrics.arming().drifted();
                    tracing::warn!(
                        kind,
                        name,
                        "somebody deleted this configuration, so that nothing was judged; it is made again"
                    );
                }
                Before::Other(what) => {
                    tracing::info!(kind, name, what, "the configuration is brought up to date");
                }
                _ => tracing::info!(kind, name, "the configuration is made"),
            }
        }
    }

    /// Says since when these authorities are in place.
    fn publish(&self, in_place: bool) {
        let bundle = &self.armament.authorities;
        self.in_place.send_if_modified(|before| {
            let stays = before.as_ref().is_some_and(|was| was.bundle == *bundle);
            if !in_place {
                return before.take().is_some();
            }
            if !stays {
                *before = Some(InPlace {
                    bundle: bundle.clone(),
                    since: Instant::now(),
                });
            }
            !stays
        });
    }
}

/// Whether a client that trusts `bundle` believes this certificate for `name` now.
fn vouched(bundle: &[u8], certificate: &[u8], name: &str, now: Timestamp) -> Result<()> {
    let trusted = authorities(bundle)?;
    let chain = certificates(certificate)?;
    let span = accepted(&chain, &trusted, &[name.to_owned()])?;
    anyhow::ensure!(span.has(now), "it or its authority is not valid now");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serving::pair::issue;
    use crate::serving::plan::Times;

    #[test]
    fn a_bundle_arms_only_for_a_certificate_that_it_vouches_for_by_name_and_time() {
        let times = Times {
            valid: Duration::from_secs(100),
            backdate: Duration::ZERO,
            settle: Duration::ZERO,
        };
        let name = "doorward.home.svc";
        let at = |seconds: i64| Timestamp::from_unix(1_800_000_000 + seconds);
        let made = issue(&[name.to_owned()], at(0), &times).unwrap();
        let other = issue(&[name.to_owned()], at(0), &times).unwrap();
        let said = |bundle: &[u8], name: &str, now| {
            vouched(bundle, &made.pair.certificate, name, at(now))
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(said(&made.authority, name, 0), None);
        let both = [other.authority.clone(), made.authority.clone()].concat();
        assert_eq!(said(&both, name, 99), None);
        for (bundle, name, now, why) in [
            (&other.authority, name, 0, "no authority"),
            (&made.authority, "other.home.svc", 0, "not for other"),
            (&made.authority, name, 100, "not valid now"),
            (&made.authority, name, -1, "not valid now"),
            (&Vec::new(), name, 0, "no certificate"),
            (&made.pair.key, name, 0, "no certificate"),
        ] {
            let said = said(bundle, name, now).expect(why);
            assert!(said.contains(why), "{said}");
        }
    }
}
