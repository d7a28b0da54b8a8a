//! Refusals are written down, and a broken directory changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use doorward::core::transcript::Transcript;
use doorward::{Decision, Replaying};
use doorward_webhook::{RecordingSettings, Recordings, Webhook};
use serde_json::json;
use support::{Site, ask, pod, scraped};

const PASSWORD: &str = "correct-horse-battery-staple";

fn record(webhook: &Webhook, directory: &Path, admissions: f64) {
    let settings = RecordingSettings {
        directory: directory.to_owned(),
        admissions,
        max_bytes: 1 << 20,
        max_age: Duration::from_secs(60),
    };
    let metrics = Arc::clone(webhook.metrics());
    webhook.record(Recordings::start(settings, metrics).unwrap());
}

/// Waits until so many decisions had this outcome.
async fn recorded(webhook: &Webhook, outcome: &str, count: usize) {
    let line = format!("doorward_recordings_total{{outcome=\"{outcome}\"}} {count}\n");
    for _ in 0..500 {
        if scraped(webhook).contains(&line) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{line}: {}", scraped(webhook));
}

fn transcripts(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let text = |entry: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(entry.unwrap().path()).unwrap()
    };
    entries.map(text).collect()
}

/// A policy whose store wants a login, and every Secret that plays a part.
fn documents(site: &Site) -> String {
    let policy = site.policy("").replace(
        "        requirements:",
        "        storeSecret: store\n        requirements:",
    );
    let secrets = [("doorward", "store"), ("shop", "pull")].map(|(namespace, name)| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\nstringData: {{username: \
             alice, password: {PASSWORD}, .dockerconfigjson: '{{\"auths\": {{\"{}\": {{\"username\": \"bob\", \
             \"password\": \"{PASSWORD}\"}}}}}}'}}\n",
            site.registry.address()
        )
    });
    format!(
        "# {PASSWORD}\n{policy}---\n{}---\n{}",
        secrets.join("---\n"),
        site.key()
    )
}

#[tokio::test]
async fn a_refusal_is_replayed_from_the_directory_when_the_registry_is_gone() {
    let site = Site::start().await;
    let (signed, _) = site.signed("good");
    let (unsigned, _) = site.unsigned("bad");
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("recordings");
    let webhook = site.webhook_with(&documents(&site), support::LIMITS);
    record(&webhook, &directory, 0.0);
    let mut review = pod(&[&signed, &unsigned]);
    review["request"]["object"]["spec"]["imagePullSecrets"] = json!([{"name": "pull"}]);
    review["request"]["object"]["spec"]["containers"][0]["env"] =
        json!([{"name": "TOKEN", "value": PASSWORD}]);
    let answer = ask(&webhook, "/mutate", &review).await;
    assert!(!answer.allowed());
    assert!(ask(&webhook, "/mutate", &pod(&[&signed])).await.allowed());
    recorded(&webhook, "written", 1).await;
    site.registry.stop();
    site.store.stop();

    let transcripts = transcripts(&directory);
    let [text] = &transcripts[..] else {
        panic!("{transcripts:?}");
    };
    for never in [PASSWORD, "alice", "bob", "imagePullSecrets", "TOKEN"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
    let transcript = Transcript::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(transcript.namespace.as_deref(), Some("shop"));
    let again = Replaying::new(transcript).unwrap().decide().await;
    assert!(again.is_same());
    let decisions: Vec<_> = again.verdicts().iter().map(|one| one.decision()).collect();
    assert_eq!(decisions, [Decision::Allow, Decision::Deny]);
    let message = again.verdicts()[1].message();
    assert!(
        answer.message().contains(&message),
        "{}\n{message}",
        answer.message()
    );
}

#[tokio::test]
async fn a_share_of_the_admissions_is_written_down_and_no_dry_run() {
    let site = Site::start().await;
    let (signed, _) = site.signed("good");
    let root = tempfile::tempdir().unwrap();
    let webhook = site.webhook();
    record(&webhook, root.path(), 0.5);
    let mut dry = pod(&["no.example/x"]);
    dry["request"]["dryRun"] = json!(true);
    ask(&webhook, "/mutate", &dry).await;
    for _ in 0..4 {
        assert!(ask(&webhook, "/mutate", &pod(&[&signed])).await.allowed());
    }
    recorded(&webhook, "written", 2).await;
}

#[tokio::test]
async fn a_directory_that_is_broken_or_full_changes_no_decision_and_is_counted() {
    let site = Site::start().await;
    let (signed, _) = site.signed("good");
    let (unsigned, _) = site.unsigned("bad");
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let webhook = site.webhook();
    record(&webhook, &file, 1.0);
    assert!(ask(&webhook, "/mutate", &pod(&[&signed])).await.allowed());
    assert!(!ask(&webhook, "/mutate", &pod(&[&unsigned])).await.allowed());
    recorded(&webhook, "failed", 2).await;

    let small = site.webhook();
    let settings = RecordingSettings {
        directory: root.path().join("small"),
        admissions: 1.0,
        max_bytes: 10,
        max_age: Duration::from_secs(60),
    };
    let metrics = Arc::clone(small.metrics());
    small.record(Recordings::start(settings, metrics).unwrap());
    assert!(ask(&small, "/mutate", &pod(&[&signed])).await.allowed());
    recorded(&small, "failed", 1).await;
}

#[tokio::test]
async fn under_policies_with_a_mistake_decisions_are_made_and_not_written_down() {
    let site = Site::start().await;
    let (signed, _) = site.signed("good");
    let root = tempfile::tempdir().unwrap();
    let broken = "---\napiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: b, namespace: other}\nspec: \
                  {repositories: [{name: 'x', policy: {simpel: {}}}]}\n";
    let webhook = site.webhook_with(&format!("{}{broken}", site.policy("")), support::LIMITS);
    record(&webhook, root.path(), 1.0);
    assert!(ask(&webhook, "/mutate", &pod(&[&signed])).await.allowed());
    recorded(&webhook, "unfit", 1).await;
    assert!(transcripts(root.path()).is_empty());
    webhook.enforce(support::snapshot(&[&site.policy(""), &site.key()]));
    assert!(ask(&webhook, "/mutate", &pod(&[&signed])).await.allowed());
    recorded(&webhook, "written", 1).await;
}
