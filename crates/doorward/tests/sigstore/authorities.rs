//! Whose signatures count: keys in Secrets, quorums, and what cannot be trusted.

use doorward_testkit::{CosignBuilder, CosignForm, CosignKey};

use crate::site::{Site, allowed, refused, secret};

const ROOT: &str = include_str!("../../../sigstore/tests/vectors/trust/trusted_root.json");

#[tokio::test]
async fn a_key_counts_wherever_in_its_secrets_it_is() {
    let mut site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    let other = CosignKey::generate().public_pem();
    let ours = site.key.public_pem();
    let both = secret(&[("old.pem", &other), ("new.pem", &ours)]);
    let joined = secret(&[("keys", &format!("{other}{ours}"))]);
    let pair = secret(&[
        ("cosign.key", "not a key"),
        ("cosign.password", "x"),
        ("cosign.pub", &ours),
    ]);
    let foreign = secret(&[("cosign.pub", &other)]);
    for (name, held) in [
        ("both", both),
        ("joined", joined),
        ("pair", pair),
        ("foreign", foreign),
    ] {
        site.secrets.insert("n", name, held);
    }
    for name in ["both", "joined", "pair"] {
        allowed(
            &site
                .decide(&format!("{{authorities: [{{keySecret: {name}}}]}}"))
                .await,
        );
    }
    let several = "{authorities: [{keySecrets: [{name: foreign}, {name: k}]}]}";
    allowed(&site.decide(several).await);
    let verdict = site.decide("{authorities: [{keySecret: foreign}]}").await;
    refused(&verdict, "sigstore-unknown-key");
}

#[tokio::test]
async fn a_quorum_counts_authorities_and_not_signatures() {
    let mut site = Site::new(true).await;
    let second = CosignKey::generate();
    let pem = second.public_pem();
    site.secrets
        .insert("n", "second", secret(&[("cosign.pub", &pem)]));
    let twice = [
        site.signature(CosignForm::Layer),
        site.builder().annotation("a", "b").build(),
    ];
    site.tag("sig", &twice);
    let two = "{require: 2, authorities: [{keySecret: k}, {keySecret: second}]}";
    let all = "{require: all, authorities: [{keySecret: k}, {keySecret: second}]}";
    let any = "{authorities: [{keySecret: second}, {keySecret: k}]}";
    allowed(&site.decide(any).await);
    for policy in [two, all] {
        refused(&site.decide(policy).await, "sigstore-unknown-key");
    }
    let by_second = CosignBuilder::new(&second, &site.image).form(CosignForm::Bundle);
    site.attach(&by_second.build());
    for policy in [two, all] {
        allowed(&site.decide(policy).await);
    }
}

#[tokio::test]
async fn annotations_that_the_policy_demands_must_be_signed() {
    for form in [CosignForm::Layer, CosignForm::Bundle] {
        let site = Site::new(true).await;
        let signature = site.builder().form(form).annotation("env", "prod");
        site.attach(&signature.build());
        allowed(
            &site
                .decide("{authorities: [{keySecret: k, annotations: {env: prod}}]}")
                .await,
        );
        for annotations in ["{env: dev}", "{env: prod, build: '7'}"] {
            let policy = format!("{{authorities: [{{keySecret: k, annotations: {annotations}}}]}}");
            refused(&site.decide(&policy).await, "sigstore-annotation-mismatch");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_trusted_is_a_fault_of_the_configuration_and_says_what_is_missing() {
    let mut site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    for (name, items) in [
        ("empty", vec![("cosign.pub", "no key")]),
        (
            "cut",
            vec![("cosign.pub", "-----BEGIN PUBLIC KEY-----\nMFkw")],
        ),
        ("root", vec![("trusted_root.json", ROOT)]),
        ("broken", vec![("trusted_root.json", "{}x")]),
        ("elsewhere", vec![("root.json", ROOT)]),
    ] {
        site.secrets.insert("n", name, secret(&items));
    }
    let keyless = "keyless: {issuer: \"https://i.example\", subject: s}";
    for (authority, code, says) in [
        ("keySecret: empty", "sigstore-key-invalid", "public key"),
        ("keySecret: cut", "sigstore-key-invalid", "cut off"),
        ("keySecret: none", "secret-not-found", "none"),
        (keyless, "sigstore-trust-root-invalid", "`sigstore`"),
        (
            &format!("{keyless}, trustRootSecret: broken"),
            "sigstore-trust-root-invalid",
            "broken",
        ),
        (
            &format!("{keyless}, trustRootSecret: elsewhere"),
            "secret-invalid",
            "trusted_root.json",
        ),
        (
            &format!("{keyless}, trustRootSecret: none"),
            "secret-not-found",
            "none",
        ),
        (
            "keySecret: k, log: required",
            "sigstore-trust-root-invalid",
            "log",
        ),
        (
            "keySecret: k, timestamp: required",
            "sigstore-trust-root-invalid",
            "time stamp",
        ),
        (
            "certificate: {caSecret: k, email: a@b.example}",
            "sigstore-key-invalid",
            "certificate",
        ),
    ] {
        let verdict = site
            .decide(&format!("{{authorities: [{{{authority}}}]}}"))
            .await;
        refused(&verdict, code);
        assert!(
            verdict.message().contains(says),
            "{authority}: {}",
            verdict.message()
        );
    }
    // With a root, a key's signature must be in its log.
    let logged = "{authorities: [{keySecret: k, log: required, trustRootSecret: root}]}";
    refused(&site.decide(logged).await, "sigstore-log-missing");
}

#[tokio::test]
async fn a_document_is_vouched_for_by_a_sigstore_signature_of_its_own_digest() {
    let site = Site::new(true).await;
    let subject = site.image.manifest().descriptor();
    let kind = "application/vnd.cyclonedx+json";
    let content = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}"#;
    let document = doorward_testkit::ImageBuilder::new()
        .artifact_type(kind)
        .subject(subject)
        .blob(doorward_testkit::Blob::new(
            doorward::core::MediaType::new(kind),
            content,
        ))
        .config(doorward_testkit::Blob::new(
            doorward::core::MediaType::new("application/vnd.oci.empty.v1+json"),
            "{}",
        ))
        .build();
    site.registry
        .push_referrer(crate::site::REPOSITORY, &document);
    let body = format!(
        "attestations: [{{artifactType: {kind}, signedBy: {{sigstore: {{authorities: [{{keySecret: k}}]}}}}}}]"
    );
    let verdict = site.decide_body(&body).await;
    refused(&verdict, "document-unsigned");
    let signature = CosignBuilder::new(&site.key, &document)
        .form(CosignForm::Bundle)
        .build();
    let referrer = signature.referrer(&document.manifest().descriptor());
    site.registry
        .push_referrer(crate::site::REPOSITORY, &referrer);
    allowed(&site.decide_body(&body).await);
}

#[tokio::test]
async fn what_all_authorities_look_at_is_counted_once() {
    let mut site = Site::new(true).await;
    let mut authorities = String::new();
    for number in 0..63 {
        let name = format!("k{number}");
        let other = CosignKey::generate();
        site.secrets
            .insert("n", &name, secret(&[("cosign.pub", &other.public_pem())]));
        authorities.push_str(&format!("{{keySecret: {name}}}, "));
    }
    for number in 0..3 {
        let statement = site.builder().form(CosignForm::Bundle);
        let predicate = serde_json::json!({"number": number});
        site.attach(
            &statement
                .predicate("https://x.example/t", predicate)
                .build(),
        );
    }
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    let all = format!("{{require: any, authorities: [{authorities}{{keySecret: k}}]}}");
    allowed(&site.decide(&all).await);
}
