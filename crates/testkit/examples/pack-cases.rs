//! Writes folders of cases as archives, and back. `scripts/pack-vectors` calls it.
//!
//! `cargo run -p doorward-testkit --example pack-cases -- pack FROM TO [FOLDER...]`
//! `cargo run -p doorward-testkit --example pack-cases -- unpack FROM TO`
//! `cargo run -p doorward-testkit --example pack-cases -- list FROM TO MEMBER...`
#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "a program run by hand may stop with a panic"
)]

use std::path::Path;

use doorward_testkit::Cases;
use serde_json::Value;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", from, to, ref folders @ ..] => pack(Path::new(from), Path::new(to), folders),
        ["unpack", from, to] => Cases::open(from)
            .unpack(Path::new(to))
            .expect("the files can be written"),
        ["list", from, to, ref members @ ..] => list(Path::new(from), Path::new(to), members),
        _ => panic!(
            "usage: pack-cases pack FROM TO [FOLDER...] | unpack FROM TO | list FROM TO MEMBER..."
        ),
    }
}

/// Every folder below `from`, or those named, becomes an archive in `to`. A file that lies unpacked in `to` stays so.
fn pack(from: &Path, to: &Path, folders: &[&str]) {
    let cases = Cases::open(from);
    for folder in cases.folders() {
        if !folders.is_empty() && !folders.contains(&folder) {
            continue;
        }
        let unpacked = to.join(folder);
        let mut packed = cases.below(folder);
        if unpacked.is_dir() {
            packed = packed.without(&Cases::open(unpacked));
        }
        let archive = to.join(format!("{folder}.cases"));
        std::fs::write(archive, packed.archived()).expect("the archive can be written");
    }
}

/// Copies a list of cases, or a document with one under `cases`, with those members of each case alone: one case a line.
fn list(from: &Path, to: &Path, members: &[&str]) {
    let text = std::fs::read(from).expect("the list can be read");
    let mut document: Value = serde_json::from_slice(&text).expect("the list is JSON");
    let cases = match document.get_mut("cases") {
        Some(cases) => cases,
        None => &mut document,
    };
    let cases = cases.as_array_mut().expect("a list of cases");
    for case in cases.iter_mut() {
        let case = case.as_object_mut().expect("a case");
        case.retain(|member, _| members.contains(&member.as_str()));
    }
    let lines: Vec<String> = cases.iter().map(ToString::to_string).collect();
    let lines = format!("[\n{}\n]", lines.join(",\n"));
    let written = match document.get_mut("cases") {
        Some(cases) => {
            *cases = Value::Array(Vec::new());
            document
                .to_string()
                .replace("\"cases\":[]", &format!("\"cases\":{lines}"))
        }
        None => lines,
    };
    std::fs::write(to, format!("{written}\n")).expect("the list can be written");
}
