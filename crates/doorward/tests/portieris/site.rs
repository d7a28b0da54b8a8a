//! A namespace with policies of Portieris's own group, and the trust servers that they name.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward::core::{Code, Digest, Fetcher, Timestamp};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::{Keychain, KeychainChain, RegistryClient, pull_secret};
use doorward::{Context, Decision, Engine, Rules, Secret, StaticSecrets, Verdict};
use doorward_testkit::{Collection, Image, KeyKind, NotaryKey, Target};

/// The namespace of the workload and of its policies.
pub(crate) const NAMESPACE: &str = "tenant";
/// What the password of every account is.
pub(crate) const PASSWORD: &str = "hunter2 of every account";

pub(crate) fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// The digest that a short hash of a case stands for.
pub(crate) fn digest(name: &str) -> Digest {
    Image::sample(name).digest().clone()
}

/// A collection that releases this image as `1` and `latest`.
pub(crate) fn collection(gun: &str, seed: u64, image: &str) -> Collection {
    let mut collection = Collection::builder(gun, now()).seed(seed).build();
    for tag in ["1", "latest"] {
        collection.add_target(tag, Target::image(&Image::sample(image)));
    }
    collection
}

/// One process with its memory, its Secrets, and the accounts of the workload.
pub(crate) struct Site {
    engine: Engine,
    /// Trust servers that may be shown something without TLS.
    plain: Vec<String>,
    secrets: StaticSecrets,
    accounts: KeychainChain,
}

impl Site {
    /// A process that has just started. It believes first roots, as Portieris does.
    pub(crate) fn new() -> Self {
        Self {
            engine: Engine::builder()
                .dangerously_trust_on_first_use_for_portieris_policies()
                .build(),
            plain: Vec::new(),
            secrets: StaticSecrets::default(),
            accounts: KeychainChain::default(),
        }
    }

    /// Gives the workload one pull secret for each of these accounts, with an entry for the registry and one for the
    /// trust server. Portieris shows the first to any server that a policy names; here a server needs its own.
    pub(crate) fn with_accounts(mut self, registry: &str, server: &str, users: &[&str]) -> Self {
        self.plain = vec![server.to_owned()];
        self.accounts = KeychainChain::new(users.iter().map(|user| {
            let auth = BASE64_STANDARD.encode(format!("{user}:{PASSWORD}"));
            let entry = format!(r#"{{"auth":"{auth}"}}"#);
            let config = format!(r#"{{"auths":{{"{registry}":{entry},"{server}":{entry}}}}}"#);
            let data = BTreeMap::from([(".dockerconfigjson".to_owned(), config.into_bytes())]);
            Arc::new(pull_secret(&data).unwrap()) as Arc<dyn Keychain>
        }));
        self
    }

    /// Adds the Secret of a signer. An empty name or no key is left out of it.
    pub(crate) fn signer(&mut self, namespace: &str, name: &str, key: Option<&NotaryKey>) {
        let pem = key.map(NotaryKey::public_pem).unwrap_or_default();
        let items = BTreeMap::from([
            ("name".to_owned(), name.as_bytes().to_vec()),
            ("publicKey".to_owned(), pem.into_bytes()),
        ]);
        self.secrets
            .insert(namespace, SIGNER_SECRET, Secret::new(items));
    }

    /// Decides by a policy that demands trust of this server, or of none in particular.
    pub(crate) async fn decide(&self, server: Option<&str>, signers: bool, image: &str) -> Verdict {
        let mut builder = RegistryClient::builder().no_proxy();
        for server in &self.plain {
            builder = builder.plain_http(server);
        }
        let client = builder.build().unwrap();
        let fetcher = client.with_keychain(Arc::new(self.accounts.clone()));
        self.decide_with(Arc::new(fetcher), server, signers, image)
            .await
    }

    /// The same with another way to fetch.
    pub(crate) async fn decide_with(
        &self,
        fetcher: Arc<dyn Fetcher>,
        server: Option<&str>,
        signers: bool,
        image: &str,
    ) -> Verdict {
        let rules = rules(server, signers);
        let context = Context::new(&rules, &self.secrets, fetcher, now()).in_namespace(NAMESPACE);
        crate::taped::decide(&self.engine, image, &context).await
    }
}

/// The only Secret that policies name as that of a signer.
pub(crate) const SIGNER_SECRET: &str = "signer";

/// A key that signs nothing of a collection by itself.
pub(crate) fn key(seed: u64) -> NotaryKey {
    NotaryKey::seeded(KeyKind::P256, seed)
}

fn rules(server: Option<&str>, signers: bool) -> Rules {
    let mut trust = "enabled: true".to_owned();
    if let Some(server) = server {
        trust.push_str(&format!(", trustServer: \"{server}\""));
    }
    if signers {
        trust.push_str(&format!(", signerSecrets: [{{name: {SIGNER_SECRET}}}]"));
    }
    let yaml = format!(
        "apiVersion: portieris.cloud.ibm.com/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: {NAMESPACE}}}\n\
         spec:\n  repositories:\n  - name: \"*\"\n    policy: {{trust: {{{trust}}}}}\n"
    );
    let (documents, problems) = read_documents("policy.yaml", yaml.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0))
}

/// What was decided: a digest, or a code.
pub(crate) fn outcome(verdict: &Verdict) -> Result<Digest, Code> {
    match (verdict.decision(), verdict.digest(), verdict.code()) {
        (Decision::Allow, Some(digest), _) => Ok(digest.clone()),
        (Decision::Deny, _, Some(code)) => Err(code),
        other => panic!("neither allowed nor denied: {other:?}"),
    }
}

/// The same in words, to be compared and shown.
pub(crate) fn described(outcome: &Result<Digest, Code>) -> String {
    match outcome {
        Ok(digest) => format!("{digest} (code -)"),
        Err(code) => format!("a denial (code {code})"),
    }
}
