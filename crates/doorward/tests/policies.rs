//! Policies, secrets and simple signing together, with the world in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "policies/environments.rs"]
mod environments;
#[path = "policies/governing.rs"]
mod governing;
#[path = "policies/keys.rs"]
mod keys;
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
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
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
async fn a_demand_that_this_build_cannot_check_denies_with_its_name() {
    let signers = "{simple: {requirements: [{type: signedBy, keySecret: k}]}}";
    let attested = |kind: &str| format!("{{attestations: [{{{kind}, signedBy: {signers}}}]}}");
    for (field, body) in [
        (
            "slsa.dev",
            attested("predicateType: 'https://slsa.dev/provenance/v1'"),
        ),
        (
            "in-toto",
            attested("artifactType: application/vnd.in-toto+json"),
        ),
    ] {
        let verdict = Review::of(&policy("ImagePolicy", OURS, &body))
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
