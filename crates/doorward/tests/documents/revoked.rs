//! Reports of signers who were revoked, and whose time was stamped by somebody who was.

use doorward::Decision;
use doorward_testkit::{
    CertificateBuilder, ListBuilder, ListedCertificate, Lookaside, StampBuilder,
};

use crate::site::{HOUR, NOW, Site, by, named, report, said};
use crate::texts::{SARIF, sarif};

const DAY: i64 = 24 * HOUR;
const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];

/// The certificate of the newer report.
const fn entry(reason: Option<u8>) -> ListedCertificate {
    ListedCertificate {
        serial: 9,
        time: NOW.plus(-HOUR),
        reason,
        invalid_since: None,
    }
}

#[tokio::test]
async fn a_report_whose_stamp_is_of_a_revoked_authority_is_not_signed_by_nobody() {
    let stamped = by("scanner").replace(
        "trustStores: [{type: ca, secret: acme}]",
        "trustStores: [{type: ca, secret: acme}, {type: tsa, secret: clock}]",
    );
    for revoked in [false, true] {
        let authority = Lookaside::builder().start().await;
        let url = format!("http://{}/tsa.crl", authority.address());
        let mut site = Site::under(&report("")).await;
        let root = CertificateBuilder::authority("clock root").self_signed();
        site.secret("clock", &root);
        site.govern(&report("").replace(&by("scanner"), &stamped));
        let mut list = ListBuilder::new(&root, NOW).holds(NOW.plus(-60), Some(NOW.plus(7 * DAY)));
        if revoked {
            list = list.entry(entry(Some(1)));
        }
        authority.put_file("tsa.crl", list.build());
        for (serial, content, at, time) in [
            (8, sarif(&[]), -5 * DAY, "20251227000000Z"),
            (9, sarif(BAD), -4 * DAY, "20251228000000Z"),
        ] {
            let clock = CertificateBuilder::time_stamper("clock").serial(serial);
            let clock = clock.lists(&[&url]).issued_by(&root);
            let document = site.document(SARIF, &content);
            site.push(&document);
            let above = root.clone();
            let envelope = site.envelope(&site.scanner, &document);
            let envelope = envelope.signed_at(NOW.plus(at)).stamped(move |signature| {
                StampBuilder::new(&clock, signature, time)
                    .certificates(&[&clock, &above])
                    .build()
            });
            site.sign(&envelope, &document);
        }
        let verdict = site.decide().await;
        assert_eq!(verdict.decision(), Decision::Deny);
        let code = verdict.code().map_or("", |code| code.as_str());
        let is_told = code == "notation-timestamp-revoked";
        assert_eq!(is_told, revoked, "{}", said(&verdict));
    }
}

#[tokio::test]
async fn a_signer_on_hold_is_not_nobody_and_one_who_was_revoked_is() {
    let authority = Lookaside::builder().start().await;
    let url = format!("http://{}/ca.crl", authority.address());
    for (reason, decision, code) in [
        (Some(6), Decision::Deny, "notation-on-hold"),
        (Some(1), Decision::Allow, ""),
    ] {
        let site = Site::under(&report("")).await;
        let list = ListBuilder::new(&site.root, NOW).entry(entry(reason));
        let list = list.holds(NOW.plus(-60), Some(NOW.plus(7 * DAY)));
        authority.put_file("ca.crl", list.build());
        for (serial, content, at) in [(8, sarif(&[]), -5 * DAY), (9, sarif(BAD), -4 * DAY)] {
            let signer = named(CertificateBuilder::code_signer("scanner"), "scanner");
            let signer = signer.serial(serial).lists(&[&url]).issued_by(&site.root);
            site.attach_by(&signer, SARIF, &content, NOW.plus(at));
        }
        let verdict = site.decide().await;
        let found = verdict.code().map_or("", |code| code.as_str());
        assert_eq!(
            (verdict.decision(), found),
            (decision, code),
            "{}",
            said(&verdict)
        );
    }
}
