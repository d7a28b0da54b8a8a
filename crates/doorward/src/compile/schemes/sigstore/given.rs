//! Bundles beside what a registry has: those that the caller brings along, and those in a `ConfigMap`.

use std::sync::Arc;

use doorward_core::{Code, Digest, MediaType, Rejection};
use doorward_policy::{Demand, Demands, SecretRef};
use doorward_sigstore::{GivenBundles, GivenBundlesError};

use crate::compile::entry::PolicyEntry;
use crate::envelope::{GivenEnvelope, GivenEnvelopes};
use crate::secrets::Secret;

/// What is given is a bundle of one of the versions that are read, which says itself of which.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

impl GivenEnvelopes for GivenBundles {
    fn about(&self, image: &Digest, is_meant: &dyn Fn(Option<&str>) -> bool) -> Vec<GivenEnvelope> {
        let statements = self.statements_about(image);
        let statements = statements.filter(|statement| is_meant(statement.predicate_type));
        let envelopes = statements.map(|statement| GivenEnvelope {
            name: statement.name.to_owned(),
            media_type: MediaType::new(BUNDLE),
            bytes: statement.bytes.clone(),
            digest: statement.digest.clone(),
            origin: self.fingerprint().clone(),
            predicate_type: statement.predicate_type.map(str::to_owned),
        });
        envelopes.collect()
    }

    fn unreadable(&self) -> Option<String> {
        Self::unreadable(self)
    }
}

/// The bundles that may hold statements by who must have signed them: those that the caller brings along, and those in each
/// `ConfigMap` that an authority names.
pub(in crate::compile::schemes) async fn beside(
    signed_by: &Demands,
    entry: PolicyEntry<'_>,
) -> Result<Vec<Arc<dyn GivenEnvelopes>>, Rejection> {
    let mut all: Vec<Arc<dyn GivenEnvelopes>> = Vec::new();
    if let Some(given) = brought_along(entry).await? {
        all.push(given);
    }
    let mut named: Vec<&SecretRef> = Vec::new();
    for demand in signed_by {
        let Demand::Sigstore(sigstore) = demand else {
            continue;
        };
        for bundles in sigstore
            .authorities
            .iter()
            .filter_map(|one| one.bundles.as_ref())
        {
            if !named.contains(&bundles) {
                named.push(bundles);
                all.push(held(bundles, entry).await?);
            }
        }
    }
    Ok(all)
}

/// What came of reading bundles.
type Read = Result<Arc<GivenBundles>, GivenBundlesError>;

/// The bundles that the caller brings along, if any.
pub(super) async fn brought_along(
    entry: PolicyEntry<'_>,
) -> Result<Option<Arc<GivenBundles>>, Rejection> {
    let files = entry.bundles().await.map_err(|error| {
        let detail = format!("the bundles that were given: {error}");
        Rejection::new(Code::SECRET_UNAVAILABLE, detail)
    })?;
    let Some(files) = files else {
        return Ok(None);
    };
    // They belong to no namespace.
    let read = parsed("", files, entry).await?;
    let read = read.map_err(|error| {
        let detail = format!("the bundles that were given cannot be used: {error}");
        Rejection::new(Code::SECRET_INVALID, detail)
    });
    read.map(Some)
}

/// The bundles in a `ConfigMap` that a policy names, within the reach of the policy.
pub(super) async fn held(
    named: &SecretRef,
    entry: PolicyEntry<'_>,
) -> Result<Arc<GivenBundles>, Rejection> {
    let held = entry
        .config_map(named.namespace.as_deref(), &named.name)
        .await?;
    let read = parsed(held.namespace(), held.shared(), entry).await?;
    read.map_err(|error| held.invalid(&format!("holds bundles that cannot be used: {error}")))
}

/// What is in files, read once for as long as they are the same.
async fn parsed(
    namespace: &str,
    files: Arc<Secret>,
    entry: PolicyEntry<'_>,
) -> Result<Read, Rejection> {
    // What is read of a bundle is kept beside it.
    let (key, size) = (files.fingerprint().clone(), files.size().saturating_mul(2));
    let parse = move || -> Read { GivenBundles::read(files.items()).map(Arc::new) };
    let read = entry.parsed(namespace, key, size, parse).await?;
    let read: &Read = &read;
    Ok(read.clone())
}
