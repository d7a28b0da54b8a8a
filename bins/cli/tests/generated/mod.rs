//! What is generated: pages of the book and parts of pages, and the definitions of the custom resources.

mod fields;

use std::fmt::Write as _;
use std::fs;

use doorward_policy::{LintCode, Severity, editor_schema};

use super::{read, root};

fn lint_codes() -> String {
    let mut out = String::from(
        "# Lint codes\n\n<!-- Generated from the source of the linter; do not edit by hand. -->\n\n\
         What `doorward policy lint` finds. Errors are mistakes: the entry that has one denies. Warnings are risks that\n\
         may be meant. Codes are only ever added.\n\n| code | | means |\n|---|---|---|\n",
    );
    for code in LintCode::ALL {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(out, "| `{code}` | {severity} | {} |", code.description());
    }
    out
}

#[test]
fn generated_pages_are_those_that_the_code_generates() {
    held_or_written("docs/reference/cli.md", &doorward_cli::reference());
    held_or_written("docs/reference/lint-codes.md", &lint_codes());
    let schema = serde_json::to_string_pretty(&editor_schema()).unwrap();
    held_or_written("docs/reference/policy.schema.json", &format!("{schema}\n"));
}

/// Holds a file against the text that it should have, or writes it if that is wanted.
fn held_or_written(name: &str, text: &str) {
    let path = root().join(name);
    if std::env::var_os("DOORWARD_BLESS").is_some_and(|bless| bless == "1") {
        fs::write(&path, text).unwrap();
    } else {
        assert!(
            read(&path) == text,
            "{name} is out of date: run scripts/generate"
        );
    }
}

#[test]
fn generated_definitions_of_custom_resources_are_those_that_the_command_prints() {
    let definitions = doorward_cli::custom_resource_definitions().unwrap();
    // The chart has them where Helm looks for them, and a chart is a folder by itself.
    for folder in ["bins/webhook/deploy/crds", "bins/webhook/deploy/chart/crds"] {
        for (name, text) in &definitions {
            held_or_written(&format!("{folder}/{name}"), text);
        }
        let there = fs::read_dir(root().join(folder)).unwrap().count();
        assert_eq!(there, definitions.len(), "{folder} has no other file");
    }
}

#[test]
fn generated_presets_of_the_chart_are_those_that_the_command_prints() {
    let source = root().join("bins/cli/src/commands/install/presets");
    let folder = "bins/webhook/deploy/chart/presets";
    let mut count = 0;
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        held_or_written(&format!("{folder}/{name}"), &read(&path));
        count += 1;
    }
    let there = fs::read_dir(root().join(folder)).unwrap().count();
    assert_eq!(there, count, "{folder} has no other file");
}
