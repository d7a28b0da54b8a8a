//! Certificates of one's own authority through a policy, whose signatures have the stamps of cosign's cases.

use doorward::core::Timestamp;
use doorward::{Context, Decision, Engine, StaticSecrets, Verdict};
use doorward_testkit::{Cases, Registry};

use crate::cases::{REPOSITORY, folder, json, serve};
use crate::site::{fetcher, rules, secret};

/// A month after the cases were made: their short-lived certificates have ended.
const LATER: &str = "2026-12-21T12:00:00Z";

/// What a policy decides that takes certificates of the authority of the cases, with these files as `tsaSecret`.
async fn decide(stamps: &[&str], image: &str) -> Verdict {
    let files = Cases::open(folder());
    let registry = Registry::builder().start().await;
    registry.set_referrers(true);
    serve(&files, "keyless", &registry, true);
    let read = |path: &str| String::from_utf8(files.read(path).unwrap().to_vec()).unwrap();
    let held = |paths: &[&str]| {
        let texts: Vec<_> = paths.iter().map(|path| (*path, read(path))).collect();
        let items: Vec<_> = texts
            .iter()
            .map(|(path, text)| (path.rsplit('/').next().unwrap(), text.as_str()))
            .collect();
        secret(&items)
    };
    let mut secrets = StaticSecrets::default();
    let own = held(&["trust/fulcio-root.pem", "trust/fulcio-int.pem"]);
    secrets.insert("n", "ca", own);
    secrets.insert("n", "tsa", held(stamps));
    let body = "sigstore: {authorities: [{certificate: {caSecret: ca, email: dev@fixtures.test, tsaSecret: tsa}, timestamp: \
                required}]}";
    let rules = rules(&registry, body);
    let now: Timestamp = LATER.parse().unwrap();
    let context = Context::new(&rules, &secrets, fetcher(&registry), now).in_namespace("n");
    let index = json(&files, "keyless/index.json");
    let digest = index["images"][image].as_str().unwrap();
    let image = format!("{}/{REPOSITORY}@{digest}", registry.address());
    Engine::default().decide(&image, &context).await
}

#[tokio::test]
async fn stamps_that_bring_no_certificate_count_by_the_signer_in_the_secret() {
    for image in ["v1-email", "v2-email", "legacy-tsa"] {
        let verdict = decide(&["trust/tsa-chain.pem"], image).await;
        let decision = verdict.decision();
        assert_eq!(decision, Decision::Allow, "{image}: {}", verdict.message());
    }
    // The root alone does not say whose stamps those are, and another authority's are not these.
    for stamps in ["trust/tsa-root.pem", "trust/fulcio-root.pem"] {
        let verdict = decide(&[stamps], "v1-email").await;
        assert_eq!(verdict.decision(), Decision::Deny, "{stamps}");
    }
    let verdict = decide(&["trust/tsa-chain.pem"], "v1-notsa").await;
    let code = verdict.code().map(|code| code.as_str());
    assert_eq!(
        code,
        Some("sigstore-timestamp-missing"),
        "{}",
        verdict.message()
    );
}
