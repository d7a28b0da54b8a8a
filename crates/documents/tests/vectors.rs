//! Documents as the tools of the field write them, and all that is read of each.
//!
//! `vectors/<case>/document.json` is written by hand after the tool's output; `read.txt` is what the reader makes of
//! it. `DOORWARD_BLESS=1` writes `read.txt` again, to be looked at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test reads its cases from files and stops at what it cannot read"
)]

use std::fmt::Write as _;
use std::path::Path;

use doorward_documents::{Document, PackageUrl};

#[test]
fn documents_of_the_tools_in_use_are_read_in_full() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut names: Vec<_> = std::fs::read_dir(&cases)
        .unwrap()
        .map(|case| case.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() > 10, "cases are missing");
    for case in names {
        let document = std::fs::read(case.join("document.json")).unwrap();
        let read = Document::read(&document, None)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        let text = described(&read);
        let expected = case.join("read.txt");
        if std::env::var_os("DOORWARD_BLESS").is_some() {
            std::fs::write(&expected, &text).unwrap();
        }
        assert_eq!(
            text,
            std::fs::read_to_string(expected).unwrap(),
            "{}",
            case.display()
        );
    }
}

fn list<'a>(purls: impl IntoIterator<Item = &'a PackageUrl>) -> String {
    purls
        .into_iter()
        .map(PackageUrl::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

fn described(document: &Document) -> String {
    let mut text = format!("{} {}\n", document.format(), document.version());
    for package in document
        .inventory()
        .into_iter()
        .flat_map(|inventory| inventory.packages())
    {
        let group = package
            .group()
            .map(|group| format!("{group} / "))
            .unwrap_or_default();
        writeln!(text, "package {group}{}", package.name()).unwrap();
        writeln!(text, "  version {:?}", package.version()).unwrap();
        writeln!(text, "  purls   {}", list(package.purls())).unwrap();
        for license in package.licenses() {
            writeln!(text, "  license {license}").unwrap();
        }
    }
    if let Some(scan) = document.scan() {
        let made = scan.made().map(|time| time.to_string());
        writeln!(text, "scan by {:?} at {made:?}", scan.scanner()).unwrap();
        for finding in scan.findings() {
            writeln!(text, "finding {} {}", finding.id(), finding.severity()).unwrap();
            writeln!(
                text,
                "  aliases {:?} mentions {:?}",
                finding.aliases().collect::<Vec<_>>(),
                finding.mentions().collect::<Vec<_>>()
            )
            .unwrap();
            writeln!(
                text,
                "  package {:?} {:?} {}",
                finding.package(),
                finding.version(),
                list(finding.purls())
            )
            .unwrap();
            writeln!(text, "  fix     {:?}", finding.fix()).unwrap();
        }
    }
    if let Some(vex) = document.vex() {
        writeln!(text, "vex by {:?} at {}", vex.author(), vex.timestamp()).unwrap();
        for statement in vex.statements() {
            let (status, time) = (statement.status(), statement.timestamp());
            writeln!(
                text,
                "statement {:?} {status} at {time}",
                statement.vulnerability()
            )
            .unwrap();
            writeln!(text, "  because {:?}", statement.justification()).unwrap();
            for product in statement.products() {
                let digests: Vec<_> = product
                    .digests()
                    .iter()
                    .map(|digest| digest.as_str()[..15].to_owned())
                    .collect();
                writeln!(
                    text,
                    "  product {digests:?} parts {:?}",
                    product.parts().map(list)
                )
                .unwrap();
            }
        }
    }
    text
}
