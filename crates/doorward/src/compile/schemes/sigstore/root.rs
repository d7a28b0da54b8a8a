//! The trusted root of an authority: in a Secret, or known to the program by a name.

use std::sync::Arc;

use doorward_core::{Fact, Fingerprint, Rejection};
use doorward_policy::{SecretRef, TrustRoot};
use doorward_sigstore::{TrustedRoot, TrustedRootError, codes as sigstore_codes};

use crate::compile::entry::PolicyEntry;
use crate::secrets::{Secret, SecretError, TRUSTED_ROOT};

/// What came of reading a trusted root.
type Root = Result<Arc<TrustedRoot>, TrustedRootError>;

/// The trusted root that a policy names.
pub(super) async fn trusted(
    named: &TrustRoot,
    entry: PolicyEntry<'_>,
) -> Result<Arc<TrustedRoot>, Rejection> {
    match named {
        TrustRoot::Named(name) => known(name, entry).await,
        TrustRoot::Secret(secret) => held(secret, entry).await,
    }
}

/// That an authority needs a trusted root and names none.
pub(super) fn missing(title: &str) -> Rejection {
    let detail = format!(
        "authority {title} is `keyless` and names no trusted root: `trustRoot` names an instance that the program knows, and \
         `trustRootSecret` a Secret with the item `{TRUSTED_ROOT}`"
    );
    Rejection::new(sigstore_codes::TRUST_ROOT_INVALID, detail)
}

/// What the program knows by a name.
async fn known(name: &str, entry: PolicyEntry<'_>) -> Result<Arc<TrustedRoot>, Rejection> {
    let secret = entry.trust_root(name).await.map_err(|error| {
        let (code, detail) = match error {
            SecretError::NotFound => (
                sigstore_codes::TRUST_ROOT_INVALID,
                format!("no trusted root is known by the name `{name}` here"),
            ),
            SecretError::Unavailable { detail } => (
                sigstore_codes::TRUST_ROOT_UNAVAILABLE,
                format!("the trusted root `{name}` could not be had: {detail}"),
            ),
            SecretError::Invalid { detail } => (
                sigstore_codes::TRUST_ROOT_INVALID,
                format!("the trusted root `{name}` cannot be used: {detail}"),
            ),
        };
        Rejection::new(code, detail)
    })?;
    let title = format!("the trusted root `{name}`");
    // It belongs to no namespace: the program has it.
    parsed("", secret, &title, None, entry).await
}

/// What is held in a Secret.
async fn held(named: &SecretRef, entry: PolicyEntry<'_>) -> Result<Arc<TrustedRoot>, Rejection> {
    let secret = entry
        .secret(named.namespace.as_deref(), &named.name)
        .await?;
    secret.bytes(TRUSTED_ROOT)?;
    let title = format!("`{TRUSTED_ROOT}` of the {}", secret.title());
    let fact = Some(secret.fact());
    parsed(secret.namespace(), secret.shared(), &title, fact, entry).await
}

/// What is in it, read once for as long as it is the same.
async fn parsed(
    namespace: &str,
    held: Arc<Secret>,
    title: &str,
    fact: Option<Fact>,
    entry: PolicyEntry<'_>,
) -> Result<Arc<TrustedRoot>, Rejection> {
    // What else is held beside it changes nothing.
    let mut key = Fingerprint::default();
    key.bytes(held.item(TRUSTED_ROOT).unwrap_or_default());
    let size = held.size();
    let parse = move || -> Root {
        TrustedRoot::parse(held.item(TRUSTED_ROOT).unwrap_or_default()).map(Arc::new)
    };
    let root = entry.parsed(namespace, key.digest(), size, parse).await?;
    let root: &Root = &root;
    root.clone().map_err(|error| {
        let detail = format!("{title} cannot be used: {error}");
        let rejection = Rejection::new(sigstore_codes::TRUST_ROOT_INVALID, detail);
        match fact {
            Some(fact) => rejection.with_fact(fact),
            None => rejection,
        }
    })
}
