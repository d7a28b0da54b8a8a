//! How old a document is, and who says so.

use doorward::core::Timestamp;
use doorward_testkit::{CertificateBuilder, StampBuilder};

use crate::site::{HOUR, NOW, Site, by, named, report};
use crate::texts::{SARIF, sarif};

#[tokio::test]
async fn a_document_is_as_old_as_its_signature_and_the_bound_counts_to_the_second() {
    for (age, admits) in [(0, true), (72 * HOUR, true), (72 * HOUR + 1, false)] {
        let site = Site::under(&report(", maxAge: 72h")).await;
        site.attach_at(SARIF, &sarif(&[]), NOW.plus(-age));
        if admits {
            site.admits().await;
        } else {
            assert_eq!(site.refused().await, "document-too-old");
        }
    }
}

#[tokio::test]
async fn an_old_document_is_not_made_younger_by_a_fresh_one_that_nobody_signed() {
    let site = Site::under(&report(", maxAge: 72h")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-100 * HOUR));
    site.push(&site.document(SARIF, &sarif(&[("CVE-2026-1", "0.5")])));
    assert_eq!(site.refused().await, "document-too-old");
}

#[tokio::test]
async fn a_time_in_the_future_refuses_with_or_without_a_bound() {
    for more in ["", ", maxAge: 72h"] {
        let site = Site::under(&report(more)).await;
        site.attach_at(SARIF, &sarif(&[]), NOW.plus(300));
        site.admits().await;
        site.attach_at(SARIF, &sarif(&[("CVE-2026-1", "0.1")]), NOW.plus(301));
        assert_eq!(site.refused().await, "document-time-in-future");
    }
}

#[tokio::test]
async fn the_time_of_an_authority_counts_and_not_what_the_signer_says() {
    // The signer says that it was just now, whatever the stamp says.
    let stamped = by("scanner").replace(
        "trustStores: [{type: ca, secret: acme}]",
        "trustStores: [{type: ca, secret: acme}, {type: tsa, secret: clock}]",
    );
    let body = report(", maxAge: 72h").replace(&by("scanner"), &stamped);
    for (time, at, admits) in [
        ("20251231120000Z", "2025-12-31T12:00:00Z", true),
        ("20251220120000Z", "2025-12-20T12:00:00Z", false),
    ] {
        let mut site = Site::under(&report("")).await;
        let root = CertificateBuilder::authority("clock root").self_signed();
        let clock = CertificateBuilder::time_stamper("clock").issued_by(&root);
        site.secret("clock", &root);
        site.govern(&body);
        let document = site.document(SARIF, &sarif(&[]));
        site.push(&document);
        let envelope = site.envelope(&site.scanner, &document).signed_at(NOW);
        let envelope = envelope.stamped(move |signature| {
            StampBuilder::new(&clock, signature, time)
                .certificates(&[&clock, &root])
                .build()
        });
        site.sign(&envelope, &document);
        if admits {
            let expected: Timestamp = at.parse().unwrap();
            let verdict = site.admitted().await;
            let evidence = &verdict.requirements()[0].evidence;
            assert!(
                evidence
                    .iter()
                    .any(|one| one.authentic_at == Some(expected))
            );
        } else {
            assert_eq!(site.refused().await, "document-too-old");
        }
    }
}

#[tokio::test]
async fn a_signing_authority_vouches_for_its_own_time() {
    let body = report(", maxAge: 72h").replace("type: ca", "type: signingAuthority");
    let site = Site::under(&body).await;
    let document = site.document(SARIF, &sarif(&[]));
    site.push(&document);
    let envelope = site.envelope(&site.scanner, &document).signing_authority();
    site.sign(&envelope.signed_at(NOW.plus(-HOUR)), &document);
    let verdict = site.admitted().await;
    let evidence = &verdict.requirements()[0].evidence;
    assert!(
        evidence
            .iter()
            .any(|one| one.authentic_at == Some(NOW.plus(-HOUR)))
    );
}

#[tokio::test]
async fn a_signature_without_a_trusted_time_does_not_tell_an_authentic_one() {
    let site = Site::under(&report("")).await;
    let document = site.document(SARIF, &sarif(&[]));
    site.push(&document);
    let renewed =
        named(CertificateBuilder::code_signer("scanner"), "scanner").issued_by(&site.root);
    site.sign(&site.envelope(&renewed, &document), &document);
    let verdict = site.admitted().await;
    let evidence = &verdict.requirements()[0].evidence;
    assert!(evidence.iter().all(|one| one.authentic_at.is_none()));
}

#[tokio::test]
async fn stamping_an_old_report_again_makes_it_neither_the_newest_nor_young() {
    let stamped_signers = by("scanner").replace(
        "trustStores: [{type: ca, secret: acme}]",
        "trustStores: [{type: ca, secret: acme}, {type: tsa, secret: clock}]",
    );
    let mut site = Site::under(&report("")).await;
    let root = CertificateBuilder::authority("clock root").self_signed();
    site.secret("clock", &root);
    let attach = |content: &str, at: Timestamp, stamp: &'static str| {
        let clock = CertificateBuilder::time_stamper("clock").issued_by(&root);
        let document = site.document(SARIF, content);
        site.push(&document);
        let envelope = site.envelope(&site.scanner, &document).signed_at(at);
        let root = root.clone();
        let envelope = envelope.stamped(move |signature| {
            StampBuilder::new(&clock, signature, stamp)
                .certificates(&[&clock, &root])
                .build()
        });
        site.sign(&envelope, &document);
    };
    let (clean, bad) = (sarif(&[]), sarif(&[("CVE-2026-1", "9.8")]));
    // NOW is 2026-01-01.
    attach(&clean, NOW.plus(-100 * HOUR), "20251227210000Z");
    attach(&bad, NOW.plus(-3 * HOUR), "20251231220000Z");
    // Anybody can have the old signature stamped: what is stamped is no secret, and what the stamp is beside is not signed.
    attach(&clean, NOW.plus(-100 * HOUR), "20251231235900Z");
    site.govern(&report("").replace(&by("scanner"), &stamped_signers));
    assert_eq!(site.refused().await, "vulnerability-too-severe");

    let mut site = Site::under(&report("")).await;
    site.secret("clock", &root);
    let clock = CertificateBuilder::time_stamper("clock").issued_by(&root);
    let document = site.document(SARIF, &clean);
    site.push(&document);
    let envelope = site.envelope(&site.scanner, &document);
    let chain = root.clone();
    let envelope = envelope
        .signed_at(NOW.plus(-100 * HOUR))
        .stamped(move |signature| {
            StampBuilder::new(&clock, signature, "20251231235900Z")
                .certificates(&[&clock, &chain])
                .build()
        });
    site.sign(&envelope, &document);
    site.govern(&report(", maxAge: 72h").replace(&by("scanner"), &stamped_signers));
    assert_eq!(site.refused().await, "document-too-old");
}

#[tokio::test]
async fn a_report_that_is_signed_again_is_seen_at_once_whatever_is_remembered() {
    let site = Site::under(&report("")).await;
    let bad = site.document(SARIF, &sarif(&[("CVE-2026-1", "9.8")]));
    site.push(&bad);
    let sign_bad = |at| site.sign(&site.envelope(&site.scanner, &bad).signed_at(at), &bad);
    sign_bad(NOW.plus(-5 * HOUR));
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-3 * HOUR));
    site.admits().await;
    site.admits().await;
    sign_bad(NOW.plus(-HOUR));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}
