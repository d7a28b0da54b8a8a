//! The trust stores that a policy names, read from Secrets and `ConfigMap`s.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Fingerprint, Rejection};
use doorward_notation::{
    GivenRevocation, StoreName, StoreReference, StoreType, TrustStore, TrustStoreError,
    codes as notation_codes,
};
use doorward_policy::{SecretRef, StoreSource, TrustStoreKind};
use futures::future::try_join_all;

use crate::compile::entry::PolicyEntry;

/// What came of reading the certificates of a Secret.
type Parsed = Result<TrustStore, TrustStoreError>;

/// The stores, each with the name that the statement has it under.
pub(super) async fn read(
    named: &[doorward_policy::TrustStore],
    entry: PolicyEntry<'_>,
) -> Result<Vec<(StoreReference, TrustStore)>, Rejection> {
    let stores = named.iter().zip(1..).map(|(store, place)| async move {
        let kind = kind(store.kind);
        let secret = match &store.source {
            StoreSource::ConfigMap(named) => {
                entry
                    .config_map(named.namespace.as_deref(), &named.name)
                    .await?
            }
            StoreSource::Secret(named) => {
                entry
                    .secret(named.namespace.as_deref(), &named.name)
                    .await?
            }
        };
        let unusable = |error: &TrustStoreError| {
            let detail = format!(
                "the trust store in the {} cannot be used: {error}",
                secret.title()
            );
            Rejection::new(notation_codes::TRUST_STORE_INVALID, detail).with_fact(secret.fact())
        };
        // What is allowed in a store depends on its type.
        let mut key = Fingerprint::default();
        key.text(kind.as_str())
            .text(secret.secret().fingerprint().as_str());
        let (held, bytes) = (secret.shared(), secret.secret().size());
        let parse =
            move || -> Parsed { TrustStore::read(kind, held.items().map(|(_, bytes)| bytes)) };
        let parsed = entry
            .parsed(secret.namespace(), key.digest(), bytes, parse)
            .await?;
        let parsed: &Parsed = &parsed;
        let store = parsed.clone().map_err(|error| unusable(&error))?;
        // A name of ours: that of a Secret or a ConfigMap may be one that no store can have.
        let name = format!("secret-{place}")
            .parse::<StoreName>()
            .map_err(|_| unusable(&TrustStoreError::Missing))?;
        Ok::<_, Rejection>((StoreReference::new(kind, name), store))
    });
    try_join_all(stores).await
}

/// What authorities said about revocation, read from Secrets: each item of theirs is a file.
pub(super) async fn revocation(
    named: &[SecretRef],
    entry: PolicyEntry<'_>,
) -> Result<Arc<GivenRevocation>, Rejection> {
    let mut files: Vec<Bytes> = Vec::new();
    let mut facts = Vec::new();
    for secret in named {
        let secret = entry
            .secret(secret.namespace.as_deref(), &secret.name)
            .await?;
        let items = secret.secret().items();
        files.extend(items.map(|(_, bytes)| Bytes::copy_from_slice(bytes)));
        facts.push(secret.to_string());
    }
    let given = GivenRevocation::read(files).map_err(|error| {
        let detail = format!(
            "what the secrets {} hold about revocation cannot be used: {error}",
            facts.join(", ")
        );
        Rejection::new(notation_codes::TRUST_STORE_INVALID, detail)
    })?;
    Ok(Arc::new(given))
}

const fn kind(kind: TrustStoreKind) -> StoreType {
    match kind {
        TrustStoreKind::Ca => StoreType::Ca,
        TrustStoreKind::SigningAuthority => StoreType::SigningAuthority,
        TrustStoreKind::Tsa => StoreType::Tsa,
    }
}
