//! A registry with an image, keys in Secrets, and the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Fetcher, Timestamp};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::{Anonymous, RegistryClient, Retries};
use doorward::{Context, Decision, Engine, Places, Rules, Secret, StaticSecrets, Verdict};
use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, CosignSignature, Image, Registry};

pub(crate) const REPOSITORY: &str = "team/app";

pub(crate) struct Site {
    pub(crate) registry: Registry,
    pub(crate) image: Image,
    pub(crate) key: CosignKey,
    pub(crate) secrets: StaticSecrets,
    pub(crate) fetcher: Arc<dyn Fetcher>,
}

/// A Secret with these items.
pub(crate) fn secret(items: &[(&str, &str)]) -> Secret {
    let items = items
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    Secret::new(items.collect::<BTreeMap<_, _>>())
}

/// Rules with one entry for everything of a registry.
pub(crate) fn rules(registry: &Registry, body: &str) -> Rules {
    rules_for(&registry.address(), body)
}

/// The text of a policy with one entry for everything of a host.
pub(crate) fn policy_for(head: &str, host: &str, body: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\n{head}\nspec:\n  repositories:\n  - name: \"{host}/*\"\n    policy: {{{body}}}\n"
    )
}

/// Rules with one entry for everything of a host.
pub(crate) fn rules_for(host: &str, body: &str) -> Rules {
    let head = "kind: ImagePolicy\nmetadata: {name: p, namespace: n}";
    rules_of(&policy_for(head, host, body))
}

/// The rules of a text.
pub(crate) fn rules_of(policy: &str) -> Rules {
    let (documents, problems) = read_documents("p.yaml", policy.as_bytes());
    assert!(problems.is_empty(), "{policy}: {problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0))
}

pub(crate) fn fetcher(registry: &Registry) -> Arc<dyn Fetcher> {
    let client = RegistryClient::builder()
        .plain_http(registry.address())
        .retries(Retries::none())
        .no_proxy()
        .build()
        .unwrap();
    Arc::new(client.with_keychain(Arc::new(Anonymous)))
}

impl Site {
    /// An image without a signature, in a registry with or without the referrers API, and the Secret `k` with a key.
    pub(crate) async fn new(has_api: bool) -> Self {
        let registry = Registry::builder().start().await;
        registry.set_referrers(has_api);
        let image = Image::sample("app");
        registry.push_image(REPOSITORY, "1", &image);
        let key = CosignKey::generate();
        let mut secrets = StaticSecrets::default();
        secrets.insert("n", "k", secret(&[("cosign.pub", &key.public_pem())]));
        Self {
            fetcher: fetcher(&registry),
            registry,
            image,
            key,
            secrets,
        }
    }

    pub(crate) fn builder(&self) -> CosignBuilder<'_> {
        CosignBuilder::new(&self.key, &self.image)
    }

    pub(crate) fn signature(&self, form: CosignForm) -> CosignSignature {
        self.builder().form(form).build()
    }

    /// Stores layers under the tag for signatures (`sig`) or attestations (`att`).
    pub(crate) fn tag(&self, kind: &str, signatures: &[CosignSignature]) {
        let manifest = CosignSignature::manifest(signatures);
        let tag = CosignSignature::tag(self.image.digest(), kind);
        self.registry.push_image(REPOSITORY, &tag, &manifest);
    }

    /// Stores something that refers to the image.
    pub(crate) fn attach(&self, signature: &CosignSignature) {
        let referrer = signature.referrer(&self.image.manifest().descriptor());
        self.registry.push_referrer(REPOSITORY, &referrer);
    }

    pub(crate) fn tagged(&self) -> String {
        self.registry.reference(REPOSITORY, "1")
    }

    pub(crate) async fn decide(&self, authorities: &str) -> Verdict {
        self.decide_body(&format!("sigstore: {authorities}")).await
    }

    pub(crate) async fn decide_body(&self, body: &str) -> Verdict {
        let rules = rules(&self.registry, body);
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let context =
            Context::new(&rules, &self.secrets, Arc::clone(&self.fetcher), now).in_namespace("n");
        // A debug build on a slow machine may take longer for the largest than anybody would wait.
        let unhurried = std::time::Duration::from_secs(120);
        let engine = Engine::builder().deadline(unhurried).build();
        engine.decide(&self.tagged(), &context).await
    }

    /// By the key in the Secret `k`.
    pub(crate) async fn by_key(&self) -> Verdict {
        self.decide("{authorities: [{name: release, keySecret: k}]}")
            .await
    }

    pub(crate) async fn inspect(&self) -> serde_json::Value {
        let rules = rules(&self.registry, "sigstore: {authorities: [{keySecret: k}]}");
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let context =
            Context::new(&rules, &self.secrets, Arc::clone(&self.fetcher), now).in_namespace("n");
        let found = Engine::default()
            .inspect(&self.tagged(), &Places::default(), &context)
            .await
            .unwrap();
        serde_json::to_value(&found).unwrap()
    }
}

pub(crate) fn allowed(verdict: &Verdict) {
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

/// Refused, with this code first.
pub(crate) fn refused(verdict: &Verdict, code: &str) {
    assert_eq!(verdict.decision(), Decision::Deny);
    let found = verdict.code().map(|code| code.as_str());
    assert_eq!(found, Some(code), "{}", verdict.message());
}
