//! Signatures of reports that cannot be read.

use doorward::Decision;
use doorward::core::MediaType;
use doorward_testkit::Image;

use crate::site::{HOUR, NOW, Site, report, said};
use crate::texts::{SARIF, sarif};

const DAY: i64 = 24 * HOUR;
const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];

/// What is done to a manifest.
type Change<'a> = &'a dyn Fn(&str) -> String;

/// What becomes of an image with an older clean report, and a newer bad one whose signature has a manifest like this.
async fn decide(change: impl Fn(&str) -> String) -> (Decision, &'static str, String) {
    let site = Site::under(&report("")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * DAY));
    let bad = site.document(SARIF, &sarif(BAD));
    site.push(&bad);
    let envelope = site.envelope(&site.scanner, &bad);
    let target = bad.manifest().descriptor();
    let signature = envelope.signed_at(NOW.plus(-4 * DAY)).build();
    let signature = signature.attached_to(&target);
    let text = String::from_utf8(signature.manifest().bytes().to_vec()).unwrap();
    let text = change(&text).into_bytes();
    let blobs = signature.blobs().to_vec();
    site.push(&Image::from_manifest(MediaType::OCI_MANIFEST, text, blobs));
    let verdict = site.decide().await;
    let code = verdict.code().map_or("", |code| code.as_str());
    (verdict.decision(), code, said(&verdict))
}

#[tokio::test]
async fn a_signature_whose_manifest_cannot_be_read_does_not_hide_the_report_that_it_is_of() {
    let annotations = |text: &str| {
        let long = format!("\"annotations\":{{\"x\":\"{}\",", "y".repeat(300 << 10));
        text.replacen("\"annotations\":{", &long, 1)
    };
    let twin = |text: &str| text.replacen('{', "{\"Config\":{},", 1);
    let too_large = |text: &str| {
        let (before, layers) = text.split_once("\"layers\":").unwrap();
        let layers = layers.replacen("\"size\":", "\"size\":9999999", 1);
        format!("{before}\"layers\":{layers}")
    };
    let changes: [(&str, Change<'_>); 3] = [
        ("annotations", &annotations),
        ("twin", &twin),
        ("too large", &too_large),
    ];
    for (name, change) in changes {
        let (decision, code, told) = decide(change).await;
        assert_eq!(decision, Decision::Deny, "{name}: {told}");
        assert_eq!(code, "notation-signature-unreadable", "{name}: {told}");
    }
    // The report counts where the signature can be read.
    let (decision, code, told) = decide(str::to_owned).await;
    assert_eq!(decision, Decision::Deny);
    assert!(!code.starts_with("notation-"), "{told}");
}
