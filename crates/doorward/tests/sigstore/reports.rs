//! Scan reports and statements about vulnerabilities in envelopes, through `vulnerability`.

use doorward::core::Timestamp;
use doorward::{Context, Engine, Verdict};
use doorward_testkit::CosignForm;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::site::{Site, allowed, refused, rules, secret};
use crate::stated::{Stamped, stamped};

const COSIGN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const BODY: &str = "vulnerability: {report: {maxSeverity: high, signedBy: {sigstore: {authorities: [{keySecret: k}]}}";

fn trivy(findings: Value) -> Value {
    json!({
        "SchemaVersion": 2, "ArtifactName": "app", "ArtifactType": "container_image",
        "Results": [{"Target": "app", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": findings}],
    })
}

fn record(result: Value) -> Value {
    json!({
        "invocation": {"uri": "https://ci.example/1"},
        "scanner": {"uri": "https://trivy.example", "version": "0.60", "result": result},
        "metadata": {"scanStartedOn": "2026-11-21T00:00:00Z", "scanFinishedOn": "2026-11-21T00:01:00Z"},
    })
}

fn finding(severity: &str) -> Value {
    json!([{
        "VulnerabilityID": "CVE-2026-1", "PkgName": "openssl", "InstalledVersion": "3.0.1", "Severity": severity,
        "Status": "affected",
    }])
}

async fn decide(statements: &[(&str, Value)], more: &str) -> Verdict {
    let site = Site::new(true).await;
    for (kind, predicate) in statements {
        let kind = if kind.is_empty() { COSIGN } else { *kind };
        let statement = site
            .builder()
            .form(CosignForm::Bundle)
            .predicate(kind, predicate.clone());
        site.attach(&statement.build());
    }
    site.decide_body(&format!("{BODY}{more}}}}}")).await
}

#[tokio::test]
async fn the_report_in_the_record_that_cosign_attests_decides() {
    allowed(&decide(&[("", record(trivy(json!([]))))], "").await);
    allowed(&decide(&[("", record(trivy(finding("HIGH"))))], "").await);
    let sarif =
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "s"}}, "results": []}]});
    allowed(&decide(&[("", record(sarif))], "").await);
    let critical = record(trivy(finding("CRITICAL")));
    refused(
        &decide(&[("", critical.clone())], "").await,
        "vulnerability-too-severe",
    );
    let clean = record(trivy(json!([])));
    refused(
        &decide(&[("", clean), ("", critical)], "").await,
        "vulnerability-too-severe",
    );
}

#[tokio::test]
async fn a_record_without_a_report_that_is_read_never_says_that_nothing_was_found() {
    refused(&decide(&[], "").await, "document-missing");
    for result in [json!(null), json!({}), json!({"vulnerabilities": []})] {
        refused(
            &decide(&[("", record(result))], "").await,
            "document-format-mismatch",
        );
    }
    let bill = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "vulnerabilities": []});
    refused(
        &decide(&[("", record(bill))], "").await,
        "document-format-mismatch",
    );
    let twins = json!({"Scanner": {}, "scanner": {"result": trivy(json!([]))}});
    refused(&decide(&[("", twins)], "").await, "document-malformed");
    // The bare report is of another type than the record, and no type is known for it.
    let bare = decide(
        &[("https://aquasecurity.github.io/trivy", trivy(json!([])))],
        "",
    )
    .await;
    refused(&bare, "document-missing");
}

#[tokio::test]
async fn what_is_stated_about_a_vulnerability_suppresses_it_only_if_the_policy_names_who_states_it()
{
    let site = Site::new(true).await;
    let product = format!(
        "pkg:oci/app@{}",
        site.image.digest().to_string().replace(':', "%3A")
    );
    let vex = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "somebody",
        "timestamp": "2026-11-21T00:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": product}], "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
        }],
    });
    let statements = [
        (COSIGN, record(trivy(finding("CRITICAL")))),
        ("https://openvex.dev/ns", vex),
    ];
    for (kind, predicate) in statements {
        let statement = site
            .builder()
            .form(CosignForm::Bundle)
            .predicate(kind, predicate);
        site.attach(&statement.build());
    }
    let with =
        ", vex: {signedBy: {sigstore: {authorities: [{keySecret: k}]}}, statuses: [not_affected]}";
    refused(
        &site.decide_body(&format!("{BODY}}}}}")).await,
        "vulnerability-too-severe",
    );
    allowed(&site.decide_body(&format!("{BODY}{with}}}}}")).await);
    let mut site = site;
    let stranger = doorward_testkit::CosignKey::generate();
    site.secrets
        .insert("n", "other", secret(&[("k.pub", &stranger.public_pem())]));
    let other = with.replace("keySecret: k", "keySecret: other");
    refused(
        &site.decide_body(&format!("{BODY}{other}}}}}")).await,
        "vulnerability-too-severe",
    );
}

/// What a policy that wants reports of a day decides about reports with certificates and time stamps.
async fn decide_stamped(reports: &[(Value, Stamped)]) -> Verdict {
    let mut site = Site::new(true).await;
    for (report, made) in reports {
        let referrer = stamped(&mut site, COSIGN, report.clone(), made);
        site.registry
            .push_referrer(crate::site::REPOSITORY, &referrer);
    }
    let body = "vulnerability: {report: {maxSeverity: high, maxAge: 24h, signedBy: {sigstore: {authorities: [{certificate: \
                {caSecret: ca, dns: signer.example, tsaSecret: tsa}, timestamp: required}]}}}}";
    let rules = rules(&site.registry, body);
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let context =
        Context::new(&rules, &site.secrets, Arc::clone(&site.fetcher), now).in_namespace("n");
    Engine::default().decide(&site.tagged(), &context).await
}

#[tokio::test]
async fn an_old_report_that_was_stamped_again_does_not_become_young() {
    let clean = || record(trivy(json!([])));
    let bad = || record(trivy(finding("CRITICAL")));
    let young = Stamped {
        from: "2026-11-21T09:00:00Z",
        stamp: "20261121100000Z",
        serial: 1,
    };
    let old = Stamped {
        from: "2026-11-01T09:00:00Z",
        stamp: "20261101100000Z",
        serial: 2,
    };
    // The same signature, with a time stamp that somebody got for it today.
    let again = Stamped {
        stamp: "20261121110000Z",
        ..old
    };
    allowed(&decide_stamped(&[(clean(), young)]).await);
    refused(&decide_stamped(&[(clean(), old)]).await, "document-too-old");
    refused(
        &decide_stamped(&[(clean(), again)]).await,
        "document-too-old",
    );
    // Nor does it take the place of what the scanner said since.
    refused(
        &decide_stamped(&[(clean(), again), (bad(), young)]).await,
        "vulnerability-too-severe",
    );
    allowed(&decide_stamped(&[(bad(), again), (clean(), young)]).await);
}

#[tokio::test]
async fn a_later_report_by_who_is_trusted_whose_signature_does_not_count_leaves_open_which_does() {
    let clean = || record(trivy(json!([])));
    let bad = || record(trivy(finding("CRITICAL")));
    let first = Stamped {
        from: "2026-11-21T07:00:00Z",
        stamp: "20261121071000Z",
        serial: 1,
    };
    let second = Stamped {
        from: "2026-11-21T09:00:00Z",
        stamp: "20261121091000Z",
        serial: 2,
    };
    let reports = [(clean(), first), (bad(), second)];
    refused(&decide_stamped(&reports).await, "vulnerability-too-severe");
    // What vouches for its time says one at which there was no such signer, or nothing that can be read.
    for (stamp, code) in [
        ("20261121080000Z", "sigstore-certificate-expired"),
        ("20291121080000Z", "sigstore-certificate-expired"),
    ] {
        let reports = [(clean(), first), (bad(), Stamped { stamp, ..second })];
        refused(&decide_stamped(&reports).await, code);
    }
}

#[tokio::test]
async fn a_copy_of_an_old_report_with_a_stamp_that_does_not_hold_refuses_nothing() {
    let clean = || record(trivy(json!([])));
    let bad = || record(trivy(finding("CRITICAL")));
    let first = Stamped {
        from: "2026-11-21T07:00:00Z",
        stamp: "20261121071000Z",
        serial: 1,
    };
    let second = Stamped {
        from: "2026-11-21T09:00:00Z",
        stamp: "20261121091000Z",
        serial: 2,
    };
    let spoiled = |made: Stamped| Stamped {
        stamp: "20261121060000Z",
        ..made
    };
    // The newest counts, with the copies of it and of the one before beside them.
    let reports = [
        (bad(), first),
        (clean(), second),
        (bad(), spoiled(first)),
        (clean(), spoiled(second)),
    ];
    allowed(&decide_stamped(&reports).await);
    let reports = [(clean(), first), (bad(), second), (clean(), spoiled(first))];
    refused(&decide_stamped(&reports).await, "vulnerability-too-severe");
    // The same words under another certificate may be newer.
    let other = Stamped {
        serial: 3,
        ..second
    };
    let reports = [(bad(), first), (clean(), second), (bad(), spoiled(other))];
    refused(
        &decide_stamped(&reports).await,
        "sigstore-certificate-expired",
    );
}
