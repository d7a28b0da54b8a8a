//! Policies for some workloads, and what reviews say of those.

use super::*;

/// A policy that refuses everything of those that it selects.
fn refusing(selector: &str) -> String {
    REJECT
        .replace("{name: none}", "{name: a-few}")
        .replace("spec: {", &format!("spec: {{{selector}, "))
}

const PROD: &str = "namespaceSelector: {matchLabels: {env: prod}}";

fn namespace(env: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{env: {env}}}}}\n")
}

fn deployment(of: &Value) -> Value {
    let mut review = of.clone();
    let pod = review["request"]["object"].clone();
    let template = json!({"metadata": {"labels": pod["metadata"]["labels"]}, "spec": pod["spec"]});
    review["request"]["resource"] =
        json!({"group": "apps", "version": "v1", "resource": "deployments"});
    review["request"]["object"] = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    });
    review
}

#[tokio::test]
async fn the_labels_of_a_namespace_decide_whose_policy_counts_and_a_relabelled_one_changes_it() {
    let prod = refusing(PROD);
    let pod = pod(&["r.example/a"]);
    let webhook = offline(&[UNCHECKED, &prod, &namespace("dev")]);
    assert!(ask(&webhook, "/mutate", &pod).await.allowed());
    webhook.enforce(snapshot(&[UNCHECKED, &prod, &namespace("prod")]));
    assert!(!ask(&webhook, "/mutate", &pod).await.allowed());
    webhook.enforce(snapshot(&[UNCHECKED, &prod, &namespace("dev")]));
    assert!(ask(&webhook, "/mutate", &pod).await.allowed());
}

#[tokio::test]
async fn a_namespace_whose_labels_nobody_knows_is_refused_what_they_may_refuse_and_it_says_so() {
    let pod = pod(&["r.example/a"]);
    let prod = refusing(PROD);
    let contradicting = format!("{}---\n{}", namespace("dev"), namespace("stage"));
    for texts in [
        vec![UNCHECKED, &prod],
        vec![UNCHECKED, &prod, &contradicting],
    ] {
        let answer = ask(&offline(&texts), "/mutate", &pod).await;
        assert!(!answer.allowed());
        let message = answer.message();
        assert!(
            message.contains("policy-selection-unknown")
                && message.contains("the labels of the namespace are not known"),
            "{message}"
        );
    }
    // Where no selector asks, nothing is missing.
    let by_name = refusing("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}");
    let answer = ask(&offline(&[UNCHECKED, &by_name]), "/mutate", &pod).await;
    assert!(answer.allowed());
}

#[tokio::test]
async fn a_deployment_and_its_pods_are_judged_alike_by_labels_and_service_account() {
    for (selector, labels, account, is_allowed) in [
        (
            "objectSelector: {matchLabels: {tier: web}}",
            json!({"tier": "web"}),
            "default",
            false,
        ),
        (
            "objectSelector: {matchLabels: {tier: web}}",
            json!({"tier": "db"}),
            "default",
            true,
        ),
        (
            "objectSelector: {matchLabels: {tier: web}}",
            json!(null),
            "default",
            true,
        ),
        (
            "serviceAccounts: [shop/builder]",
            json!({}),
            "builder",
            false,
        ),
        (
            "serviceAccounts: [shop/builder]",
            json!({}),
            "default",
            true,
        ),
        (
            "serviceAccounts: [bank/builder]",
            json!({}),
            "builder",
            true,
        ),
    ] {
        let webhook = offline(&[UNCHECKED, &refusing(selector)]);
        let mut pod = pod(&["r.example/a"]);
        pod["request"]["object"]["metadata"]["labels"] = labels.clone();
        pod["request"]["object"]["spec"]["serviceAccountName"] = json!(account);
        for review in [deployment(&pod), pod] {
            let answer = ask(&webhook, "/mutate", &review).await;
            assert_eq!(
                answer.allowed(),
                is_allowed,
                "{selector} {labels} {account}: {}",
                review["request"]["object"]["kind"]
            );
        }
    }
}

#[tokio::test]
async fn an_entry_that_refuses_later_answers_with_a_warning_that_names_the_day() {
    let later = REJECT.replace("{name: '*', ", "{name: '*', effectiveFrom: 2099-01-01, ");
    let answer = ask(&offline(&[&later]), "/mutate", &pod(&["r.example/a"])).await;
    assert!(answer.allowed());
    let warnings = answer.0["response"]["warnings"].to_string();
    assert!(
        warnings.contains("policy-not-effective-yet") && warnings.contains("2099-01-01"),
        "{warnings}"
    );
}
