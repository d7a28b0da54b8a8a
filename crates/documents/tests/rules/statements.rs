//! Which statements excuse a finding.

use doorward_core::Digest;
use doorward_documents::{Document, Status, VexClaim};

use crate::made::{at, image, now, product, report, statement, strict, vex};

/// Whether a report of one high finding passes with these VEX documents, each by its author.
fn excused(claims: &[(&str, &Document)]) -> bool {
    let report = report("HIGH");
    let claims: Vec<VexClaim<'_>> = claims
        .iter()
        .map(|(author, document)| VexClaim {
            vex: document.vex().unwrap(),
            author,
            signed_at: Some(now()),
        })
        .collect();
    let rules = strict();
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
    assert_eq!(outcome.violations.len() + outcome.suppressed.len(), 1);
    outcome.violations.is_empty()
}

#[test]
fn a_statement_excuses_the_image_that_it_names_by_digest_and_no_other() {
    let other = Digest::sha256(b"another image");
    let hex = image().hex().to_owned();
    let hashes = |hex: &str| {
        format!(r#"{{"@id": "https://shop.example/app", "hashes": {{"sha-256": "{hex}"}}}}"#)
    };
    for (product, excuses) in [
        (product(), true),
        (hashes(&hex), true),
        (hashes(&hex.to_uppercase()), true),
        (
            format!(r#"{{"identifiers": {{"purl": "pkg:oci/whatever@sha256:{hex}"}}}}"#),
            true,
        ),
        (
            format!(
                r#"{{"hashes": {{"sha-256": "{hex}", "sha-512": "{}", "sha3-256": "x"}}}}"#,
                "0".repeat(128)
            ),
            true,
        ),
        (hashes(other.hex()), false),
        (
            r#"{"@id": "pkg:oci/app?repository_url=registry.example/app"}"#.to_owned(),
            false,
        ),
        (r#"{"@id": "pkg:oci/app@1.4"}"#.to_owned(), false),
        (r#"{"@id": "registry.example/app:1.4"}"#.to_owned(), false),
        (format!(r#"{{"@id": "{}"}}"#, image()), false),
        (
            format!(r#"{{"@id": "pkg:docker/app@sha256:{hex}"}}"#),
            false,
        ),
        (
            format!(
                r#"{{"@id": "pkg:oci/app@sha256:{hex}", "hashes": {{"sha-256": "{}"}}}}"#,
                other.hex()
            ),
            false,
        ),
        ("{}".to_owned(), false),
        (String::new(), false),
    ] {
        let document = vex(&statement("not_affected", &product, ""));
        assert_eq!(excused(&[("a", &document)]), excuses, "{product}");
    }
}

#[test]
fn a_statement_about_parts_excuses_only_those() {
    let part = |parts: &str| {
        let product = product();
        let product = product.trim_end_matches('}');
        vex(&statement(
            "not_affected",
            &format!(r#"{product}, "subcomponents": {parts}}}"#),
            "",
        ))
    };
    for (parts, excuses) in [
        (r#"[{"@id": "pkg:apk/alpine/libssl3@3.3.0-r2"}]"#, true),
        (r#"[{"@id": "pkg:apk/alpine/libssl3"}]"#, true),
        (
            r#"[{"@id": "pkg:apk/alpine/zlib"}, {"identifiers": {"purl": "pkg:apk/alpine/libssl3@3.3.0-r2?arch=x86_64"}}]"#,
            true,
        ),
        (
            r#"[{"@id": "pkg:apk/alpine/libssl3@3.3.0-r2?arch=arm64"}]"#,
            false,
        ),
        (r#"[{"@id": "pkg:apk/alpine/libssl3@3.3.0"}]"#, false),
        (r#"[{"@id": "pkg:apk/alpine/libssl"}]"#, false),
        (r#"[{"@id": "pkg:deb/alpine/libssl3"}]"#, false),
        (r#"[{"@id": "libssl3"}]"#, false),
        ("[]", false),
    ] {
        assert_eq!(excused(&[("a", &part(parts))]), excuses, "{parts}");
    }
}

#[test]
fn of_contradictory_statements_of_one_author_the_newest_decides_and_of_equal_times_the_worse() {
    let dated = |status: &str, time: &str| {
        statement(status, &product(), &format!(r#", "timestamp": "{time}""#))
    };
    let (early, late) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    for (first, second, excuses) in [
        (dated("not_affected", early), dated("affected", late), false),
        (dated("affected", early), dated("not_affected", late), true),
        (dated("not_affected", late), dated("affected", late), false),
        (
            dated("not_affected", late),
            dated("under_investigation", late),
            false,
        ),
        (dated("not_affected", early), dated("fixed", late), true),
        // Without a time of its own a statement has that of the document, January.
        (
            dated("not_affected", early),
            statement("affected", &product(), ""),
            true,
        ),
        // What will be is not yet.
        (
            dated("not_affected", "2026-06-01T00:06:00Z"),
            dated("fixed", early),
            false,
        ),
    ] {
        let in_one = vex(&format!("{first}, {second}"));
        let turned = vex(&format!("{second}, {first}"));
        assert_eq!(excused(&[("a", &in_one)]), excuses, "{first} {second}");
        assert_eq!(excused(&[("a", &turned)]), excuses, "{second} {first}");
        let (one, two) = (vex(&first), vex(&second));
        assert_eq!(
            excused(&[("a", &one), ("a", &two)]),
            excuses,
            "{first} | {second}"
        );
        assert_eq!(
            excused(&[("a", &two), ("a", &one)]),
            excuses,
            "{second} | {first}"
        );
    }
}

#[test]
fn an_author_who_accuses_objects_to_one_who_excuses() {
    let excuse = vex(&statement(
        "not_affected",
        &product(),
        r#", "timestamp": "2026-05-01T00:00:00Z""#,
    ));
    let accuse = vex(&statement("affected", &product(), ""));
    assert!(excused(&[("a", &excuse)]));
    assert!(!excused(&[("a", &excuse), ("b", &accuse)]));
    assert!(!excused(&[("b", &accuse), ("a", &excuse)]));
}

#[test]
fn a_statement_of_a_status_that_the_policy_does_not_list_excuses_nothing() {
    let report = report("HIGH");
    for (status, listed, excuses) in [
        ("fixed", vec![Status::NotAffected], false),
        ("not_affected", vec![Status::NotAffected], true),
        ("affected", vec![Status::Affected], false),
        (
            "under_investigation",
            vec![Status::UnderInvestigation, Status::NotAffected],
            false,
        ),
        ("not_affected", vec![], false),
    ] {
        let document = vex(&statement(status, &product(), ""));
        let mut rules = strict();
        rules.vex_statuses = listed;
        let claims = [VexClaim {
            vex: document.vex().unwrap(),
            author: "a",
            signed_at: None,
        }];
        let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
        assert_eq!(outcome.violations.is_empty(), excuses, "{status}");
    }
}

/// Whether a finding is excused by documents of one author, each with when it was signed.
fn excused_by(documents: &[(&Document, Option<&str>)]) -> bool {
    let report = report("HIGH");
    let claims: Vec<VexClaim<'_>> = documents
        .iter()
        .map(|(document, signed)| VexClaim {
            vex: document.vex().unwrap(),
            author: "a",
            signed_at: signed.map(at),
        })
        .collect();
    let rules = strict();
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image(), now());
    outcome.violations.is_empty()
}

#[test]
fn what_is_signed_later_takes_an_excuse_back_whatever_time_stands_in_it() {
    let (early, late) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let dated = |status: &str, time: &str| {
        vex(&statement(
            status,
            &product(),
            &format!(r#", "timestamp": "{time}""#),
        ))
    };
    for (excuse, excuse_signed, accusation, accusation_signed, excuses) in [
        (late, Some(early), early, Some(late), false),
        (late, Some(late), early, Some(early), true),
        (late, Some(late), early, Some(late), true),
        (early, Some(late), late, Some(early), false),
        (early, Some(early), late, Some(late), false),
        (early, Some(late), early, Some(early), false),
        // Which of two was signed later, nobody tells.
        (late, None, early, Some(early), false),
        (late, Some(late), early, None, false),
        (late, None, early, None, false),
    ] {
        let (excuse, accusation) = (dated("not_affected", excuse), dated("affected", accusation));
        let case = (excuse_signed, accusation_signed);
        let documents = [(&excuse, excuse_signed), (&accusation, accusation_signed)];
        assert_eq!(excused_by(&documents), excuses, "{case:?}");
        let [one, two] = documents;
        assert_eq!(excused_by(&[two, one]), excuses, "{case:?}");
    }
    // Within one document the times in it decide.
    let both = |excuse: &str, accusation: &str| {
        let dated = |status: &str, time: &str| {
            statement(status, &product(), &format!(r#", "timestamp": "{time}""#))
        };
        let (excuse, accusation) = (dated("fixed", excuse), dated("affected", accusation));
        let document = vex(&format!("{excuse}, {accusation}"));
        excused_by(&[(&document, None)])
    };
    assert!(both(late, early));
    assert!(!both(early, late));
    // One excuse must be after all that accuses: two that are each after one of two do not add up.
    let first = dated("affected", "2026-02-01T00:00:00Z");
    let second = dated("affected", "2026-04-01T00:00:00Z");
    let excuse = dated("not_affected", "2026-03-01T00:00:00Z");
    let other = dated("not_affected", "2026-05-01T00:00:00Z");
    let signed = |month: &'static str| Some(month);
    assert!(!excused_by(&[
        (&first, signed("2026-05-02T00:00:00Z")),
        (&second, signed("2026-01-02T00:00:00Z")),
        (&excuse, signed("2026-05-03T00:00:00Z")),
        (&other, signed("2026-02-02T00:00:00Z")),
    ]));
    assert!(excused_by(&[
        (&first, signed("2026-05-02T00:00:00Z")),
        (&second, signed("2026-01-02T00:00:00Z")),
        (&other, signed("2026-05-03T00:00:00Z")),
    ]));
}
