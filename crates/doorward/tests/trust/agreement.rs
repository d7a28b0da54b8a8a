//! Other demands, other entries, and one digest.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::Code;
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::RegistryClient;
use doorward::{Decision, RequirementOutcome, Rules, Secret};
use doorward_testkit::{Collection, Image, KeyKind, NotaryServer, OpenPgpSigner, Registry, Target};

use crate::world::{FIRST_USE, GUN, IMAGE, Trust, digest, image, now, outcome};

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
    collection.add_target("1", Target::image(&crate::world::image("one")));
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
        (Decision::Deny, Some(Code::CONFLICTING_DIGESTS)),
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
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    let rules = Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0));
    let verdict = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::CONFLICTING_DIGESTS)),
        "{}",
        verdict.message()
    );
    assert_eq!(verdict.pinned(), None);
}
