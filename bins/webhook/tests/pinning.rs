//! Pins under several entries: what is patched, and what `/validate` insists on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "pinning/holders.rs"]
mod holders;
mod support;

use doorward_testkit::{Fault, FaultRule, Image};
use doorward_webhook::Webhook;
use serde_json::json;
use support::{LIMITS, Site, ask, pod, secret, snapshot, webhook};

const C0: &str = "/spec/containers/0/image";

/// A policy of the namespace for every image, with this body.
fn of_namespace(body: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: mine, namespace: shop}}\n\
         spec: {{repositories: [{{name: '*', policy: {body}}}]}}\n"
    )
}

/// The floor of the cluster demands a signature; the namespace has a policy of its own.
fn under_floor(site: &Site, body: &str) -> Webhook {
    let floor = site.policy("").replace("spec:\n", "spec:\n  floor: true\n");
    let key = secret(
        "shop",
        "k",
        "key",
        site.signer.public_key_armored().as_bytes(),
    );
    let documents = [floor, of_namespace(body), site.key(), key];
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    webhook(snapshot(&documents), site.client(), LIMITS)
}

const SOFT: [&str; 3] = [
    "{mode: warn, simple: {requirements: [{type: reject}]}}",
    "{mode: audit, simple: {requirements: [{type: reject}]}}",
    "{onUnavailable: warn, simple: {storeURL: 'http://127.0.0.1:1', requirements: [{type: signedBy, keySecret: k}]}}",
];

#[tokio::test]
async fn the_pin_of_a_floor_survives_an_entry_of_the_namespace_that_fails_softly() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    let pinned = format!("{}/app@{digest}", site.registry.address());
    for body in SOFT {
        let webhook = under_floor(&site, body);
        let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
        assert!(answer.allowed(), "{body}: {answer:?}");
        assert_eq!(answer.patched(C0), Some(json!(pinned)), "{body}");
        assert_eq!(
            answer.warnings().is_empty(),
            body.contains("audit"),
            "{body}"
        );
        let answer = ask(&webhook, "/validate", &pod(&[&image])).await;
        assert!(
            !answer.allowed() && answer.message().contains("admission-not-pinned"),
            "{body}: {answer:?}"
        );
        assert!(
            answer
                .message()
                .contains("rule: ClusterImagePolicy release"),
            "{answer:?}"
        );
        assert!(ask(&webhook, "/validate", &pod(&[&pinned])).await.allowed());
        // The tag moves after the floor has verified it.
        let moved = site.registry.push_image("app", "1", &Image::sample("evil"));
        assert!(!ask(&webhook, "/mutate", &pod(&[&image])).await.allowed());
        assert_ne!(moved, digest);
        site.registry.push_image("app", "1", &Image::sample("app"));
    }
}

#[tokio::test]
async fn in_warn_mode_a_signed_image_that_is_not_pinned_is_warned_about_and_not_refused() {
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    for (more, warned) in [
        ("      mode: warn\n", true),
        ("      mode: audit\n", false),
        ("      mode: warn\n      mutateImage: false\n", false),
    ] {
        let webhook = site.webhook_with(&site.policy(more), LIMITS);
        let answer = ask(&webhook, "/validate", &pod(&[&image])).await;
        assert!(answer.allowed(), "{more}: {answer:?}");
        let warnings = answer.warnings().join("\n");
        assert_eq!(
            warnings.contains("admission-not-pinned"),
            warned,
            "{more}: {warnings}"
        );
    }
}

#[tokio::test]
async fn a_registry_that_comes_back_between_the_two_calls_does_not_turn_the_warning_into_a_refusal()
{
    let site = Site::start().await;
    let (image, _) = site.signed("app");
    let policy = site.policy("      onUnavailable: warn\n");
    let webhook = site.webhook_with(&policy, LIMITS);
    site.registry.fault(FaultRule::new(Fault::Status(503)));
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(answer.allowed() && answer.patch().is_empty(), "{answer:?}");
    site.registry.clear_faults();
    let back = site.webhook_with(&policy, LIMITS);
    let answer = ask(&back, "/validate", &pod(&[&image])).await;
    assert!(answer.allowed(), "{answer:?}");
    assert!(answer.warnings().join("").contains("admission-not-pinned"));
}

#[tokio::test]
async fn the_denial_names_the_floor_that_refused_and_not_the_entry_that_demands_nothing() {
    let site = Site::start().await;
    let (image, _) = site.unsigned("app");
    let webhook = under_floor(
        &site,
        "{simple: {requirements: [{type: insecureAcceptAnything}]}}",
    );
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(
        answer
            .message()
            .contains("rule: ClusterImagePolicy release"),
        "{}",
        answer.message()
    );
}

/// One entry of the cluster's policy that demands a signature, with another name and more fields.
fn entry(site: &Site, name: &str, more: &str) -> String {
    let name = format!("{}/{name}", site.registry.address());
    site.policy(more)
        .replace(&format!("{}/*", site.registry.address()), &name)
}

/// What both webhooks make of an object with this image: the image that is left, and whether `/validate` takes it.
async fn created(webhook: &Webhook, image: &str) -> (String, bool) {
    let answer = ask(webhook, "/mutate", &pod(&[image])).await;
    assert!(answer.allowed(), "{image}: {answer:?}");
    let left = answer.patched(C0).map_or_else(
        || image.to_owned(),
        |new| new.as_str().unwrap_or_default().to_owned(),
    );
    let answer = ask(webhook, "/validate", &pod(&[&left])).await;
    (left, answer.allowed())
}

#[tokio::test]
async fn a_pin_that_refuses_nothing_does_not_take_a_signed_image_out_of_reach_of_an_entry_for_its_tag()
 {
    let site = Site::start().await;
    let (signed, _) = site.signed("app");
    let (unsigned, _) = site.unsigned("other");
    let by_tag = |body: &str| {
        let names =
            [&signed, &unsigned].map(|image| format!("{{name: '{image}', policy: {body}}}"));
        of_namespace("{}").replace(
            "[{name: '*', policy: {}}]",
            &format!("[{}]", names.join(", ")),
        )
    };
    for mode in ["warn", "audit"] {
        let more = format!("      mode: {mode}\n");
        let floor = entry(&site, "*", &more).replace("spec:\n", "spec:\n  floor: true\n");
        let itself = [entry(&site, "app:1", &more), entry(&site, "other:1", &more)]
            .map(|policy| policy.replace("name: release}", "name: NAME}"));
        let [first, second] = itself;
        for documents in [
            vec![floor.clone(), by_tag("{unchecked: true}")],
            vec![
                first.replace("NAME", "first"),
                second.replace("NAME", "second"),
            ],
        ] {
            let mut documents: Vec<&str> = documents.iter().map(String::as_str).collect();
            let key = site.key();
            documents.push(&key);
            let webhook = webhook(snapshot(&documents), site.client(), LIMITS);
            for image in [&signed, &unsigned] {
                assert_eq!(created(&webhook, image).await, (image.clone(), true));
            }
        }
    }
}

#[tokio::test]
async fn a_namespace_with_entries_for_tags_does_not_take_the_pin_of_an_enforced_floor_away() {
    let site = Site::start().await;
    let (image, digest) = site.signed("app");
    for more in ["", "      onUnavailable: warn\n"] {
        let floor = entry(&site, "*", more).replace("spec:\n", "spec:\n  floor: true\n");
        let own = of_namespace("{unchecked: true}").replace("'*'", &format!("'{image}'"));
        let key = site.key();
        let webhook = webhook(snapshot(&[&floor, &own, &key]), site.client(), LIMITS);
        let (left, _) = created(&webhook, &image).await;
        assert_eq!(left, format!("{}/app@{digest}", site.registry.address()));
    }
}
