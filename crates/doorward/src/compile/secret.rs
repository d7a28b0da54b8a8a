//! Reading the secrets that a policy names.

use std::sync::Arc;

use doorward_core::{Code, Rejection};

use crate::context::Context;
use crate::secrets::{Secret, SecretError};

/// The secret `name` of `namespace`.
pub(super) async fn read(
    namespace: &str,
    name: &str,
    context: &Context<'_>,
) -> Result<Arc<Secret>, Rejection> {
    context
        .secrets
        .secret(namespace, name)
        .await
        .map_err(|error| {
            let code = match error {
                SecretError::Invalid { .. } => Code::SecretInvalid,
                SecretError::NotFound => Code::SecretNotFound,
                SecretError::Unavailable { .. } => Code::SecretUnavailable,
            };
            Rejection::new(code, format!("secret {namespace}/{name}: {error}"))
        })
}

/// An item of a secret.
pub(super) fn bytes<'a>(
    secret: &'a Secret,
    namespace: &str,
    name: &str,
    item: &str,
) -> Result<&'a [u8], Rejection> {
    secret.item(item).ok_or_else(|| {
        let detail = format!("secret {namespace}/{name} has no item `{item}`");
        Rejection::new(Code::SecretInvalid, detail)
    })
}

/// An item of a secret that is text.
pub(super) fn text<'a>(
    secret: &'a Secret,
    namespace: &str,
    name: &str,
    item: &str,
) -> Result<&'a str, Rejection> {
    secret
        .item(item)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .ok_or_else(|| {
            let detail = format!("secret {namespace}/{name} has no text item `{item}`");
            Rejection::new(Code::SecretInvalid, detail)
        })
}
