//! Where an authority of sigstore keeps its signatures, if not beside the image, and what opens that repository.

use doorward_core::{Access, Rejection, SignatureRepository};
use doorward_policy::{Authority, SecretRef};

use crate::compile::entry::PolicyEntry;

/// The repository that a policy names for an authority. Returns `None` if its signatures are beside the image.
///
/// # Errors
/// As for [`PolicyEntry::secret`]: a pull secret that is not there is not passed over, because the policy names it.
pub(super) async fn kept_in(
    authority: &Authority,
    entry: PolicyEntry<'_>,
) -> Result<Option<SignatureRepository>, Rejection> {
    let Some(repository) = &authority.repository else {
        return Ok(None);
    };
    let access = match &authority.pull_secret {
        Some(named) => Some(access(named, entry).await?),
        None => None,
    };
    Ok(Some(
        SignatureRepository::new(repository.clone()).opened_by(access),
    ))
}

/// What a pull secret opens. One that holds nothing for the repository opens nothing, and a refusal of the registry says
/// why, as for the pull secrets of a workload.
///
/// Nobody can have it shown to a server of their own choice: the registries that it is for are named in it.
#[cfg(feature = "registry")]
async fn access(named: &SecretRef, entry: PolicyEntry<'_>) -> Result<Access, Rejection> {
    use std::collections::BTreeMap;

    use doorward_core::Fingerprint;
    use doorward_registry::PullSecret;

    let secret = entry
        .secret(named.namespace.as_deref(), &named.name)
        .await?;
    let held = secret.shared();
    let (namespace, name) = (secret.namespace().to_owned(), named.name.clone());
    let mut id = Fingerprint::default();
    id.text(&namespace)
        .text(&name)
        .text(held.fingerprint().as_str());
    let (id, size) = (id.digest(), held.size());
    let key = id.clone();
    let parse = move || {
        let items = held.items();
        let items: BTreeMap<_, _> = items
            .map(|(item, bytes)| (item.to_owned(), bytes.to_vec()))
            .collect();
        PullSecret::read(namespace, name, &items).access(key)
    };
    let parsed = entry.parsed(secret.namespace(), id, size, parse).await?;
    let access: &Access = &parsed;
    Ok(access.clone())
}

/// Without the client for registries, nobody here knows what a pull secret opens.
#[cfg(not(feature = "registry"))]
async fn access(_: &SecretRef, _: PolicyEntry<'_>) -> Result<Access, Rejection> {
    let detail = "the policy names a `pullSecret` for signatures, which this build cannot use";
    Err(Rejection::new(
        doorward_core::Code::POLICY_UNSUPPORTED,
        detail,
    ))
}
