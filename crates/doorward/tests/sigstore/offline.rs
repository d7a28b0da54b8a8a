//! Without a network: what is beside an image in a layout on disk, and a trusted root in a Secret, are all that a decision needs.

use std::sync::{Arc, Mutex};

use doorward::core::{Fetch, FetchFuture, Fetcher, Resource, Timestamp};
use doorward::registry::Layout;
use doorward::{Context, Engine, StaticSecrets, Verdict};
use doorward_testkit::{Cases, OciLayout};

use crate::cases::{REPOSITORY, folder, json, stored};
use crate::site::{allowed, refused, rules_for, secret};

/// A registry that is not there, and need not be.
const HOST: &str = "registry.invalid";
/// The day on which the cases were made.
const NOW: &str = "2026-11-21T12:00:00Z";
const KEY: &str = "{keySecret: key}";
const DEVELOPER: &str = "{keyless: {issuer: \"https://accounts.fixtures.test\", subject: dev@fixtures.test}, \
                         trustRootSecret: root}";

/// A layout, and everything that it was asked for.
struct Noted {
    layout: Layout,
    asked: Mutex<Vec<Resource>>,
}

impl Fetcher for Noted {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        self.asked.lock().unwrap().push(fetch.resource.clone());
        self.layout.fetch(fetch)
    }
}

/// What is decided about an image of a set that is nowhere but on disk, and what was asked for.
async fn decide(set: &str, image: &str, authority: &str) -> (Verdict, Vec<Resource>) {
    let files = Cases::open(folder());
    let folder = tempfile::tempdir().unwrap();
    let written = OciLayout::create(folder.path()).unwrap();
    let index = json(&files, &format!("{set}/index.json"));
    let tags = index["tags"].as_object().unwrap();
    for stored in stored(&files, set) {
        let digest = stored.digest().as_str();
        let of =
            |(tag, tagged): (&String, &serde_json::Value)| (tagged == digest).then(|| tag.clone());
        let tag = tags.iter().find_map(of);
        // What refers to an image is found by what it says itself.
        let tag = tag.unwrap_or_else(|| stored.digest().hex().to_owned());
        written.push(&tag, &stored).unwrap();
    }
    let noted = Arc::new(Noted {
        layout: Layout::open(folder.path()).unwrap(),
        asked: Mutex::default(),
    });
    let read = |path: &str| String::from_utf8(files.read(path).unwrap().to_vec()).unwrap();
    let mut secrets = StaticSecrets::default();
    for (name, item, path) in [
        ("key", "cosign.pub", "keys/key1.pub"),
        ("root", "trusted_root.json", "trust/trusted_root.json"),
    ] {
        secrets.insert("n", name, secret(&[(item, &read(path))]));
    }
    let rules = rules_for(HOST, &format!("sigstore: {{authorities: [{authority}]}}"));
    let now: Timestamp = NOW.parse().unwrap();
    let fetcher: Arc<dyn Fetcher> = Arc::clone(&noted) as _;
    let context = Context::new(&rules, &secrets, fetcher, now).in_namespace("n");
    let digest = index["images"][image].as_str().unwrap();
    let reference = format!("{HOST}/{REPOSITORY}@{digest}");
    let verdict = Engine::default().decide(&reference, &context).await;
    let asked = noted.asked.lock().unwrap().clone();
    (verdict, asked)
}

/// That all that was asked for belongs to the repository of the image.
fn is_all_of_the_repository(asked: &[Resource]) {
    assert!(!asked.is_empty());
    for resource in asked {
        let repository = match resource {
            Resource::Blob { repository, .. }
            | Resource::Manifest { repository, .. }
            | Resource::Referrers { repository, .. } => repository,
            other => panic!("somebody else was asked: {other:?}"),
        };
        assert_eq!(repository.to_string(), format!("{HOST}/{REPOSITORY}"));
    }
}

#[tokio::test]
async fn a_policy_with_a_key_decides_without_a_network() {
    for image in ["legacy-key", "bundle-key"] {
        let (verdict, asked) = decide("static-fallback", image, KEY).await;
        allowed(&verdict);
        is_all_of_the_repository(&asked);
    }
    let (verdict, asked) = decide("keyless", "v1-email", KEY).await;
    refused(&verdict, "sigstore-unknown-key");
    is_all_of_the_repository(&asked);
}

#[tokio::test]
async fn a_keyless_policy_with_a_root_at_hand_decides_without_a_network() {
    for image in [
        "v1-email",
        "v1-notsa",
        "v2-email",
        "legacy-email",
        "legacy-tsa",
    ] {
        let (verdict, asked) = decide("keyless", image, DEVELOPER).await;
        allowed(&verdict);
        is_all_of_the_repository(&asked);
    }
    for (set, image, code) in [
        ("keyless", "v1-gh", "sigstore-untrusted-issuer"),
        (
            "static-fallback",
            "bundle-key",
            "sigstore-certificate-untrusted",
        ),
    ] {
        let (verdict, asked) = decide(set, image, DEVELOPER).await;
        refused(&verdict, code);
        is_all_of_the_repository(&asked);
    }
}

#[tokio::test]
async fn a_root_that_is_not_at_hand_is_missed_and_fetched_from_nobody() {
    let without = DEVELOPER.replace("trustRootSecret: root", "trustRootSecret: elsewhere");
    let (verdict, asked) = decide("keyless", "v1-email", &without).await;
    assert_ne!(verdict.decision(), doorward::Decision::Allow);
    let code = verdict.code().map(|code| code.as_str());
    assert_eq!(code, Some("secret-not-found"), "{}", verdict.message());
    if !asked.is_empty() {
        is_all_of_the_repository(&asked);
    }
}
