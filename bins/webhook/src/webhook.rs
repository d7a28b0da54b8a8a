//! What all reviews share.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use doorward::{Engine, EngineBuilder, KeySources, MemoryState, TrustRoots};
use doorward_core::Timestamp;
use doorward_credential_provider::CredentialProviders;
use doorward_kube::CustomWorkloads;
use doorward_kube::client::{ApiServer, ClusterEvents, ClusterReports};
use doorward_registry::{Anonymous, Keychain, KeychainChain, RegistryClient};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::alerts::Alerts;
use crate::asker::Askers;
use crate::break_glass::GlassBreaking;
use crate::fetcher::Counted;
use crate::intake::{Bodies, Places};
use crate::key_sources;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::recordings::Recordings;
use crate::running_audit::Audits;
use crate::snapshot::Snapshot;
use crate::unfinished::Unfinished;

/// What the engine leaves of a review's time for reading it and answering.
const MARGIN: Duration = Duration::from_millis(250);

/// How many policies are reviewed at a time. People write them, one after the other.
const POLICY_REVIEWS: usize = 2;

/// What is left of a review's time once its images are decided on: a quarter, where a review has little.
fn margin(limits: Limits) -> Duration {
    limits.deadline.min(MARGIN * 4) / 4
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The engine, the rules in force, and the way to registries. Cheap to clone.
#[derive(Clone)]
pub struct Webhook(Arc<Shared>);

struct Shared {
    engine: Engine,
    snapshot: ArcSwap<Snapshot>,
    client: RegistryClient,
    metrics: Arc<Metrics>,
    limits: Limits,
    bodies: Arc<Bodies>,
    places: Arc<Places>,
    clock: Clock,
    recordings: OnceLock<Recordings>,
    judges: OnceLock<Handle>,
    events: OnceLock<ClusterEvents>,
    reports: OnceLock<ClusterReports>,
    alerts: OnceLock<Alerts>,
    audits: OnceLock<Audits>,
    glass_breaking: OnceLock<GlassBreaking>,
    policy_reviews: Arc<Semaphore>,
    unfinished: Arc<Unfinished>,
    custom_workloads: OnceLock<CustomWorkloads>,
    askers: OnceLock<Askers>,
    image_review_tags: OnceLock<()>,
    trust_roots: OnceLock<TrustRoots>,
    key_sources: OnceLock<KeySources>,
    policies_changed: watch::Sender<()>,
    /// Held while it changes which keys are watched: what belongs to older policies must not take the place of newer ones.
    watching: Mutex<()>,
    providers: OnceLock<Arc<CredentialProviders>>,
}

impl Webhook {
    /// A webhook that decides by `snapshot` until another is put in force. The deadline of `engine` is set to be
    /// a little shorter than that of a review.
    #[must_use]
    pub fn new(
        engine: EngineBuilder,
        snapshot: Snapshot,
        client: RegistryClient,
        metrics: Arc<Metrics>,
        limits: Limits,
        clock: Clock,
    ) -> Self {
        client.name_servers(snapshot.operator_servers());
        Self(Arc::new(Shared {
            engine: engine.deadline(limits.deadline - margin(limits)).build(),
            snapshot: ArcSwap::from_pointee(snapshot),
            client,
            metrics,
            limits,
            bodies: Bodies::new(limits.max_body),
            places: Arc::new(Places::new(limits.max_concurrent)),
            clock,
            recordings: OnceLock::new(),
            judges: OnceLock::new(),
            events: OnceLock::new(),
            reports: OnceLock::new(),
            alerts: OnceLock::new(),
            audits: OnceLock::new(),
            glass_breaking: OnceLock::new(),
            policy_reviews: Arc::new(Semaphore::new(POLICY_REVIEWS)),
            unfinished: Arc::default(),
            custom_workloads: OnceLock::new(),
            askers: OnceLock::new(),
            image_review_tags: OnceLock::new(),
            trust_roots: OnceLock::new(),
            key_sources: OnceLock::new(),
            policies_changed: watch::Sender::new(()),
            watching: Mutex::default(),
            providers: OnceLock::new(),
        }))
    }

    /// Writes decisions down from now on. Only the first call counts.
    pub fn record(&self, recordings: Recordings) {
        self.snapshot().prepare_recording();
        // A second one would write into the same directory, or into one that nobody bounds.
        let _ = self.0.recordings.set(recordings);
    }

    /// Decides reviews on the runtime `judges` from now on, and no longer on that which takes them. Only the first call
    /// counts.
    ///
    /// To verify a signature or to read a large document takes a thread for as long as it lasts: a second at the bounds of
    /// a review. On a runtime of their own reviews keep nobody from connecting, from asking for health, or from being
    /// answered in time.
    pub fn judge_on(&self, judges: Handle) {
        // Another one would leave reviews on two.
        let _ = self.0.judges.set(judges);
    }

    /// Writes events about images that failed from now on. Only the first call counts.
    pub fn announce(&self, events: ClusterEvents) {
        // Two would count everything twice.
        let _ = self.0.events.set(events);
    }

    /// Writes what is decided about images into reports from now on. Only the first call counts.
    pub fn report(&self, reports: ClusterReports) {
        // Two would write the same.
        let _ = self.0.reports.set(reports);
    }

    /// Posts alerts from now on. Only the first call counts.
    pub(crate) fn alert(&self, alerts: Alerts) {
        // Two would tell everything twice.
        let _ = self.0.alerts.set(alerts);
    }

    /// Looks for images in these custom resources too from now on. Only the first call counts.
    pub fn look_into(&self, custom: CustomWorkloads) {
        // What is looked into does not change while a configuration of the API server names it.
        let _ = self.0.custom_workloads.set(custom);
    }

    /// Asks these credential providers too from now on, after the pull secrets of a workload. Only the first call counts.
    pub fn ask_providers(&self, providers: CredentialProviders) {
        // Others would be another keychain, and what is remembered is remembered by keychain.
        let _ = self.0.providers.set(Arc::new(providers));
    }

    /// What a workload pulls with: its pull secrets, then the credential providers, if there are some.
    pub(crate) fn with_providers(&self, pull_secrets: KeychainChain) -> KeychainChain {
        match self.0.providers.get() {
            None => pull_secrets,
            Some(providers) => KeychainChain::new([
                Arc::new(pull_secrets) as Arc<dyn Keychain>,
                Arc::clone(providers) as Arc<dyn Keychain>,
            ]),
        }
    }

    /// The custom resources whose images are known: none, if nobody has said any.
    pub(crate) fn custom_workloads(&self) -> &CustomWorkloads {
        static NONE: CustomWorkloads = CustomWorkloads::none();
        self.0.custom_workloads.get().unwrap_or(&NONE)
    }

    /// Knows these trusted roots of sigstore by name from now on. Only the first call counts.
    pub fn know(&self, roots: TrustRoots) {
        // Others would be asked for what is held already.
        let _ = self.0.trust_roots.set(roots);
    }

    /// The trusted roots that are known by name: none, if nobody has said any.
    pub(crate) fn trust_roots(&self) -> &TrustRoots {
        let none = || TrustRoots::new(Arc::clone(&self.0.clock));
        self.0.trust_roots.get_or_init(none)
    }

    /// Knows those who ask about images in this way from now on. Only the first call counts.
    pub(crate) fn know_askers(&self, askers: Askers) {
        // Others would know the same callers by other means.
        let _ = self.0.askers.set(askers);
    }

    /// How those who ask about images are known: not at all, if nobody has said how.
    pub(crate) fn askers(&self) -> &Askers {
        static NOBODY: Askers = Askers::none();
        self.0.askers.get().unwrap_or(&NOBODY)
    }

    /// Lets images that an ImageReview names by a tag pass from now on, if they are verified.
    pub fn allow_image_review_tags(&self) {
        // To say it twice changes nothing.
        let _ = self.0.image_review_tags.set(());
    }

    /// Whether they do.
    pub(crate) fn allows_image_review_tags(&self) -> bool {
        self.0.image_review_tags.get().is_some()
    }

    /// Asks nobody who they are from now on: all who ask came with a certificate of the operator's authority, which the
    /// server demands. Only the first call that says how callers are known counts.
    pub fn certify_askers(&self) {
        self.know_askers(Askers {
            are_certified: true,
            tokens: None,
        });
    }

    /// Knows these keys by where they are from now on. Only the first call counts.
    pub fn know_keys(&self, keys: KeySources) {
        // Others would be asked for what is held already.
        let _ = self.0.key_sources.set(keys);
    }

    /// The keys that are known by where they are: none, if nobody has said any.
    pub(crate) fn key_sources(&self) -> &KeySources {
        let none = || KeySources::new(Arc::new(MemoryState::default()), Arc::clone(&self.0.clock));
        self.0.key_sources.get_or_init(none)
    }

    /// Watches the keys that the policies name by where they are, and nothing else. Returns how many are beyond what is asked.
    pub(crate) fn watch_keys(&self) -> usize {
        let _watching = self.0.watching.lock();
        key_sources::watch(self.key_sources(), &self.snapshot())
    }

    /// Lets those break the glass from now on who may, as `server` says. Only the first call counts.
    pub fn let_break_glass(&self, server: ApiServer) {
        // Another one would be asked about the same cluster.
        let _ = self.0.glass_breaking.set(GlassBreaking::new(server));
    }

    /// Who is asked whether somebody may break the glass, if that is offered.
    pub(crate) fn glass_breaking(&self) -> Option<&GlassBreaking> {
        self.0.glass_breaking.get()
    }

    /// The turns of reviews of policies.
    pub(crate) fn policy_reviews(&self) -> &Arc<Semaphore> {
        &self.0.policy_reviews
    }

    /// The reviews that go on though nobody waits.
    pub(crate) fn unfinished(&self) -> &Arc<Unfinished> {
        &self.0.unfinished
    }

    /// Where what is decided is reported, if it is.
    pub(crate) fn reports(&self) -> Option<&ClusterReports> {
        self.0.reports.get()
    }

    /// Judges what runs for those who ask from now on. Only the first call counts.
    pub(crate) fn offer_audits(&self, audits: Audits) {
        // Another one would be of the same cluster.
        let _ = self.0.audits.set(audits);
    }

    /// Ends what is done for those who ask about everything that runs.
    pub(crate) fn end_audits(&self) {
        if let Some(audits) = self.audits() {
            audits.end();
        }
    }

    /// What is audited, if there is a cluster.
    pub(crate) fn audits(&self) -> Option<&Audits> {
        self.0.audits.get()
    }

    /// Where alerts are put, if they are posted.
    pub(crate) fn alerts(&self) -> Option<&Alerts> {
        self.0.alerts.get()
    }

    /// Where events are written, if they are.
    pub(crate) fn events(&self) -> Option<&ClusterEvents> {
        self.0.events.get()
    }

    /// Where reviews are decided. Needs a tokio runtime.
    pub(crate) fn judges(&self) -> Handle {
        self.0.judges.get().cloned().unwrap_or_else(Handle::current)
    }

    /// Asks authorities for what reviews will need before they do. Returns how many answers it asked for.
    pub(crate) async fn ask_ahead(&self) -> usize {
        let client = self.client().with_keychain(Arc::new(Anonymous));
        let fetcher = Counted::new(client, Arc::clone(self.metrics()));
        let roots = self.trust_roots();
        let renewed = roots.refresh().await;
        for (name, error) in &renewed.failed {
            tracing::warn!(name, %error, "a trusted root could not be renewed");
        }
        for name in &renewed.lost {
            tracing::warn!(name, "what was remembered of a trusted root was deleted");
            if let Some(alerts) = self.alerts() {
                alerts.tell_root_lost(name, self.now());
            }
        }
        self.metrics().trust_roots(roots.ends());
        let asked = self.engine().ask_ahead(&fetcher, self.now()).await;
        asked.saturating_add(renewed.asked)
    }

    /// How long to decide about images of which somebody has to be answered by `end`, and no longer than the engine takes for a
    /// review that begins now.
    pub(crate) fn left_until(&self, end: Instant) -> Duration {
        let limits = self.limits();
        let left = end.saturating_duration_since(Instant::now());
        let left = left.min(limits.deadline);
        // Of little time most is for the decision.
        left - margin(*limits).min(left / 4)
    }

    /// Where decisions are written down, if they are.
    pub(crate) fn recordings(&self) -> Option<&Recordings> {
        self.0.recordings.get()
    }

    /// Puts `snapshot` in force for reviews that begin from now on. Those in flight end as they began.
    pub fn enforce(&self, snapshot: Snapshot) {
        self.0.client.name_servers(snapshot.operator_servers());
        if self.recordings().is_some() {
            snapshot.prepare_recording();
        }
        let watching = self.0.watching.lock();
        if let Some(keys) = self.0.key_sources.get() {
            // From now on its keys are on their way, and no longer none that anybody asks for.
            key_sources::watch(keys, &snapshot);
        }
        self.0.snapshot.store(Arc::new(snapshot));
        drop(watching);
        self.0.policies_changed.send_replace(());
    }

    /// Tells one who waits for it that other policies are in force.
    pub(crate) fn policies_changed(&self) -> watch::Receiver<()> {
        self.0.policies_changed.subscribe()
    }

    /// What is in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot.load_full()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn client(&self) -> &RegistryClient {
        &self.0.client
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.0.metrics
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn bodies(&self) -> &Arc<Bodies> {
        &self.0.bodies
    }

    pub(crate) fn places(&self) -> &Arc<Places> {
        &self.0.places
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}
