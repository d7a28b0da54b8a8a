//! The book says what is true: generated pages are those that the code generates, every code has its section, every
//! link leads somewhere, every policy in it can be read, and the guides that are typed lead where they say.
//!
//! `DOORWARD_BLESS=1` writes generated pages instead of comparing them (`scripts/generate`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod asserted;
mod generated;
mod guides;

// What guides are followed with is what the interoperability tests have, of which a part is used here.
#[allow(dead_code, reason = "the interoperability tests use the rest")]
#[path = "interop/authority.rs"]
mod authority;
#[allow(dead_code, reason = "the interoperability tests use the rest")]
#[path = "interop/http.rs"]
mod http;
#[allow(dead_code, reason = "the interoperability tests use the rest")]
#[path = "interop/image.rs"]
mod image;
#[allow(dead_code, reason = "the interoperability tests use the rest")]
#[path = "interop/pki.rs"]
mod pki;
#[allow(dead_code, reason = "the interoperability tests use the rest")]
#[path = "interop/process.rs"]
mod process;
#[allow(dead_code, reason = "the interoperability tests use the rest")]
#[path = "interop/registry.rs"]
mod registry;
#[path = "interop/time_stamps.rs"]
mod time_stamps;
#[allow(
    dead_code,
    clippy::print_stderr,
    reason = "the interoperability tests use the rest, and say what is missing"
)]
#[path = "interop/tools.rs"]
mod tools;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use doorward::{Exit, codes};
use doorward_core::Class;
use doorward_policy::read_documents;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn page(name: &str) -> String {
    read(&root().join("docs").join(name))
}

/// Every Markdown file of the book, and those at the root.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    for name in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ] {
        pages.push(root().join(name));
    }
    pages.sort();
    pages
}

/// The text with code blocks and code spans taken out.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            let outside = line.split('`').step_by(2).collect::<Vec<_>>();
            prose.push_str(&outside.join("code"));
            prose.push('\n');
        }
    }
    prose
}

/// The anchors of a page, as mdBook makes them of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let heading = line.trim_start_matches('#');
        if !fenced && heading.len() < line.len() && heading.starts_with(' ') {
            let anchor = heading
                .trim()
                .to_lowercase()
                .chars()
                .filter_map(|c| match c {
                    ' ' => Some('-'),
                    c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                    _ => None,
                })
                .collect();
            anchors.insert(anchor);
        }
    }
    anchors
}

#[test]
fn every_reason_code_has_its_section_with_class_and_meaning() {
    let text = page("reference/codes.md");
    let sections: Vec<_> = text
        .split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').expect("a section has a text"))
        .collect();
    let names: Vec<_> = sections.iter().map(|(name, _)| *name).collect();
    let known: Vec<_> = codes().iter().map(|code| code.as_str()).collect();
    assert_eq!(names, known);
    for (code, (_, section)) in codes().iter().zip(&sections) {
        let first = format!("\n*{}*: {}\n", code.class(), code.description());
        assert!(section.starts_with(&first), "{code}: expected {first}");
        assert!(
            section.contains("\nLook at"),
            "{code}: says what to look at"
        );
        assert!(anchors(&text).contains(code.anchor().split_once('#').unwrap().1));
    }
}

#[test]
fn the_page_about_adding_a_scheme_shows_code_that_is_compiled() {
    let plain = |text: &str| -> String {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let example = plain(&read(
        &root().join("crates/doorward/examples/add_scheme.rs"),
    ));
    let page = page("embed/adding-a-scheme.md");
    let blocks: Vec<&str> = page
        .split("```rust\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 6, "{}", blocks.len());
    for block in blocks {
        assert!(
            example.contains(&plain(block)),
            "not in the example:\n{block}"
        );
    }
}

#[test]
fn every_exit_code_is_in_the_table() {
    let text = page("reference/exit-codes.md");
    let exits = [
        Exit::Allowed,
        Exit::Internal,
        Exit::Usage,
        Exit::Untrusted,
        Exit::NoPolicy,
        Exit::Inconclusive,
        Exit::Invalid,
        Exit::Nothing,
    ];
    for (number, exit) in exits.into_iter().enumerate() {
        assert_eq!(usize::from(exit.code()), number);
        assert!(text.contains(&format!("\n| {number} | ")), "{number}");
    }
}

#[cfg(feature = "kubernetes")]
#[test]
fn every_code_of_a_checkup_is_in_its_guide_as_the_source_has_it() {
    use doorward_kube::checkup::CheckupCode;
    let text = page("guides/doctor.md");
    let table = text.split_once("## What is found").unwrap().1;
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let expected: Vec<String> = CheckupCode::ALL
        .iter()
        .map(|code| {
            let (severity, description) = (code.severity(), code.description());
            format!("| `{code}` | {severity} | {description} |")
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn the_threat_model_names_every_code_that_stops_somebody() {
    let text = page("concepts/threat-model.md");
    for code in codes() {
        if matches!(code.class(), Class::Integrity | Class::Untrusted) {
            assert!(text.contains(&format!("`{code}`")), "{code}");
        }
    }
}

/// The names of all tests of the workspace: functions behind an attribute that makes one of them.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![root().join("crates"), root().join("bins")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let mut is_test = false;
                for line in read(&path).lines().map(str::trim_start) {
                    is_test |= ["#[test]", "#[tokio::test"]
                        .iter()
                        .any(|attribute| line.starts_with(attribute));
                    let line = line.strip_prefix("async ").unwrap_or(line);
                    if let Some((name, _)) =
                        line.strip_prefix("fn ").and_then(|f| f.split_once('('))
                        && std::mem::take(&mut is_test)
                    {
                        names.insert(name.to_owned());
                    }
                }
            }
        }
    }
    names
}

#[test]
fn every_test_that_a_page_names_exists() {
    let tests = tests();
    let mut wrong = String::new();
    for name in [
        "concepts/threat-model.md",
        "concepts/fail-closed.md",
        "status/published-attacks.md",
        "why.md",
    ] {
        let text = page(name);
        let lines: Vec<_> = text.lines().collect();
        let mut tables = 0;
        for rows in lines.split(|line| !line.starts_with('|')) {
            let [head, _, rows @ ..] = rows else {
                continue;
            };
            tables += 1;
            assert!(head.ends_with("| held by |"), "{name}: {head}");
            for row in rows {
                let held_by = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
                let named: Vec<_> = held_by.split('`').skip(1).step_by(2).collect();
                if named.is_empty() {
                    let _ = writeln!(wrong, "{name}: no test holds {row}");
                }
                for test in named.into_iter().filter(|test| !tests.contains(*test)) {
                    let _ = writeln!(wrong, "{name}: no test is called {test}");
                }
            }
        }
        assert!(tables > 0, "{name}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_summary_lists_every_page_and_no_other() {
    let docs = root().join("docs");
    let listed: BTreeSet<PathBuf> = links(&page("SUMMARY.md")).map(PathBuf::from).collect();
    let present: BTreeSet<PathBuf> = pages()
        .iter()
        .filter_map(|path| path.strip_prefix(&docs).ok().map(Path::to_owned))
        .filter(|path| path != Path::new("SUMMARY.md"))
        .collect();
    assert_eq!(listed, present);
}

/// What stands in the parentheses of links.
fn links(text: &str) -> impl Iterator<Item = String> {
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next().map(str::to_owned))
        .collect::<Vec<_>>()
        .into_iter()
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = String::new();
    for path in pages() {
        let text = read(&path);
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let there =
                target.exists() && (anchor.is_empty() || anchors(&read(&target)).contains(anchor));
            if !there {
                let _ = writeln!(dead, "{}: {link}", path.display());
            }
        }
    }
    assert!(dead.is_empty(), "{dead}");
}

#[test]
fn every_policy_in_the_book_can_be_read() {
    let mut read_any = false;
    for path in pages() {
        let text = read(&path);
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            if block.contains("kind: ImagePolicy") || block.contains("kind: ClusterImagePolicy") {
                let (_, mistakes) = read_documents("book", block.as_bytes());
                assert!(mistakes.is_empty(), "{}: {mistakes:?}", path.display());
                read_any = true;
            }
        }
    }
    assert!(read_any);
}

#[test]
fn the_linter_says_of_the_mistakes_in_the_guide_what_the_guide_says() {
    let text = page("guides/first-policy.md");
    let block = |begin: &str| {
        let (_, rest) = text.split_once(begin).expect("the block is there");
        rest.split("```").next().unwrap().to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    fs::write(
        folder.path().join("policies/releases.yaml"),
        block("```yaml,mistakes\n"),
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_doorward"))
        .args(["policy", "lint", "-f", "policies/releases.yaml"])
        .env_clear()
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        block("```text,output\n")
    );
    assert_eq!(output.status.code(), Some(6));
}
