//! What Portieris answers to admission reviews, asked of the whole webhook: its router, engine and verifiers, before a
//! registry and a trust server that have what a case says was found.
//!
//! The cases are those of `crates/kube/tests/portieris`, where stand-ins answer for verifiers. `contract` cases must come out
//! as stated and `defect` cases as the table here says. A case that differs is listed with its reason; one that comes out as
//! stated after all fails, and so does one that nobody knows what to do with.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

#[path = "portieris/objects.rs"]
mod objects;
#[path = "portieris/reviews.rs"]
mod reviews;
mod support;
#[path = "portieris/words.rs"]
mod words;
#[path = "portieris/world.rs"]
mod world;

use std::path::Path;

use serde_json::Value;

/// The cases of a file.
fn document(file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/kube/tests/portieris");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn word<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_default()
}

fn id(case: &Value) -> &str {
    case["id"].as_str().expect("every case has an id")
}
