//! Documents that somebody signed who is trusted, and whose signatures do not count for another reason.

use doorward_testkit::{CertificateBuilder, EnvelopeBuilder, Image};

use crate::site::{HOUR, NOW, Site, by, named, report};
use crate::texts::{OPENVEX, SARIF, openvex, sarif};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];
const DAY: i64 = 24 * HOUR;

/// A site with a clean report of five days ago, and a bad one that nobody signed yet.
async fn site(body: &str) -> (Site, Image) {
    let site = Site::under(body).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * DAY));
    let bad = site.document(SARIF, &sarif(BAD));
    site.push(&bad);
    (site, bad)
}

/// What the signer of the bad report did four days ago.
fn four_days_ago(site: &Site, bad: &Image) -> EnvelopeBuilder {
    site.envelope(&site.scanner, bad)
        .signed_at(NOW.plus(-4 * DAY))
}

#[tokio::test]
async fn a_newer_report_whose_signature_has_expired_does_not_make_way_for_an_older_one() {
    let (site, bad) = site(&report("")).await;
    site.sign(&four_days_ago(&site, &bad).expires(NOW.plus(-DAY)), &bad);
    assert_eq!(site.refused().await, "notation-expired");
}

#[tokio::test]
async fn a_newer_report_whose_signer_has_a_certificate_that_ended_does_not_make_way() {
    let (site, bad) = site(&report("")).await;
    let short = named(CertificateBuilder::code_signer("scanner"), "scanner")
        .serial(77)
        .valid(NOW.plus(-10 * DAY), NOW.plus(-DAY))
        .issued_by(&site.root);
    let envelope = site.envelope(&short, &bad).signed_at(NOW.plus(-4 * DAY));
    site.sign(&envelope, &bad);
    assert_eq!(site.refused().await, "notation-certificate-validity");
}

#[tokio::test]
async fn a_report_that_has_expired_refuses_nothing_once_a_newer_one_follows() {
    let (site, bad) = site(&report("")).await;
    site.sign(&four_days_ago(&site, &bad).expires(NOW.plus(-DAY)), &bad);
    assert_eq!(site.refused().await, "notation-expired");
    // Of the same second is not newer.
    site.attach_at(SARIF, &format!("{} ", sarif(&[])), NOW.plus(-4 * DAY));
    assert_eq!(site.refused().await, "notation-expired");
    site.attach_at(SARIF, &format!("{}  ", sarif(&[])), NOW.plus(-3 * DAY));
    site.admits().await;
    // Somebody else's is none that follows.
    let stranger = site.document(SARIF, &format!("{}   ", sarif(BAD)));
    site.push(&stranger);
    let envelope = site.envelope(&site.stranger, &stranger);
    site.sign(&envelope.signed_at(NOW.plus(-2 * DAY)), &stranger);
    site.admits().await;
}

#[tokio::test]
async fn reports_of_a_certificate_that_has_ended_make_way_for_those_of_the_next_one() {
    let (site, bad) = site(&report("")).await;
    let short = named(CertificateBuilder::code_signer("scanner"), "scanner")
        .serial(77)
        .valid(NOW.plus(-10 * DAY), NOW.plus(-DAY))
        .issued_by(&site.root);
    let envelope = site.envelope(&short, &bad).signed_at(NOW.plus(-4 * DAY));
    site.sign(&envelope, &bad);
    assert_eq!(site.refused().await, "notation-certificate-validity");
    site.attach_at(SARIF, &format!("{} ", sarif(&[])), NOW.plus(-HOUR));
    site.admits().await;
    // The new certificate says that it is as bad as before.
    site.attach_at(SARIF, &format!("{} ", sarif(BAD)), NOW.plus(-HOUR / 2));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_newer_report_that_demands_what_is_not_known_here_does_not_make_way() {
    for (attribute, code) in [
        (
            "io.cncf.notary.verificationPlugin",
            "notation-plugin-unavailable",
        ),
        ("io.example.unknown", "notation-critical-attribute"),
    ] {
        let (site, bad) = site(&report("")).await;
        let envelope = four_days_ago(&site, &bad).attribute(attribute, true, "com.example.x");
        site.sign(&envelope, &bad);
        assert_eq!(site.refused().await, code);
    }
}

#[tokio::test]
async fn what_a_signer_demands_who_is_none_of_the_trusted_identities_leaves_nothing_open() {
    for attribute in ["io.cncf.notary.verificationPlugin", "io.example.unknown"] {
        for is_stranger in [false, true] {
            let (site, bad) = site(&report("")).await;
            // The same authority certified the one, and another one the other.
            let signer = if is_stranger {
                &site.stranger
            } else {
                &site.security
            };
            let envelope = site.envelope(signer, &bad).attribute(attribute, true, "x");
            site.sign(&envelope, &bad);
            site.admits().await;
        }
    }
}

#[tokio::test]
async fn what_is_refused_of_a_signature_that_does_not_hold_leaves_nothing_open() {
    let (site, bad) = site(&report("")).await;
    let envelope = four_days_ago(&site, &bad).expires(NOW.plus(-DAY));
    site.sign(&envelope.forged(), &bad);
    site.admits().await;
}

#[tokio::test]
async fn a_newer_report_without_the_metadata_that_is_demanded_does_not_make_way() {
    let demanding = report("").replace("notation: {", "notation: {userMetadata: {stage: prod}, ");
    for stage in ["test", "prod"] {
        let site = Site::under(&demanding).await;
        for (content, at) in [(sarif(&[]), -5 * DAY), (sarif(BAD), -DAY)] {
            let document = site.document(SARIF, &content);
            site.push(&document);
            let stage = if at == -DAY { stage } else { "prod" };
            let envelope = site.envelope(&site.scanner, &document);
            let envelope = envelope.signed_at(NOW.plus(at)).metadata("stage", stage);
            site.sign(&envelope, &document);
        }
        let code = if stage == "prod" {
            "vulnerability-too-severe"
        } else {
            "notation-user-metadata"
        };
        assert_eq!(site.refused().await, code);
    }
}

#[tokio::test]
async fn a_report_that_is_signed_again_counts_although_its_first_signature_has_expired() {
    let (site, bad) = site(&report("")).await;
    site.sign(
        &four_days_ago(&site, &bad).expires(NOW.plus(-3 * DAY)),
        &bad,
    );
    let again = site.envelope(&site.scanner, &bad);
    site.sign(&again.signed_at(NOW.plus(-DAY)), &bad);
    assert_eq!(site.refused().await, "vulnerability-too-severe");
    site.attach(SARIF, &format!("{} ", sarif(&[])));
    site.admits().await;
}

#[tokio::test]
async fn a_signature_that_was_made_last_and_has_expired_leaves_open_when_the_report_was_made() {
    let (site, bad) = site(&report("")).await;
    let first = site.envelope(&site.scanner, &bad);
    site.sign(&first.signed_at(NOW.plus(-6 * DAY)), &bad);
    site.admits().await;
    let again = site.envelope(&site.scanner, &bad);
    let again = again.signed_at(NOW.plus(-2 * DAY)).expires(NOW.plus(-DAY));
    site.sign(&again, &bad);
    assert_eq!(site.refused().await, "notation-expired");
}

#[tokio::test]
async fn a_statement_that_was_taken_back_does_not_count_again_once_that_has_expired() {
    let excusing = format!(
        ", vex: {{statuses: [not_affected], signedBy: {}}}",
        by("security")
    );
    for expires in [None, Some(NOW.plus(-DAY))] {
        let site = Site::under(&report(&excusing)).await;
        site.attach(SARIF, &sarif(BAD));
        let says = |status, at| openvex(&site.digest(), "CVE-2026-1", status, at);
        let excuse = says("not_affected", "2025-12-01T00:00:00Z");
        site.attach_by(&site.security, OPENVEX, &excuse, NOW.plus(-5 * DAY));
        site.admits().await;
        let back = site.document(OPENVEX, &says("affected", "2025-12-20T00:00:00Z"));
        site.push(&back);
        let mut envelope = site.envelope(&site.security, &back);
        envelope = envelope.signed_at(NOW.plus(-4 * DAY));
        if let Some(end) = expires {
            envelope = envelope.expires(end);
        }
        site.sign(&envelope, &back);
        let refuses = async || {
            let code = site.refused().await;
            match expires {
                None => assert_eq!(code, "vulnerability-too-severe"),
                Some(_) => assert_eq!(code, "notation-expired"),
            }
        };
        refuses().await;
        // A later statement about something else takes nothing back of what was taken back.
        let other = openvex(
            &site.digest(),
            "CVE-2026-77",
            "not_affected",
            "2025-12-25T00:00:00Z",
        );
        site.attach_by(&site.security, OPENVEX, &other, NOW.plus(-2 * DAY));
        refuses().await;
    }
}
