//! What is written down of a decision, and what is not.

use super::*;

#[tokio::test]
async fn neither_a_credential_nor_a_comment_nor_what_governs_others_is_in_a_transcript() {
    let site = Site::new();
    let (_, bytes) = site.record(signed_by(&signer())).await;
    let text = String::from_utf8(bytes.clone()).unwrap();
    for never in [PASSWORD, "alice", "elsewhere.example", "kind: Secret"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
    let transcript = read(&bytes);
    assert_eq!(transcript.policies.len(), 1);
    let of = |name: &str| {
        let mut secrets = transcript.secrets.iter();
        &secrets.find(|secret| secret.name == name).unwrap().found
    };
    assert!(matches!(of("release"), Found::Public(_)));
    assert!(matches!(of("store"), Found::Withheld { .. }));
    assert!(
        transcript
            .fetches
            .iter()
            .any(|fetch| fetch.asked.fetch().resource.kind() == "lookaside")
    );
}

#[tokio::test]
async fn rules_that_are_not_written_down_have_to_be_given_again() {
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(unsigned()), NOW);
    let recorded = Engine::default()
        .decide_recorded(&[IMAGE], &context, &RecordedPolicies::default())
        .await;
    let transcript = recorded.transcript().unwrap();
    let kind = "fixed".to_owned();
    assert_eq!(
        Replaying::new(transcript.clone()).err(),
        Some(ReplayError::Rules { kind })
    );
    for name in ["keeps", "deadlineMillis", "tenantKeys"] {
        let mut less = transcript.clone();
        less.settings.remove(name);
        let replaying = Replaying::by(less, rules.clone());
        assert!(
            matches!(replaying.err(), Some(ReplayError::Setting { name: wrong }) if wrong == name)
        );
    }
}

#[test]
fn policies_with_a_mistake_are_not_written_down() {
    let whole = set(POLICY);
    for broken in [
        POLICY.replace("kind: ImagePolicy", "kind: ImagePolicie"),
        POLICY.replace("storeSecret: store", "storeSecret: [store]"),
        POLICY.replace("mode: warn", "mode: warn, mode: warn"),
        POLICY.replace("elsewhere.example/*", "other.example/*"),
        POLICY.replace("---\n", "--- {\n"),
    ] {
        let texts = [("policy.yaml", broken.as_bytes())];
        assert!(
            RecordedPolicies::of(&whole, texts, "tenant").is_none(),
            "{broken}"
        );
    }
    let texts = [("policy.yaml", POLICY.as_bytes())];
    assert!(RecordedPolicies::of(&whole, texts, "default").is_none());
}

#[test]
fn the_policies_of_a_list_are_written_down_and_the_secrets_in_it_are_not() {
    let list = format!(
        r#"{{"apiVersion": "v1", "kind": "List", "items": [
            {{"apiVersion": "v1", "kind": "Secret", "metadata": {{"name": "s"}}, "data": {{"a": "{PASSWORD}"}}}},
            {{"apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {{"name": "p"}}, "spec":
              {{"repositories": [{{"name": "*", "policy": {{"unchecked": true}}}}]}}}}]}}
"#
    );
    let texts = [("list.json", list.as_bytes())];
    let policies = RecordedPolicies::of(&set(&list), texts, "tenant").unwrap();
    let text = format!("{policies:?}");
    assert!(
        text.contains("unchecked") && !text.contains(PASSWORD),
        "{text}"
    );
}
