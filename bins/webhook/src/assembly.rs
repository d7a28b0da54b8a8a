//! What the options say, put together.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};
use doorward::{Clock, Engine, EngineBuilder, KeySources, MemoryState, TrustRoots};
use doorward_core::{Fetcher, StateStore};
use doorward_registry::{RegistryClient, Timeouts};
use doorward_state::DirectoryState;

use crate::alerts::{Alerts, TokenFile};
use crate::args::Args;
use crate::cluster_source::ClusterSource;
use crate::limits::Limits;
use crate::outbound::Outbound;
use crate::recordings::RecordingSettings;
use crate::webhook::Webhook;

/// Where decisions are written down, if they are.
pub(crate) fn recording(args: &Args) -> Option<RecordingSettings> {
    Some(RecordingSettings {
        directory: args.record_dir.clone()?,
        admissions: args.record_admissions,
        max_bytes: args.record_max_bytes,
        max_age: args.record_max_age,
    })
}

/// The engine, with what it remembers in.
pub(crate) fn engine(args: &Args, cluster: Option<&ClusterSource>) -> Result<EngineBuilder> {
    let mut builder = Engine::builder()
        .proof_lifetime(args.proof_lifetime)
        .home_namespace(args.home_namespace.clone())
        .shared_secret_namespaces(args.shared_secret_namespaces.clone());
    if args.dangerously_read_cluster_policy_keys_from_tenants {
        builder = builder.dangerously_read_cluster_policy_keys_from_tenants();
    }
    if args.dangerously_trust_on_first_use_for_portieris_policies {
        builder = builder.dangerously_trust_on_first_use_for_portieris_policies();
    }
    if let Some(state) = state(args, cluster)? {
        builder = builder.state(state);
    }
    Ok(builder)
}

/// Where trust is remembered.
fn state(args: &Args, cluster: Option<&ClusterSource>) -> Result<Option<Arc<dyn StateStore>>> {
    if let Some(cluster) = cluster.filter(|_| args.state_in_cluster) {
        return Ok(Some(Arc::new(cluster.memory(&args.home_namespace))));
    }
    let Some(path) = &args.state_dir else {
        return Ok(None);
    };
    let state = DirectoryState::open(path)
        .with_context(|| format!("the state directory {}", path.display()))?;
    Ok(Some(Arc::new(state)))
}

/// The instances of sigstore that policies may name. They are the operator's, so that they may be anywhere.
pub(crate) fn trust_roots(
    args: &Args,
    cluster: Option<&ClusterSource>,
    clock: Clock,
) -> Result<TrustRoots> {
    let mut builder = RegistryClient::builder()
        .timeouts(timeouts(args))
        .local_stores();
    for host in &args.plain_http {
        builder = builder.plain_http(host);
    }
    let client = builder.tls(outbound(args).read()?).build();
    let client = client.context("the client of trusted roots cannot be set up")?;
    let fetcher: Arc<dyn Fetcher> = Arc::new(client.anonymous());
    let state = state(args, cluster)?;
    let state = state.unwrap_or_else(|| Arc::new(MemoryState::default()));
    TrustRoots::of(&args.trust_roots, &fetcher, &state, clock).context("--trust-root")
}

/// The keys that policies name by where they are.
pub(crate) fn known_keys(
    args: &Args,
    cluster: Option<&ClusterSource>,
    clock: Clock,
) -> Result<KeySources> {
    let state = state(args, cluster)?;
    let state = state.unwrap_or_else(|| Arc::new(MemoryState::default()));
    let keys = KeySources::new(state, clock);
    Ok(match args.kms.open()? {
        None => keys,
        Some(service) => keys.with_service(service),
    })
}

/// Bytes of answers of registries that are kept: thousands of manifests and signatures.
const KEPT_ANSWERS: u64 = 32 << 20;

/// How servers and this program know each other.
pub(crate) fn outbound(args: &Args) -> Outbound {
    Outbound {
        authorities: args.ca_files.clone(),
        directory: args.certs_dir.clone(),
    }
}

/// A server that stays silent is given up before the review is, so that the denial can name it; two in a row fit.
fn timeouts(args: &Args) -> Timeouts {
    let deadline = Limits::of(args).deadline;
    Timeouts::default()
        .connect(deadline / 4)
        .idle(deadline * 2 / 5)
        .total(deadline * 4 / 5)
}

/// Namespaces in which nobody is asked when something comes in: what runs there is not judged either.
pub(crate) fn not_asked_about(args: &Args) -> BTreeSet<String> {
    let named = args.serving.exclude_namespaces.iter().cloned();
    named.chain([args.home_namespace.clone()]).collect()
}

/// Where alerts are posted, if they are. Needs a tokio runtime.
pub(crate) fn alerts(args: &Args, webhook: &Webhook) -> Option<Alerts> {
    let notices = webhook.client().notices()?;
    let token = args.alerts.alert_token_file.clone().map(TokenFile);
    let source = args.alerts.alert_source.clone();
    let metrics = Arc::clone(webhook.metrics());
    Some(Alerts::start(notices, token, source, metrics))
}

/// The client of registries, stores and trust servers.
pub(crate) fn client(args: &Args) -> Result<RegistryClient> {
    let mut builder = RegistryClient::builder()
        .timeouts(timeouts(args))
        .guard_addresses()
        .keep_answers(KEPT_ANSWERS);
    for address in &args.allow_addresses {
        builder = builder.allow_address(address);
    }
    for (prefix, location) in &args.mirrors {
        builder = builder.mirror(prefix, location);
    }
    for host in &args.plain_http {
        builder = builder.plain_http(host);
    }
    if let Some(url) = &args.alerts.alert_url {
        builder = builder.notices(url);
    }
    args.advisor
        .apply(builder)
        .tls(outbound(args).read()?)
        .build()
        .context("the registry client cannot be set up")
}
