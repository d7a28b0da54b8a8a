//! The table of reason codes, which scripts, dashboards and alerts of other people hold on to.
#![allow(clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use doorward::codes;
use doorward::core::Code;

/// What was published: the name and the class of every code. Lines are added and never changed.
const PUBLISHED: &str = include_str!("published-codes.txt");

fn published() -> BTreeMap<&'static str, &'static str> {
    PUBLISHED
        .lines()
        .map(|line| line.split_once(' ').unwrap_or_else(|| panic!("{line:?}")))
        .collect()
}

#[test]
fn a_code_that_was_published_is_never_renamed_or_removed_and_keeps_its_class() {
    let now: BTreeMap<_, _> = codes()
        .iter()
        .map(|code| (code.as_str(), code.class().as_str()))
        .collect();
    for (name, class) in published() {
        assert_eq!(now.get(name), Some(&class), "{name}");
    }
}

#[test]
fn every_code_is_on_the_list_of_what_was_published() {
    let published = published();
    let missing: Vec<String> = codes()
        .iter()
        .filter(|code| !published.contains_key(code.as_str()))
        .map(|code| format!("{code} {}", code.class()))
        .collect();
    assert!(
        missing.is_empty(),
        "add to published-codes.txt: {missing:#?}"
    );
}

#[test]
fn no_two_schemes_have_a_code_of_one_name() {
    let all = codes();
    let names: BTreeSet<_> = all.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), all.len());
    let of_no_scheme = Code::ALL.iter().map(|code| code.as_str());
    for name in of_no_scheme {
        let scheme = name.split('-').next().unwrap_or_default();
        assert!(!["notary", "simple"].contains(&scheme), "{name}");
    }
    for (scheme, table) in [
        ("notary", doorward::notary::codes::ALL),
        ("simple", doorward::simple_signing::codes::ALL),
    ] {
        for code in table {
            assert!(code.as_str().starts_with(&format!("{scheme}-")), "{code}");
        }
    }
}

#[test]
fn what_a_code_means_is_a_fragment_that_never_suggests_weakening_trust() {
    for code in codes() {
        let text = code.description();
        assert!(
            !text.ends_with('.') && !text.starts_with(char::is_uppercase),
            "{text}"
        );
        for word in [
            "insecure",
            "disable",
            "skip",
            "permissive",
            "AcceptAnything",
        ] {
            assert!(!text.contains(word), "{code}: {text}");
        }
    }
}
