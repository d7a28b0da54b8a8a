//! A trust server with one collection, and an engine that decides by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Code, Digest, Timestamp};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::RegistryClient;
use doorward::{Context, Decision, Engine, EngineBuilder, Rules, Secret, StaticSecrets, Verdict};
use doorward_testkit::{Collection, Image, NotaryKey, NotaryServer, Target};

pub(crate) const GUN: &str = "r.example/team/app";
pub(crate) const IMAGE: &str = "r.example/team/app:1";
pub(crate) const DAY: i64 = 24 * 60 * 60;

pub(crate) fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// A trust server with one collection, and what decides about it.
pub(crate) struct Trust {
    pub(crate) server: NotaryServer,
    pub(crate) collection: Collection,
    pub(crate) client: RegistryClient,
    pub(crate) engine: Engine,
    pub(crate) secrets: StaticSecrets,
    pub(crate) now: Timestamp,
}

impl Trust {
    /// A collection with the tag `1`.
    pub(crate) async fn new() -> Self {
        Self::with(Engine::builder()).await
    }

    pub(crate) async fn with(engine: EngineBuilder) -> Self {
        let mut collection = Collection::new(GUN, now());
        collection.add_target("1", Target::image(&image("one")));
        let server = NotaryServer::builder().start().await;
        server.publish(&collection.publish());
        Self {
            server,
            collection,
            client: RegistryClient::builder().build().unwrap(),
            engine: engine.build(),
            secrets: StaticSecrets::default(),
            now: now(),
        }
    }

    pub(crate) fn publish(&mut self, change: impl FnOnce(&mut Collection)) {
        change(&mut self.collection);
        self.server.publish(&self.collection.publish());
    }

    /// Rules of one cluster policy whose `trust` has these fields besides the server.
    pub(crate) fn rules(&self, more: &str) -> Rules {
        self.body(&format!("{{trust: {}}}", self.trust(more)))
    }

    pub(crate) fn trust(&self, more: &str) -> String {
        format!(
            "{{enabled: true, trustServer: \"{}\", {more}}}",
            self.server.url()
        )
    }

    pub(crate) fn body(&self, body: &str) -> Rules {
        rules("doorward.dev/v1", "ClusterImagePolicy", "", body)
    }

    pub(crate) async fn decide(&self, rules: &Rules, image: &str) -> Verdict {
        let fetcher = Arc::new(self.client.anonymous());
        let context = Context::new(rules, &self.secrets, fetcher, self.now).in_namespace("tenant");
        crate::taped::decide(&self.engine, image, &context).await
    }

    pub(crate) fn pinned(&self) -> String {
        format!("pins: {{rootKeyIds: [{}]}}", self.collection.root_key_id())
    }

    /// A secret with a signer's name and key.
    pub(crate) fn signer(&mut self, secret: &str, name: &str, key: &NotaryKey) {
        self.secrets.insert(
            "doorward",
            secret,
            Secret::new(BTreeMap::from([
                ("name".to_owned(), name.as_bytes().to_vec()),
                ("publicKey".to_owned(), key.public_pem().into_bytes()),
            ])),
        );
    }
}

pub(crate) fn rules(group: &str, kind: &str, namespace: &str, body: &str) -> Rules {
    let yaml = format!(
        "apiVersion: {group}\nkind: {kind}\nmetadata: {{name: p{namespace}}}\nspec:\n  repositories:\n  - \
         name: \"*\"\n    policy: {body}\n"
    );
    let (documents, problems) = read_documents("policy.yaml", yaml.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0))
}

pub(crate) fn image(name: &str) -> Image {
    Image::sample(name)
}

pub(crate) fn digest(name: &str) -> Digest {
    image(name).digest().clone()
}

pub(crate) fn outcome(verdict: &Verdict) -> (Decision, Option<Code>) {
    (verdict.decision(), verdict.code())
}

pub(crate) const FIRST_USE: &str = "pins: {trustOnFirstUse: true}";
