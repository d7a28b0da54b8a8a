//! Policies that demand Notary v1, through the engine, with a trust server and a registry in this process.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops at what does not hold"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{
    Code, Digest, StateError, StateFuture, StateKey, StateStore, Stored, Timestamp,
};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::RegistryClient;
use doorward::{
    Context, Decision, Engine, EngineBuilder, MemoryState, RequirementOutcome, Rules, Secret,
    StaticSecrets, Verdict,
};
use doorward_testkit::{
    Collection, Delegation, Fault, FaultRule, Image, KeyKind, NotaryKey, NotaryServer,
    OpenPgpSigner, Registry, Target,
};

const GUN: &str = "r.example/team/app";
const IMAGE: &str = "r.example/team/app:1";
const DAY: i64 = 24 * 60 * 60;

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// A trust server with one collection, and what decides about it.
struct Trust {
    server: NotaryServer,
    collection: Collection,
    client: RegistryClient,
    engine: Engine,
    secrets: StaticSecrets,
    now: Timestamp,
}

impl Trust {
    /// A collection with the tag `1`.
    async fn new() -> Self {
        Self::with(Engine::builder()).await
    }

    async fn with(engine: EngineBuilder) -> Self {
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

    fn publish(&mut self, change: impl FnOnce(&mut Collection)) {
        change(&mut self.collection);
        self.server.publish(&self.collection.publish());
    }

    /// Rules of one cluster policy whose `trust` has these fields besides the server.
    fn rules(&self, more: &str) -> Rules {
        self.body(&format!("{{trust: {}}}", self.trust(more)))
    }

    fn trust(&self, more: &str) -> String {
        format!(
            "{{enabled: true, trustServer: \"{}\", {more}}}",
            self.server.url()
        )
    }

    fn body(&self, body: &str) -> Rules {
        rules("doorward.dev/v1", "ClusterImagePolicy", "", body)
    }

    async fn decide(&self, rules: &Rules, image: &str) -> Verdict {
        let fetcher = Arc::new(self.client.anonymous());
        let context = Context::new(rules, &self.secrets, fetcher, self.now).in_namespace("tenant");
        self.engine.decide(image, &context).await
    }

    fn pinned(&self) -> String {
        format!("pins: {{rootKeyIds: [{}]}}", self.collection.root_key_id())
    }

    /// A secret with a signer's name and key.
    fn signer(&mut self, secret: &str, name: &str, key: &NotaryKey) {
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

fn rules(group: &str, kind: &str, namespace: &str, body: &str) -> Rules {
    let yaml = format!(
        "apiVersion: {group}\nkind: {kind}\nmetadata: {{name: p{namespace}}}\nspec:\n  repositories:\n  - \
         name: \"*\"\n    policy: {body}\n"
    );
    let (documents, problems) = read_documents("policy.yaml", yaml.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Other { .. } => None,
    });
    Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0))
}

fn image(name: &str) -> Image {
    Image::sample(name)
}

fn digest(name: &str) -> Digest {
    image(name).digest().clone()
}

fn outcome(verdict: &Verdict) -> (Decision, Option<Code>) {
    (verdict.decision(), verdict.code())
}

const FIRST_USE: &str = "pins: {trustOnFirstUse: true}";

#[tokio::test]
async fn a_released_tag_is_allowed_and_pinned_without_asking_the_registry() {
    let trust = Trust::new().await;
    // r.example does not exist: whatever asked it would fail.
    let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    assert_eq!(
        verdict.pinned().unwrap().to_string(),
        format!("{GUN}@{}", digest("one"))
    );
    assert_eq!(verdict.replacement(), verdict.pinned());
    assert_eq!(verdict.cost().fetches, 4);
    assert_eq!(verdict.cost().flights, 3);
    let evidence = &verdict.requirements()[0].evidence[0];
    assert_eq!(evidence.signer.as_deref(), Some("targets"));
    assert_eq!(evidence.identity.as_deref(), Some(IMAGE));
}

#[tokio::test]
async fn the_second_decision_asks_for_the_timestamp_alone() {
    let trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let first = trust.decide(&rules, IMAGE).await;
    assert!(
        first.notes()[0].contains("first contact"),
        "{:?}",
        first.notes()
    );
    let second = trust.decide(&rules, IMAGE).await;
    assert_eq!(outcome(&second), (Decision::Allow, None));
    assert_eq!((second.cost().fetches, second.cost().flights), (1, 1));
    assert_eq!(second.notes(), [""; 0]);
}

#[tokio::test]
async fn what_was_pinned_is_allowed_again_by_its_digest() {
    let trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let by_digest = format!("{GUN}@{}", digest("one"));
    let verdict = trust.decide(&rules, &by_digest).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    let both = format!("{IMAGE}@{}", digest("one"));
    assert_eq!(
        outcome(&trust.decide(&rules, &both).await),
        (Decision::Allow, None)
    );
    let other = format!("{GUN}@{}", digest("two"));
    assert_eq!(
        outcome(&trust.decide(&rules, &other).await),
        (Decision::Deny, Some(Code::NotaryNotReleased))
    );
    let mismatch = format!("{IMAGE}@{}", digest("two"));
    assert_eq!(
        outcome(&trust.decide(&rules, &mismatch).await),
        (Decision::Deny, Some(Code::NotaryDigestMismatch))
    );
}

#[tokio::test]
async fn without_pins_nothing_is_believed_and_nobody_is_asked() {
    let trust = Trust::new().await;
    let verdict = trust.decide(&trust.rules(""), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::NotaryPinRequired))
    );
    assert!(
        verdict.message().contains("doorward trust pin"),
        "{}",
        verdict.message()
    );
    assert!(trust.server.requests().is_empty());
}

#[tokio::test]
async fn a_portieris_policy_believes_the_first_root_only_if_the_operator_says_so() {
    let trust = Trust::new().await;
    let body = format!("{{trust: {}}}", trust.trust(""));
    let portieris = rules(
        "portieris.cloud.ibm.com/v1",
        "ClusterImagePolicy",
        "",
        &body,
    );
    let verdict = trust.decide(&portieris, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::NotaryPinRequired))
    );
    let told = Engine::builder().dangerously_trust_on_first_use_for_portieris_policies();
    let trust = Trust::with(told).await;
    let body = format!("{{trust: {}}}", trust.trust(""));
    let portieris = rules(
        "portieris.cloud.ibm.com/v1",
        "ClusterImagePolicy",
        "",
        &body,
    );
    assert_eq!(
        outcome(&trust.decide(&portieris, IMAGE).await),
        (Decision::Allow, None)
    );
    // The switch is for those policies: ours can say it themselves.
    let ours = trust
        .decide(&trust.rules(""), "r.example/team/other:1")
        .await;
    assert_eq!(
        outcome(&ours),
        (Decision::Deny, Some(Code::NotaryPinRequired))
    );
}

#[tokio::test]
async fn what_one_tenant_believed_first_is_not_what_another_one_believes() {
    let trust = Trust::new().await;
    let first_use = format!("{{trust: {}}}", trust.trust(FIRST_USE));
    let nothing = format!("{{trust: {}}}", trust.trust(""));
    let mine = rules(
        "doorward.dev/v1",
        "ImagePolicy",
        ", namespace: tenant",
        &first_use,
    );
    assert_eq!(
        outcome(&trust.decide(&mine, IMAGE).await),
        (Decision::Allow, None)
    );
    let cluster = trust.body(&nothing);
    assert_eq!(
        outcome(&trust.decide(&cluster, IMAGE).await),
        (Decision::Deny, Some(Code::NotaryPinRequired))
    );
}

#[tokio::test]
async fn one_server_s_first_answer_does_not_decide_about_another_server() {
    let trust = Trust::new().await;
    let evil = Trust::new().await;
    let mut other = Collection::builder(GUN, now()).seed(99).build();
    other.add_target("1", Target::image(&image("evil")));
    evil.server.publish(&other.publish());
    let through = |server: &NotaryServer| {
        let trust = format!(
            "{{enabled: true, trustServer: \"{}\", {FIRST_USE}}}",
            server.url()
        );
        rules(
            "doorward.dev/v1",
            "ClusterImagePolicy",
            "",
            &format!("{{trust: {trust}}}"),
        )
    };
    let bad = trust.decide(&through(&evil.server), IMAGE).await;
    assert_eq!(bad.digest(), Some(&digest("evil")));
    let good = trust.decide(&through(&trust.server), IMAGE).await;
    assert_eq!(good.digest(), Some(&digest("one")), "{}", good.message());
    trust.server.remove(GUN);
    let gone = trust.decide(&through(&trust.server), IMAGE).await;
    assert_eq!(
        outcome(&gone),
        (Decision::Deny, Some(Code::NotaryTrustDataMissing))
    );
    trust.server.fault(FaultRule::new(Fault::Status(503)));
    let down = trust.decide(&through(&trust.server), IMAGE).await;
    assert_eq!(
        outcome(&down),
        (Decision::Deny, Some(Code::NotaryServerUnavailable))
    );
}

#[tokio::test]
async fn an_older_publication_is_refused_by_whoever_saw_the_newer_one() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let old = trust.collection.publish();
    trust.publish(|collection| {
        collection.add_target("1", Target::image(&image("two")));
    });
    assert_eq!(
        trust.decide(&rules, IMAGE).await.digest(),
        Some(&digest("two"))
    );
    trust.server.publish(&old);
    let verdict = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::NotaryRollback)),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn what_was_verified_is_remembered_also_if_the_image_is_refused() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let old = trust.collection.publish();
    trust.publish(|collection| {
        collection.remove_target("1");
    });
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(Code::NotaryNotReleased))
    );
    trust.server.publish(&old);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(Code::NotaryRollback))
    );
}

#[tokio::test]
async fn every_demanded_signer_must_have_signed_with_the_key_of_the_secret() {
    let mut trust = Trust::new().await;
    let (alice, mallory) = (
        NotaryKey::seeded(KeyKind::P256, 7),
        NotaryKey::seeded(KeyKind::P256, 8),
    );
    trust.signer("alice", "alice", &alice);
    let rules = trust.rules(&format!(
        "{}, signerSecrets: [{{name: alice}}]",
        trust.pinned()
    ));
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(Code::NotarySignerMissing))
    );
    trust.publish(|collection| {
        collection
            .delegate(Delegation::new(
                "targets/alice",
                std::slice::from_ref(&alice),
            ))
            .add_target_to("targets/alice", "1", Target::image(&image("one")));
    });
    let verdict = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    assert_eq!(verdict.requirements()[0].evidence.len(), 2);
    trust.signer("alice", "alice", &mallory);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(Code::NotarySignerKeyMismatch))
    );
}

#[tokio::test]
async fn a_signer_or_pin_secret_that_is_absent_or_empty_refuses_before_anyone_is_asked() {
    let mut trust = Trust::new().await;
    let key = NotaryKey::seeded(KeyKind::P256, 7);
    trust.signer("noname", "", &key);
    trust
        .secrets
        .insert("doorward", "empty", Secret::new(BTreeMap::new()));
    for (more, code) in [
        ("signerSecrets: [{name: absent}]", Code::SecretNotFound),
        ("signerSecrets: [{name: noname}]", Code::SecretInvalid),
        ("signerSecrets: [{name: empty}]", Code::SecretInvalid),
        (
            "pins: {certificateSecrets: [{name: absent}]}",
            Code::SecretNotFound,
        ),
        ("pins: {caSecrets: [{name: empty}]}", Code::SecretInvalid),
    ] {
        let verdict = trust.decide(&trust.rules(more), IMAGE).await;
        assert_eq!(outcome(&verdict), (Decision::Deny, Some(code)), "{more}");
    }
    assert!(trust.server.requests().is_empty());
}

/// A registry with the image, and a store with a simple signature, besides the trust server.
async fn with_registry(trust: &mut Trust, held: &Image) -> (Registry, String) {
    let registry = Registry::builder().start().await;
    let image = format!("{}/team/app:1", registry.address());
    registry.push_image("team/app", "1", held);
    trust.client = RegistryClient::builder()
        .plain_http(registry.address())
        .build()
        .unwrap();
    let mut collection = Collection::new(&format!("{}/team/app", registry.address()), now());
    collection.add_target("1", Target::image(&self::image("one")));
    trust.server.publish(&collection.publish());
    trust.collection = collection;
    (registry, image)
}

#[tokio::test]
async fn a_tag_that_has_moved_in_the_registry_conflicts_with_what_is_released() {
    let mut trust = Trust::new().await;
    let (registry, name) = with_registry(&mut trust, &image("two")).await;
    let accept = "simple: {requirements: [{type: insecureAcceptAnything}]}";
    let both = |trust: &Trust| {
        trust.body(&format!(
            "{{trust: {}, {accept}}}",
            trust.trust(&trust.pinned())
        ))
    };
    let verdict = trust.decide(&both(&trust), &name).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::ConflictingDigests)),
        "{}",
        verdict.message()
    );
    registry.push_image("team/app", "1", &image("one"));
    let verdict = trust.decide(&both(&trust), &name).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    assert_eq!(verdict.digest(), Some(&digest("one")));
}

#[tokio::test]
async fn alternatives_move_from_one_scheme_to_the_other() {
    let mut trust = Trust::new().await;
    let (_registry, name) = with_registry(&mut trust, &image("one")).await;
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let key = signer.public_key_armored().into_bytes();
    let secret = Secret::new(BTreeMap::from([("key".to_owned(), key)]));
    trust.secrets.insert("doorward", "release", secret);
    let simple = "{simple: {requirements: [{type: signedBy, keySecret: release}]}}";
    let any = |trust: &Trust| {
        trust.body(&format!(
            "{{anyOf: [{simple}, {{trust: {}}}]}}",
            trust.trust(&trust.pinned())
        ))
    };
    let verdict = trust.decide(&any(&trust), &name).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    let outcomes: Vec<_> = verdict.requirements().iter().map(|r| r.outcome).collect();
    assert_eq!(
        outcomes,
        [RequirementOutcome::Fail, RequirementOutcome::Pass]
    );
}

#[tokio::test]
async fn a_floor_and_a_namespace_policy_must_agree_on_the_digest() {
    let trust = Trust::new().await;
    let mut other = Collection::builder(GUN, now()).seed(99).build();
    other.add_target("1", Target::image(&image("two")));
    let second = NotaryServer::builder().start().await;
    second.publish(&other.publish());
    let yaml = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: floor}}\nspec:\n  floor: true\n  \
         repositories:\n  - name: \"*\"\n    policy: {{trust: {}}}\n---\napiVersion: doorward.dev/v1\nkind: \
         ImagePolicy\nmetadata: {{name: own, namespace: tenant}}\nspec:\n  repositories:\n  - name: \"*\"\n    policy: \
         {{trust: {{enabled: true, trustServer: \"{}\", {FIRST_USE}}}}}\n",
        trust.trust(&trust.pinned()),
        second.url()
    );
    let (documents, problems) = read_documents("policy.yaml", yaml.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Other { .. } => None,
    });
    let rules = Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0));
    let verdict = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::ConflictingDigests)),
        "{}",
        verdict.message()
    );
    assert_eq!(verdict.pinned(), None);
}

#[tokio::test]
async fn an_outage_is_forgiven_only_where_the_policy_says_so_and_never_a_refusal() {
    let trust = Trust::new().await;
    let warn = |more: &str| {
        trust.body(&format!(
            "{{onUnavailable: warn, trust: {}}}",
            trust.trust(more)
        ))
    };
    let rules = warn(&trust.pinned());
    trust.server.fault(FaultRule::new(Fault::Status(503)));
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Warn, Some(Code::NotaryServerUnavailable))
    );
    for (status, code) in [
        (401, Code::NotaryServerUnauthorized),
        (404, Code::NotaryTrustDataMissing),
    ] {
        trust.server.clear_faults();
        trust.server.fault(FaultRule::new(Fault::Status(status)));
        let verdict = trust.decide(&rules, IMAGE).await;
        assert_eq!(outcome(&verdict), (Decision::Deny, Some(code)), "{status}");
    }
}

#[tokio::test]
async fn what_was_said_last_stands_in_for_a_silent_server_as_long_as_the_policy_allows() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&format!("{}, maxStaleness: 24h", trust.pinned()));
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Allow, None)
    );
    trust.server.fault(FaultRule::new(Fault::Status(503)));
    trust.now = now().plus(DAY);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Allow, None)
    );
    trust.now = now().plus(DAY + 1);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(Code::NotaryServerUnavailable))
    );
}

#[tokio::test]
async fn expiries_of_all_roles_are_told_also_when_one_has_passed() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let verdict = trust.decide(&rules, IMAGE).await;
    let names: Vec<&str> = verdict
        .expiries()
        .iter()
        .map(|(_, e)| e.name.as_str())
        .collect();
    assert_eq!(names, ["root", "timestamp", "snapshot", "targets"]);
    trust.now = now().plus(15 * DAY);
    let late = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&late),
        (Decision::Deny, Some(Code::NotaryRoleExpired))
    );
    assert!(late.message().contains("timestamp"), "{}", late.message());
}

/// A store that answers as it is told.
struct Broken(StateError);

impl StateStore for Broken {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(Err(self.0.clone())))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a bytes::Bytes>,
        _: bytes::Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Err(self.0.clone())))
    }
}

/// A store that was emptied behind our back, and cannot be written.
struct Emptied;

impl StateStore for Emptied {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(Ok(Stored::Lost)))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a bytes::Bytes>,
        _: bytes::Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Err(StateError::Unavailable {
            detail: "read-only".to_owned(),
        })))
    }
}

#[tokio::test]
async fn an_image_is_not_allowed_if_what_was_verified_cannot_be_remembered() {
    for (store, code) in [
        (
            Arc::new(Broken(StateError::Unavailable {
                detail: "no disk".to_owned(),
            })) as Arc<dyn StateStore>,
            Code::StateUnavailable,
        ),
        (
            Arc::new(Broken(StateError::Invalid {
                detail: "odd".to_owned(),
            })),
            Code::StateInvalid,
        ),
        (Arc::new(Emptied), Code::StateUnavailable),
    ] {
        let trust = Trust::with(Engine::builder().state(store)).await;
        let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(code)),
            "{}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn memory_that_was_deleted_is_said_and_not_passed_over() {
    let trust = Trust::with(Engine::builder().state(Arc::new(Emptied))).await;
    let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
    assert!(
        verdict.notes()[0].contains("deleted"),
        "{:?}",
        verdict.notes()
    );
}

#[tokio::test]
async fn damaged_memory_is_invalid_and_never_a_first_contact() {
    let state = Arc::new(MemoryState::default());
    let trust = Trust::with(Engine::builder().state(state.clone())).await;
    let key = StateKey::new(
        "cluster",
        doorward::core::Scheme::NOTARY,
        vec![trust.server.url()],
        GUN,
    );
    assert!(state.replace(&key, None, "{}".into()).await.unwrap());
    let verdict = trust.decide(&trust.rules(FIRST_USE), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::StateInvalid))
    );
    assert!(trust.server.requests().is_empty());
}

#[tokio::test]
async fn decisions_at_the_same_time_forget_nothing_of_each_other() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    trust.publish(|collection| {
        collection.add_target("2", Target::image(&image("two")));
    });
    let images: Vec<String> = (0..16).map(|n| format!("{GUN}:{}", n % 2 + 1)).collect();
    let verdicts =
        futures::future::join_all(images.iter().map(|image| trust.decide(&rules, image))).await;
    for verdict in verdicts {
        assert_eq!(
            outcome(&verdict),
            (Decision::Allow, None),
            "{}",
            verdict.message()
        );
    }
    let after = trust.decide(&rules, IMAGE).await;
    assert_eq!(after.cost().fetches, 1);
}

#[tokio::test]
async fn a_decision_that_keeps_nothing_uses_what_was_kept_and_leaves_it_as_it_was() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let old = trust.collection.publish();
    trust.publish(|collection| {
        collection.add_target("1", Target::image(&image("two")));
    });
    let fetcher = Arc::new(trust.client.anonymous());
    let context = Context::new(&rules, &trust.secrets, fetcher, now()).in_namespace("tenant");
    let dry = context.clone().keeping_nothing();
    let newer = trust.engine.decide(IMAGE, &dry).await;
    assert_eq!(newer.digest(), Some(&digest("two")));
    // Nothing is known of the newer one, and so the older one is not older than anything.
    trust.server.publish(&old);
    let older = trust.engine.decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&older),
        (Decision::Allow, None),
        "{}",
        older.message()
    );
    trust.server.publish(&trust.collection.publish());
    assert_eq!(
        trust.engine.decide(IMAGE, &context).await.digest(),
        Some(&digest("two"))
    );
    trust.server.publish(&old);
    let back = trust.engine.decide(IMAGE, &dry).await;
    assert_eq!(outcome(&back), (Decision::Deny, Some(Code::NotaryRollback)));
}
