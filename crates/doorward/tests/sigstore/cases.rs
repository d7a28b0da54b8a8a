//! Every case of the vectors, served by a registry with and without the referrers API.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward::core::{Digest, MediaType, Timestamp};
use doorward::{Context, Decision, Engine, StaticSecrets, Verdict};
use doorward_testkit::{Blob, Cases, Image, Registry};
use serde_json::Value;

use crate::site::{fetcher, rules, secret};

pub(crate) const REPOSITORY: &str = "fixtures/app";
/// When the cases are judged: the day on which they were made.
const NOW: &str = "2026-11-21T12:00:00Z";

/// The folder with the cases: those of the crate, packed, or `$DOORWARD_CASES/sigstore`, relative to the workspace root.
pub(crate) fn folder() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => crates.join("..").join(root).join("sigstore"),
        None => crates.join("sigstore/tests/vectors"),
    }
}

pub(crate) fn json(files: &Cases, path: &str) -> Value {
    serde_json::from_slice(files.read(path).unwrap_or_else(|| panic!("{path}"))).unwrap()
}

fn blob<'f>(files: &'f Cases, set: &str, digest: &str) -> &'f [u8] {
    let path = format!("{set}/blobs/{}", digest.replace(':', "/"));
    files.read(&path).unwrap_or_else(|| panic!("{path}"))
}

/// Every manifest of a set, with the blobs of it that are there.
pub(crate) fn stored(files: &Cases, set: &str) -> Vec<Image> {
    let index = json(files, &format!("{set}/index.json"));
    let all = index["manifests"].as_object().unwrap().iter();
    let images = all.map(|(digest, about)| {
        let bytes = blob(files, set, digest);
        let manifest: Value = serde_json::from_slice(bytes).unwrap();
        let layers = manifest["layers"].as_array().into_iter().flatten();
        let parts = layers.chain(manifest.get("config"));
        let blobs = parts.filter_map(|part| {
            let path = part["digest"].as_str().unwrap().replace(':', "/");
            let bytes = files.read(&format!("{set}/blobs/{path}"))?;
            let kind = MediaType::new(part["mediaType"].as_str().unwrap());
            Some(Blob::new(kind, bytes.clone()))
        });
        let kind = MediaType::new(about["mediaType"].as_str().unwrap());
        Image::from_manifest(kind, bytes.to_vec(), blobs.collect::<Vec<_>>())
    });
    images.collect()
}

/// Everything of a set, as its registry had it.
pub(crate) fn serve(files: &Cases, set: &str, registry: &Registry, has_api: bool) {
    for image in stored(files, set) {
        let manifest: Value = serde_json::from_slice(image.manifest().bytes()).unwrap();
        if manifest.get("subject").is_some() && !has_api {
            registry.push_referrer(REPOSITORY, &image);
        } else {
            registry.push_untagged(REPOSITORY, &image);
        }
    }
    let index = json(files, &format!("{set}/index.json"));
    for (tag, digest) in index["tags"].as_object().unwrap() {
        let digest: Digest = digest.as_str().unwrap().parse().unwrap();
        registry.tag(REPOSITORY, tag, &digest);
    }
}

/// The authority that a policy of the cases is. Its keys go into Secrets.
fn authority(files: &Cases, policy: &Value, secrets: &mut StaticSecrets) -> String {
    let text = |name: &str| policy[name].as_str().unwrap();
    let read = |path: &str| String::from_utf8(files.read(path).unwrap().to_vec()).unwrap();
    let mut fields = match text("type") {
        "key" => {
            let name = text("key").replace(['/', '.'], "-");
            secrets.insert("n", &name, secret(&[("cosign.pub", &read(text("key")))]));
            vec![format!("keySecret: {name}")]
        }
        "keyless" => vec![format!(
            "keyless: {{issuer: \"{}\", subject: \"{}\"}}",
            text("issuer"),
            text("identity")
        )],
        other => panic!("{other}"),
    };
    if let Some(path) = policy["trusted_root"].as_str() {
        secrets.insert("n", "root", secret(&[("trusted_root.json", &read(path))]));
        fields.push("trustRootSecret: root".to_owned());
    }
    if policy["require_tlog"] == true {
        fields.push("log: required".to_owned());
    }
    if !policy["annotations"].is_null() {
        fields.push(format!("annotations: {}", policy["annotations"]));
    }
    format!("{{{}}}", fields.join(", "))
}

pub(crate) async fn decide(files: &Cases, case: &Value, registry: &Registry) -> Verdict {
    let policy = &case["policy"];
    let mut secrets = StaticSecrets::default();
    let body = if policy["type"] == "threshold" {
        let of = policy["of"].as_array().unwrap().iter();
        let of: Vec<String> = of.map(|one| authority(files, one, &mut secrets)).collect();
        format!(
            "sigstore: {{require: {}, authorities: [{}]}}",
            policy["min"],
            of.join(", ")
        )
    } else {
        let only = authority(files, policy, &mut secrets);
        match policy["attestation"].as_str() {
            None => format!("sigstore: {{authorities: [{only}]}}"),
            Some(kind) => format!(
                "attestations: [{{predicateType: \"{kind}\", signedBy: {{sigstore: {{authorities: [{only}]}}}}}}]"
            ),
        }
    };
    let rules = rules(registry, &body);
    let now: Timestamp = NOW.parse().unwrap();
    let context = Context::new(&rules, &secrets, fetcher(registry), now).in_namespace("n");
    let index = json(
        files,
        &format!("{}/index.json", case["set"].as_str().unwrap()),
    );
    let digest = index["images"][case["image"].as_str().unwrap()]
        .as_str()
        .unwrap();
    let image = format!("{}/{REPOSITORY}@{digest}", registry.address());
    Engine::default().decide(&image, &context).await
}

#[tokio::test]
async fn every_case_is_decided_alike_with_and_without_the_referrers_api() {
    let files = Arc::new(Cases::open(folder()));
    let manifest = json(&files, "manifest.json");
    let cases = manifest["cases"].as_array().unwrap();
    let attested = cases
        .iter()
        .filter(|case| case["policy"]["attestation"].is_string());
    assert_ne!(attested.count(), 0, "no case is about a statement");
    let mut sets: Vec<&str> = cases
        .iter()
        .map(|case| case["set"].as_str().unwrap())
        .collect();
    sets.dedup();
    sets.sort_unstable();
    sets.dedup();
    let (mut passed, mut failed) = (0, 0);
    for set in sets {
        for has_api in [true, false] {
            let registry = Registry::builder().start().await;
            registry.set_referrers(has_api);
            serve(&files, set, &registry, has_api);
            for case in cases.iter().filter(|case| case["set"] == set) {
                let verdict = decide(&files, case, &registry).await;
                let is_allowed = verdict.decision() == Decision::Allow;
                if is_allowed == (case["expect"] == "allow") {
                    passed += 1;
                } else {
                    failed += 1;
                    println!(
                        "FAIL {set}/{} (API {has_api}): {}",
                        case["image"],
                        verdict.message()
                    );
                }
            }
        }
    }
    assert_eq!(passed + failed, cases.len() * 2);
    println!("{passed} passed, {failed} failed");
    assert_eq!(failed, 0, "cases failed, see above");
    assert_ne!(passed, 0, "no case ran");
}
