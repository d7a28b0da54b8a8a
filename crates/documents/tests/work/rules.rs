//! What judging costs.

use doorward_core::{Digest, Timestamp};
use doorward_documents::{
    Document, InventoryRules, LicensePattern, ScanRules, Severity, Status, VexClaim,
};

use crate::made;

#[test]
fn a_licence_is_judged_once_for_all_packages_under_it() {
    let rules =
        InventoryRules::new(Vec::new(), vec![LicensePattern::parse("GPL-*").unwrap()]).unwrap();
    let steps = |expression: usize, packages: usize| {
        let text = made::spdx3(expression, packages);
        let document = Document::read(text.as_bytes(), None).unwrap();
        rules.steps(document.inventory().unwrap())
    };
    let (one, two) = (steps(20_000, 1_000), steps(40_000, 2_000));
    assert!(two * 10 <= one * 21, "{one} {two}");
    // Twice two patterns' stars, of which each is one more.
    assert!(one < 30_000, "{one}");
}

#[test]
fn sets_that_have_each_other_twice_are_judged_once() {
    // Sixteen sets in each other: without remembering, 65,536 looks at the innermost for each package.
    let document = Document::read(made::nested(16, 2_000).as_bytes(), None).unwrap();
    let inventory = document.inventory().unwrap();
    let rules =
        InventoryRules::new(Vec::new(), vec![LicensePattern::parse("s16").unwrap()]).unwrap();
    assert!(rules.steps(inventory) < 10_000);
    assert_eq!(rules.judge(inventory).len(), 2_000);
}

#[test]
fn statements_about_more_than_can_be_compared_excuse_nothing_and_are_not_multiplied() {
    let image = Digest::sha256(b"image");
    let product = format!(r#"{{"hashes":{{"sha-256":"{}"}}}}"#, image.hex());
    let products = vec![product; 20_000].join(",");
    let aliases: Vec<String> = (0..99).map(|number| format!(r#""C{number}""#)).collect();
    let aliases = aliases.join(",");
    let text = format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","author":"a","timestamp":"2026-01-01T00:00:00Z","statements":[
            {{"vulnerability":{{"name":"x","aliases":[{aliases}]}},"status":"not_affected","justification":"j","products":[{products}]}}]}}"#
    );
    let vex = Document::read(text.as_bytes(), None).unwrap();
    let report = Document::read(made::cyclonedx(10_000, 20_000).as_bytes(), None).unwrap();
    let mut rules = ScanRules::default();
    rules.max_severity = Some(Severity::Low);
    rules.vex_statuses = vec![Status::NotAffected];
    let claims = [VexClaim {
        vex: vex.vex().unwrap(),
        author: "a",
        signed_at: None,
    }];
    let now = Timestamp::from_unix(1_800_000_000);
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image, now);
    assert_eq!(outcome.violations.len(), 20_000);
    // One finding in one component is within the bound.
    let report = Document::read(made::cyclonedx(1, 1).as_bytes(), None).unwrap();
    let outcome = rules.judge(report.scan().unwrap(), &claims, &image, now);
    assert_eq!(outcome.suppressed.len(), 1);
}
