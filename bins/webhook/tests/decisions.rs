//! Reviews decided end to end: registry, signature store, keys, policy, answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "decisions/break_glass.rs"]
mod break_glass;
#[path = "decisions/environments.rs"]
mod environments;
#[path = "decisions/objects.rs"]
mod objects;
mod support;

use doorward_registry::RegistryClient;
use doorward_testkit::{Image, KeyKind, OpenPgpSigner};
use doorward_webhook::Webhook;
use serde_json::{Value, json};
use support::{
    LIMITS, REJECT, Site, UNCHECKED, ask, offline, pod, scraped, secret, snapshot, webhook,
};

const C0: &str = "/spec/containers/0/image";

fn under(site: &Site, policy: &str) -> Webhook {
    site.webhook_with(policy, LIMITS)
}

#[tokio::test]
async fn a_signed_image_is_allowed_and_pinned_to_its_digest() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    for path in ["/mutate", "/admit"] {
        let answer = ask(&site.webhook(), path, &pod(&[&image])).await;
        assert!(answer.allowed(), "{answer:?}");
        let pinned = format!("{}/app@{digest}", site.registry.address());
        assert_eq!(answer.patched(C0), Some(json!(pinned)));
    }
}

#[tokio::test]
async fn an_unsigned_image_is_denied_with_its_reason_and_not_changed() {
    let site = Site::start().await;
    let (image, _) = site.unsigned("app");
    let webhook = site.webhook();
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(!answer.allowed() && answer.patch().is_empty());
    assert!(
        answer.message().contains("simple-no-signature"),
        "{}",
        answer.message()
    );
    assert!(answer.message().contains(&image), "{}", answer.message());
    let counted = r#"doorward_image_verdicts_total{code="simple-no-signature",mode="enforce",scheme="simple-signing",verdict="deny"} 1"#;
    assert!(scraped(&webhook).contains(counted), "{}", scraped(&webhook));
}

#[tokio::test]
async fn a_tag_that_was_moved_to_another_image_is_denied() {
    let site = Site::start().await;
    let (image, signed) = site.signed("app");
    let other = site
        .registry
        .push_image("app", "1", &Image::sample("tampered"));
    // The signature of the old image is offered for the new one.
    site.store
        .put("app", &other, site.signer.sign(&image, &signed));
    let answer = ask(&site.webhook(), "/mutate", &pod(&[&image])).await;
    assert!(!answer.allowed());
    assert!(
        answer.message().contains("simple-digest-mismatch"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_signature_by_a_stranger_or_for_another_name_is_denied() {
    let site = Site::start().await;
    let (image, digest) = site.unsigned("app");
    let stranger = OpenPgpSigner::builder(KeyKind::Ed25519)
        .user_id("Mallory <m@example.org>")
        .build();
    let stranger = if stranger.fingerprint() == site.signer.fingerprint() {
        OpenPgpSigner::new(KeyKind::P256)
    } else {
        stranger
    };
    site.store
        .put("app", &digest, stranger.sign(&image, &digest));
    let answer = ask(&site.webhook(), "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed() && answer.message().contains("simple-unknown-key"),
        "{}",
        answer.message()
    );

    site.store.clear();
    let other = site.registry.reference("other", "1");
    site.store
        .put("app", &digest, site.signer.sign(&other, &digest));
    let answer = ask(&site.webhook(), "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed() && answer.message().contains("simple-identity-mismatch"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn one_bad_image_among_good_ones_denies_the_workload() {
    let site = Site::start().await;
    let ((good, _), (bad, _)) = (site.signed("good"), site.unsigned("bad"));
    let answer = ask(&site.webhook(), "/mutate", &pod(&[&good, &bad, &good])).await;
    assert!(!answer.allowed() && answer.patch().is_empty());
    assert!(
        answer.message().contains(&bad) && !answer.message().contains(&good),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn the_same_image_in_three_containers_is_fetched_once_and_pinned_thrice() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let answer = ask(&site.webhook(), "/mutate", &pod(&[&image, &image, &image])).await;
    assert!(answer.allowed());
    for i in 0..3 {
        assert!(
            answer
                .patched(&format!("/spec/containers/{i}/image"))
                .is_some()
        );
    }
    let manifests = site
        .registry
        .requests()
        .iter()
        .filter(|r| r.line().contains("/manifests/"))
        .count();
    assert_eq!(manifests, 1, "{:?}", site.registry.requests());
}

#[tokio::test]
async fn the_second_review_asks_for_the_tag_only_and_counts_as_cached() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let webhook = site.webhook();
    for _ in 0..2 {
        assert!(ask(&webhook, "/mutate", &pod(&[&image])).await.allowed());
    }
    let signatures = site
        .store
        .requests()
        .iter()
        .filter(|r| r.line().contains("/signature-1"))
        .count();
    assert_eq!(signatures, 1);
    let text = scraped(&webhook);
    for outcome in ["hit", "miss"] {
        let line =
            format!(r#"doorward_cache_requests_total{{cache="proofs",outcome="{outcome}"}} 1"#);
        assert!(text.contains(&line), "{text}");
    }
}

#[tokio::test]
async fn validation_checks_what_is_stored_and_changes_nothing() {
    let site = Site::start().await;
    let ((signed, digest), (unsigned, _)) = (site.signed("app"), site.unsigned("bad"));
    let webhook = site.webhook();
    let pinned = format!("{}/app@{digest}", site.registry.address());
    let answer = ask(&webhook, "/validate", &pod(&[&pinned])).await;
    assert!(answer.allowed() && answer.patch().is_empty(), "{answer:?}");
    let answer = ask(&webhook, "/validate", &pod(&[&signed])).await;
    assert!(
        !answer.allowed() && answer.message().contains("admission-not-pinned"),
        "{answer:?}"
    );
    assert!(
        !ask(&webhook, "/validate", &pod(&[&unsigned]))
            .await
            .allowed()
    );
}

#[tokio::test]
async fn a_policy_that_does_not_pin_leaves_the_image_as_written() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let webhook = under(&site, &site.policy("      mutateImage: false\n"));
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(answer.allowed() && answer.patch().is_empty(), "{answer:?}");
}

#[tokio::test]
async fn warn_mode_admits_with_a_warning_that_names_the_reason() {
    let site = Site::start().await;
    let (image, _) = site.unsigned("app");
    let webhook = under(&site, &site.policy("      mode: warn\n"));
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(answer.allowed() && answer.patch().is_empty(), "{answer:?}");
    assert!(
        answer
            .warnings()
            .iter()
            .any(|warning| warning.contains("simple-no-signature")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn audit_mode_admits_in_silence_and_counts() {
    let site = Site::start().await;
    let (image, _) = site.unsigned("app");
    let webhook = under(&site, &site.policy("      mode: audit\n"));
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        answer.allowed() && answer.patch().is_empty() && answer.warnings().is_empty(),
        "{answer:?}"
    );
    let text = scraped(&webhook);
    assert!(
        text.contains(r#"code="simple-no-signature",mode="audit""#),
        "{text}"
    );
}

#[tokio::test]
async fn reviews_of_v1beta1_are_answered_in_v1beta1() {
    let site = Site::start().await;
    let ((good, _), (bad, _)) = (site.signed("good"), site.unsigned("bad"));
    let webhook = site.webhook();
    for (image, allowed) in [(good, true), (bad, false)] {
        let mut review = pod(&[&image]);
        review["apiVersion"] = json!("admission.k8s.io/v1beta1");
        let answer = ask(&webhook, "/mutate", &review).await;
        assert_eq!(answer.allowed(), allowed);
        assert_eq!(answer.0["apiVersion"], "admission.k8s.io/v1beta1");
    }
}

#[tokio::test]
async fn a_dry_run_is_decided_like_any_other() {
    let site = Site::start().await;
    let (image, _) = site.unsigned("app");
    let mut review = pod(&[&image]);
    review["request"]["dryRun"] = json!(true);
    assert!(!ask(&site.webhook(), "/mutate", &review).await.allowed());
}

#[tokio::test]
async fn an_image_that_no_policy_governs_is_denied() {
    let site = Site::start().await;
    let webhook = site.webhook();
    for image in ["nginx", "other.example/app:1", ""] {
        let answer = ask(&webhook, "/mutate", &pod(&[image])).await;
        assert!(!answer.allowed() || image.is_empty(), "{image}");
    }
    let answer = ask(&webhook, "/mutate", &pod(&["nginx"])).await;
    assert!(
        answer.message().contains("policy-no-match"),
        "{}",
        answer.message()
    );
    let answer = ask(&offline(&[]), "/mutate", &pod(&["nginx"])).await;
    assert!(
        answer.message().contains("policy-none"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn every_image_of_a_pod_counts_wherever_it_stands() {
    let webhook = offline(&[REJECT]);
    for spec in [
        json!({"initContainers": [{"name": "i", "image": "r.example/a"}]}),
        json!({"ephemeralContainers": [{"name": "e", "image": "r.example/a"}]}),
        json!({"volumes": [{"name": "v", "image": {"reference": "r.example/a"}}]}),
    ] {
        let mut review = pod(&[]);
        review["request"]["object"]["spec"] = spec.clone();
        let answer = ask(&webhook, "/mutate", &review).await;
        assert!(
            !answer.allowed() && answer.message().contains("secret-not-found"),
            "{spec}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn rules_that_are_put_in_force_govern_the_next_review() {
    let webhook = offline(&[REJECT]);
    let review = pod(&["r.example/a"]);
    assert!(!ask(&webhook, "/mutate", &review).await.allowed());
    webhook.enforce(snapshot(&[UNCHECKED]));
    assert!(ask(&webhook, "/mutate", &review).await.allowed());
    webhook.enforce(snapshot(&[]));
    assert!(!ask(&webhook, "/mutate", &review).await.allowed());
}

#[tokio::test]
async fn a_proof_does_not_outlive_the_key_that_the_policy_names() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let webhook = site.webhook();
    assert!(ask(&webhook, "/mutate", &pod(&[&image])).await.allowed());
    let other = OpenPgpSigner::new(KeyKind::P256);
    let key = secret(
        "doorward",
        "release-key",
        "key",
        other.public_key_armored().as_bytes(),
    );
    webhook.enforce(snapshot(&[&site.policy(""), &key]));
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed() && answer.message().contains("simple-unknown-key"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn the_key_of_a_cluster_policy_is_not_read_from_the_workloads_namespace() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let tenants = secret(
        "shop",
        "release-key",
        "key",
        site.signer.public_key_armored().as_bytes(),
    );
    let webhook = webhook(
        snapshot(&[&site.policy(""), &tenants]),
        site.client(),
        LIMITS,
    );
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed() && answer.message().contains("secret-not-found"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_policy_with_an_error_denies_what_it_governs() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let webhook = under(&site, &site.policy("      mutateimage: true\n"));
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        !answer.allowed() && answer.message().contains("policy-invalid"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn hostile_names_cannot_forge_lines_of_a_message() {
    let webhook = offline(&[REJECT]);
    for image in [
        "r.example/a\nallowed: yes",
        "r.example/a\u{1b}[2J",
        &"x".repeat(100_000),
    ] {
        let answer = ask(&webhook, "/mutate", &pod(&[image])).await;
        assert!(!answer.allowed());
        let message = answer.message();
        assert!(
            !message.contains('\u{1b}') && !message.contains("\nallowed: yes"),
            "{message:?}"
        );
        assert!(message.len() < 8_192, "{}", message.len());
    }
}

#[tokio::test]
async fn an_image_on_the_webhooks_own_machine_that_nobody_named_is_not_asked_for() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let guarded = RegistryClient::builder().guard_addresses().build().unwrap();
    // A namespace's own: what a cluster policy names, the operator names.
    let policy = site.policy("").replace(
        "ClusterImagePolicy\nmetadata: {name: release}",
        "ImagePolicy\nmetadata: {name: release, namespace: shop}",
    );
    let key = site.key().replace("namespace: doorward", "namespace: shop");
    let rules = snapshot(&[&policy, &key]);
    let answer = ask(&webhook(rules, guarded, LIMITS), "/mutate", &pod(&[&image])).await;
    assert!(!answer.allowed());
    assert!(answer.message().contains("transport-address"), "{answer:?}");
    assert_eq!(site.registry.requests().len(), 0);
}
