//! Of several documents the newest counts: of each signer, format and scanner.

use crate::site::{HOUR, NOW, Site, attestation, named, report};
use crate::texts::{CYCLONEDX, SARIF, TRIVY, cyclonedx, sarif, sarif_of, trivy};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];

#[tokio::test]
async fn an_old_clean_report_does_not_hide_a_newer_bad_one_in_whichever_order_they_are_listed() {
    for bad_first in [true, false] {
        for bad_is_newer in [true, false] {
            let site = Site::under(&report("")).await;
            let (clean, bad) = if bad_is_newer { (-5, -1) } else { (-1, -5) };
            let attach_bad = || site.attach_at(SARIF, &sarif(BAD), NOW.plus(bad * HOUR));
            if bad_first {
                attach_bad();
            }
            site.attach_at(SARIF, &sarif(&[]), NOW.plus(clean * HOUR));
            if !bad_first {
                attach_bad();
            }
            if bad_is_newer {
                assert_eq!(site.refused().await, "vulnerability-too-severe");
            } else {
                site.admits().await;
            }
        }
    }
}

#[tokio::test]
async fn of_equal_times_the_worst_counts() {
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(&[]));
    site.attach(SARIF, &sarif(BAD));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_clean_report_of_another_scanner_or_format_does_not_hide_a_bad_one() {
    let other = [(SARIF, sarif_of("grype", &[])), (TRIVY, trivy(&[]))];
    for (kind, content) in other {
        let site = Site::under(&report("")).await;
        site.attach_at(SARIF, &sarif(BAD), NOW.plus(-9 * HOUR));
        site.attach(kind, &content);
        assert_eq!(site.refused().await, "vulnerability-too-severe", "{kind}");
    }
}

#[tokio::test]
async fn a_clean_report_of_another_signer_does_not_hide_a_bad_one() {
    // Somebody with a certificate of the same root signs, under the same common name.
    let anybody = report("").replace(
        "trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme, CN=scanner']",
        "trustedIdentities: ['*']",
    );
    let site = Site::under(&anybody).await;
    let other = doorward_testkit::CertificateBuilder::code_signer("scanner")
        .subject(&[
            ("2.5.4.6", "US"),
            ("2.5.4.10", "Other"),
            ("2.5.4.3", "scanner"),
        ])
        .issued_by(&site.root);
    site.attach_at(SARIF, &sarif(BAD), NOW.plus(-9 * HOUR));
    site.attach_by(&other, SARIF, &sarif(&[]), NOW.plus(-HOUR));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_signer_with_a_new_certificate_is_the_same_signer() {
    let site = Site::under(&report("")).await;
    let renewed = named(
        doorward_testkit::CertificateBuilder::code_signer("scanner")
            .key(doorward_testkit::KeyKind::P256, 7),
        "scanner",
    )
    .issued_by(&site.root);
    site.attach_at(SARIF, &sarif(BAD), NOW.plus(-9 * HOUR));
    site.attach_by(&renewed, SARIF, &sarif(&[]), NOW.plus(-HOUR));
    site.admits().await;
}

#[tokio::test]
async fn an_old_bill_of_materials_without_a_package_does_not_hide_a_newer_one_with_it() {
    let site = Site::under(&attestation(CYCLONEDX, ", denyPackages: [bad]")).await;
    site.attach_at(
        CYCLONEDX,
        &cyclonedx(&[("good", "MIT")]),
        NOW.plus(-5 * HOUR),
    );
    site.attach_at(CYCLONEDX, &cyclonedx(&[("bad", "MIT")]), NOW.plus(-HOUR));
    assert_eq!(site.refused().await, "document-package-denied");
    site.attach_at(CYCLONEDX, &cyclonedx(&[("better", "MIT")]), NOW);
    site.admits().await;
}

#[tokio::test]
async fn a_report_that_is_signed_again_is_as_new_as_its_last_signature_in_whichever_order_they_are_listed()
 {
    for reversed in [false, true] {
        let site = Site::under(&report("")).await;
        let bad = site.document(SARIF, &sarif(BAD));
        site.push(&bad);
        // It was bad, then clean, and is bad in the same words again.
        let mut times = [NOW.plus(-9 * HOUR), NOW.plus(-HOUR)];
        if reversed {
            times.reverse();
        }
        for at in times {
            site.sign(&site.envelope(&site.scanner, &bad).signed_at(at), &bad);
        }
        site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
        assert_eq!(site.refused().await, "vulnerability-too-severe");
    }
}

#[tokio::test]
async fn a_signature_that_could_not_be_had_may_be_the_last_one() {
    let site = Site::under(&report("")).await;
    let bad = site.document(SARIF, &sarif(BAD));
    site.push(&bad);
    site.sign(
        &site
            .envelope(&site.scanner, &bad)
            .signed_at(NOW.plus(-9 * HOUR)),
        &bad,
    );
    let again = site.envelope(&site.scanner, &bad).build();
    let again = again.attached_to(&bad.manifest().descriptor());
    let lost = site.push(&again);
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
    site.registry.fault(
        doorward_testkit::FaultRule::new(doorward_testkit::Fault::Status(503))
            .on(format!("*/manifests/{lost}")),
    );
    assert_eq!(site.refused().await, "registry-unavailable");
}
