//! AdmissionReview in, AdmissionReview out.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::common::{Run, Site};

fn review(images: &[&str]) -> Value {
    let containers: Vec<Value> = images
        .iter()
        .enumerate()
        .map(|(number, image)| json!({"name": format!("c{number}"), "image": image}))
        .collect();
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5", "operation": "CREATE", "namespace": "team",
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}},
        },
    })
}

fn admit(site: &Site, review: &Value, more: &[&str]) -> Run {
    let arguments = [&["admit", "-", "-f", "site.yaml"], more].concat();
    site.doorward(&arguments).input(review.to_string()).run()
}

fn patch(answer: &Value) -> Value {
    let text = answer["response"]["patch"].as_str().expect("a patch");
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn a_signed_image_is_admitted_and_replaced_by_its_digest() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let run = admit(&site, &review(&[&site.reference("shop/web")]), &[]);
    assert_eq!(run.code, 0, "{run:#?}");
    let answer = run.json();
    assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(answer["response"]["uid"], "705ab4f5");
    assert_eq!(answer["response"]["allowed"], true);
    let patch = patch(&answer);
    assert_eq!(patch[0]["path"], "/spec/containers/0/image");
    assert_eq!(
        patch[0]["value"],
        format!("{}/shop/web@{digest}", site.registry.address())
    );
}

#[test]
fn one_bad_image_refuses_the_pod_and_nothing_is_patched() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.push("shop/cart");
    let both = review(&[&site.reference("shop/web"), &site.reference("shop/cart")]);
    let run = admit(&site, &both, &[]);
    assert_eq!(run.code, 3, "{run:#?}");
    let response = &run.json()["response"];
    assert_eq!(response["allowed"], false);
    assert_eq!(response["patch"], Value::Null);
    let message = response["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("container c1") && message.contains("simple-no-signature"),
        "{message}"
    );
}

#[test]
fn the_validating_answer_insists_on_the_digest() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let run = admit(
        &site,
        &review(&[&site.reference("shop/web")]),
        &["--validate"],
    );
    assert_eq!(
        (run.code, &run.json()["response"]["allowed"]),
        (3, &json!(false)),
        "{run:#?}"
    );
    let pinned = format!("{}/shop/web@{digest}", site.registry.address());
    let run = admit(&site, &review(&[&pinned]), &["--validate"]);
    assert_eq!(
        (run.code, &run.json()["response"]["allowed"]),
        (0, &json!(true)),
        "{run:#?}"
    );
}

#[test]
fn the_namespace_of_the_review_chooses_the_policies() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.write(
        "tenant.yaml",
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: team}\nspec:\n  \
         repositories:\n  - {name: \"elsewhere.example/*\", policy: {simple: {requirements: [{type: reject}]}}}\n",
    );
    let review = review(&[&site.reference("shop/web")]);
    // Whatever --namespace says.
    let run = admit(&site, &review, &["-f", "tenant.yaml", "-n", "default"]);
    assert_eq!(run.code, 4, "{run:#?}");
}

#[test]
fn an_object_without_images_passes() {
    let site = Site::with_policy();
    let mut deletion = review(&["unknown.example/a:1"]);
    deletion["request"]["operation"] = json!("DELETE");
    let run = admit(&site, &deletion, &[]);
    assert_eq!(
        (run.code, &run.json()["response"]["allowed"]),
        (0, &json!(true)),
        "{run:#?}"
    );
}

#[test]
fn an_unreachable_registry_is_inconclusive_and_refuses() {
    let site = Site::with_policy();
    site.registry.stop();
    let run = admit(&site, &review(&[&site.reference("shop/web")]), &[]);
    assert_eq!(
        (run.code, &run.json()["response"]["allowed"]),
        (5, &json!(false)),
        "{run:#?}"
    );
}

#[test]
fn what_is_no_review_is_refused_and_invalid() {
    let site = Site::with_policy();
    for body in [
        "",
        "{",
        "[]",
        "{\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"request\": {\"uid\": \"1\"}}",
    ] {
        let run = site
            .doorward(&["admit", "-f", "site.yaml"])
            .input(body)
            .run();
        assert_eq!(
            (run.code, &run.json()["response"]["allowed"]),
            (6, &json!(false)),
            "{body:?}: {run:#?}"
        );
    }
    let mut foreign = review(&["a/b:1"]);
    foreign["request"]["resource"] = json!({"group": "", "version": "v1", "resource": "gibbles"});
    assert_eq!(admit(&site, &foreign, &[]).code, 6);
}

#[test]
fn a_review_from_a_file_is_answered_and_a_missing_one_is_invalid_input() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.write(
        "review.json",
        &review(&[&site.reference("shop/web")]).to_string(),
    );
    let run = site
        .doorward(&["admit", "review.json", "-f", "site.yaml"])
        .run();
    assert_eq!(run.code, 0, "{run:#?}");
    site.doorward(&["admit", "none.json", "-f", "site.yaml"])
        .run()
        .expect_failure(6, &["none.json"]);
}

#[test]
fn a_service_account_with_too_many_pull_secrets_is_refused_as_the_webhook_refuses_it() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let account = |names: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default, namespace: team}}\n\
             imagePullSecrets: [{names}]\n"
        );
        site.write("account.yaml", &text);
    };
    let mut asked = review(&[]);
    asked["request"]["resource"] =
        json!({"group": "apps", "version": "v1", "resource": "deployments"});
    let containers = json!([{"name": "c", "image": site.reference("shop/web")}]);
    asked["request"]["object"] = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": containers}}},
    });
    account(&"{name: same},".repeat(1_000));
    let run = admit(&site, &asked, &["-f", "account.yaml"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let names: String = (0..33)
        .map(|number| format!("{{name: p{number}}},"))
        .collect();
    account(&names);
    let run = admit(&site, &asked, &["-f", "account.yaml"]);
    assert_eq!(run.code, 6, "{run:#?}");
    let answer = run.json();
    assert_eq!(answer["response"]["allowed"], false);
    let message = answer["response"]["status"]["message"].as_str().unwrap();
    assert!(message.contains("admission-invalid"), "{message}");
    assert!(
        message.contains("names more than 32 image pull secrets"),
        "{message}"
    );
}

const SELECTING: &str = "\
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: a-prod}
spec:
  namespaceSelector: {matchLabels: {env: prod}}
  repositories:
  - {name: '*', policy: {simple: {requirements: [{type: signedBy, keySecret: missing}]}}}
---
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: a-web}
spec:
  objectSelector: {matchLabels: {tier: web}}
  repositories:
  - {name: '*', policy: {simple: {requirements: [{type: signedBy, keySecret: missing}]}}}
---
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: base}
spec:
  repositories:
  - {name: '*', policy: {unchecked: true}}
";

#[test]
fn a_review_is_judged_by_the_labels_of_its_object_and_of_its_namespace() {
    let site = Site::new();
    site.write("site.yaml", SELECTING);
    site.write(
        "namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {env: prod}}\n",
    );
    let labelled = |tier: &str| {
        let mut review = review(&["r.example/a"]);
        review["request"]["object"]["metadata"]["labels"] = json!({"tier": tier});
        review
    };
    let dev = &["--namespace-label", "env=dev"][..];
    let code = |tier: &str, more: &[&str]| admit(&site, &labelled(tier), more).code;
    assert_eq!(code("db", dev), 0);
    assert_eq!(code("web", dev), 6);
    assert_eq!(code("db", &["--namespace-label", "env=prod"]), 6);
    assert_eq!(code("db", &["-f", "namespace.yaml"]), 6);
    let unknown = admit(&site, &labelled("db"), &[]);
    assert_eq!(unknown.code, 5, "{unknown:#?}");
    assert!(
        unknown.stdout.contains("policy-selection-unknown"),
        "{unknown:#?}"
    );
}

#[test]
fn a_review_by_labels_is_answered_again_from_its_transcript() {
    let site = Site::new();
    site.write("site.yaml", SELECTING);
    let mut review = review(&["r.example/a"]);
    review["request"]["object"]["metadata"]["labels"] = json!({"tier": "db"});
    let recorded = admit(
        &site,
        &review,
        &["--namespace-label", "env=dev", "--record", "t.json"],
    );
    assert_eq!(recorded.code, 0, "{recorded:#?}");
    let again = site
        .doorward(&["admit", "-", "--replay", "t.json"])
        .input(review.to_string())
        .run();
    assert_eq!(again.code, 0, "{again:#?}");
    assert_eq!(again.stdout, recorded.stdout);
    assert!(!again.stderr.contains("not what was decided"), "{again:#?}");
}
