//! How much is looked at. What lies beyond a bound is never taken for "nothing".

use doorward_testkit::{CertificateBuilder, EnvelopeBuilder};

use crate::site::{HOUR, NOW, Site, attestation, named, report};
use crate::texts::{CYCLONEDX, SARIF, cyclonedx, sarif};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];

#[tokio::test]
async fn two_hundred_documents_that_nobody_signed_leave_the_answer_open_and_sixty_do_not() {
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(&[]));
    for number in 0..63 {
        site.push(&site.document(SARIF, &format!("junk {number}")));
    }
    site.admits().await;
    for number in 63..200 {
        site.push(&site.document(SARIF, &format!("junk {number}")));
    }
    assert_eq!(site.refused().await, "budget-exceeded");
    // Documents of another type are none of these.
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(&[]));
    for number in 0..200 {
        site.push(&site.document(CYCLONEDX, &format!("junk {number}")));
    }
    site.admits().await;
}

#[tokio::test]
async fn signatures_that_anybody_attaches_do_not_make_a_newer_report_one_that_nobody_signed() {
    let site = Site::under(&report("")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
    let bad = site.document(SARIF, &sarif(BAD));
    site.push(&bad);
    let target = bad.manifest().descriptor();
    for number in 0..120 {
        let at = NOW.plus(-number);
        let junk = EnvelopeBuilder::new(&[&site.stranger, &site.root], &target).signed_at(at);
        site.push(&junk.build().attached_to(&target));
    }
    site.sign(&site.envelope(&site.scanner, &bad), &bad);
    let code = site.refused().await;
    assert!(
        ["budget-exceeded", "notation-too-many-signatures"].contains(&code),
        "{code}"
    );
}

#[tokio::test]
async fn a_report_whose_signer_cannot_be_asked_about_does_not_make_way_for_an_older_one() {
    let site = Site::under(&report("")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
    // Nobody answers there whether the certificate was revoked.
    let silent = format!("http://{}/nothing", site.registry.address());
    let asked = named(CertificateBuilder::code_signer("scanner"), "scanner").lists(&[&silent]);
    let signer = asked.issued_by(&site.root);
    site.attach_by(&signer, SARIF, &sarif(BAD), NOW);
    assert_eq!(site.refused().await, "notation-revocation-unknown");
}

#[tokio::test]
async fn conditions_have_one_budget_together_however_many_documents_and_demands_there_are() {
    let costly = "predicate.components.all(a, predicate.components.all(b, a.name != b.version))";
    let rules = format!(", conditions: ['{costly}']");
    let one = attestation(CYCLONEDX, &rules);
    let many = one
        .replace("attestations: [", "")
        .trim_end_matches(']')
        .to_owned();
    let many = format!("attestations: [{}]", vec![many; 20].join(", "));
    let names: Vec<String> = (0..400).map(|one| format!("package-{one}")).collect();
    let packages: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "MIT")).collect();
    let mut site = Site::under(&one).await;
    site.attach(CYCLONEDX, &cyclonedx(&packages));
    site.admits().await;
    site.govern(&many);
    assert_eq!(site.refused().await, "budget-exceeded");
}

#[tokio::test]
async fn many_signed_reports_are_read_within_the_budget() {
    let site = Site::under(&report("")).await;
    for number in 0..30 {
        let content = sarif(&[(format!("CVE-2026-{number}").as_str(), "1.0")]);
        site.attach_at(SARIF, &content, NOW.plus(-HOUR - number));
    }
    site.admits().await;
    // Content that is larger than all an entry may fetch.
    for number in 0..6 {
        let content = cyclonedx(&[]) + &" ".repeat((7 << 20) + number);
        site.attach_at(SARIF, &content, NOW.plus(-HOUR));
    }
    assert_eq!(site.refused().await, "budget-exceeded");
}

#[tokio::test]
async fn rules_that_would_be_held_against_too_many_names_are_refused_before_they_are() {
    let patterns: Vec<String> = (0..256).map(|number| format!("'*a*b*{number}'")).collect();
    let deny = format!(", denyPackages: [{}]", patterns.join(", "));
    let many: Vec<(String, &str)> = (0..6000)
        .map(|number| (format!("p{number}"), "1"))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, version)| (name.as_str(), *version))
        .collect();
    let site = Site::under(&attestation(CYCLONEDX, &deny)).await;
    site.attach(CYCLONEDX, &cyclonedx(&many));
    assert_eq!(site.refused().await, "budget-exceeded");
    // Few patterns over as many packages, and many over a few, are what policies have.
    let site = Site::under(&attestation(CYCLONEDX, ", denyPackages: ['left-pad@*']")).await;
    site.attach(CYCLONEDX, &cyclonedx(&many));
    site.admits().await;
    let site = Site::under(&attestation(CYCLONEDX, &deny)).await;
    site.attach(CYCLONEDX, &cyclonedx(&many[..200]));
    site.admits().await;
}

#[tokio::test]
async fn a_signed_report_whose_parts_multiply_each_other_is_too_large() {
    let report_of = |extensions: usize, results: usize| {
        let extensions = vec![r#"{"name":"e"}"#; extensions].join(",");
        let result = r#"{"ruleId":"a","rule":{"toolComponent":{"name":"f"}}}"#;
        let results = vec![result; results].join(",");
        format!(
            r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t"}},"extensions":[{extensions}]}},"results":[{results}]}}]}}"#
        )
    };
    for (extensions, code) in [
        (2, "vulnerability-too-severe"),
        (2_000, "document-too-large"),
    ] {
        let site = Site::under(&report("")).await;
        site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
        site.attach(SARIF, &report_of(extensions, 2_000));
        // It counts, and the older clean one does not stand in for it.
        assert_eq!(site.refused().await, code);
    }
}
