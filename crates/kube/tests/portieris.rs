//! What Portieris answers to whole admission reviews, where it looks for pods, and where we do otherwise.
//!
//! `contract` cases must come out as stated, `defect` cases as their `safe` answer says, and `hazard` cases as
//! stated and with a warning of the linter. The cases are those in the folder of this name; with
//! `DOORWARD_CASES=ROOT` (from the workspace root) those of `ROOT/portieris`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod common;
#[path = "portieris/objects.rs"]
mod objects;
#[path = "portieris/stub.rs"]
mod stub;
#[path = "portieris/webhook.rs"]
mod webhook;
#[path = "portieris/words.rs"]
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

/// Cases that we decide differently, and why. One that comes out as stated after all is an error too.
const DIFFERENCES: &[(&str, &str)] = &[
    ("ho006", ABSENT),
    ("ho015", ABSENT),
    ("ho024", ABSENT),
    ("ho025", ABSENT),
    ("hu003", ABSENT),
    ("hu032", ABSENT),
    (
        "hu055",
        "a denial begins with how many images may not run, not with an empty line",
    ),
];

/// Why an entry that demands nothing without saying so denies.
const ABSENT: &str =
    "only an explicit empty body admits unchecked: what is absent may have been cut off";

/// What a case demands and what came of it; equal if it passed.
pub(crate) struct Outcome {
    pub(crate) expected: String,
    pub(crate) got: String,
    pub(crate) code: String,
}

impl Outcome {
    pub(crate) fn of(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            got: got.into(),
            code: "-".to_owned(),
        }
    }

    pub(crate) fn coded(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    fn failed(&self) -> bool {
        self.expected != self.got
    }
}

/// What came of a case: `None` if it is about something that other crates do.
type Judge = fn(&Value) -> Option<Vec<Outcome>>;

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    elsewhere: Vec<String>,
}

impl Tally {
    fn run(&mut self, case: &Value, judge: Judge) {
        let id = case["id"].as_str().expect("every case has an id");
        let Some(outcomes) = judge(case) else {
            self.elsewhere.push(id.to_owned());
            return;
        };
        let failure = outcomes.into_iter().find(Outcome::failed);
        let difference = DIFFERENCES.iter().find(|(known, _)| *known == id);
        let line = match (failure, difference) {
            (None, None) | (Some(_), Some(_)) => None,
            (Some(failure), None) => Some(format!(
                "FAIL {id}: expected {}, got {} (code {})",
                failure.expected, failure.got, failure.code
            )),
            (None, Some((_, reason))) => Some(format!(
                "FAIL {id}: expected a difference ({reason}), got none (code -)"
            )),
        };
        match line {
            None => self.passed += 1,
            Some(line) => {
                self.failed += 1;
                println!("{line}");
            }
        }
    }
}

fn main() -> ExitCode {
    let files: [(&str, &[(&str, Judge)]); 3] = [
        (
            "podspec.yaml",
            &[
                ("cases", objects::pod_spec),
                ("owner_cases", objects::owners),
            ],
        ),
        (
            "webhook.yaml",
            &[
                ("observed_cases", webhook::observed),
                ("upstream_cases", words::upstream),
            ],
        ),
        (
            "credentials.yaml",
            &[("service_account_cases", objects::service_account)],
        ),
    ];
    let mut tally = Tally::default();
    for (file, sections) in files {
        let path = root().join(file);
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped {}: no such file", path.display());
            continue;
        };
        let document: Value = serde_yaml::from_str(&text).expect("case files are YAML");
        for (section, judge) in sections {
            for case in document[section].as_array().into_iter().flatten() {
                tally.run(case, *judge);
            }
        }
    }
    if !tally.elsewhere.is_empty() {
        println!(
            "not about this crate (verifiers, registries, watches): {}",
            tally.elsewhere.join(" ")
        );
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 && tally.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(cases) => package.join("../..").join(cases).join("portieris"),
        None => package.join("tests/portieris"),
    }
}
