//! What a signed report must say.

use doorward::Decision;
use doorward::core::{Check, Outcome};

use crate::site::{NOW, Site, by, report, said};
use crate::texts::{CYCLONEDX, SARIF, TRIVY, cyclonedx, sarif, trivy};

#[tokio::test]
async fn a_signed_report_without_what_is_not_tolerated_admits_the_image() {
    let site = Site::under(&report("")).await;
    let digest = site.attach(
        SARIF,
        &sarif(&[("CVE-2026-1", "7.5"), ("CVE-2026-2", "1.0")]),
    );
    let verdict = site.admitted().await;
    let [requirement] = verdict.requirements() else {
        panic!("{:?}", verdict.requirements());
    };
    assert_eq!(requirement.scheme.as_str(), "vulnerability");
    // Which document it was, of which program, and who signed it when.
    let [document, signature] = &requirement.evidence[..] else {
        panic!("{:?}", requirement.evidence);
    };
    let about = document.document.as_ref().unwrap();
    assert_eq!(
        (&about.digest, about.format.as_str()),
        (&digest, "SARIF 2.1.0")
    );
    assert_eq!(about.tool.as_deref(), Some("Trivy"));
    let signer = "C=US, ST=WA, O=Acme, CN=scanner";
    assert_eq!(document.signer.as_deref(), Some(signer));
    assert_eq!(document.signed_at, Some(NOW.plus(-3600)));
    assert_eq!(signature.subject.as_deref(), Some(signer));
    let made: Vec<&Check> = requirement
        .checks
        .iter()
        .filter(|one| one.check == "findings")
        .collect();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].outcome, Outcome::Pass);
}

#[tokio::test]
async fn a_finding_that_is_too_grave_refuses_and_is_named() {
    let site = Site::under(&report("")).await;
    let many: Vec<(String, &str)> = (0..9)
        .map(|one| (format!("CVE-2026-{one}"), "9.8"))
        .collect();
    let mut many: Vec<(&str, &str)> = many
        .iter()
        .map(|(id, score)| (id.as_str(), *score))
        .collect();
    many.push(("CVE-2026-90", "5.0"));
    site.attach(SARIF, &sarif(&many));
    let verdict = site.decide().await;
    assert_eq!(verdict.code().unwrap().as_str(), "vulnerability-too-severe");
    let message = verdict.message().clone();
    for part in [
        "9 of 10 findings",
        "CVE-2026-0",
        "critical",
        "high",
        "4 more",
        "CN=scanner",
        "Trivy",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!message.contains("CVE-2026-90"), "{message}");
}

#[tokio::test]
async fn a_vulnerability_that_is_never_tolerated_refuses_however_slight_it_is() {
    for more in [
        ", failOn: [cve-2026-2]",
        ", failOn: [CVE-2026-2], ignore: [{id: CVE-2026-2, until: 2027-01-01, reason: none}]",
    ] {
        let site = Site::under(&report(more)).await;
        site.attach(SARIF, &sarif(&[("CVE-2026-2", "1.0")]));
        assert_eq!(site.refused().await, "vulnerability-listed", "{more}");
    }
}

#[tokio::test]
async fn what_is_ignored_is_tolerated_until_its_time_has_passed_and_is_told() {
    let ignoring = |until: &str| {
        report(&format!(
            ", ignore: [{{id: CVE-2026-1, until: '{until}', reason: not reachable}}]"
        ))
    };
    for until in ["2026-01-01", "2026-01-01T00:00:01Z"] {
        let site = Site::under(&ignoring(until)).await;
        site.attach(SARIF, &sarif(&[("CVE-2026-1", "9.8")]));
        let verdict = site.admitted().await;
        let told: Vec<&str> = verdict.notes().iter().map(|note| &**note).collect();
        let [told] = told[..] else { panic!("{told:?}") };
        assert!(
            told.starts_with("CVE-2026-1 is suppressed by the policy until 2026"),
            "{told}"
        );
        assert!(told.contains("not reachable"), "{told}");
    }
    for until in ["2025-12-31", "2026-01-01T00:00:00Z"] {
        let site = Site::under(&ignoring(until)).await;
        site.attach(SARIF, &sarif(&[("CVE-2026-1", "9.8")]));
        let verdict = site.decide().await;
        assert_eq!(verdict.code().unwrap().as_str(), "vulnerability-too-severe");
        assert!(
            verdict.message().contains("has ended at"),
            "{}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn what_has_no_fix_is_tolerated_only_where_the_report_says_so() {
    let critical = |fixed| trivy(&[("CVE-2026-1", "CRITICAL", fixed)]);
    let site = Site::under(&report(", onlyFixable: true")).await;
    site.attach(TRIVY, &critical(None));
    site.admits().await;
    let site = Site::under(&report(", onlyFixable: true")).await;
    site.attach(TRIVY, &critical(Some("3.0.2")));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
    let site = Site::under(&report("")).await;
    site.attach(TRIVY, &critical(None));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_bound_of_none_tolerates_not_even_the_slightest_and_unknown_tolerates_all() {
    for (bound, admits_slight, admits_unknown) in [
        ("none", false, false),
        ("negligible", true, false),
        ("critical", true, false),
        ("unknown", true, true),
    ] {
        for (severity, admits) in [("negligible", admits_slight), ("UNKNOWN", admits_unknown)] {
            let body = format!(
                "vulnerability: {{report: {{maxSeverity: {bound}, signedBy: {}}}}}",
                by("scanner")
            );
            let site = Site::under(&body).await;
            site.attach(TRIVY, &trivy(&[("CVE-2026-1", severity, Some("2"))]));
            let verdict = site.decide().await;
            let is_admitted = verdict.decision() == Decision::Allow;
            assert_eq!(is_admitted, admits, "{bound} {severity} {}", said(&verdict));
        }
    }
}

#[tokio::test]
async fn a_bill_of_materials_is_no_report() {
    // Beside a report it does not count.
    let site = Site::under(&report("")).await;
    site.attach(CYCLONEDX, &cyclonedx(&[("left-pad", "MIT")]));
    assert_eq!(site.refused().await, "document-missing");
    site.attach(SARIF, &sarif(&[]));
    site.admits().await;
    // Where the policy wants it as one, it must list vulnerabilities.
    let site = Site::under(&report(&format!(", artifactType: {CYCLONEDX}"))).await;
    site.attach(CYCLONEDX, &cyclonedx(&[("left-pad", "MIT")]));
    assert_eq!(site.refused().await, "document-format-mismatch");
}
