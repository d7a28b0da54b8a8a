//! The serving certificate, who of the replicas acts for all, and the API server asking this webhook.
//!
//! | what | who |
//! |---|---|
//! | a certificate in files is read again as it changes | every replica |
//! | a certificate in a Secret is made and renewed ([`plan`] says when) | the leader |
//! | it is served | every replica |
//! | the webhook configurations are written and put right | the leader, once it is ready |

mod arming;
mod content;
mod keeper;
mod pair;
mod plan;
mod said;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use axum_server::tls_rustls::RustlsConfig;
use doorward_kube::client::{
    ApiServer, Armament, Leader, Leadership, ServingSecret, Terms, WebhookConfigurations,
};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::arming::{Arming, Authorities};
use self::keeper::{InPlace, Keeper, Trust, names};
use self::plan::Times;
use self::said::Said;
use crate::admin::Readiness;
use crate::args::Args;
use crate::metrics::Metrics;
use crate::reload::follow_certificate;
use crate::settings::TlsPaths;
use crate::tls::Tls;
use crate::watch::Stamp;
use crate::webhook::Clock;

/// The name of the Lease in the home namespace.
const LEASE: &str = "doorward";
/// How often a program that waits for its certificate says so.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a next certificate waits if nobody sees what the API server trusts: as long as those who bring the bundle there may
/// take.
const UNSEEN: Duration = Duration::from_secs(86_400);

/// How fast all this goes.
#[derive(Clone)]
#[non_exhaustive]
pub struct Pace {
    /// Tells the time by which certificates are made and judged.
    pub clock: Clock,
    /// How long a certificate in a Secret is valid from when it is made. The next one is made after two thirds.
    pub valid: Duration,
    /// How long before that its validity begins, for clocks of API servers that are behind.
    pub backdate: Duration,
    /// How long a new authority must be in the webhook configurations before a certificate under it is served: API servers hear of
    /// changes one after the other.
    pub settle: Duration,
    /// The pause between two looks at the Secret.
    pub look: Duration,
    /// The pause between two looks at the webhook configurations.
    pub round: Duration,
    /// How long a leader lasts.
    pub terms: Terms,
    /// The pause between two looks at answers of authorities, and at trusted roots, that will be needed.
    pub ahead: Duration,
}

impl Default for Pace {
    /// Certificates of 90 days that begin an hour early; half a minute to settle; looks every 5 seconds at the Secret and
    /// every 3 at the configurations: while one of them is gone, nothing is judged.
    fn default() -> Self {
        Self {
            clock: keeper::clock(crate::run::now),
            valid: Duration::from_secs(90 * 86_400),
            backdate: Duration::from_secs(3_600),
            settle: Duration::from_secs(30),
            look: Duration::from_secs(5),
            round: Duration::from_secs(3),
            terms: Terms::default(),
            ahead: crate::ahead::EVERY,
        }
    }
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace").finish_non_exhaustive()
    }
}

/// All of this, as it runs. Everything ends when it is dropped.
pub(crate) struct Serving {
    leadership: Option<Leadership>,
    /// Begins once reviews are taken.
    arming: Option<Arming>,
    tasks: JoinSet<()>,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl Serving {
    /// Returns when there is a certificate to serve, with what serves it, now and after each change.
    ///
    /// # Errors
    /// If a file or an option is wrong. That the cluster does not answer, or forbids something, is waited for, and logged.
    pub(crate) async fn start(
        args: &Args,
        pace: Pace,
        metrics: &Arc<Metrics>,
        readiness: &Arc<Readiness>,
        every: Duration,
    ) -> Result<(Self, RustlsConfig)> {
        let options = &args.serving;
        let mut tasks = JoinSet::new();
        let server = match options.arm || options.tls_secret.is_some() {
            true => {
                let server = ApiServer::connect(args.kubeconfig.as_deref()).await;
                Some(server.context("there is no way to the cluster")?)
            }
            false => None,
        };
        let leadership = match &server {
            None => None,
            Some(server) => Some(
                Leadership::start(
                    server.clone(),
                    &args.home_namespace,
                    LEASE,
                    &replica(),
                    pace.terms,
                    Arc::clone(&pace.clock),
                )
                .map_err(|name| anyhow!("{name} is no name of a Lease"))?,
            ),
        };
        if let Some(leadership) = &leadership {
            tasks.spawn(tell_standing(leadership.leader()));
        }
        let (in_place, seen) = watch::channel::<Option<InPlace>>(None);
        let (config, authorities) = match (&options.tls_secret, &server, &leadership) {
            (Some(name), Some(server), Some(leadership)) => {
                let secret = ServingSecret::new(server.clone(), &args.home_namespace, name)
                    .with_context(|| {
                        format!("{}/{name} is no name of a Secret", args.home_namespace)
                    })?;
                let (served, tls) = watch::channel(None);
                let (bundle, authorities) = watch::channel(None);
                let (trust, settle) = match options.arm {
                    true => (Trust::Seen(seen), pace.settle),
                    false => (Trust::Unseen, UNSEEN),
                };
                let keeper = Keeper {
                    secret,
                    name: format!("{}/{name}", args.home_namespace),
                    names: names(&options.service.name, &args.home_namespace),
                    client_authorities: args.client_ca.clone(),
                    leader: leadership.leader(),
                    clock: Arc::clone(&pace.clock),
                    times: Times {
                        valid: pace.valid,
                        backdate: pace.backdate,
                        settle,
                    },
                    look: pace.look,
                    trust,
                    served,
                    bundle,
                };
                tasks.spawn(keeper.follow());
                let config = from_secret(tls, metrics, &mut tasks).await;
                (config, Authorities::Secret(authorities))
            }
            _ => from_files(args, metrics, &mut tasks, every)?,
        };
        readiness.certificate_loaded();
        let arming = match (options.arm, server, &leadership) {
            (true, Some(server), Some(leadership)) => {
                // Until the first look says more.
                readiness.armed(false);
                Some(Arming {
                    configurations: WebhookConfigurations::new(server),
                    armament: armament(args)?,
                    owner: options.arm_owner.clone(),
                    authorities,
                    leader: leadership.leader(),
                    clock: pace.clock,
                    round: pace.round,
                    metrics: Arc::clone(metrics),
                    readiness: Arc::clone(readiness),
                    in_place,
                })
            }
            _ => None,
        };
        let serving = Self {
            leadership,
            arming,
            tasks,
        };
        Ok((serving, config))
    }

    /// Reviews are taken from here on: the API server may ask for them.
    pub(crate) fn arm(&mut self) {
        if let Some(arming) = self.arming.take() {
            self.tasks.spawn(arming.follow());
        }
    }

    /// Writes nothing any more, and lets another replica lead. What is armed stays armed.
    pub(crate) async fn end(mut self) {
        self.tasks.shutdown().await;
        let Some(leadership) = self.leadership.take() else {
            return;
        };
        if let Err(error) = leadership.give_up().await {
            let problem = error.to_string();
            tracing::warn!(
                problem,
                "the Lease could not be given up, and ends by itself"
            );
        }
    }
}

/// Logs who leads, and what keeps this replica from taking part.
async fn tell_standing(mut leader: Leader) {
    let mut said = Said::new("the Lease");
    let mut leads = false;
    loop {
        leader.changed().await;
        let standing = leader.standing();
        match &standing.problem {
            Some(problem) => said.problem(&problem.to_string()),
            None => said.well(),
        }
        if standing.leads != leads {
            leads = standing.leads;
            let text = if leads {
                "this replica leads: it writes for all"
            } else {
                "this replica leads no more"
            };
            tracing::info!("{text}");
        }
    }
}

async fn from_secret(
    mut tls: watch::Receiver<Option<Tls>>,
    metrics: &Arc<Metrics>,
    tasks: &mut JoinSet<()>,
) -> RustlsConfig {
    let first = loop {
        let first = timeout(PATIENCE, tls.wait_for(Option::is_some)).await;
        match first.map(|first| first.ok().and_then(|first| first.clone())) {
            Ok(Some(first)) => break first,
            // It never ends before this does.
            Ok(None) => std::future::pending().await,
            Err(_) => tracing::warn!("waiting for a serving certificate"),
        }
    };
    metrics.certificate_expires(first.expires);
    tracing::info!(expires = %first.expires, "the certificate of the Secret is served");
    let config = RustlsConfig::from_config(first.config);
    let (serves, metrics) = (config.clone(), Arc::clone(metrics));
    tasks.spawn(async move {
        while tls.changed().await.is_ok() {
            let Some(next) = tls.borrow_and_update().clone() else {
                continue;
            };
            metrics.certificate_expires(next.expires);
            tracing::info!(expires = %next.expires, "the changed certificate is served");
            serves.reload_from_config(next.config);
        }
    });
    config
}

fn from_files(
    args: &Args,
    metrics: &Arc<Metrics>,
    tasks: &mut JoinSet<()>,
    every: Duration,
) -> Result<(RustlsConfig, Authorities)> {
    let options = &args.serving;
    let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) else {
        bail!("no serving certificate: name --tls-cert and --tls-key, or --tls-secret");
    };
    let bundle = match (&options.ca_bundle, options.arm) {
        (None, true) => {
            bail!(
                "--arm with --tls-cert needs --ca-bundle: the authorities that the API server is to trust"
            );
        }
        (bundle, _) => bundle.clone().unwrap_or_default(),
    };
    let paths = TlsPaths {
        certificate: certificate.clone(),
        key: key.clone(),
        client_authorities: args.client_ca.clone(),
    };
    let stamp = Stamp::of(&paths.all());
    let tls = Tls::new(&paths.read()?)?;
    metrics.certificate_expires(tls.expires);
    let config = RustlsConfig::from_config(tls.config);
    tasks.spawn(follow_certificate(
        config.clone(),
        paths,
        stamp,
        Arc::clone(metrics),
        every,
    ));
    let authorities = Authorities::File {
        bundle,
        certificate: certificate.clone(),
    };
    Ok((config, authorities))
}

/// What configurations say, but for the authorities.
fn armament(args: &Args) -> Result<Armament> {
    let custom = args.custom.custom_workloads()?;
    Ok(Armament {
        service: args.serving.service.name.clone(),
        port: args.serving.service.port,
        home: args.home_namespace.clone(),
        timeout: args.timeout,
        authorities: Vec::new(),
        excluded: args.serving.exclude_namespaces.clone(),
        extra: custom.in_every_version(),
    })
}

/// A name that no other replica has: that of the Pod, for people, and a random number.
pub(crate) fn replica() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_default();
    let host: String = host
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "-.".contains(*character))
        .take(100)
        .collect();
    // The operating system's random numbers, as hash maps are seeded with them.
    let random = [RandomState::new(), RandomState::new()].map(|state| state.hash_one(LEASE));
    let [one, two] = random;
    format!("{host}_{one:016x}{two:016x}")
}
