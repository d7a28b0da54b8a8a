//! Reviews as API servers of two versions sent them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use doorward_webhook::{Webhook, app};
use serde_json::Value;
use support::{Answered, REJECT, UNCHECKED, offline, post};

/// Every recorded review, with a name for messages.
fn recorded() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/kube/tests");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(
        files.len() >= 60,
        "the recorded reviews are gone: {} are left",
        files.len()
    );
    files.sort();
    files
        .into_iter()
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "json")
            && path
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("v1.")
        {
            files.push(path);
        }
    }
}

async fn answer(webhook: &Webhook, path: &str, body: &[u8]) -> Answered {
    let (status, answer) = post(
        &app(webhook.clone()),
        path,
        "application/json",
        body.to_vec(),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    Answered(serde_json::from_slice(&answer).unwrap())
}

fn request(body: &[u8]) -> Value {
    serde_json::from_slice::<Value>(body).unwrap()["request"].take()
}

/// A resource in which nobody has said where images are.
fn is_unknown(request: &Value) -> bool {
    request["resource"]["resource"] == "imagepolicies" && request["operation"] != "DELETE"
}

#[tokio::test]
async fn each_is_allowed_where_nothing_is_demanded() {
    let webhook = offline(&[UNCHECKED]);
    for (name, body) in recorded() {
        let request = request(&body);
        for path in ["/mutate", "/validate", "/admit"] {
            let answer = answer(&webhook, path, &body).await;
            assert_eq!(
                answer.allowed(),
                !is_unknown(&request),
                "{name} at {path}: {}",
                answer.message()
            );
            assert!(answer.patch().is_empty(), "{name}");
            assert_eq!(answer.0["response"]["uid"], request["uid"], "{name}");
        }
    }
}

#[tokio::test]
async fn each_that_starts_an_image_is_denied_where_everything_is() {
    let webhook = offline(&[REJECT]);
    for (name, body) in recorded() {
        let request = request(&body);
        let starts = ["CREATE", "UPDATE"].contains(&request["operation"].as_str().unwrap());
        // Unchanged images pass: these updates change labels, annotations or replicas.
        let unchanged = ["update-labels", "update-restart", "update-by-controller"]
            .iter()
            .any(|u| name.contains(u));
        let answer = answer(&webhook, "/mutate", &body).await;
        assert_eq!(
            answer.allowed(),
            !starts || unchanged,
            "{name}: {}",
            answer.message()
        );
        let code = if is_unknown(&request) {
            "admission-unsupported-resource"
        } else {
            "secret-not-found"
        };
        assert!(
            answer.allowed() || answer.message().contains(code),
            "{name}: {}",
            answer.message()
        );
    }
}
