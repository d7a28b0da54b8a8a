//! A namespace `shop`: its policies, the authority that they trust, and the registry that is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Fetcher, Timestamp};
use doorward::policy::{Diagnostic, Document, PolicySet, read_documents};
use doorward::registry::{Anonymous, RegistryClient};
use doorward::{Context, Rules, Secret, StaticSecrets};
use doorward_testkit::{Certified, Registry};

/// 2026-01-01.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// What asks a registry of this process.
pub(crate) fn fetcher(registry: &Registry) -> Arc<dyn Fetcher> {
    let client = RegistryClient::builder()
        .plain_http(registry.address())
        .allow_address("127.0.0.0/8")
        .no_proxy()
        .build()
        .unwrap();
    Arc::new(client.with_keychain(Arc::new(Anonymous)))
}

/// A policy for every image of a registry, with this text behind `policy:`.
pub(crate) fn policy_of(registry: &Registry, policy: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: shop}}\nspec:\n  \
         repositories:\n  - name: \"{}/*\"\n    policy:{policy}",
        registry.address()
    )
}

/// The policies of a text that can be read, and what is wrong with what they say.
pub(crate) fn policies(text: &str) -> (PolicySet, Vec<Diagnostic>) {
    let (documents, problems) = read_documents("p.yaml", text.as_bytes());
    assert!(problems.is_empty(), "{problems:?}\n{text}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    PolicySet::compile(policies.collect())
}

/// A Secret with the certificate of an authority.
pub(crate) fn root_secret(root: &Certified) -> Secret {
    let items = [("root.crt".to_owned(), root.pem().into_bytes())];
    Secret::new(BTreeMap::from(items))
}

/// What a decision about a workload of the namespace is made from.
pub(crate) fn context<'a>(
    rules: &'a Rules,
    secrets: &'a StaticSecrets,
    fetcher: &Arc<dyn Fetcher>,
    at: Timestamp,
) -> Context<'a> {
    Context::new(rules, secrets, Arc::clone(fetcher), at).in_namespace("shop")
}
