//! Every reason code is asserted by a test: somewhere a decision is made and its code compared with this one.
//!
//! The tests of the workspace are read as tokens, without comments. A code counts where it is an argument of an
//! assertion or of a function of the tests that makes one, stands in a table that a loop with an assertion runs over, or
//! in a value that an assertion compares with. It does not count where it is only listed, or where a rejection is built
//! from it to be shown.

mod scan;
mod tokens;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use doorward::codes;

use scan::Package;

/// The tests of one package: whole files of tests, and what stands under `#[cfg(test)]` in others.
fn package(folder: &Path) -> Package {
    let own = match folder.file_name().and_then(|name| name.to_str()) {
        Some("notary") => "notary",
        Some("sigstore") => "sigstore",
        Some("simple-signing") => "simple",
        _ => "",
    };
    let mut package = Package::new(own);
    for (part, tests_only) in [("tests", true), ("src", false)] {
        for path in files(&folder.join(part)) {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let whole = tests_only
                || name == "tests.rs"
                || path.components().any(|part| part.as_os_str() == "tests");
            if name == "codes.txt" {
                package.add_expectations(&text);
            } else if name.ends_with(".rs") {
                package.add_source(&text, whole);
            }
        }
    }
    package
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_reason_code_is_asserted_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut asserted = BTreeSet::new();
    for group in ["bins", "crates"] {
        for entry in fs::read_dir(root.join(group)).unwrap() {
            asserted.extend(package(&entry.unwrap().path()).asserted());
        }
    }
    let missing: Vec<&str> = codes()
        .into_iter()
        .filter(|code| !asserted.contains(code))
        .map(|code| code.as_str())
        .collect();
    assert!(missing.is_empty(), "no test asserts {missing:#?}");
}

/// The codes that a source asserts.
fn asserted(source: &str) -> Vec<&'static str> {
    let mut package = Package::default();
    package.add_source(source, true);
    package
        .asserted()
        .iter()
        .map(|code| code.as_str())
        .collect()
}

#[test]
fn a_code_counts_in_an_assertion_in_a_table_and_in_a_call_that_asserts() {
    for source in [
        "fn t() { assert_eq!(verdict.code(), Some(Code::POLICY_NONE)); }",
        "fn t() { assert!(matches!(a, Err(e) if e.code() == Code::POLICY_NONE)); }",
        "fn t() { prop_assert!(text.contains(\"- policy-none: x\")); }",
        "fn t() { site.says(&[\"policy-none\"]) } fn says(x: &[&str]) { check(x) } fn check(x: &[&str]) { assert!(x) }",
        "fn t() { for (a, code) in [(1, Code::POLICY_NONE)] { let b = f(a); assert_eq!(b, code); } }",
        "fn t() { let code = if a { \"policy-none\" } else { b }; assert_eq!(x, code); }",
        "const T: [Code; 1] = [Code::POLICY_NONE]; fn t() { for code in T { assert_eq!(f(), code); } }",
    ] {
        assert_eq!(asserted(source), ["policy-none"], "{source}");
    }
}

#[test]
fn a_code_that_is_listed_built_or_mentioned_does_not_count() {
    for source in [
        "// assert_eq!(code, Code::POLICY_NONE)",
        "/* assert!(\"policy-none\") */",
        "const ALL: [Code; 1] = [Code::POLICY_NONE];",
        "fn t() { let code = Code::POLICY_NONE; show(code); }",
        "fn t() { assert_eq!(show(&Rejection::new(Code::POLICY_NONE, \"x\")), \"x\"); }",
        "fn t() { assert_ne!(code, Code::POLICY_NONE); }",
        "fn t() { for code in [Code::POLICY_NONE] { show(code); } }",
        "fn t() { assert!(text.contains(\"policy-none-of-these\")); }",
        "fn t() { build(Code::POLICY_NONE) } fn build(code: Code) -> Rejection { code.into() }",
    ] {
        assert!(asserted(source).is_empty(), "{source}");
    }
}
