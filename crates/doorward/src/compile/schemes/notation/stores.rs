//! The trust stores that a policy names, read from Secrets and `ConfigMap`s.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Fact, Fingerprint, Rejection};
use doorward_notation::{
    GivenRevocation, StoreName, StoreReference, StoreType, TrustStore, TrustStoreError,
    codes as notation_codes,
};
use doorward_policy::{SecretRef, StoreSource, TrustStoreKind};
use futures::future::try_join_all;

use crate::compile::entry::PolicyEntry;
use crate::compile::secret::PolicySecret;
use crate::secrets::Secret;

/// What came of reading the certificates of a Secret.
type Parsed = Result<TrustStore, TrustStoreError>;

/// The stores, each with the name that the statement has it under.
pub(super) async fn read(
    named: &[doorward_policy::TrustStore],
    entry: PolicyEntry<'_>,
) -> Result<Vec<(StoreReference, TrustStore)>, Rejection> {
    let stores = named.iter().zip(1..).map(|(store, place)| async move {
        let kind = kind(store.kind);
        let holding = Holding::of(&store.source, entry).await?;
        let unusable = |error: &TrustStoreError| {
            let detail = format!("the trust store {} cannot be used: {error}", holding.place);
            let rejection = Rejection::new(notation_codes::TRUST_STORE_INVALID, detail);
            holding
                .facts
                .iter()
                .cloned()
                .fold(rejection, Rejection::with_fact)
        };
        // What is allowed in a store depends on its type.
        let mut key = Fingerprint::default();
        key.text(kind.as_str())
            .text(holding.secret.fingerprint().as_str());
        let (held, bytes) = (Arc::clone(&holding.secret), holding.secret.size());
        let parse =
            move || -> Parsed { TrustStore::read(kind, held.items().map(|(_, bytes)| bytes)) };
        let parsed = entry
            .parsed(holding.namespace, key.digest(), bytes, parse)
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

/// What holds the certificates of a store.
struct Holding<'a> {
    secret: Arc<Secret>,
    /// Whose turn it is when they are read.
    namespace: &'a str,
    /// Where they are, for messages.
    place: String,
    facts: Vec<Fact>,
}

impl<'a> Holding<'a> {
    async fn of(source: &'a StoreSource, entry: PolicyEntry<'a>) -> Result<Self, Rejection> {
        match source {
            StoreSource::ConfigMap(named) => {
                let namespace = named.namespace.as_deref();
                Ok(entry.config_map(namespace, &named.name).await?.into())
            }
            StoreSource::Secret(named) => {
                let namespace = named.namespace.as_deref();
                Ok(entry.secret(namespace, &named.name).await?.into())
            }
            StoreSource::Source(source) => Ok(Self {
                secret: entry.key_source(source).await?,
                namespace: entry.home(),
                place: format!("of {}", source.address()),
                facts: Vec::new(),
            }),
        }
    }
}

impl<'a> From<PolicySecret<'a>> for Holding<'a> {
    fn from(held: PolicySecret<'a>) -> Self {
        Self {
            secret: held.shared(),
            namespace: held.namespace(),
            place: format!("in the {}", held.title()),
            facts: vec![held.fact()],
        }
    }
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
