//! What is asked of a document that was read.

use doorward_core::{Digest, Timestamp};
use doorward_documents::{
    Condition, Document, InventoryRules, LicensePattern, PackagePattern, Predicate, ScanRules,
    Severity, Status, VexClaim,
};

/// Reads a document and holds every kind of rule against it. Nothing here may panic, hang or take much memory.
pub fn examine(bytes: &[u8]) {
    let Ok(document) = Document::read(bytes, None) else {
        return;
    };
    assert!(Document::read(bytes, Some(document.format().media_types()[0])).is_ok());
    if let Some(inventory) = document.inventory() {
        let packages = [
            "busybox@1.*",
            "@babel/core",
            "pkg:npm/*",
            "pkg:deb/debian/readline",
        ];
        let licenses = ["GPL-*", "NOASSERTION", "GPL-2.0-only WITH Classpath-*"];
        let rules = InventoryRules::new(
            packages
                .iter()
                .map(|text| PackagePattern::parse(text).expect("a pattern"))
                .collect(),
            licenses
                .iter()
                .map(|text| LicensePattern::parse(text).expect("a pattern"))
                .collect(),
        )
        .expect("few patterns");
        assert!(rules.steps(inventory) >= inventory.packages().len());
        for violation in rules.judge(inventory) {
            let _ = violation.to_string();
        }
    }
    let mut rules = ScanRules::default();
    rules.max_severity = Some(Severity::Low);
    rules.vex_statuses = vec![Status::NotAffected, Status::Fixed];
    let image: Digest = format!("sha256:{}", "8f".repeat(32))
        .parse()
        .expect("a digest");
    let now = Timestamp::from_unix(1_800_000_000);
    let claims: Vec<VexClaim<'_>> = document
        .vex()
        .map(|vex| VexClaim {
            vex,
            author: "a",
            signed_at: None,
        })
        .into_iter()
        .collect();
    let report = Document::read(REPORT, None).expect("a report");
    for scan in [document.scan(), report.scan()].into_iter().flatten() {
        let outcome = rules.judge(scan, &claims, &image, now);
        assert!(outcome.violations.len() + outcome.suppressed.len() <= outcome.findings);
        for violation in &outcome.violations {
            let _ = violation.to_string();
        }
        for suppressed in &outcome.suppressed {
            let _ = suppressed.to_string();
        }
    }
    let condition = Condition::parse("size(predicate) > 1").expect("a condition");
    let _ = condition.evaluate(&Predicate::new(document.json()));
}

/// What statements are held against.
const REPORT: &[u8] = br#"{"SchemaVersion": 2, "ArtifactType": "container_image", "Results": [{"Class": "os-pkgs", "Vulnerabilities": [
    {"VulnerabilityID": "CVE-2024-5535", "Severity": "HIGH", "PkgIdentifier": {"PURL": "pkg:apk/alpine/libssl3@3.3.0-r2"}},
    {"VulnerabilityID": "CVE-2021-44228", "Severity": "CRITICAL"}]}]}"#;
