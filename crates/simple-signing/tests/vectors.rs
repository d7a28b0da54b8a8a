//! Conformance: every case of the vectors, through a whole session.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files, says how they went and stops at what it cannot read"
)]

use doorward_core::{Code, Digest, FetchError, Reference};
use doorward_simple_signing::{ContainersPolicy, Requirement, Store};
use doorward_testkit::Cases;
use serde_json::Value;

use support::{Got, Question, Tally, World, bytes, cases, index, run};

#[path = "conformance/extension.rs"]
mod extension;
#[path = "conformance/http.rs"]
mod http;
mod support;

#[test]
fn vectors() {
    let root = Cases::open(cases("vectors", "simple-signing"));
    let mut tally = Tally::default();
    manifest(&root, &mut tally);
    extension::cases(&root, &mut tally);
    http::cases(&root, &mut tally);
    tally.finish();
}

/// A JSON file of the case folder, or a line that it is not there.
fn load(root: &Cases, name: &str, tally: &Tally) -> Option<Value> {
    match root.read(name) {
        Some(text) => Some(serde_json::from_slice(text).expect("the case file is JSON")),
        None => {
            tally.skip(name, "there is no such file");
            None
        }
    }
}

fn manifest(root: &Cases, tally: &mut Tally) {
    let Some(document) = load(root, "manifest.json", tally) else {
        return;
    };
    for case in document["cases"].as_array().expect("cases") {
        let id = case["id"].as_str().expect("an id");
        let expected = case["recommend"]
            .as_str()
            .or_else(|| case["expected"].as_str())
            .expect("a verdict");
        match judge(root, case) {
            Ok(got) => tally.record(id, expected, &got),
            Err(missing) => tally.skip(id, &missing),
        }
    }
}

/// The verdict on one case; an error if a file of it is not there.
fn judge(root: &Cases, case: &Value) -> Result<Got, String> {
    let text = match case.get("policy_text").and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => case["policy"].to_string(),
    };
    let image = case["image_ref"].as_str().expect("an image");
    let requirements = match requirements(root, &text, image) {
        Ok(requirements) => requirements,
        Err(got) => return Ok(got),
    };
    let digest: Digest = case["manifest_digest"]
        .as_str()
        .expect("a digest")
        .parse()
        .expect("a digest");
    let manifest = case["image_manifest"].as_str().expect("a manifest");
    if let Some(content) = root.read(manifest) {
        assert!(
            digest.matches(content),
            "{manifest} has the digest that the case states"
        );
    }
    let store = case.get("store").and_then(Value::as_str);
    let mut stored = Vec::new();
    for name in case["signatures"].as_array().into_iter().flatten() {
        stored.push(match name.as_str() {
            None => None,
            Some(name) => {
                let read = root.read(name);
                Some(read.ok_or_else(|| format!("{name}: there is no such file"))?)
            }
        });
    }
    let lookaside = |url: &str, _: Option<&doorward_core::Basic>| {
        let content = match store {
            Some(folder) => {
                let path = url
                    .strip_prefix("file:///store/")
                    .expect("an address in the store");
                root.read(&format!("{folder}/{path}"))
            }
            None => stored.get(index(url) - 1).cloned().flatten(),
        };
        content.map_or(Err(FetchError::NotFound), |content| {
            bytes(content.to_vec(), url)
        })
    };
    Ok(run(
        Question {
            image: image.to_owned(),
            digest,
            located: None,
            requirements,
            store: Store::lookaside("file:///store", None).expect("a store"),
            now: case["time"]
                .as_str()
                .expect("a time")
                .parse()
                .expect("a time"),
            skip_unreadable: false,
        },
        &World {
            extension: &|| Err(FetchError::NotSupported),
            lookaside: &lookaside,
        },
    ))
}

/// What the policy demands of `image`, its key files counted from `root`.
fn requirements(root: &Cases, policy: &str, image: &str) -> Result<Vec<Requirement>, Got> {
    let invalid = |error: String| Got::Reject(Code::POLICY_INVALID, error);
    let policy =
        ContainersPolicy::parse(policy.as_bytes()).map_err(|error| invalid(error.to_string()))?;
    let policy = policy
        .load(&mut |path| {
            let content = root.read(path).ok_or("there is no such file")?;
            Ok(content.to_vec())
        })
        .map_err(|error| invalid(error.to_string()))?;
    let image: Reference = image
        .parse()
        .map_err(|error: doorward_core::ReferenceError| {
            Got::Reject(Code::REFERENCE_INVALID, error.to_string())
        })?;
    Ok(policy.select(&image).requirements.to_vec())
}
