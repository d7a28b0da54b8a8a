//! Identities of keyless signers, from the text of a policy to the verdict.

use std::sync::Arc;

use doorward::core::Timestamp;
use doorward::{Context, Engine, StaticSecrets, Verdict};
use doorward_testkit::{Cases, Registry};

use crate::cases::{REPOSITORY, folder, json, serve};
use crate::site::{allowed, fetcher, refused, rules, secret};

const PEOPLE: &str = "https://accounts.fixtures.test";
const ACTIONS: &str = "https://token.actions.githubusercontent.com";
const WORKFLOW: &str =
    "https://github.com/example/app/.github/workflows/release.yml@refs/tags/v1.0.0";

/// The keyless cases, served.
pub(crate) struct Keyless {
    pub(crate) files: Cases,
    pub(crate) registry: Registry,
    index: serde_json::Value,
}

impl Keyless {
    pub(crate) async fn new() -> Self {
        let files = Cases::open(folder());
        let registry = Registry::builder().start().await;
        serve(&files, "keyless", &registry, true);
        Self {
            index: json(&files, "keyless/index.json"),
            files,
            registry,
        }
    }

    pub(crate) fn image(&self, name: &str) -> String {
        let digest = self.index["images"][name].as_str().unwrap();
        format!("{}/{REPOSITORY}@{digest}", self.registry.address())
    }

    pub(crate) fn trusted_root(&self) -> String {
        let bytes = self.files.read("trust/trusted_root.json").unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    async fn decide(&self, image: &str, keyless: &str) -> Verdict {
        let mut secrets = StaticSecrets::default();
        let root = secret(&[("trusted_root.json", &self.trusted_root())]);
        secrets.insert("n", "root", root);
        let body = format!(
            "sigstore: {{authorities: [{{keyless: {{{keyless}}}, trustRootSecret: root}}]}}"
        );
        let rules = rules(&self.registry, &body);
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let fetcher = fetcher(&self.registry);
        let context = Context::new(&rules, &secrets, Arc::clone(&fetcher), now).in_namespace("n");
        Engine::default().decide(&self.image(image), &context).await
    }
}

#[tokio::test]
async fn an_identity_counts_if_all_that_the_policy_says_of_it_holds() {
    let cases = Keyless::new().await;
    let subject = format!("issuer: '{ACTIONS}', subject: '{WORKFLOW}'");
    let anyone = format!("issuer: '{ACTIONS}', subjectRegExp: 'https://github.com/example/.*'");
    for image in ["legacy-gh", "v1-gh", "idx-v2"] {
        for keyless in [
            subject.clone(),
            anyone.clone(),
            format!("{anyone}, github: {{repository: example/app}}"),
            format!("{anyone}, github: {{repository: example/app, ref: refs/tags/v1.0.0}}"),
        ] {
            let verdict = cases.decide(image, &keyless).await;
            allowed(&verdict);
        }
    }
    for (image, keyless) in [
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subject: dev@fixtures.test"),
        ),
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subjectRegExp: '[a-z]+@fixtures[.]test'"),
        ),
        (
            "v2-email",
            format!("issuer: '{PEOPLE}', subjectRegExp: 'dev@.*'"),
        ),
    ] {
        allowed(&cases.decide(image, &keyless).await);
    }
}

#[tokio::test]
async fn whatever_the_policy_says_of_an_identity_refuses_if_it_does_not_hold() {
    let cases = Keyless::new().await;
    let anyone = format!("issuer: '{ACTIONS}', subjectRegExp: 'https://github.com/example/.*'");
    let workflow = "sigstore-untrusted-identity";
    for (image, keyless, code) in [
        // A pattern matches as a whole, and `.` in it is any character.
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subjectRegExp: 'dev@fixtures'"),
            workflow,
        ),
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subjectRegExp: 'fixtures.test'"),
            workflow,
        ),
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subjectRegExp: 'eve@.*|ops@.*'"),
            workflow,
        ),
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subject: dev@fixtures.tes"),
            workflow,
        ),
        (
            "v1-email",
            format!("issuer: '{PEOPLE}', subject: DEV@fixtures.test"),
            workflow,
        ),
        (
            "v1-email",
            "issuer: 'https://accounts.fixtures.test/', subject: dev@fixtures.test".to_owned(),
            "sigstore-untrusted-issuer",
        ),
        (
            "v1-email",
            format!("issuer: '{ACTIONS}', subject: dev@fixtures.test"),
            "sigstore-untrusted-issuer",
        ),
        // Who signed is a workflow, and the subject of another kind.
        (
            "v1-gh",
            format!("issuer: '{PEOPLE}', subject: dev@fixtures.test"),
            "sigstore-untrusted-issuer",
        ),
        (
            "v1-gh",
            format!(
                "issuer: '{ACTIONS}', subjectRegExp: 'https://github.com/example/app/.github/workflows/release.yml'"
            ),
            workflow,
        ),
        (
            "v1-gh",
            format!("{anyone}, github: {{repository: example/other}}"),
            workflow,
        ),
        (
            "v1-gh",
            format!("{anyone}, github: {{repository: example}}"),
            workflow,
        ),
        (
            "v1-gh",
            format!("{anyone}, github: {{ref: refs/heads/main}}"),
            workflow,
        ),
        (
            "v1-gh",
            format!("{anyone}, github: {{workflow: nightly}}"),
            workflow,
        ),
        (
            "v1-gh",
            format!("{anyone}, github: {{trigger: pull_request}}"),
            workflow,
        ),
        // Nobody's certificate says this, and what is not said does not hold.
        (
            "v1-gh",
            format!("{anyone}, github: {{runner: self-hosted}}"),
            workflow,
        ),
        (
            "v1-email",
            format!(
                "issuer: '{PEOPLE}', subject: dev@fixtures.test, github: {{repository: example/app}}"
            ),
            workflow,
        ),
    ] {
        let verdict = cases.decide(image, &keyless).await;
        let found = verdict.code().map(|code| code.as_str());
        assert_eq!(
            found,
            Some(code),
            "{image} {keyless}: {}",
            verdict.message()
        );
        refused(&verdict, code);
    }
}
