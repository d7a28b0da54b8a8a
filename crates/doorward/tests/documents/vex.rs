//! Statements that a vulnerability does not matter in an image.

use doorward::core::Digest;
use doorward_testkit::{Fault, FaultRule};

use crate::site::{HOUR, NOW, Site, by, report, said};
use crate::texts::{OPENVEX, SARIF, openvex, sarif};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];
const EARLIER: &str = "2025-12-30T00:00:00Z";
const LATER: &str = "2025-12-31T00:00:00Z";

fn with_vex(statuses: &str) -> String {
    report(&format!(
        ", vex: {{signedBy: {}, statuses: [{statuses}]}}",
        by("security")
    ))
}

/// A site with a report of one critical vulnerability.
async fn site() -> Site {
    let site = Site::under(&with_vex("not_affected, fixed")).await;
    site.attach(SARIF, &sarif(BAD));
    site
}

fn excuse(image: &Digest) -> String {
    openvex(image, "CVE-2026-1", "not_affected", EARLIER)
}

#[tokio::test]
async fn a_signed_statement_about_this_image_suppresses_a_finding_and_its_author_is_told() {
    let site = site().await;
    assert_eq!(site.refused().await, "vulnerability-too-severe");
    site.state(&excuse(&site.digest()));
    let verdict = site.admitted().await;
    let told: Vec<&str> = verdict.notes().iter().map(|note| &**note).collect();
    let [told] = told[..] else { panic!("{told:?}") };
    for part in [
        "CVE-2026-1 is suppressed by",
        "CN=security",
        "not_affected",
        "vulnerable_code",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test]
async fn a_statement_by_somebody_whom_the_policy_does_not_name_suppresses_nothing() {
    let site = site().await;
    let statement = excuse(&site.digest());
    // The scanner may make reports, and no statements; the stranger neither; and one is not signed at all.
    site.attach_by(&site.scanner, OPENVEX, &statement, NOW);
    site.attach_by(
        &site.stranger,
        OPENVEX,
        &statement.replace("vex/1", "vex/2"),
        NOW,
    );
    site.push(&site.document(OPENVEX, &statement.replace("vex/1", "vex/3")));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_policy_without_vex_lets_nobody_suppress_anything() {
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(BAD));
    site.state(&excuse(&site.digest()));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_statement_about_another_image_or_vulnerability_suppresses_nothing() {
    let site = site().await;
    let own = site.digest();
    let other = Digest::sha256(b"another image");
    for statement in [
        excuse(&other),
        openvex(&own, "CVE-2026-2", "not_affected", EARLIER),
        // By name alone.
        excuse(&own).replace(&format!("@{}", own.to_string().replace(':', "%3A")), ""),
        excuse(&own).replace("@sha256", "@1.0?digest=sha256"),
    ] {
        site.state(&statement);
    }
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn only_the_statuses_that_the_policy_lists_suppress() {
    for (status, listed, suppresses) in [
        ("not_affected", "fixed", false),
        ("fixed", "fixed", true),
        ("fixed", "not_affected", false),
        ("affected", "fixed, not_affected", false),
        ("under_investigation", "fixed, not_affected", false),
    ] {
        let site = Site::under(&with_vex(listed)).await;
        site.attach(SARIF, &sarif(BAD));
        site.state(&openvex(&site.digest(), "CVE-2026-1", status, EARLIER));
        let verdict = site.decide().await;
        assert_eq!(
            verdict.code().is_none(),
            suppresses,
            "{status} {listed} {}",
            said(&verdict)
        );
    }
}

#[tokio::test]
async fn a_statement_whose_signature_has_expired_suppresses_nothing_and_takes_nothing_away() {
    let site = site().await;
    let document = site.document(OPENVEX, &excuse(&site.digest()));
    site.push(&document);
    let envelope = site
        .envelope(&site.security, &document)
        .signed_at(NOW.plus(-2 * HOUR));
    site.sign(&envelope.expires(NOW), &document);
    assert_eq!(site.refused().await, "notation-expired");
    // A report without findings needs no statements.
    let site = Site::under(&with_vex("not_affected")).await;
    site.attach(SARIF, &sarif(&[]));
    let document = site.document(OPENVEX, &excuse(&site.digest()));
    site.push(&document);
    let envelope = site.envelope(&site.security, &document);
    site.sign(&envelope.expires(NOW), &document);
    site.admits().await;
}

#[tokio::test]
async fn of_contradictory_statements_the_newest_counts_and_of_equal_times_the_one_that_excuses_nothing()
 {
    for (excuse_at, accuse_at, suppresses) in [
        (EARLIER, LATER, false),
        (LATER, EARLIER, true),
        (LATER, LATER, false),
    ] {
        for excuse_first in [true, false] {
            let site = site().await;
            let own = site.digest();
            let excuse = openvex(&own, "CVE-2026-1", "not_affected", excuse_at);
            let accuse = openvex(&own, "CVE-2026-1", "affected", accuse_at);
            let order = if excuse_first {
                [&excuse, &accuse]
            } else {
                [&accuse, &excuse]
            };
            for statement in order {
                site.state(statement);
            }
            let verdict = site.decide().await;
            assert_eq!(
                verdict.code().is_none(),
                suppresses,
                "{excuse_at} {accuse_at} {}",
                said(&verdict)
            );
        }
    }
}

#[tokio::test]
async fn a_statement_that_is_signed_later_takes_an_excuse_back_whatever_time_stands_in_it() {
    for (excuse_signed, accusation_signed, suppresses) in
        [(-3, -1, false), (-1, -3, true), (-1, -1, true)]
    {
        let site = site().await;
        let own = site.digest();
        for (status, at, signed) in [
            ("not_affected", LATER, excuse_signed),
            ("affected", EARLIER, accusation_signed),
        ] {
            let statement = openvex(&own, "CVE-2026-1", status, at);
            let signed = NOW.plus(signed * HOUR);
            site.attach_by(&site.security, OPENVEX, &statement, signed);
        }
        let verdict = site.decide().await;
        let case = format!("{excuse_signed} {accusation_signed} {}", said(&verdict));
        assert_eq!(verdict.code().is_none(), suppresses, "{case}");
    }
}

#[tokio::test]
async fn a_statement_that_could_not_be_had_makes_the_answer_unknown_and_not_untrusted() {
    let site = site().await;
    site.state(&excuse(&site.digest()));
    let lost = site.state(&openvex(&site.digest(), "CVE-2026-1", "affected", LATER));
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on(format!("*/manifests/{lost}")));
    // The one that is missing might take back what the other one says.
    assert_eq!(site.refused().await, "registry-unavailable");
    // Where nothing needs to be suppressed, nobody need know.
    let site = Site::under(&with_vex("fixed")).await;
    site.attach(SARIF, &sarif(&[]));
    let lost = site.state(&openvex(&site.digest(), "CVE-2026-1", "fixed", LATER));
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on(format!("*/manifests/{lost}")));
    site.admits().await;
}

#[tokio::test]
async fn a_statement_that_cannot_be_read_suppresses_nothing_and_neither_does_any_other() {
    let site = site().await;
    site.state(&excuse(&site.digest()));
    site.admits().await;
    site.state("{");
    assert_eq!(site.refused().await, "document-malformed");
}

#[tokio::test]
async fn what_is_never_tolerated_is_not_suppressed() {
    let body = with_vex("not_affected").replace(", vex:", ", failOn: [CVE-2026-1], vex:");
    let site = Site::under(&body).await;
    site.attach(SARIF, &sarif(BAD));
    site.state(&excuse(&site.digest()));
    assert_eq!(site.refused().await, "vulnerability-listed");
}
