//! The options of the webhook in the book are those of the program. `DOORWARD_BLESS=1` writes them again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

const BEGIN: &str = "## Options\n";

#[test]
fn generated_options_are_those_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_doorward-webhook"))
        .arg("--help")
        .env_clear()
        .output()
        .expect("the program runs");
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let trimmed: Vec<_> = help.lines().map(str::trim_end).collect();

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/webhook.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let (before, _) = page.split_once(BEGIN).expect("the page has options");
    let wanted = format!(
        "{before}{BEGIN}\n<!-- Generated from the program's help; do not edit below. -->\n\n```text\n{}\n```\n",
        trimmed.join("\n").trim_end()
    );
    if std::env::var_os("DOORWARD_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(&path, wanted).unwrap();
    } else {
        assert!(
            page == wanted,
            "docs/reference/webhook.md is out of date: run scripts/generate"
        );
    }
}
