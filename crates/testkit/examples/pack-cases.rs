//! Writes folders of cases as archives, and back. `scripts/pack-vectors` calls it.
//!
//! `cargo run -p doorward-testkit --example pack-cases -- pack FROM TO [FOLDER...]`
//! `cargo run -p doorward-testkit --example pack-cases -- unpack FROM TO`
#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "a program run by hand may stop with a panic"
)]

use std::path::Path;

use doorward_testkit::Cases;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", from, to, ref folders @ ..] => pack(Path::new(from), Path::new(to), folders),
        ["unpack", from, to] => Cases::open(from)
            .unpack(Path::new(to))
            .expect("the files can be written"),
        _ => panic!("usage: pack-cases pack FROM TO [FOLDER...] | unpack FROM TO"),
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
