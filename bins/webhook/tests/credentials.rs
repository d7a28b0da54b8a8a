//! Images that not everybody may pull: the credentials of the workload count, and nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use doorward_testkit::{Authentication, Registry};
use doorward_webhook::Webhook;
use serde_json::{Value, json};
use support::{LIMITS, Site, ask, pod, secret, snapshot, webhook};

const PASSWORD: &str = "correct horse";

async fn private() -> Site {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", PASSWORD);
    Site::with(registry.start().await).await
}

fn pull_secret(site: &Site, namespace: &str, password: &str) -> String {
    let registry = site.registry.address();
    let config = json!({"auths": {registry: {"username": "alice", "password": password}}});
    secret(
        namespace,
        "regcred",
        ".dockerconfigjson",
        config.to_string().as_bytes(),
    )
}

fn under(site: &Site, more: &[&str]) -> Webhook {
    let (policy, key) = (site.policy(""), site.key());
    let mut documents = vec![policy.as_str(), key.as_str()];
    documents.extend(more);
    webhook(snapshot(&documents), site.client(), LIMITS)
}

fn pulling(image: &str, namespace: &str) -> Value {
    let mut review = pod(&[image]);
    review["request"]["namespace"] = json!(namespace);
    review["request"]["object"]["metadata"]["namespace"] = json!(namespace);
    review["request"]["object"]["spec"]["imagePullSecrets"] = json!([{"name": "regcred"}]);
    review
}

/// A review of a Deployment in `shop`.
fn deployment(image: &str) -> Value {
    let mut review = pod(&[]);
    review["request"]["kind"] = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    review["request"]["resource"] =
        json!({"group": "apps", "version": "v1", "resource": "deployments"});
    review["request"]["object"] = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}},
    });
    review
}

#[tokio::test]
async fn a_pull_secret_of_the_pod_opens_the_registry() {
    let site = private().await;
    let (image, _) = site.signed("app");
    let webhook = under(&site, &[&pull_secret(&site, "shop", PASSWORD)]);
    let answer = ask(&webhook, "/mutate", &pulling(&image, "shop")).await;
    assert!(answer.allowed() && !answer.patch().is_empty(), "{answer:?}");
    // A pod that names no secret has none: the API server would have put those of the service account there.
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed() && answer.message().contains("registry-unauthorized"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_never_shown() {
    let site = private().await;
    let (image, _) = site.signed("app");
    let webhook = under(&site, &[&pull_secret(&site, "shop", "battery staple")]);
    let answer = ask(&webhook, "/mutate", &pulling(&image, "shop")).await;
    assert!(
        !answer.allowed() && answer.message().contains("registry-unauthorized"),
        "{}",
        answer.message()
    );
    assert!(!answer.0.to_string().contains("battery"));
}

#[tokio::test]
async fn what_one_tenant_may_pull_is_not_admitted_for_another() {
    let site = private().await;
    let (_, digest) = site.signed("app");
    let image = format!("{}/app@{digest}", site.registry.address());
    let webhook = under(&site, &[&pull_secret(&site, "shop", PASSWORD)]);
    // The signature names a tag; the policy takes the digest under any name of the repository.
    assert!(
        ask(&webhook, "/mutate", &pulling(&image, "shop"))
            .await
            .allowed()
    );
    assert!(
        ask(&webhook, "/mutate", &pulling(&image, "shop"))
            .await
            .allowed()
    );
    let answer = ask(&webhook, "/mutate", &pulling(&image, "rival")).await;
    assert!(
        !answer.allowed() && answer.message().contains("registry-unauthorized"),
        "{}",
        answer.message()
    );
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed(),
        "without the secret nothing is remembered for the namespace"
    );
}

#[tokio::test]
async fn a_template_pulls_with_the_secrets_of_its_service_account() {
    let site = private().await;
    let (image, _) = site.signed("app");
    let account = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: shop}}\n\
             imagePullSecrets: [{{name: regcred}}]\n"
        )
    };
    let secret = pull_secret(&site, "shop", PASSWORD);
    let mut review = deployment(&image);
    let webhook = under(&site, &[&secret, &account("default")]);
    let answer = ask(&webhook, "/mutate", &review).await;
    assert!(answer.allowed(), "{}", answer.message());
    assert!(
        answer
            .patched("/spec/template/spec/containers/0/image")
            .is_some()
    );
    review["request"]["object"]["spec"]["template"]["spec"]["serviceAccountName"] =
        json!("builder");
    assert!(!ask(&webhook, "/mutate", &review).await.allowed());
    let webhook = under(&site, &[&secret, &account("builder")]);
    assert!(ask(&webhook, "/mutate", &review).await.allowed());
}

#[tokio::test]
async fn a_service_account_with_too_many_pull_secrets_is_refused_as_a_pod_with_too_many_is() {
    let site = private().await;
    let (image, _) = site.signed("app");
    let account = |names: &[String]| {
        let names = names.join("}, {name: ");
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default, namespace: shop}}\n\
             imagePullSecrets: [{{name: {names}}}]\n"
        )
    };
    let secret = pull_secret(&site, "shop", PASSWORD);
    let mut review = deployment(&image);
    let repeated = account(&vec!["regcred".to_owned(); 5_000]);
    let webhook = under(&site, &[&secret, &repeated]);
    let answer = ask(&webhook, "/mutate", &review).await;
    assert!(answer.allowed(), "{}", answer.message());

    let mut names: Vec<_> = (0..32).map(|number| format!("p{number}")).collect();
    names.push("regcred".to_owned());
    let webhook = under(&site, &[&secret, &account(&names)]);
    let answer = ask(&webhook, "/mutate", &review).await;
    let said = answer.message().to_owned();
    assert!(
        !answer.allowed() && said.contains("admission-invalid"),
        "{said}"
    );
    assert!(
        said.contains("\"default\" names more than 32 image pull secrets"),
        "{said}"
    );
    let template = &mut review["request"]["object"]["spec"]["template"]["spec"];
    template["imagePullSecrets"] = json!([{"name": "regcred"}]);
    assert!(ask(&webhook, "/mutate", &review).await.allowed());

    let mut own = pulling(&image, "shop");
    let all: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
    own["request"]["object"]["spec"]["imagePullSecrets"] = json!(all);
    let answer = ask(&webhook, "/mutate", &own).await;
    assert!(
        answer.message().contains("admission-invalid"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn the_refusal_says_why_a_pull_secret_was_not_used() {
    let site = private().await;
    let (image, _) = site.signed("app");
    let registry = site.registry.address();
    let config = |config: Value| config.to_string();
    for (item, content, expected) in [
        (
            ".dockerconfigjson",
            config(json!({"auths": {"other.example": {"auth": "dTpw"}}})),
            format!("pull secret shop/regcred has no entry for {registry} (it has: other.example)"),
        ),
        (
            ".dockerconfigjson",
            config(json!({"auths": {registry.clone(): {"auth": "dG9rZW4="}}})),
            format!(
                "the entry for {registry} in pull secret shop/regcred is unreadable: auth has no colon"
            ),
        ),
        (
            "config.json",
            config(json!({})),
            "pull secret shop/regcred is not usable: the secret has no item".to_owned(),
        ),
    ] {
        let secret = secret("shop", "regcred", item, content.as_bytes());
        let webhook = under(&site, &[&secret]);
        let answer = ask(&webhook, "/mutate", &pulling(&image, "shop")).await;
        assert!(
            !answer.allowed() && answer.message().contains(&expected),
            "{}",
            answer.message()
        );
    }
    let webhook = under(&site, &[]);
    let answer = ask(&webhook, "/mutate", &pulling(&image, "shop")).await;
    let expected = "pull secret shop/regcred does not exist";
    assert!(answer.message().contains(expected), "{}", answer.message());
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    let expected = "the workload names no pull secret";
    assert!(answer.message().contains(expected), "{}", answer.message());
}

#[tokio::test]
async fn what_is_said_of_one_tenants_pull_secret_is_not_told_to_another() {
    let site = private().await;
    let (image, _) = site.signed("app");
    let config = json!({"auths": {"private.bank.example": {"auth": "dTpw"}}}).to_string();
    let theirs = secret("bank", "regcred", ".dockerconfigjson", config.as_bytes());
    let webhook = under(&site, &[&theirs]);
    // At the same time, so that they share what the registry answers.
    let (bank, shop) = (pulling(&image, "bank"), pulling(&image, "shop"));
    let (bank, shop) = tokio::join!(
        ask(&webhook, "/mutate", &bank),
        ask(&webhook, "/mutate", &shop)
    );
    assert!(
        bank.message().contains("private.bank.example"),
        "{}",
        bank.message()
    );
    assert!(
        shop.message()
            .contains("pull secret shop/regcred does not exist"),
        "{}",
        shop.message()
    );
    assert!(!shop.message().contains("bank"), "{}", shop.message());
}

#[tokio::test]
async fn a_pull_secret_that_cannot_be_used_and_that_nothing_needs_is_passed_over() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let broken = secret("shop", "regcred", ".dockerconfigjson", b"{");
    let webhook = under(&site, &[&broken]);
    let answer = ask(&webhook, "/mutate", &pulling(&image, "shop")).await;
    assert!(answer.allowed(), "{}", answer.message());
}
