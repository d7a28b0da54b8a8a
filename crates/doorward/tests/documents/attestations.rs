//! What other signed documents must say.

use std::sync::Arc;

use doorward::core::{Digest, Fetch, FetchFuture, Fetched, Fetcher};
use doorward::policy::{KeyForm, KeyPin, KeySource};
use doorward::{Decision, KeySources, MemoryState, WatchedKey};

use crate::site::{NOW, Site, attestation, by, report, said};
use crate::texts::{CYCLONEDX, SARIF, SPDX, cyclonedx, sarif};

#[tokio::test]
async fn a_bill_of_materials_without_what_is_denied_admits_the_image() {
    let rules = ", denyPackages: ['pkg:npm/event-stream', log4j-core], denyLicenses: ['AGPL-*']";
    let site = Site::under(&attestation(CYCLONEDX, rules)).await;
    site.attach(CYCLONEDX, &cyclonedx(&[("left-pad", "MIT")]));
    let verdict = site.admitted().await;
    assert_eq!(verdict.requirements()[0].scheme.as_str(), "attestations");
    for (package, license, code) in [
        ("event-stream", "MIT", "document-package-denied"),
        ("log4j-core", "MIT", "document-package-denied"),
        ("left-pad", "AGPL-3.0-only", "document-license-denied"),
    ] {
        let site = Site::under(&attestation(CYCLONEDX, rules)).await;
        site.attach(
            CYCLONEDX,
            &cyclonedx(&[("good", "MIT"), (package, license)]),
        );
        let verdict = site.decide().await;
        assert_eq!(verdict.code().unwrap().as_str(), code);
        assert!(verdict.message().contains(package), "{}", verdict.message());
    }
}

#[tokio::test]
async fn every_condition_must_hold_and_one_that_cannot_be_evaluated_does_not() {
    for (conditions, code) in [
        ("predicate.components.all(c, c.version == \"1.2.3\")", None),
        (
            "size(predicate.components) > 5",
            Some("document-condition-failed"),
        ),
        (
            "predicate.metadata.tools == \"syft\"",
            Some("document-condition-invalid"),
        ),
        ("predicate.components", Some("document-condition-invalid")),
    ] {
        let rules = format!(", conditions: ['true', '{conditions}']");
        let site = Site::under(&attestation(CYCLONEDX, &rules)).await;
        site.attach(CYCLONEDX, &cyclonedx(&[("left-pad", "MIT")]));
        let verdict = site.decide().await;
        assert_eq!(
            verdict.code().map(|one| one.as_str()),
            code,
            "{}",
            said(&verdict)
        );
    }
}

#[tokio::test]
async fn a_predicate_type_means_the_documents_that_it_stands_for() {
    let body = |predicate: &str| {
        format!(
            "attestations: [{{predicateType: '{predicate}', signedBy: {}}}]",
            by("scanner")
        )
    };
    for predicate in [
        "https://cyclonedx.org/bom",
        "https://cyclonedx.org/bom/v1.6",
    ] {
        let site = Site::under(&body(predicate)).await;
        site.attach(CYCLONEDX, &cyclonedx(&[]));
        site.admits().await;
    }
    let site = Site::under(&body("https://spdx.dev/Document")).await;
    site.attach(CYCLONEDX, &cyclonedx(&[]));
    assert_eq!(site.refused().await, "document-missing");
    // What stands for nothing that is read here is never met, and says so.
    let site = Site::under(&body("https://slsa.dev/provenance/v1")).await;
    let verdict = site.decide().await;
    assert_eq!(verdict.code().unwrap().as_str(), "policy-unsupported");
    assert!(
        verdict.message().contains("slsa.dev"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn statements_in_envelopes_are_not_read_and_that_is_said() {
    let two = format!(
        "attestations: [{{artifactType: {CYCLONEDX}, signedBy: {0}}}, {{artifactType: application/vnd.in-toto+json, \
         signedBy: {0}}}]",
        by("scanner")
    );
    let site = Site::under(&two).await;
    site.attach(CYCLONEDX, &cyclonedx(&[]));
    let verdict = site.decide().await;
    assert_eq!(verdict.code().unwrap().as_str(), "policy-unsupported");
    assert!(said(&verdict).contains("envelopes"), "{}", said(&verdict));
}

#[tokio::test]
async fn a_document_of_any_other_type_is_json_under_conditions() {
    const REVIEW: &str = "application/vnd.acme.review+json";
    let rules = ", conditions: ['predicate.approved && size(predicate.by) >= 2']";
    let site = Site::under(&attestation(REVIEW, rules)).await;
    site.attach(REVIEW, r#"{"approved": true, "by": ["ann", "bob"]}"#);
    site.admits().await;
    for (content, code) in [
        (
            r#"{"approved": false, "by": ["ann", "bob"]}"#,
            "document-condition-failed",
        ),
        (
            r#"{"approved": true, "approved": false, "by": ["ann", "bob"]}"#,
            "document-malformed",
        ),
        ("approved", "document-malformed"),
        ("[]", "document-condition-invalid"),
    ] {
        let site = Site::under(&attestation(REVIEW, rules)).await;
        site.attach(REVIEW, content);
        assert_eq!(site.refused().await, code, "{content}");
    }
}

#[tokio::test]
async fn every_attestation_is_demanded_for_itself() {
    let body = format!(
        "attestations: [{{artifactType: {CYCLONEDX}, signedBy: {0}}}, {{artifactType: {SPDX}, signedBy: {0}}}]",
        by("scanner")
    );
    let site = Site::under(&body).await;
    site.attach(CYCLONEDX, &cyclonedx(&[]));
    assert_eq!(site.refused().await, "document-missing");
}

#[tokio::test]
async fn content_of_another_format_than_its_type_says_refuses() {
    for (kind, content) in [(CYCLONEDX, sarif(&[])), (SARIF, cyclonedx(&[]))] {
        let site = Site::under(&attestation(kind, "")).await;
        site.attach(kind, &content);
        assert_eq!(site.refused().await, "document-malformed", "{kind}");
    }
    // Also where the layer says nothing about what it is.
    let site = Site::under(&attestation(CYCLONEDX, "")).await;
    let blob = doorward_testkit::Blob::new(
        doorward::core::MediaType::from_static("application/octet-stream"),
        sarif(&[]),
    );
    let document = crate::site::manifest(CYCLONEDX)
        .blob(blob)
        .subject(site.subject())
        .build();
    site.push(&document);
    site.sign(
        &site.envelope(&site.scanner, &document).signed_at(NOW),
        &document,
    );
    assert_eq!(site.refused().await, "document-format-mismatch");
}

/// A server on which one file is.
struct Server(Vec<u8>);

impl Fetcher for Server {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        let served = Fetched::new(self.0.clone(), None, "server");
        Box::pin(std::future::ready(Ok(served)))
    }
}

#[tokio::test]
async fn the_signers_of_documents_may_be_known_by_what_is_at_an_address() {
    let mut site = Site::under(&attestation(CYCLONEDX, "")).await;
    site.attach(CYCLONEDX, &cyclonedx(&[("left-pad", "MIT")]));
    site.attach(SARIF, &sarif(&[]));
    let root = site.root.pem();
    let pin = Digest::sha256(root.as_bytes());
    let at = format!(
        "certificateURL: {{url: 'https://keys.example/ca.pem', sha256: {}}}",
        pin.hex()
    );
    let source = KeySource::Url {
        url: "https://keys.example/ca.pem".to_owned(),
        pin: KeyPin::File(pin),
        form: KeyForm::Certificates,
    };
    for body in [attestation(CYCLONEDX, ""), report("")] {
        site.govern(&body.replace("secret: acme", &at));
        let keys = KeySources::new(Arc::new(MemoryState::default()), Arc::new(|| NOW));
        keys.watch([WatchedKey {
            source: &source,
            is_kept: true,
        }]);
        let verdict = site.decide_beside(&keys).await;
        assert_eq!(verdict.code().unwrap().as_str(), "key-source-unavailable");
        keys.refresh(&Server(root.clone().into_bytes())).await;
        let verdict = site.decide_beside(&keys).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", said(&verdict));
    }
}
