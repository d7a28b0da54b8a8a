//! Reviews under policies that demand `trust`, with a trust server in this process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::sync::Arc;

use doorward::{Engine, EngineBuilder};
use doorward_registry::RegistryClient;
use doorward_state::DirectoryState;
use doorward_testkit::{Collection, Delegation, Image, KeyKind, NotaryKey, NotaryServer, Target};
use doorward_webhook::{Metrics, Webhook};
use serde_json::json;
use support::{LIMITS, ask, now, pod, scraped, snapshot};

const GUN: &str = "registry.example/team/app";
const IMAGE: &str = "registry.example/team/app:1";
const C0: &str = "/spec/containers/0/image";

struct Trust {
    server: NotaryServer,
    collection: Collection,
}

impl Trust {
    /// A collection in which the tag `1` is released. There is no registry: none is needed.
    async fn start() -> Self {
        let mut collection = Collection::new(GUN, now());
        collection.add_target("1", Target::image(&Image::sample("app")));
        let server = NotaryServer::builder().start().await;
        server.publish(&collection.publish());
        Self { server, collection }
    }

    fn publish(&mut self) {
        self.server.publish(&self.collection.publish());
    }

    fn policy(&self, group: &str, fields: &str) -> String {
        format!(
            "apiVersion: {group}\nkind: ClusterImagePolicy\nmetadata: {{name: release}}\nspec:\n  repositories:\n  - name: \
             'registry.example/*'\n    policy:\n      trust: {{enabled: true, trustServer: '{}', {fields}}}\n",
            self.server.url()
        )
    }

    fn pinned(&self) -> String {
        let pins = format!("pins: {{rootKeyIds: [{}]}}", self.collection.root_key_id());
        self.policy("doorward.dev/v1", &pins)
    }

    fn webhook(&self) -> Webhook {
        webhook(Engine::builder(), &self.pinned())
    }
}

fn webhook(engine: EngineBuilder, policy: &str) -> Webhook {
    Webhook::new(
        engine,
        snapshot(&[policy]),
        RegistryClient::builder().build().unwrap(),
        Arc::new(Metrics::new().unwrap()),
        LIMITS,
        Arc::new(now),
    )
}

fn pinned_image() -> String {
    format!("{GUN}@{}", Image::sample("app").digest())
}

#[tokio::test]
async fn a_released_tag_is_allowed_and_replaced_by_its_digest() {
    let trust = Trust::start().await;
    let answer = ask(&trust.webhook(), "/mutate", &pod(&[IMAGE])).await;
    assert!(answer.allowed(), "{answer:?}");
    assert_eq!(answer.patched(C0), Some(json!(pinned_image())));
}

#[tokio::test]
async fn the_pod_of_a_deployment_comes_with_the_digest_and_is_allowed() {
    let mut trust = Trust::start().await;
    let webhook = trust.webhook();
    let answer = ask(&webhook, "/mutate", &pod(&[IMAGE])).await;
    let pinned = answer.patched(C0).unwrap();
    let pinned = pinned.as_str().unwrap();
    for path in ["/mutate", "/validate"] {
        let answer = ask(&webhook, path, &pod(&[pinned])).await;
        assert!(answer.allowed(), "{answer:?}");
    }
    // What is no longer released under any tag is no longer let in.
    let other = Target::image(&Image::sample("other"));
    trust.collection.add_target("1", other);
    trust.publish();
    let answer = ask(&webhook, "/mutate", &pod(&[pinned])).await;
    assert!(!answer.allowed());
    assert!(answer.message().contains("notary-not-released"));
}

#[tokio::test]
async fn a_tag_that_is_not_released_is_denied_with_its_reason() {
    let trust = Trust::start().await;
    let webhook = trust.webhook();
    let image = format!("{GUN}:2");
    let answer = ask(&webhook, "/mutate", &pod(&[&image])).await;
    assert!(!answer.allowed() && answer.patch().is_empty());
    for part in ["notary-not-released", &image, "the tag 2"] {
        assert!(answer.message().contains(part), "{}", answer.message());
    }
    let counted = r#"doorward_image_verdicts_total{code="notary-not-released",mode="enforce",scheme="notary",verdict="deny"} 1"#;
    assert!(scraped(&webhook).contains(counted), "{}", scraped(&webhook));
}

#[tokio::test]
async fn a_server_that_is_down_denies() {
    let trust = Trust::start().await;
    trust.server.stop();
    let answer = ask(&trust.webhook(), "/mutate", &pod(&[IMAGE])).await;
    assert!(!answer.allowed());
    assert!(answer.message().contains("notary-server-unavailable"));
}

#[tokio::test]
async fn when_roles_end_is_shown_without_names_of_images_or_publishers() {
    let mut trust = Trust::start().await;
    let key = |seed| NotaryKey::seeded(KeyKind::P256, seed);
    trust
        .collection
        .delegate(Delegation::new("targets/releases", &[key(1)]).paths(&[""]))
        .add_target_to(
            "targets/releases",
            "1",
            Target::image(&Image::sample("app")),
        )
        .set_expires("targets/releases", now().plus(7))
        .set_expires("timestamp", now().plus(1000));
    trust.publish();
    let webhook = trust.webhook();
    assert!(ask(&webhook, "/mutate", &pod(&[IMAGE])).await.allowed());
    let ends = |role: &str, seconds| {
        format!(
            "doorward_trust_expiry_timestamp_seconds{{name=\"{role}\",scheme=\"notary\"}} {}\n",
            now().plus(seconds).unix()
        )
    };
    let text = scraped(&webhook);
    for line in [ends("timestamp", 1000), ends("targets/releases", 7)] {
        assert!(text.contains(&line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(GUN));

    trust.collection.set_expires("timestamp", now().plus(2000));
    trust.publish();
    assert!(ask(&webhook, "/mutate", &pod(&[IMAGE])).await.allowed());
    let text = scraped(&webhook);
    assert!(text.contains(&ends("timestamp", 2000)), "{text}");
}

#[tokio::test]
async fn a_first_contact_is_counted_once() {
    let trust = Trust::start().await;
    let webhook = trust.webhook();
    for _ in 0..2 {
        assert!(ask(&webhook, "/mutate", &pod(&[IMAGE])).await.allowed());
    }
    let line = r#"doorward_trust_first_contacts_total{scheme="notary"} 1"#;
    assert!(scraped(&webhook).contains(line), "{}", scraped(&webhook));
}

#[tokio::test]
async fn what_is_remembered_outlives_the_program_and_its_loss_is_counted() {
    let mut trust = Trust::start().await;
    let old = trust.collection.publish();
    trust.collection.add_target("2", Target::content(b"x"));
    trust.publish();
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let state = DirectoryState::open(folder.path()).unwrap();
        webhook(Engine::builder().state(Arc::new(state)), &trust.pinned())
    };
    assert!(ask(&start(), "/mutate", &pod(&[IMAGE])).await.allowed());

    trust.server.publish(&old);
    let answer = ask(&start(), "/mutate", &pod(&[IMAGE])).await;
    assert!(!answer.allowed());
    assert!(answer.message().contains("notary-rollback"), "{answer:?}");

    for scope in std::fs::read_dir(folder.path().join("scopes")).unwrap() {
        for file in std::fs::read_dir(scope.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|end| end == "json") {
                std::fs::remove_file(file).unwrap();
            }
        }
    }
    let webhook = start();
    assert!(ask(&webhook, "/mutate", &pod(&[IMAGE])).await.allowed());
    let line = r#"doorward_trust_memories_lost_total{scheme="notary"} 1"#;
    assert!(scraped(&webhook).contains(line), "{}", scraped(&webhook));
}

#[tokio::test]
async fn first_use_for_portieris_policies_must_be_asked_for() {
    let trust = Trust::start().await;
    let policy = trust.policy("portieris.cloud.ibm.com/v1", "");
    let strict = webhook(Engine::builder(), &policy);
    let answer = ask(&strict, "/mutate", &pod(&[IMAGE])).await;
    assert!(!answer.allowed());
    assert!(answer.message().contains("notary-pin-required"));
    let believing = Engine::builder().dangerously_trust_on_first_use_for_portieris_policies();
    let answer = ask(&webhook(believing, &policy), "/mutate", &pod(&[IMAGE])).await;
    assert!(answer.allowed(), "{answer:?}");
}

#[tokio::test]
async fn a_dry_run_is_decided_and_leaves_nothing_behind() {
    let trust = Trust::start().await;
    let folder = tempfile::tempdir().unwrap();
    let state = DirectoryState::open(folder.path()).unwrap();
    let webhook = webhook(Engine::builder().state(Arc::new(state)), &trust.pinned());
    let mut review = pod(&[IMAGE]);
    review["request"]["dryRun"] = json!(true);
    let answer = ask(&webhook, "/mutate", &review).await;
    assert!(answer.allowed(), "{answer:?}");
    assert_eq!(answer.patched(C0), Some(json!(pinned_image())));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // The same in earnest is remembered.
    assert!(ask(&webhook, "/mutate", &pod(&[IMAGE])).await.allowed());
    assert!(folder.path().join("scopes").is_dir());
}
