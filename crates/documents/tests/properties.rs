//! What holds for every document and every rule.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test reads its cases from files and stops at what it cannot read"
)]

#[path = "properties/made.rs"]
mod made;

use std::path::Path;
use std::sync::OnceLock;

use doorward_core::{Digest, Timestamp};
use doorward_documents::{
    Condition, Document, Ignore, InventoryRules, License, LicensePattern, PackagePattern,
    PackageUrl, Predicate, ScanRules, Severity, Status, VexClaim, newest,
};
use proptest::prelude::*;

use made::{image, now, of_no_image, of_this_image, passes, report, row, rules, statement, vex};
use proptest::sample::{Index, select};

fn vectors() -> &'static [Vec<u8>] {
    static VECTORS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    VECTORS.get_or_init(|| {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
        let mut files: Vec<_> = std::fs::read_dir(cases)
            .unwrap()
            .map(|case| case.unwrap().path())
            .collect();
        files.sort();
        files
            .into_iter()
            .map(|case| std::fs::read(case.join("document.json")).unwrap())
            .collect()
    })
}

/// Everything that can be asked of a document, so that a reader's mistake shows.
fn examine(document: &Document) {
    let packages = vec![
        PackagePattern::parse("*").unwrap(),
        PackagePattern::parse("pkg:apk/*").unwrap(),
    ];
    let licenses = vec![LicensePattern::parse("GPL-*").unwrap()];
    let rules = InventoryRules::new(packages, licenses).unwrap();
    if let Some(inventory) = document.inventory() {
        for violation in rules.judge(inventory) {
            let _ = violation.to_string();
        }
    }
    let mut rules = ScanRules::default();
    rules.max_severity = Some(Severity::Low);
    rules.vex_statuses = vec![Status::NotAffected];
    if let Some(scan) = document.scan() {
        for violation in rules.judge(scan, &[], &image(), now()).violations {
            let _ = violation.to_string();
        }
    }
    let condition = Condition::parse("size(predicate) > 0").unwrap();
    let _ = condition.evaluate(&Predicate::new(document.json()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_document_with_a_changed_byte_is_read_or_refused(case: Index, at: Index, byte: u8) {
        let mut bytes = vectors()[case.index(vectors().len())].clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(document) = Document::read(&bytes, None) {
            examine(&document);
        }
    }

    #[test]
    fn a_document_whose_parts_changed_places_is_read_or_refused(
        case: Index,
        from: Index,
        to: Index,
        length in 1..200_usize,
    ) {
        let bytes = &vectors()[case.index(vectors().len())];
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        let piece = &bytes[from..(from + length).min(bytes.len())];
        let mut changed = bytes[..to].to_vec();
        changed.extend_from_slice(piece);
        changed.extend_from_slice(&bytes[to..]);
        if let Ok(document) = Document::read(&changed, None) {
            examine(&document);
        }
    }

    #[test]
    fn a_further_finding_never_turns_a_refusal_into_a_pass(
        rules in rules(),
        rows in proptest::collection::vec(row(), 0..4),
        more in row(),
        at: Index,
        statements in proptest::collection::vec(statement(of_this_image()), 0..4),
    ) {
        let vex = vex(&statements);
        let claims = [("a", &vex)];
        if !passes(&rules, &report(&rows), &claims) {
            let mut rows = rows;
            rows.insert(at.index(rows.len() + 1), more);
            prop_assert!(!passes(&rules, &report(&rows), &claims));
        }
    }

    #[test]
    fn a_statement_about_no_image_changes_nothing(
        rules in rules(),
        rows in proptest::collection::vec(row(), 0..4),
        statements in proptest::collection::vec(statement(of_this_image()), 0..4),
        stray in proptest::collection::vec(statement(of_no_image()), 1..4),
    ) {
        let (report, vex, stray) = (report(&rows), vex(&statements), vex(&stray));
        let before = passes(&rules, &report, &[("a", &vex)]);
        prop_assert_eq!(before, passes(&rules, &report, &[("a", &vex), ("b", &stray)]));
        prop_assert_eq!(before, passes(&rules, &report, &[("a", &stray), ("a", &vex)]));
    }

    #[test]
    fn the_order_of_statements_and_documents_changes_nothing(
        rules in rules(),
        rows in proptest::collection::vec(row(), 0..4),
        statements in proptest::collection::vec(statement(of_this_image()), 0..6),
    ) {
        let report = report(&rows);
        let forwards = vex(&statements);
        let backwards: Vec<String> = statements.into_iter().rev().collect();
        let each: Vec<Document> = backwards.iter().map(|statement| vex(std::slice::from_ref(statement))).collect();
        let apart: Vec<(&str, &Document)> = each.iter().map(|document| ("a", document)).collect();
        let before = passes(&rules, &report, &[("a", &forwards)]);
        prop_assert_eq!(before, passes(&rules, &report, &[("a", &vex(&backwards))]));
        prop_assert_eq!(before, passes(&rules, &report, &apart));
    }

    #[test]
    fn a_rule_less_never_refuses_more(
        rules in rules(),
        rows in proptest::collection::vec(row(), 0..4),
        statements in proptest::collection::vec(statement(of_this_image()), 0..4),
    ) {
        let (report, vex) = (report(&rows), vex(&statements));
        let claims = [("a", &vex)];
        if passes(&rules, &report, &claims) {
            let mut fewer = rules.clone();
            fewer.fail_on.pop();
            prop_assert!(passes(&fewer, &report, &claims));
            let mut fewer = rules.clone();
            fewer.max_severity = None;
            prop_assert!(passes(&fewer, &report, &claims));
            let mut milder = rules;
            milder.only_fixable = true;
            prop_assert!(passes(&milder, &report, &claims));
        }
    }

    #[test]
    fn a_licence_in_any_words_is_read(text in "[ ()A-Za-z0-9.+:-]{0,60}", pattern in "[A-Za-z*-]{1,8}") {
        let license = License::parse(&text);
        if let Ok(pattern) = LicensePattern::parse(&pattern) {
            let alone = license.denied(std::slice::from_ref(&pattern)).is_some();
            let more = [pattern, LicensePattern::parse("zz-*").unwrap()];
            prop_assert!(!alone || license.denied(&more).is_some());
        }
    }

    #[test]
    fn a_package_url_in_any_spelling_is_read_or_refused(text in "(pkg:)?[a-zA-Z0-9/@%?#=&.:_-]{0,40}") {
        if let Ok(url) = PackageUrl::parse(&text) {
            prop_assert!(url.covers(&url));
        }
    }

    #[test]
    fn a_condition_of_any_tokens_is_decided_or_refused(
        tokens in proptest::collection::vec(select(TOKENS.to_vec()), 0..24),
    ) {
        if let Ok(condition) = Condition::parse(&tokens.join(" ")) {
            let _ = condition.evaluate(predicate());
        }
    }

    #[test]
    fn a_condition_of_any_text_is_decided_or_refused(text in "\\PC{0,60}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.evaluate(predicate());
        }
    }

    #[test]
    fn an_older_document_changes_nothing_and_a_newer_one_of_others_hides_nothing(
        documents in proptest::collection::vec((0..3_u8, proptest::option::of(0..5_i64)), 0..8),
        key in 0..4_u8,
        time in proptest::option::of(0..5_i64),
    ) {
        let documents: Vec<(u8, Option<Timestamp>)> =
            documents.into_iter().map(|(key, time)| (key, time.map(Timestamp::from_unix))).collect();
        let before = newest(&documents);
        prop_assert_eq!(before.is_empty(), documents.is_empty());
        let mut more = documents.clone();
        more.push((key, time.map(Timestamp::from_unix)));
        let after = newest(&more);
        for position in before {
            let hidden_by_newer = documents[position].0 == key && documents[position].1 < more[documents.len()].1;
            prop_assert!(after.contains(&position) || hidden_by_newer);
        }
    }
}

const TOKENS: &[&str] = &[
    "predicate",
    ".a",
    ".packages",
    "[0]",
    "['a']",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "?",
    ":",
    "in",
    "1",
    "0u",
    "2.5",
    "'x'",
    "\"y\"",
    "true",
    "null",
    ".all(p,",
    ".exists(q,",
    ".map(r,",
    ".filter(s,",
    "p",
    "q",
    "has(",
    "size(",
    "int(",
    "string(",
    ".contains(",
    ".startsWith(",
    "type(",
    "9223372036854775807",
];

fn predicate() -> &'static Predicate {
    thread_local! {
        static PREDICATE: &'static Predicate = Box::leak(Box::new(Predicate::new(
            &doorward_core::json::parse(
                br#"{"a": 1, "packages": [{"a": "x", "b": [1, 2.5, null]}, {"a": true}]}"#,
                doorward_core::json::Limits::bytes(1000),
            )
            .unwrap(),
        )));
    }
    PREDICATE.with(|predicate| *predicate)
}
