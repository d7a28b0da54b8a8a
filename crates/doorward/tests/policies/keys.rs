//! Where keys come from, and what follows where they cannot be had.

use super::*;

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
