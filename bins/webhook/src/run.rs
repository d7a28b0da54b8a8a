//! From arguments to a running program and back.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use axum_server::Handle;
use doorward::Exit;
use doorward_core::Timestamp;
use doorward_kube::client::{PolicyStatus, RunningPods};
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::admin::{Readiness, admin};
use crate::ahead::ask_ahead;
use crate::app::{app, provider};
use crate::args::{Args, Door, ImageReviewTags};
use crate::asker::{Askers, Tokens};
use crate::assembly::{
    alerts, client, engine, known_keys, not_asked_about, outbound, recording, trust_roots,
};
use crate::cluster_source::ClusterSource;
use crate::connection::{Bounds, Connections};
use crate::key_sources::{self, follow_key_sources};
use crate::limits::Limits;
use crate::listen;
use crate::log;
use crate::metrics::Metrics;
use crate::open_files;
use crate::outbound::follow_outbound;
use crate::policy_files::PolicyFiles;
use crate::recordings::Recordings;
use crate::rehearsal::rehearsal;
use crate::reload::{Faults, PolicyReload, build};
use crate::reports;
use crate::rescan::Rescan;
use crate::running_audit::Audits;
use crate::serving::{Pace, Serving};
use crate::settings::Sources;
use crate::signals::Signals;
use crate::snapshot::KeyEnds;
use crate::warm_up::warm_up;
use crate::webhook::Webhook;

/// How often files are looked at. The kubelet itself takes up to a minute to bring a change to a pod.
const LOOK: Duration = Duration::from_secs(2);

/// How long, once no more connections are taken, a connection has for the rest of its answer or request.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// On how many threads reviews are decided at least: on one or two, a single review that computes would hold up all others.
const FEWEST_JUDGES: usize = 4;

/// Runs the program until SIGTERM, SIGINT or SIGQUIT.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    // What is still in the queue of the log is written when this is dropped.
    let _log = match log::start(args.log_format, &args.log) {
        Ok(log) => log,
        Err(error) => {
            // There is nowhere else to say it, and nobody to tell if this fails too.
            let _ = writeln!(std::io::stderr(), "doorward-webhook: {error:#}");
            return ExitCode::from(Exit::Usage.code());
        }
    };
    match runtimes()
        .context("no runtime")
        .and_then(|(serving, judging)| {
            let served = serving.block_on(serve(args, judging.handle()));
            // What nobody waits for any more is not worth waiting for.
            judging.shutdown_background();
            served
        }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(problem = format!("{error:#}"), "the webhook cannot run");
            ExitCode::from(Exit::Invalid.code())
        }
    }
}

/// One that takes requests and answers them, and one that decides: reviews that compute keep nobody from being answered.
fn runtimes() -> std::io::Result<(Runtime, Runtime)> {
    let decide = std::thread::available_parallelism()?
        .get()
        .max(FEWEST_JUDGES);
    let judging = runtime::Builder::new_multi_thread()
        .worker_threads(decide)
        .thread_name("doorward-judge")
        .enable_all()
        .build()?;
    Ok((Runtime::new()?, judging))
}

async fn serve(args: &Args, judges: &runtime::Handle) -> Result<()> {
    let mut signals = Signals::new()?;
    // It may wait for the cluster, and must not hold up its own end meanwhile.
    let running = tokio::select! {
        running = Running::start_judging_on(judges, args) => running?,
        () = signals.end() => return Ok(()),
    };
    tracing::info!(address = %running.address, admin = %running.admin_address, "taking reviews");
    signals.end().await;
    running.stop(args.drain_delay, args.drain).await;
    Ok(())
}

/// A webhook that takes reviews.
#[derive(Debug)]
pub struct Running {
    /// Where reviews are taken.
    pub address: SocketAddr,
    /// Where health and metrics are.
    pub admin_address: SocketAddr,
    readiness: Arc<Readiness>,
    webhook: Webhook,
    reviews: Handle<SocketAddr>,
    connections: Arc<Connections>,
    health: Handle<SocketAddr>,
    review_server: JoinHandle<std::io::Result<()>>,
    health_server: JoinHandle<std::io::Result<()>>,
    followers: Vec<JoinHandle<()>>,
    serving: Serving,
    rescan: Option<Rescan>,
    _policy_status: Option<PolicyStatus>,
}

impl Running {
    /// Reads everything, listens, and returns when reviews are taken. Needs a tokio runtime, on which reviews are decided
    /// too.
    ///
    /// # Errors
    /// If something that `args` names is missing, or a certificate, key or address is wrong. What is wrong within
    /// policy files is no error: it denies what it governs.
    pub async fn start(args: &Args) -> Result<Self> {
        Self::start_at_pace(&runtime::Handle::current(), args, Pace::default()).await
    }

    /// As [`Running::start`], and decides reviews on the runtime `judges`: see [`Webhook::judge_on`].
    ///
    /// # Errors
    /// As [`Running::start`].
    pub async fn start_judging_on(judges: &runtime::Handle, args: &Args) -> Result<Self> {
        Self::start_at_pace(judges, args, Pace::default()).await
    }

    /// As [`Running::start_judging_on`], with certificates and leaders that last as `pace` says.
    ///
    /// # Errors
    /// As [`Running::start`].
    pub async fn start_at_pace(judges: &runtime::Handle, args: &Args, pace: Pace) -> Result<Self> {
        let ahead = pace.ahead;
        let custom = args.custom.custom_workloads()?;
        let providers = args.providers.open(Limits::of(args).deadline)?;
        let metrics = Arc::new(Metrics::new()?);
        metrics
            .tasks()
            .follow("serving", runtime::Handle::current());
        metrics.tasks().follow("judging", judges.clone());
        let readiness = Arc::new(Readiness::default());

        // Health can be asked for from here on: to wait for the cluster is no reason to be restarted.
        let admin_listener = listen::bind(args.admin_listen)?;
        let admin_address = admin_listener.local_addr()?;
        let health = Handle::new();
        let health_server = tokio::spawn(listen::http(
            admin_listener,
            admin(Arc::clone(&readiness), Arc::clone(&metrics)),
            Connections::new(listen::HEALTH, Arc::clone(&metrics)),
            health.clone(),
        )?);

        let sources = Sources {
            paths: args.filenames.clone(),
        };
        let listed = sources.list(&BTreeSet::new())?;
        let stamp = listed.stamp.clone();
        let mut faults = Faults::default();
        faults.pass_over(&listed.passed_over);
        let files = PolicyFiles::first(listed.read());
        let cluster = match args.from_cluster {
            true => {
                Some(ClusterSource::start(args.kubeconfig.as_deref(), args.max_exception).await?)
            }
            false => None,
        };
        // Only now: a replica that cannot see the policies leads nobody, and arms nothing.
        let (mut serving, tls_config) =
            Serving::start(args, pace, &metrics, &readiness, LOOK).await?;
        let known = cluster.as_ref().map(ClusterSource::known);
        let snapshot = build(&files, known.as_ref(), args.max_exception);
        faults.take_over(&snapshot, &metrics, &readiness, now());
        metrics.policies_looked_at(now());
        if snapshot.entries() == 0 {
            tracing::warn!("there is no policy: every image is denied");
        }
        let outbound = outbound(args);
        let outbound_stamp = outbound.stamp();
        let webhook = Webhook::new(
            engine(args, cluster.as_ref())?,
            snapshot,
            client(args)?,
            Arc::clone(&metrics),
            Limits::of(args),
            Arc::new(now),
        );
        webhook.know_keys(known_keys(args, cluster.as_ref(), Arc::new(now))?);
        webhook.know(trust_roots(args, cluster.as_ref(), Arc::new(now))?);
        webhook.judge_on(judges.clone());
        webhook.look_into(custom);
        if args.image_review_tags == ImageReviewTags::Allow {
            webhook.allow_image_review_tags();
        }
        let tokens = cluster.as_ref().zip(args.check_audience.clone());
        webhook.know_askers(Askers {
            are_certified: args.client_ca.is_some(),
            tokens: tokens.map(|(cluster, audience)| Tokens::new(cluster.server(), audience)),
        });
        if let Some(providers) = providers {
            webhook.ask_providers(providers);
        }
        if let Some(settings) = recording(args) {
            webhook.record(Recordings::start(settings, Arc::clone(&metrics))?);
        }
        if let Some(cluster) = cluster.as_ref().filter(|_| !args.no_events) {
            webhook.announce(cluster.events());
        }
        if let (Some(cluster), Some(kind)) = (&cluster, args.reporting.reports.kind()) {
            let metrics = Arc::clone(&metrics);
            webhook.report(reports::start(cluster.server(), kind, metrics, now));
        }
        if let Some(alerts) = alerts(args, &webhook) {
            webhook.alert(alerts);
        }
        if let Some(cluster) = cluster.as_ref().filter(|_| args.break_glass) {
            if args.client_ca.is_none() {
                tracing::warn!(
                    "without --client-ca, who reaches the port can have the log say that somebody broke the glass"
                );
            }
            webhook.let_break_glass(cluster.server());
        }
        if let Some(cluster) = &cluster {
            webhook.offer_audits(Audits::of(cluster.server(), not_asked_about(args)));
        }
        let policy_status = cluster
            .as_ref()
            .map(|cluster| cluster.status(now, rehearsal(&webhook)));
        let running_pods = cluster
            .as_ref()
            .filter(|_| args.warm_up)
            .map(|cluster| RunningPods::lasting(cluster.server()));
        let rescan = match (&cluster, args.rescan_every) {
            (Some(cluster), Some(every)) => {
                let (home, left_out) = (&args.home_namespace, not_asked_about(args));
                let (webhook, server) = (webhook.clone(), cluster.server());
                Some(Rescan::start(webhook, server, home, left_out, every, now)?)
            }
            _ => None,
        };
        let (asked, first_round) = oneshot::channel();
        let key_follower = tokio::spawn(follow_key_sources(
            webhook.clone(),
            key_sources::EVERY,
            asked,
        ));
        if !webhook.snapshot().key_sources().is_empty() {
            // The first reviews need the keys. Who does not answer by then is asked on, and the images are refused meanwhile.
            let _ = timeout(key_sources::FIRST_ROUND, first_round).await;
        }
        readiness.policies_loaded();
        let ends = KeyEnds::published_in(Arc::clone(&metrics));
        ends.look_at(webhook.snapshot());

        let listener = listen::bind(args.listen)?;
        let address = listener.local_addr()?;
        let reviews = Handle::new();
        let bounds = Bounds {
            connections: open_files::connections(open_files::raised()),
            ..listen::REVIEWS
        };
        if bounds.connections < listen::REVIEWS.connections {
            tracing::warn!(
                connections = bounds.connections,
                "few files may be open at a time: raise the limit (`ulimit -n`) to 8192"
            );
        }
        let connections = Connections::new(bounds, Arc::clone(&metrics));
        let review_server = tokio::spawn(listen::https(
            listener,
            match args.door {
                Door::Admission => app(webhook.clone()),
                Door::Gatekeeper => provider(webhook.clone()),
            },
            tls_config,
            Arc::clone(&connections),
            Arc::clone(&readiness),
            reviews.clone(),
        )?);
        let (warming, running) = (webhook.clone(), webhook.clone());
        let mut followers = vec![
            tokio::spawn(ask_ahead(webhook.clone(), ahead)),
            key_follower,
            tokio::spawn(follow_outbound(
                webhook.clone(),
                outbound,
                outbound_stamp,
                Arc::clone(&metrics),
                LOOK,
            )),
            tokio::spawn(
                PolicyReload {
                    webhook,
                    readiness: Arc::clone(&readiness),
                    sources,
                    files,
                    known: stamp,
                    faults,
                    ends,
                    cluster,
                    longest_exception: args.max_exception,
                }
                .follow(LOOK),
            ),
        ];
        if let Some(running) = running_pods {
            followers.push(tokio::spawn(warm_up(warming, running)));
        }
        serving.arm();
        Ok(Self {
            address,
            admin_address,
            readiness,
            webhook: running,
            reviews,
            connections,
            health,
            review_server,
            health_server,
            followers,
            serving,
            rescan,
            _policy_status: policy_status,
        })
    }

    /// Fails readiness at once, takes reviews for `delay` more, then lets those in flight end within `bound`.
    pub async fn stop(self, delay: Duration, bound: Duration) {
        tracing::info!("shutting down");
        self.readiness.drain();
        self.webhook.end_audits();
        let rescan = async {
            if let Some(rescan) = self.rescan {
                rescan.end().await;
            }
        };
        tokio::join!(self.serving.end(), rescan, tokio::time::sleep(delay));
        self.reviews.graceful_shutdown(Some(bound));
        let mut reviews = self.review_server;
        // A client that keeps its connection without a review in it does not hold up the end.
        let result = loop {
            tokio::select! {
                result = &mut reviews => break result,
                () = tokio::time::sleep(LAST_WORDS) => self.connections.close_unused(),
            }
        };
        ended(result);
        self.health.shutdown();
        ended(self.health_server.await);
        for follower in self.followers {
            follower.abort();
        }
    }
}

fn ended(result: Result<std::io::Result<()>, tokio::task::JoinError>) {
    if let Err(error) = result
        .map_err(anyhow::Error::new)
        .and_then(|served| served.map_err(anyhow::Error::new))
    {
        tracing::error!(
            problem = format!("{error:#}"),
            "a listener ended with an error"
        );
    }
}

/// The time by this host's clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
