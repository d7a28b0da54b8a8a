//! Policies, secrets and simple signing together, with the world in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod support;
#[path = "support/taped.rs"]
mod taped;

use doorward::simple_signing::codes as simple_codes;
use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Class, Code, Digest, FetchError};
use doorward::policy::{Document, PolicyObject, PolicySet, read_documents};
use doorward::{
    Context, Decision, Engine, EngineBuilder, Mode, RequirementOutcome, Rules, Secret, SecretError,
    SecretFuture, Secrets, StaticSecrets, Verdict,
};
use doorward_testkit::{KeyKind, OpenPgpSigner};
use support::{MANIFEST, NOW, World, unavailable};

const IMAGE: &str = "r.example/team/app:1";

fn digest() -> Digest {
    Digest::sha256(MANIFEST)
}

fn signer() -> OpenPgpSigner {
    OpenPgpSigner::new(KeyKind::Ed25519)
}

fn signature(number: usize) -> String {
    let hex = digest();
    let hex = hex.hex();
    format!("lookaside https://sigs.example/team/app@sha256={hex}/signature-{number}")
}

/// A registry without the signature extension that has the image, and an empty store.
fn unsigned() -> World {
    World::default()
        .serves(&format!("manifest {IMAGE}"), MANIFEST)
        .fails(
            &format!("signature extension r.example/team/app@{}", digest()),
            FetchError::NotSupported,
        )
}

fn signed_as(reference: &str) -> World {
    unsigned().serves(&signature(1), &signer().sign(reference, &digest()))
}

fn signed() -> World {
    signed_as(IMAGE)
}

fn key(of: &OpenPgpSigner) -> Secret {
    let armored = of.public_key_armored().into_bytes();
    Secret::new(BTreeMap::from([("key".to_owned(), armored)]))
}

/// The signer's key as secret `release` in these namespaces.
fn key_in(namespaces: &[&str]) -> StaticSecrets {
    let mut secrets = StaticSecrets::default();
    for namespace in namespaces {
        secrets.insert(*namespace, "release", key(&signer()));
    }
    secrets
}

fn policies_of(documents: Vec<Document>) -> Vec<PolicyObject> {
    documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect()
}

fn rules(yaml: &str) -> Rules {
    let (documents, problems) = read_documents("policy.yaml", yaml.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = policies_of(documents);
    Rules::Policies(Arc::new(PolicySet::compile(policies).0))
}

fn policy(kind: &str, group: &str, body: &str) -> String {
    let namespace = if kind == "ImagePolicy" {
        ", namespace: tenant"
    } else {
        ""
    };
    format!(
        "apiVersion: {group}\nkind: {kind}\nmetadata: {{name: p{namespace}}}\nspec:\n  repositories:\n  \
         - name: \"r.example/team/*\"\n    policy: {body}\n---\n"
    )
}

const OURS: &str = "doorward.dev/v1";
const PORTIERIS: &str = "portieris.cloud.ibm.com/v1";
const SIGNED_BY: &str = "{simple: {storeURL: \"https://sigs.example\", requirements: [{type: signedBy, keySecret: release}]}}";

struct Review {
    rules: Rules,
    secrets: StaticSecrets,
    engine: EngineBuilder,
}

impl Review {
    fn of(yaml: &str) -> Self {
        Self {
            rules: rules(yaml),
            secrets: key_in(&["tenant"]),
            engine: Engine::builder(),
        }
    }

    fn secrets(mut self, secrets: StaticSecrets) -> Self {
        self.secrets = secrets;
        self
    }

    async fn decide(self, world: World) -> Verdict {
        let context =
            Context::new(&self.rules, &self.secrets, Arc::new(world), NOW).in_namespace("tenant");
        taped::decide(&self.engine.build(), IMAGE, &context).await
    }
}

fn outcome(verdict: &Verdict) -> (Decision, Option<Code>) {
    (verdict.decision(), verdict.code())
}

#[tokio::test]
async fn an_image_signed_by_the_right_key_is_allowed_with_its_evidence() {
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .decide(signed())
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    assert_eq!(verdict.cost().flights, 2);
    let evidence = &verdict.requirements()[0].evidence[0];
    assert_eq!(
        evidence.key.as_ref().unwrap().to_lowercase(),
        signer().fingerprint().to_lowercase()
    );
    assert_eq!(evidence.identity.as_deref(), Some(IMAGE));
    assert_eq!(verdict.rules()[0].entry, "r.example/team/*");
}

#[tokio::test]
async fn an_unsigned_image_is_denied() {
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .decide(unsigned())
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(simple_codes::NO_SIGNATURE))
    );
}

#[tokio::test]
async fn a_signature_by_a_stranger_is_denied() {
    let mut secrets = StaticSecrets::default();
    secrets.insert("tenant", "release", key(&OpenPgpSigner::new(KeyKind::P256)));
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .secrets(secrets)
        .decide(signed())
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(simple_codes::UNKNOWN_KEY))
    );
}

#[tokio::test]
async fn a_signature_for_another_image_is_denied() {
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .decide(signed_as("r.example/team/other:1"))
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(simple_codes::IDENTITY_MISMATCH))
    );
}

#[tokio::test]
async fn an_unreachable_store_is_not_an_unsigned_image() {
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .decide(signed().fails(&signature(2), unavailable()))
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::REGISTRY_UNAVAILABLE))
    );
    assert_eq!(
        verdict.requirements()[0].outcome,
        RequirementOutcome::Unavailable
    );
}

#[tokio::test]
async fn a_missing_key_secret_is_a_configuration_error_and_denies() {
    let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
        .secrets(StaticSecrets::default())
        .decide(signed())
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::SECRET_NOT_FOUND))
    );
    assert!(
        verdict.message().contains("tenant/release"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn a_key_secret_without_its_item_or_with_rubbish_denies() {
    for (item, expected) in [
        ("keys", Code::SECRET_INVALID),
        ("key", simple_codes::KEYRING_INVALID),
    ] {
        let mut secrets = StaticSecrets::default();
        let rubbish = Secret::new(BTreeMap::from([(item.to_owned(), b"rubbish".to_vec())]));
        secrets.insert("tenant", "release", rubbish);
        let verdict = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY))
            .secrets(secrets)
            .decide(signed())
            .await;
        assert_eq!(outcome(&verdict), (Decision::Deny, Some(expected)));
        assert_eq!(expected.class(), Class::Configuration);
    }
}

/// The outcome for a signed image if the key secret has these items.
async fn with_items<const N: usize>(items: [(&str, Vec<u8>); N]) -> (Decision, Option<Code>) {
    let mut review = Review::of(&policy("ImagePolicy", OURS, SIGNED_BY));
    let items = items.map(|(name, bytes)| (name.to_owned(), bytes));
    review
        .secrets
        .insert("tenant", "release", Secret::new(BTreeMap::from(items)));
    outcome(&review.decide(signed()).await)
}

#[tokio::test]
async fn a_binary_key_in_a_secret_is_as_good_as_an_armored_one() {
    assert_eq!(
        with_items([("key", signer().public_key_binary())]).await,
        (Decision::Allow, None)
    );
}

#[tokio::test]
async fn a_revocation_certificate_in_a_key_secret_counts_in_the_item_and_beside_it() {
    let key = signer().public_key_armored();
    let revocation = signer().revocation_certificate_armored();
    let both = format!("{key}{revocation}").into_bytes();
    let (key, revocation) = (key.into_bytes(), revocation.into_bytes());
    let revoked = (Decision::Deny, Some(simple_codes::KEY_REVOKED));
    assert_eq!(with_items([("key", both)]).await, revoked);
    let beside = [("key", key.clone()), ("revocation.asc", revocation.clone())];
    assert_eq!(with_items(beside).await, revoked);
    let binary = [
        ("key", signer().public_key_binary()),
        ("a", revocation.clone()),
    ];
    assert_eq!(with_items(binary).await, revoked);
    // Alone it is about no key, and another item never brings one.
    let invalid = (Decision::Deny, Some(simple_codes::KEYRING_INVALID));
    assert_eq!(with_items([("key", revocation.clone())]).await, invalid);
    let swapped = [("key", revocation), ("other", key.clone())];
    assert_eq!(with_items(swapped).await, invalid);
    let harmless = [("key", key), ("note", b"call the release team".to_vec())];
    assert_eq!(with_items(harmless).await, (Decision::Allow, None));
}

#[tokio::test]
async fn keys_of_a_cluster_policy_never_come_from_the_tenant() {
    for group in [OURS, PORTIERIS] {
        let yaml = policy("ClusterImagePolicy", group, SIGNED_BY);
        let verdict = Review::of(&yaml).decide(signed()).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(Code::SECRET_NOT_FOUND)),
            "{group}"
        );
        let verdict = Review::of(&yaml)
            .secrets(key_in(&["doorward"]))
            .decide(signed())
            .await;
        assert_eq!(outcome(&verdict), (Decision::Allow, None), "{group}");
    }
}

#[tokio::test]
async fn the_compatibility_switch_reads_tenant_keys_for_the_portieris_group_alone() {
    for (group, expected) in [(OURS, Decision::Deny), (PORTIERIS, Decision::Allow)] {
        let mut review = Review::of(&policy("ClusterImagePolicy", group, SIGNED_BY));
        review.engine = review
            .engine
            .dangerously_read_cluster_policy_keys_from_tenants();
        assert_eq!(
            review.decide(signed()).await.decision(),
            expected,
            "{group}"
        );
    }
}

#[tokio::test]
async fn a_key_secret_in_a_named_namespace_is_read_there() {
    let body = SIGNED_BY.replace("release}", "release, keySecretNamespace: keys}");
    let verdict = Review::of(&policy("ClusterImagePolicy", OURS, &body))
        .secrets(key_in(&["keys"]))
        .decide(signed())
        .await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
}

#[tokio::test]
async fn a_demand_that_this_build_cannot_check_denies_with_its_name() {
    for (field, body) in [
        (
            "notation",
            "{notation: {level: strict, trustStores: [{type: ca, secret: a}], trustedIdentities: [\"x509.subject: C=US, ST=WA, O=acme\"]}}",
        ),
        (
            "sigstore",
            "{sigstore: {authorities: [{name: a, keySecret: k}]}}",
        ),
        (
            "vulnerability",
            "{vulnerability: {ICCRVA: {enabled: true}}}",
        ),
    ] {
        let verdict = Review::of(&policy("ImagePolicy", OURS, body))
            .decide(signed())
            .await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(Code::POLICY_UNSUPPORTED)),
            "{field}"
        );
        assert!(verdict.message().contains(field), "{}", verdict.message());
    }
}

#[tokio::test]
async fn only_a_body_that_says_so_admits_unchecked() {
    for (group, body, admitted) in [
        (PORTIERIS, "{}", true),
        (PORTIERIS, "{trust: {enabled: false}}", false),
        (PORTIERIS, "", false),
        (OURS, "{unchecked: true}", true),
        (OURS, "{}", false),
        (OURS, "", false),
    ] {
        let verdict = Review::of(&policy("ImagePolicy", group, body))
            .decide(World::default())
            .await;
        let expected = if admitted {
            (Decision::Allow, None)
        } else {
            (Decision::Deny, Some(Code::POLICY_INVALID))
        };
        assert_eq!(outcome(&verdict), expected, "{group} {body:?}");
    }
}

#[tokio::test]
async fn a_floor_applies_although_the_namespace_has_its_own_policy() {
    let floor =
        policy("ClusterImagePolicy", OURS, SIGNED_BY).replace("spec:\n", "spec:\n  floor: true\n");
    let yaml = policy("ImagePolicy", OURS, "{unchecked: true}") + &floor;
    let denied = Review::of(&yaml)
        .secrets(key_in(&["doorward"]))
        .decide(unsigned())
        .await;
    assert_eq!(
        outcome(&denied),
        (Decision::Deny, Some(simple_codes::NO_SIGNATURE))
    );
    let allowed = Review::of(&yaml)
        .secrets(key_in(&["doorward"]))
        .decide(signed())
        .await;
    assert_eq!(outcome(&allowed), (Decision::Allow, None));
    assert_eq!(allowed.rules().len(), 2);
}

#[tokio::test]
async fn either_of_two_alternatives_is_enough() {
    let body =
        format!("{{anyOf: [{{simple: {{requirements: [{{type: reject}}]}}}}, {SIGNED_BY}]}}");
    let verdict = Review::of(&policy("ImagePolicy", OURS, &body))
        .decide(signed())
        .await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
}

#[tokio::test]
async fn the_modes_of_a_policy_reach_the_verdict() {
    for (mode, expected) in [("warn", Mode::Warn), ("audit", Mode::Audit)] {
        let body = SIGNED_BY.replace("{simple", &format!("{{mode: {mode}, simple"));
        let verdict = Review::of(&policy("ImagePolicy", OURS, &body))
            .decide(unsigned())
            .await;
        assert_eq!(
            (verdict.decision(), verdict.mode()),
            (Decision::Warn, expected)
        );
    }
}

#[tokio::test]
async fn mutation_that_is_switched_off_verifies_and_replaces_nothing() {
    let body = SIGNED_BY.replace("{simple", "{mutateImage: false, simple");
    let verdict = Review::of(&policy("ImagePolicy", OURS, &body))
        .decide(signed())
        .await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
    assert!(verdict.pinned().is_some() && verdict.replacement().is_none());
}

#[tokio::test]
async fn an_entry_with_an_error_denies_what_it_governs() {
    let yaml = policy("ImagePolicy", OURS, "{simpel: {}}");
    let (documents, _) = read_documents("policy.yaml", yaml.as_bytes());
    let policies = policies_of(documents);
    let rules = Rules::Policies(Arc::new(PolicySet::compile(policies).0));
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(signed()), NOW).in_namespace("tenant");
    let verdict = Engine::default().decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::POLICY_INVALID))
    );
    assert!(
        verdict.message().contains("simpel"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn no_policy_and_no_match_are_told_apart() {
    let rules = rules(&policy("ImagePolicy", OURS, SIGNED_BY));
    let secrets = key_in(&["tenant"]);
    let context = Context::new(&rules, &secrets, Arc::new(signed()), NOW);
    let elsewhere = context.clone().in_namespace("tenant");
    let verdict = Engine::default()
        .decide("other.example/app:1", &elsewhere)
        .await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::POLICY_NO_MATCH))
    );
    let verdict = Engine::default()
        .decide(IMAGE, &context.in_namespace("empty"))
        .await;
    assert_eq!(outcome(&verdict), (Decision::Deny, Some(Code::POLICY_NONE)));
}

#[tokio::test]
async fn the_same_key_for_two_entries_is_parsed_and_fetched_once() {
    let yaml = policy("ImagePolicy", OURS, SIGNED_BY)
        + &policy("ClusterImagePolicy", OURS, SIGNED_BY)
            .replace("spec:\n", "spec:\n  floor: true\n");
    let world = Arc::new(signed());
    let rules = rules(&yaml);
    let secrets = key_in(&["tenant", "doorward"]);
    let context =
        Context::new(&rules, &secrets, Arc::clone(&world) as _, NOW).in_namespace("tenant");
    let verdict = Engine::default().decide(IMAGE, &context).await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
    let asked = world.asked();
    assert_eq!(asked.iter().filter(|a| **a == signature(1)).count(), 1);
}

#[tokio::test]
async fn an_image_that_the_policy_rejects_is_refused_without_asking_its_registry() {
    let world = Arc::new(World::default());
    let rules = rules(&policy(
        "ImagePolicy",
        OURS,
        "{simple: {requirements: [{type: reject}]}}",
    ));
    let secrets = StaticSecrets::default();
    let fetcher: Arc<World> = Arc::clone(&world);
    let context = Context::new(&rules, &secrets, fetcher, NOW).in_namespace("tenant");
    let verdict = Engine::default().decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(simple_codes::REJECTED_BY_POLICY))
    );
    assert_eq!(world.asked(), [""; 0]);
}

/// Secrets of a cluster that does not answer.
struct Silent;

impl Secrets for Silent {
    fn secret<'a>(&'a self, _: &'a str, _: &'a str) -> SecretFuture<'a> {
        Box::pin(std::future::ready(Err(SecretError::Unavailable {
            detail: "the API server does not answer".to_owned(),
        })))
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_unavailable_and_named_as_data() {
    let rules = rules(&policy("ImagePolicy", OURS, SIGNED_BY));
    let context = Context::new(&rules, &Silent, Arc::new(signed()), NOW).in_namespace("tenant");
    let verdict = Engine::builder().build().decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::SECRET_UNAVAILABLE))
    );
    let rejection = verdict.rejection().unwrap();
    assert_eq!(rejection.class(), Class::Unavailable);
    assert_eq!(rejection.secret(), Some(("tenant", "release")));
}

#[tokio::test]
async fn what_an_entry_with_a_tag_pinned_is_denied_with_the_name_of_that_entry() {
    let rules = rules(&policy("ImagePolicy", OURS, SIGNED_BY).replace("team/*", "team/app:1"));
    let secrets = key_in(&["tenant"]);
    let context = Context::new(&rules, &secrets, Arc::new(signed()), NOW).in_namespace("tenant");
    let engine = Engine::builder().build();
    let verdict = engine.decide(IMAGE, &context).await;
    assert_eq!(outcome(&verdict), (Decision::Allow, None));
    let pinned = verdict.pinned().expect("pinned").to_string();
    for image in [pinned, format!("{IMAGE}@{}", digest())] {
        let verdict = engine.decide(&image, &context).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(Code::POLICY_NO_MATCH))
        );
        let said = verdict.message();
        assert!(
            said.contains(
                "an entry for this repository exists but names a tag, \"r.example/team/app:1\""
            ),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_registry_port_with_leading_zeros_is_refused_whatever_the_policies() {
    let yaml = policy("ImagePolicy", PORTIERIS, "{}").replace("r.example/team/*", "*");
    let rules = rules(&yaml);
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(unsigned()), NOW).in_namespace("tenant");
    let engine = Engine::builder().build();
    for image in [
        "r.example:0443/team/app:1",
        "r.example./team/app:1",
        "0x7f.1/team/app:1",
        "[::ffff:7f00:1]/team/app:1",
    ] {
        let verdict = engine.decide(image, &context).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(Code::REFERENCE_INVALID)),
            "{image}"
        );
    }
}
