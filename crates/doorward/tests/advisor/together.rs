//! The word of the advisor beside other demands.

use doorward::Decision;
use doorward::core::MediaType;
use doorward_testkit::{Blob, EnvelopeBuilder, ImageBuilder};

use crate::namespace::NOW;
use crate::site::{ADVISOR, PATH, SIGNED, Site};

const SARIF: &str = "application/sarif+json";

/// A report of Trivy with one finding of this severity.
fn sarif(score: &str) -> String {
    format!(
        r#"{{"version": "2.1.0", "runs": [{{
            "tool": {{"driver": {{"name": "Trivy", "rules": [
                {{"id": "CVE-2026-1", "properties": {{"security-severity": "{score}"}}}}
            ]}}}},
            "results": [{{"ruleId": "CVE-2026-1", "ruleIndex": 0, "message": {{"text": "x"}}}}]
        }}]}}"#
    )
}

impl Site {
    /// Attaches a signed report of this severity.
    fn report(&self, score: &str) {
        let empty = MediaType::from_static("application/vnd.oci.empty.v1+json");
        let report = ImageBuilder::new()
            .artifact_type(SARIF)
            .config(Blob::new(empty, "{}"))
            .blob(Blob::new(MediaType::from_static(SARIF), sarif(score)))
            .subject(self.image.manifest().descriptor())
            .build();
        self.registry.push_referrer(PATH, &report);
        let target = report.manifest().descriptor();
        let envelope = EnvelopeBuilder::new(&[&self.signer, &self.root], &target)
            .signed_at(NOW.plus(-3600))
            .build();
        self.registry
            .push_referrer(PATH, &envelope.attached_to(&target));
    }
}

#[tokio::test]
async fn a_signature_and_a_good_status_are_both_needed_and_agree_on_one_digest() {
    let body = format!("{SIGNED}, {ADVISOR}");
    for (signed, status, code) in [
        (true, Some("OK"), None),
        (true, Some("FAIL"), Some("vulnerability-status-failed")),
        (true, None, Some("vulnerability-not-scanned")),
        (false, Some("OK"), Some("notation-no-signature")),
    ] {
        let site = Site::under(&body).await;
        if signed {
            site.sign();
        }
        if let Some(status) = status {
            site.advisor.say(&site.scanned(), status);
        }
        match code {
            None => {
                let verdict = site.admitted().await;
                assert_eq!(verdict.requirements().len(), 2);
            }
            Some(code) => assert_eq!(site.refused().await, code),
        }
    }
}

#[tokio::test]
async fn a_report_and_a_good_status_are_both_needed() {
    let signed_by = format!("{{{SIGNED}}}");
    let body = format!(
        "vulnerability: {{ICCRVA: {{enabled: true}}, report: {{maxSeverity: high, signedBy: {signed_by}}}}}"
    );
    for (score, status, code) in [
        (Some("5.0"), "OK", None),
        (Some("9.8"), "OK", Some("vulnerability-too-severe")),
        (Some("5.0"), "FAIL", Some("vulnerability-status-failed")),
        (None, "OK", Some("document-missing")),
    ] {
        let site = Site::under(&body).await;
        if let Some(score) = score {
            site.report(score);
        }
        site.advisor.say(&site.scanned(), status);
        match code {
            None => {
                let _ = site.admitted().await;
            }
            Some(code) => {
                let verdict = site.decide().await;
                assert_eq!(verdict.decision(), Decision::Deny);
                let rejection = verdict.rejection().unwrap();
                let mut codes = vec![rejection.code().as_str()];
                codes.extend(rejection.causes().iter().map(|it| it.code().as_str()));
                assert!(codes.contains(&code), "{code}: {codes:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_advisor_that_is_not_enabled_is_not_asked_and_takes_nothing_from_the_rest() {
    let off = "vulnerability: {ICCRVA: {enabled: false}}";
    let site = Site::under(&format!("{SIGNED}, {off}")).await;
    assert_eq!(site.refused().await, "notation-no-signature");
    site.sign();
    let _ = site.admitted().await;
    assert!(site.advisor.requests().is_empty());
}

#[tokio::test]
async fn an_alternative_to_the_advisor_is_taken_where_there_is_none() {
    let body = format!("anyOf: [{{{ADVISOR}}}, {{{SIGNED}}}]");
    let site = Site::under(&body).await;
    site.sign();
    let _ = site.admitted().await;
    let elsewhere = site.registry.reference(PATH, "1");
    let verdict = site.decide_about(&elsewhere).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}
