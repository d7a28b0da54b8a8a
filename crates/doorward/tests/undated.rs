//! Signed documents whose signatures have no time.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Digest, Scheme};
use doorward::{Context, Decision, Engine, Rules, Secret, StaticSecrets, Verdict};
use support::{NOW, ToyUnit, World, note, policies};

const IMAGE: &str = "r.example/app:1";

async fn decide(rules: &Rules, world: World) -> Verdict {
    let mut secrets = StaticSecrets::default();
    let items = BTreeMap::from([("name".to_owned(), b"a".to_vec())]);
    secrets.insert("doorward", "a", Secret::new(items));
    let engine = Engine::builder()
        .without(Scheme::SIGSTORE)
        .scheme(Arc::new(ToyUnit))
        .build();
    engine
        .decide(IMAGE, &Context::new(rules, &secrets, Arc::new(world), NOW))
        .await
}

#[tokio::test]
async fn a_signature_without_a_time_does_not_tell_how_old_a_document_is() {
    // The toy signs without a time.
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{},"layers":[]}}"#,
        empty()
    );
    let (image, size) = (Digest::sha256(manifest.as_bytes()), manifest.len());
    let report = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[]}]}"#;
    let content = Digest::sha256(report.as_bytes());
    let kind = "application/sarif+json";
    let attached = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","artifactType":"{kind}","config":{},"layers":[{{"mediaType":"{kind}","digest":"{content}","size":{}}}],"subject":{{"mediaType":"{media_type}","digest":"{image}","size":{size}}}}}"#,
        empty(),
        report.len()
    );
    let document = Digest::sha256(attached.as_bytes());
    let list = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"{media_type}","digest":"{document}","size":{},"artifactType":"{kind}"}}]}}"#,
        attached.len()
    );
    let world = || {
        World::default()
            .serves(&format!("manifest {IMAGE}"), manifest.as_bytes())
            .serves(
                &format!("referrers of r.example/app@{image}"),
                list.as_bytes(),
            )
            .serves(
                &format!("manifest r.example/app@{document}"),
                attached.as_bytes(),
            )
            .serves(&format!("blob r.example/app@{content}"), report.as_bytes())
            .serves(&note("a", &document), b"a")
    };
    let rules = |more: &str| {
        policies(&format!(
            "vulnerability: {{report: {{maxSeverity: high{more}, signedBy: {{sigstore: {{authorities: [{{keySecret: a}}]}}}}}}}}"
        ))
    };
    let admitted = decide(&rules(""), world()).await;
    assert_eq!(
        admitted.decision(),
        Decision::Allow,
        "{}",
        admitted.message()
    );
    let refused = decide(&rules(", maxAge: 72h"), world()).await;
    assert_eq!(refused.code().unwrap().as_str(), "document-time-unknown");
}

/// The descriptor of an empty configuration.
fn empty() -> String {
    let digest = Digest::sha256(b"{}");
    format!(r#"{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{digest}","size":2}}"#)
}
