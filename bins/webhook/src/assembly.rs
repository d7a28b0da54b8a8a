//! What the options say, put together.

use std::sync::Arc;

use anyhow::{Context, Result};
use doorward::{Engine, EngineBuilder};
use doorward_registry::{RegistryClient, Timeouts};
use doorward_state::DirectoryState;

use crate::args::Args;
use crate::cluster_source::ClusterSource;
use crate::limits::Limits;
use crate::outbound::Outbound;
use crate::recordings::RecordingSettings;

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
    if let Some(path) = &args.state_dir {
        let state = DirectoryState::open(path)
            .with_context(|| format!("the state directory {}", path.display()))?;
        builder = builder.state(Arc::new(state));
    }
    if let Some(cluster) = cluster.filter(|_| args.state_in_cluster) {
        builder = builder.state(Arc::new(cluster.memory(&args.home_namespace)));
    }
    Ok(builder)
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

/// The client of registries, stores and trust servers.
pub(crate) fn client(args: &Args) -> Result<RegistryClient> {
    // A server that stays silent is given up before the review is, so that the denial can name it; two in a row fit.
    let deadline = Limits::of(args).deadline;
    let timeouts = Timeouts::default()
        .connect(deadline / 4)
        .idle(deadline * 2 / 5)
        .total(deadline * 4 / 5);
    let mut builder = RegistryClient::builder()
        .timeouts(timeouts)
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
    builder
        .tls(outbound(args).read()?)
        .build()
        .context("the registry client cannot be set up")
}
