//! Which entries govern an image, and what follows where none does or one is broken.

use super::*;

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
