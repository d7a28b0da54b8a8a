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
