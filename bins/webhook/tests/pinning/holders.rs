//! Where and how a digest is written: by what names the image, by the tag, and in custom resources and mirrors.

use doorward_kube::CustomWorkloads;
use doorward_testkit::Image;
use doorward_webhook::{Limits, Webhook};
use serde_json::{Value, json};

use crate::support::{LIMITS, Site, ask, pod, scraped, secret, snapshot, webhook};
use crate::{C0, entry};

/// The creation of a Deployment with this image.
fn deployment(image: &str) -> Value {
    let mut review = pod(&[image]);
    let request = &mut review["request"];
    request["resource"] = json!({"group": "apps", "version": "v1", "resource": "deployments"});
    let spec = request["object"]["spec"].take();
    request["object"] = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}});
    review
}

const TEMPLATE: &str = "/spec/template/spec/containers/0/image";

/// The floor of the cluster and an entry of the namespace both demand the signature, with these fields.
fn both(site: &Site, floor: &str, own: &str) -> Webhook {
    let floor = entry(site, "*", floor).replace("spec:\n", "spec:\n  floor: true\n");
    let own = entry(site, "*", own)
        .replace("ClusterImagePolicy", "ImagePolicy")
        .replace("{name: release}", "{name: mine, namespace: shop}");
    let key = site.signer.public_key_armored();
    let key = secret("shop", "release-key", "key", key.as_bytes());
    let documents = [floor, own, site.key(), key];
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    webhook(snapshot(&documents), site.client(), LIMITS)
}

#[tokio::test]
async fn the_entry_that_pins_most_counts_for_pods_and_for_what_they_are_made_from() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    let pinned = format!("{}/app@{digest}", site.registry.address());
    let pins = |value: &str| format!("      mutateImage: {value}\n");
    for (floor, own, in_pods, in_templates) in [
        ("pods-only", "pods-only", true, false),
        ("pods-only", "false", true, false),
        ("false", "pods-only", true, false),
        ("pods-only", "true", true, true),
        ("true", "pods-only", true, true),
        ("true", "false", true, true),
        ("false", "false", false, false),
    ] {
        let webhook = both(&site, &pins(floor), &pins(own));
        let cases = [
            (pod(&[&image]), pod(&[&pinned]), C0, in_pods),
            (
                deployment(&image),
                deployment(&pinned),
                TEMPLATE,
                in_templates,
            ),
        ];
        for (written, by_digest, pointer, is_pinned) in cases {
            let what = format!("{floor} and {own} at {pointer}");
            let answer = ask(&webhook, "/mutate", &written).await;
            assert!(answer.allowed(), "{what}: {answer:?}");
            assert_eq!(
                answer.patched(pointer),
                is_pinned.then(|| json!(pinned)),
                "{what}"
            );
            assert_eq!(answer.patch().is_empty(), !is_pinned, "{what}");
            // Only what would have been pinned is missed by the validating webhook.
            let answer = ask(&webhook, "/validate", &written).await;
            assert_eq!(answer.allowed(), !is_pinned, "{what}: {answer:?}");
            assert!(
                ask(&webhook, "/validate", &by_digest).await.allowed(),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn a_tag_stays_beside_the_digest_where_one_was_written_and_an_entry_keeps_it() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    site.registry
        .push_image("app", "latest", &Image::sample("app"));
    let name = format!("{}/app", site.registry.address());
    let latest = site.signer.sign(&format!("{name}:latest"), &digest);
    site.store.put("app", &digest, latest);
    let bare = format!("{name}@{digest}");
    let tagged = format!("{image}@{digest}");
    const KEEP: &str = "      keepTag: true\n";
    for (floor, own) in [(KEEP, KEEP), (KEEP, ""), ("", KEEP)] {
        let webhook = both(&site, floor, own);
        for (written, left) in [
            (&image, Some(&tagged)),
            (&name, Some(&bare)),
            // Both forms are pinned, and stay.
            (&tagged, None),
            (&bare, None),
        ] {
            let answer = ask(&webhook, "/mutate", &pod(&[written])).await;
            assert!(answer.allowed(), "{written}: {answer:?}");
            assert_eq!(
                answer.patched(C0),
                left.map(|left| json!(left)),
                "{written}"
            );
            let answer = ask(&webhook, "/validate", &pod(&[written])).await;
            assert_eq!(
                answer.allowed(),
                written.contains('@'),
                "{written}: {answer:?}"
            );
        }
        let answer = ask(&webhook, "/mutate", &deployment(&image)).await;
        assert_eq!(answer.patched(TEMPLATE), Some(json!(tagged)));
    }
    // Where no entry keeps it, it goes, and what has it is pinned all the same.
    let webhook = both(&site, "", "");
    let answer = ask(&webhook, "/mutate", &pod(&[&tagged])).await;
    assert_eq!(answer.patched(C0), Some(json!(bare)));
    assert!(ask(&webhook, "/validate", &pod(&[&tagged])).await.allowed());
}

#[tokio::test]
async fn under_keep_tag_the_digest_counts_wherever_the_tag_points_by_now() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    let webhook = site.webhook_with(&site.policy("      keepTag: true\n"), LIMITS);
    let tagged = format!("{image}@{digest}");
    let evil = site.registry.push_image("app", "1", &Image::sample("evil"));
    // The digest that was verified is admitted although its tag has moved; that of the tag is not.
    assert!(ask(&webhook, "/mutate", &pod(&[&tagged])).await.allowed());
    for refused in [image.clone(), format!("{image}@{evil}")] {
        for path in ["/mutate", "/validate"] {
            let answer = ask(&webhook, path, &pod(&[&refused])).await;
            assert!(!answer.allowed(), "{path} {refused}: {answer:?}");
            assert!(answer.patch().is_empty());
        }
    }
}

#[tokio::test]
async fn the_annotation_with_what_was_written_selects_nothing_and_pins_nothing() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let (bad, evil) = site.unsigned("bad");
    let webhook = site.webhook_with(&site.policy("      keepTag: true\n"), LIMITS);
    let mut review = pod(&[&format!("{bad}@{evil}")]);
    review["request"]["object"]["metadata"]["annotations"] =
        json!({"doorward.dev/original-images": json!({"containers/c0": image}).to_string()});
    for path in ["/mutate", "/validate"] {
        assert!(!ask(&webhook, path, &review).await.allowed(), "{path}");
    }
}

#[tokio::test]
async fn the_mirror_of_a_static_pod_is_not_put_off_while_there_is_no_room() {
    let site = Site::start().await;
    let (bad, _) = site.unsigned("bad");
    let full = Limits {
        max_concurrent: 0,
        ..LIMITS
    };
    let webhook = site.webhook_with(&site.policy(""), full);
    let mut review = pod(&[&bad]);
    assert_eq!(ask(&webhook, "/mutate", &review).await.status_code(), 429);
    let request = &mut review["request"];
    request["userInfo"] = json!({"username": "system:node:n1", "groups": ["system:nodes"]});
    request["object"]["spec"]["nodeName"] = json!("n1");
    request["object"]["metadata"]["annotations"] =
        json!({"kubernetes.io/config.mirror": "19e8dd55"});
    let answer = ask(&webhook, "/mutate", &review).await;
    assert!(answer.allowed() && answer.patch().is_empty(), "{answer:?}");
    assert!(
        answer.warnings().join("").contains("admission-busy"),
        "{answer:?}"
    );
    let reported = "doorward_admission_requests_total{kind=\"Pod\",operation=\"CREATE\",verdict=\"reported\"} 1";
    assert!(
        scraped(&webhook).contains(reported),
        "{}",
        scraped(&webhook)
    );
}

#[tokio::test]
async fn a_custom_resource_is_pinned_or_refused_as_it_was_configured() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    let (bad, _) = site.unsigned("bad");
    let webhook = site.webhook();
    webhook.look_into(CustomWorkloads::parse(["argo-rollouts"], []).unwrap());
    let rollout = |image: &str| {
        let mut review = deployment(image);
        let request = &mut review["request"];
        request["resource"] =
            json!({"group": "argoproj.io", "version": "v1alpha1", "resource": "rollouts"});
        request["object"]["apiVersion"] = json!("argoproj.io/v1alpha1");
        request["object"]["kind"] = json!("Rollout");
        review
    };
    let answer = ask(&webhook, "/mutate", &rollout(&image)).await;
    let pinned = format!("{}/app@{digest}", site.registry.address());
    assert_eq!(answer.patched(TEMPLATE), Some(json!(pinned)), "{answer:?}");
    let answer = ask(&webhook, "/validate", &rollout(&image)).await;
    assert!(
        answer.message().contains("admission-not-pinned"),
        "{answer:?}"
    );
    assert!(
        ask(&webhook, "/validate", &rollout(&pinned))
            .await
            .allowed()
    );
    let answer = ask(&webhook, "/mutate", &rollout(&bad)).await;
    assert!(
        answer.message().contains("simple-no-signature"),
        "{answer:?}"
    );
    assert!(scraped(&webhook).contains("kind=\"CustomResource\""));
    // Without the setting it is a resource that nobody knows.
    let answer = ask(&site.webhook(), "/mutate", &rollout(&image)).await;
    assert!(
        answer.message().contains("admission-unsupported-resource"),
        "{answer:?}"
    );
}
