//! Keys at addresses: fetched while the program runs, and told where it is watched.

use doorward_core::Digest;
use doorward_testkit::{CertificateBuilder, Fault, FaultRule, KeyKind, Lookaside, OpenPgpSigner};

use super::*;

/// A public key on P-256.
const KEY: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQWAFokBDbABcqNJ0xP/3gZ7IeCZt
4gOaBXdsiLkaFJlY9NfJ+Ly3mATdvbdtTFAtLWUE3t6udhzWBub3SHC7MQ==
-----END PUBLIC KEY-----
";

/// A policy with this body, in which `FILE` is the file on a server that has the digest of this one.
fn policy(server: &Lookaside, body: &str, file: &str) -> String {
    let named = format!(
        "{{url: '{}/release.pub', sha256: {}}}",
        server.url().trim_end_matches('/'),
        Digest::sha256(file.as_bytes()).hex()
    );
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n  - name: '*'\n    \
         policy: {{{}}}\n",
        body.replace("FILE", &named)
    )
}

async fn asked(served: &str, outcome: &str) -> String {
    asked_by(
        "sigstore: {authorities: [{keyURL: FILE}]}",
        KEY,
        served,
        outcome,
    )
    .await
}

/// The metrics of a webhook whose policy has this body and pins `file`, once it was asked for that with this outcome.
async fn asked_by(body: &str, file: &str, served: &str, outcome: &str) -> String {
    let server = Lookaside::builder().tls().start().await;
    server.put_file("release.pub", served.to_owned());
    if served.is_empty() {
        server.fault(FaultRule::new(Fault::Status(503)));
    }
    let files = Files::new(&policy(&server, body, file));
    files.write("keys-ca.pem", server.ca_pem().unwrap());
    let ca = files.path("keys-ca.pem").display().to_string();
    let running = files.start(&["--ca-file", &ca]).await;
    let counted = format!("doorward_key_source_requests_total{{outcome=\"{outcome}\"}} 1");
    eventually(async || health(&running, "/metrics").await.1.contains(&counted)).await;
    // That a key is missing says nothing about the webhook.
    assert_eq!(health(&running, "/readyz").await.0, 200);
    health(&running, "/metrics").await.1
}

#[tokio::test]
async fn a_key_that_a_policy_names_is_fetched_before_an_image_needs_it_and_its_end_is_told() {
    let metrics = asked(KEY, "first").await;
    let end = r#"doorward_trust_expiry_timestamp_seconds{name="key-sources",scheme="sigstore"}"#;
    assert!(metrics.contains(end), "{metrics}");
}

#[tokio::test]
async fn what_is_served_in_the_place_of_a_key_is_counted_by_what_is_wrong_with_it() {
    let other = KEY.replacen('E', "F", 1);
    for (served, outcome) in [(other.as_str(), "pin-mismatch"), ("", "unavailable")] {
        let metrics = asked(served, outcome).await;
        assert!(!metrics.contains("key-sources"), "{metrics}");
    }
}

#[tokio::test]
async fn key_rings_and_trust_stores_are_fetched_beforehand_too_and_end_under_their_schemes() {
    let ring = OpenPgpSigner::new(KeyKind::Ed25519).public_key_armored();
    let root = CertificateBuilder::authority("root").self_signed().pem();
    for (body, file, scheme) in [
        (
            "simple: {requirements: [{type: signedBy, keyURL: FILE}]}",
            ring.as_str(),
            "simple-signing",
        ),
        (
            "notation: {trustStores: [{type: ca, certificateURL: FILE}], trustedIdentities: ['*']}",
            &root,
            "notation",
        ),
    ] {
        let metrics = asked_by(body, file, file, "first").await;
        let end = format!(
            "doorward_trust_expiry_timestamp_seconds{{name=\"key-sources\",scheme=\"{scheme}\"}}"
        );
        assert!(metrics.contains(&end), "{metrics}");
        let metrics = asked_by(body, file, KEY, "pin-mismatch").await;
        assert!(!metrics.contains("key-sources"), "{metrics}");
    }
}
