//! Documents that `oras` attaches and `notation` signs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::oras::digest_and_type;
use super::site::{ALLOWED, KEY, Site, refused};

const SARIF: &str = "application/sarif+json";
const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";

/// A report of one vulnerability with this score.
fn report(score: &str) -> String {
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Trivy", "rules": [{"id": "CVE-2026-1", "properties": {"security-severity": score}}],
            }},
            "results": [{"ruleId": "CVE-2026-1", "message": {"text": "Vulnerability CVE-2026-1"}}],
        }],
    })
    .to_string()
}

/// A bill of materials with one package.
fn materials(package: &str) -> String {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [{
            "type": "library", "name": package, "version": "1.0.0", "purl": format!("pkg:npm/{package}@1.0.0"),
        }],
    })
    .to_string()
}

/// A site whose policy wants a signed report without anything graver than `high`.
fn wanting_reports() -> Option<Site> {
    let site = Site::set_up()?;
    let signed_by = json!({"notation": Site::statement(&[("ca", "root")])});
    site.govern(&json!({"vulnerability": {"report": {
        "maxSeverity": "high", "maxAge": "1h", "signedBy": signed_by,
    }}}));
    Some(site)
}

/// A site whose policy wants a signed bill of materials without a package.
fn wanting_materials() -> Option<Site> {
    let site = Site::set_up()?;
    let signed_by = json!({"notation": Site::statement(&[("ca", "root")])});
    site.govern(&json!({"attestations": [{
        "artifactType": CYCLONEDX, "denyPackages": ["pkg:npm/event-stream"], "signedBy": signed_by,
    }]}));
    Some(site)
}

#[test]
fn a_report_that_notation_signed_admits_an_image_and_a_newer_one_refuses_it() {
    let Some(site) = wanting_reports() else {
        return;
    };
    let image = site.push("scanned");
    assert_eq!(site.doorward(&image), refused("document-missing"));
    let good = site.attach(&image, SARIF, &report("5.0"));
    assert_eq!(site.doorward(&image), refused("document-unsigned"));
    // The signature on the image is none on the report.
    site.sign(KEY, &[], &image);
    assert_eq!(site.doorward(&image), refused("document-unsigned"));
    site.sign(KEY, &[], &good);
    assert_eq!(site.notation_refuses(&good), None);
    assert_eq!(site.doorward(&image), ALLOWED);
    // Times of signatures have seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let bad = site.attach(&image, SARIF, &report("9.8"));
    assert_eq!(site.doorward(&image), ALLOWED, "nobody signed it yet");
    site.sign(KEY, &[], &bad);
    assert_eq!(site.doorward(&image), refused("vulnerability-too-severe"));
}

#[test]
fn a_report_by_a_signer_whom_nobody_trusts_is_as_good_as_unsigned() {
    let Some(site) = wanting_reports() else {
        return;
    };
    let image = site.push("scanned");
    let good = site.attach(&image, SARIF, &report("5.0"));
    site.sign(KEY, &[], &good);
    assert_eq!(site.doorward(&image), ALLOWED);
    site.pki.root("stranger", crate::pki::Kind::P256);
    let stores = [("ca", "stranger")];
    site.trust(&stores);
    let signed_by = json!({"notation": Site::statement(&stores)});
    site.govern(
        &json!({"vulnerability": {"report": {"maxSeverity": "high", "signedBy": signed_by}}}),
    );
    assert!(site.notation_refuses(&good).is_some());
    assert_eq!(site.doorward(&image), refused("document-unsigned"));
}

#[test]
fn a_bill_of_materials_decides_by_what_it_lists() {
    let Some(site) = wanting_materials() else {
        return;
    };
    for (name, package, expected) in [
        ("harmless", "left-pad", ALLOWED),
        (
            "poisoned",
            "event-stream",
            refused("document-package-denied"),
        ),
    ] {
        let image = site.push(name);
        let document = site.attach(&image, CYCLONEDX, &materials(package));
        assert_eq!(site.doorward(&image), refused("document-unsigned"));
        site.sign(KEY, &["--signature-format", "cose"], &document);
        assert_eq!(site.notation_refuses(&document), None);
        assert_eq!(site.doorward(&image), expected, "{name}");
    }
}

#[test]
fn a_report_that_is_signed_for_another_image_admits_none() {
    let Some(site) = wanting_reports() else {
        return;
    };
    // Both in one repository, so that what refers to one can be listed for the other.
    let (scanned, other) = (site.push("scanned"), site.push("other"));
    let (repository, _) = scanned.split_once('@').unwrap();
    let (_, digest) = other.split_once('@').unwrap();
    site.copy(&other, &format!("{repository}:other"), &[]);
    let other = format!("{repository}@{digest}");
    let good = site.attach(&scanned, SARIF, &report("5.0"));
    site.sign(KEY, &[], &good);
    site.sign(KEY, &[], &scanned);
    assert_eq!(site.doorward(&scanned), ALLOWED);
    assert_eq!(site.doorward(&other), refused("document-missing"));
    site.list_as(&scanned, &other);
    assert_eq!(site.discover(&other).len(), 3, "it is listed now");
    assert_eq!(site.doorward(&other), refused("document-subject-mismatch"));
    // Nor is the signature on one image one on the other.
    site.trust(&[("ca", "root")]);
    assert_eq!(site.notation_refuses(&scanned), None);
    assert_eq!(site.doorward(&scanned), ALLOWED);
    assert!(site.notation_refuses(&other).is_some());
    assert_eq!(site.doorward(&other), refused("notation-manifest-invalid"));
}

#[test]
fn the_signature_on_a_report_signs_no_other_report() {
    let Some(site) = wanting_reports() else {
        return;
    };
    let image = site.push("scanned");
    let signed = site.attach(&image, SARIF, &report("5.0"));
    site.sign(KEY, &[], &signed);
    let listed = site.discover(&signed);
    let [(signature, _)] = &Vec::from_iter(listed)[..] else {
        panic!("one signature");
    };
    let (repository, _) = image.split_once('@').unwrap();
    let envelope = site.layer(&format!("{repository}@{signature}"));
    let envelope = String::from_utf8(envelope).unwrap();
    let copied = site.push("copied");
    let forged = site.attach(&copied, SARIF, &report("0.1"));
    site.attach_as(&forged, SIGNATURE, "application/jose+json", &envelope);
    assert!(site.notation_refuses(&forged).is_some());
    assert_eq!(site.doorward(&copied), refused("document-unsigned"));
    assert_eq!(site.doorward(&image), ALLOWED);
}

#[test]
fn what_oras_discovers_is_what_doorward_lists() {
    let Some(site) = Site::set_up() else { return };
    let image = site.push("listed");
    assert_eq!(listed(&site.inspect(&image)), BTreeSet::new());
    for (kind, content) in [
        (SARIF, report("5.0")),
        (CYCLONEDX, materials("left-pad")),
        ("text/plain", "anything".to_owned()),
    ] {
        let document = site.attach(&image, kind, &content);
        site.sign(KEY, &[], &document);
        site.sign(KEY, &["--signature-format", "cose"], &document);
    }
    site.sign(KEY, &[], &image);
    let discovered = site.discover(&image);
    assert_eq!(discovered.len(), 10);
    assert_eq!(listed(&site.inspect(&image)), discovered);
}

/// What `doorward inspect` lists as referring to an image.
fn listed(inspection: &Value) -> BTreeSet<(String, String)> {
    let referrers = inspection["referrers"].as_array().unwrap();
    referrers.iter().map(digest_and_type).collect()
}

#[test]
fn a_copy_is_verifiable_if_what_refers_to_it_was_copied_too() {
    let Some(site) = wanting_reports() else {
        return;
    };
    let image = site.push("original");
    let report = site.attach(&image, SARIF, &report("5.0"));
    site.sign(KEY, &[], &report);
    site.sign(KEY, &[], &image);
    let (_, digest) = image.split_once('@').unwrap();
    let copy = |name: &str, options: &[&str]| {
        let repository = format!("{}/mirror/{name}", site.address());
        site.copy(&image, &format!("{repository}:1"), options);
        format!("{repository}@{digest}")
    };
    let (whole, bare) = (copy("whole", &["--recursive"]), copy("bare", &[]));
    assert_eq!(site.discover(&whole), site.discover(&image));
    assert_eq!(site.notation_refuses(&whole), None);
    assert_eq!(site.doorward(&whole), ALLOWED);
    assert!(site.notation_refuses(&bare).is_some());
    assert_eq!(site.doorward(&bare), refused("document-missing"));
}
