//! What Portieris decides about patterns, precedence and schemas, and where we decide otherwise.
//!
//! `contract` cases must come out as stated, `defect` cases as their `safe` answer says, and `hazard` cases as
//! stated and with a warning of the linter. The cases are those beside this file; with `DOORWARD_CASES=ROOT` (from
//! the workspace root) those of `ROOT/portieris`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "portieris/precedence.rs"]
mod precedence;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use doorward_policy::{
    Checks, Demand, Diagnostic, Document, LintCode, PolicyBody, PolicyObject, PolicySet, Scope,
    Selection, lint, pattern, read_documents,
};
use precedence::{lookup, scope, selection};
use serde_json::{Value, json};

/// Cases of class `contract` that we decide differently, and why. One that comes out as stated after all is an
/// error too.
const DIFFERENCES: &[(&str, &str)] = &[(
    "pt007",
    "the entry is selected but denies: its requirement has no type, which the schema refuses (cr005)",
)];

const PORTIERIS: &str = "portieris.cloud.ibm.com/v1";
const GROUPS: [&str; 3] = [
    PORTIERIS,
    "doorward.dev/v1",
    "securityenforcement.admission.cloud.ibm.com/v1beta1",
];
const KINDS: [&str; 2] = ["ImagePolicy", "ClusterImagePolicy"];
const NAMESPACE: &str = "default";

/// What a case demands and what came of it; equal if it passed.
struct Outcome {
    expected: String,
    got: String,
    code: String,
}

impl Outcome {
    fn of(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            got: got.into(),
            code: "-".to_owned(),
        }
    }

    fn coded(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn run(&mut self, case: &Value, judge: fn(&Value) -> Vec<Outcome>) {
        let id = case["id"].as_str().expect("every case has an id");
        let failure = judge(case)
            .into_iter()
            .find(|outcome| outcome.expected != outcome.got);
        let difference = DIFFERENCES.iter().find(|(known, _)| *known == id);
        let line = match (failure, difference) {
            (None, None) | (Some(_), Some(_)) => None,
            (
                Some(Outcome {
                    expected,
                    got,
                    code,
                }),
                None,
            ) => Some(format!(
                "FAIL {id}: expected {expected}, got {got} (code {code})"
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
    let mut tally = Tally::default();
    for (file, sections) in [
        (
            "wildcard.yaml",
            &[
                ("upstream_cases", one_function as fn(&Value) -> Vec<Outcome>),
                ("observed_cases", three_functions),
            ][..],
        ),
        (
            "policy-precedence.yaml",
            &[
                ("scope_cases", scope),
                ("lookup_cases", lookup),
                ("selection_cases", selection),
            ],
        ),
        ("crd-schema.yaml", &[("cases", schema)]),
    ] {
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

fn class(case: &Value) -> &str {
    case["class"].as_str().expect("every case has a class")
}

/// A policy object of Portieris.
fn object(kind: &str, api_version: &str, name: &str, spec: &Value) -> Value {
    let mut metadata = json!({"name": name});
    if kind == "ImagePolicy" {
        metadata["namespace"] = json!(NAMESPACE);
    }
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

fn decode(value: &Value) -> PolicyObject {
    PolicyObject::from_value("case", value).0
}

/// A body that has nothing to be warned about, told apart from others by `mark`.
fn marked_body(mark: &str) -> Value {
    json!({"trust": {"enabled": true, "trustServer": format!("https://{mark}.example")}})
}

fn warnings(policies: &[PolicyObject]) -> String {
    let found: Vec<&str> = lint(policies)
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    if found.is_empty() {
        "no warning".to_owned()
    } else {
        "a warning".to_owned()
    }
}

/// That a hazard is warned of.
fn warned(case: &Value, policies: &[PolicyObject]) -> Option<Outcome> {
    (class(case) == "hazard").then(|| Outcome::of("a warning", warnings(policies)))
}

/// A single entry with the case's pattern, in both kinds.
fn single(pattern: &Value) -> Vec<PolicyObject> {
    let spec = json!({"repositories": [{"name": pattern, "policy": marked_body("only")}]});
    KINDS
        .map(|kind| decode(&object(kind, PORTIERIS, "p", &spec)))
        .to_vec()
}

fn text<'c>(case: &'c Value, field: &str) -> &'c str {
    case[field].as_str().expect("a string")
}

fn one_function(case: &Value) -> Vec<Outcome> {
    let (pattern, image) = (text(case, "pattern"), text(case, "ref"));
    let function = match text(case, "fn") {
        "glob" => pattern::glob,
        "glob-any-tag" => pattern::glob_any_tag,
        "image-ref" => pattern::matches_reference,
        other => panic!("no such function: {other}"),
    };
    match class(case) {
        "defect" => vec![governed(case, pattern, image)],
        _ => {
            let got = function(pattern, image);
            let mut outcomes = vec![Outcome::of(case["expect"].to_string(), got.to_string())];
            outcomes.extend(warned(case, &single(&case["pattern"])));
            outcomes
        }
    }
}

fn three_functions(case: &Value) -> Vec<Outcome> {
    let (pattern, image) = (text(case, "pattern"), text(case, "ref"));
    if class(case) == "defect" {
        return vec![governed(case, pattern, image)];
    }
    let compiled = pattern::Matcher::compile([pattern]).select(image).is_some();
    let mut outcomes: Vec<_> = [
        ("glob", pattern::glob(pattern, image)),
        ("glob_any_tag", pattern::glob_any_tag(pattern, image)),
        ("image_ref", pattern::matches_reference(pattern, image)),
        ("image_ref", compiled),
    ]
    .into_iter()
    .map(|(field, got)| Outcome::of(format!("{field} {}", case[field]), format!("{field} {got}")))
    .collect();
    outcomes.extend(warned(case, &single(&case["pattern"])));
    outcomes
}

/// The safe answer of a defect of the raw comparison, given by selection: it looks at every spelling of the image.
fn governed(case: &Value, pattern: &str, image: &str) -> Outcome {
    let (set, _) = PolicySet::compile(single(&json!(pattern)));
    let got = matches!(set.select(image, Some(NAMESPACE)), Selection::Match(_));
    let same = set.select(image, None);
    assert_eq!(
        got,
        matches!(same, Selection::Match(_)),
        "both kinds select alike"
    );
    let safe = case["safe"].to_string().to_lowercase();
    let expected = match () {
        // Left to the implementation; the unit tests of selection say what we do.
        () if safe.contains("decide") => got,
        () if safe.contains("true") || safe.contains("match") && !safe.contains("no match") => true,
        () => false,
    };
    Outcome::of(format!("governed {expected}"), format!("governed {got}"))
}

fn schema(case: &Value) -> Vec<Outcome> {
    let kinds: Vec<&str> = KINDS
        .into_iter()
        .filter(|kind| matches!(text(case, "kind"), "both") || text(case, "kind") == *kind)
        .collect();
    let mut outcomes = Vec::new();
    for kind in kinds {
        for group in GROUPS {
            let value = object(kind, group, "p", &case["spec"]);
            let (policy, found) = PolicyObject::from_value("case", &value);
            let got = if found.is_empty() {
                "accepted"
            } else {
                "rejected"
            };
            let stated = text(case, "expect")
                .split([' ', ',', '('])
                .next()
                .unwrap_or_default();
            let expected = match class(case) {
                // What Portieris drops without a word, we refuse.
                "defect" => "rejected",
                _ => stated,
            };
            let code = found.first().map_or("-", |first| first.code.as_str());
            outcomes.push(Outcome::of(expected, got).coded(code));
            outcomes.push(Outcome::of(codes(&found), codes(&read(&value).1)));
            outcomes.extend(warned(case, std::slice::from_ref(&policy)));
            if !found.is_empty() {
                outcomes.push(Outcome::of("denied", admits(policy)).coded(code));
            }
        }
    }
    outcomes
}

fn codes(found: &[Diagnostic]) -> String {
    let mut codes: Vec<LintCode> = found.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    format!("{codes:?}")
}

/// The same object read from text.
fn read(value: &Value) -> (Vec<Document>, Vec<Diagnostic>) {
    read_documents(
        "case.yaml",
        serde_yaml::to_string(value).expect("serialises").as_bytes(),
    )
}

/// Whether an image that a refused policy would govern is admitted.
fn admits(policy: PolicyObject) -> &'static str {
    let (set, _) = PolicySet::compile(vec![policy]);
    for namespace in [None, Some(NAMESPACE)] {
        if let Selection::Match(found) = set.select("r.example/a", namespace)
            && found.entries.iter().all(|entry| entry.body.is_ok())
        {
            return "admitted";
        }
    }
    "denied"
}
