//! How Portieris reads image names, and where we read otherwise.
//!
//! `contract` cases must be read as stated, `defect` cases as their `safe` answer says. What the cases say about
//! vulnerability services and default trust servers is no concern of references. The cases are those beside this
//! file; with `DOORWARD_CASES=ROOT` (from the workspace root) those of `ROOT/portieris`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::path::Path;
use std::process::ExitCode;

use doorward_core::{Digest, Reference};
use serde_json::Value;

/// Why a case of class `contract` is decided differently. One that comes out as stated after all is an error too.
fn difference(case: &Value) -> Option<&'static str> {
    let digest = case["digest_text"].as_str().unwrap_or_default();
    let is_digest = format!("sha256:{digest}").parse::<Digest>().is_ok();
    (!digest.is_empty() && !is_digest).then_some(
        "what follows @sha256: is not a digest, so the reference is refused instead of cut short",
    )
}

fn main() -> ExitCode {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = match std::env::var_os("DOORWARD_CASES") {
        Some(cases) => package.join("../..").join(cases).join("portieris"),
        None => package.join("tests/portieris"),
    };
    let path = folder.join("image-reference.yaml");
    let (mut passed, mut failed) = (0, 0);
    match std::fs::read_to_string(&path) {
        Err(_) => println!("skipped {}: no such file", path.display()),
        Ok(text) => {
            let document: Value = serde_yaml::from_str(&text).expect("case files are YAML");
            for case in document["cases"].as_array().into_iter().flatten() {
                let difference = difference(case).filter(|_| case["class"] != "defect");
                let line = match (judge(case), difference) {
                    (Ok(()), None) | (Err(_), Some(_)) => None,
                    (Err((expected, got)), None) => Some(format!(
                        "expected {expected}, got {got} (code {})",
                        code(case)
                    )),
                    (Ok(()), Some(reason)) => Some(format!(
                        "expected a difference ({reason}), got none (code {})",
                        code(case)
                    )),
                };
                match line {
                    None => passed += 1,
                    Some(line) => {
                        failed += 1;
                        println!("FAIL {}: {line}", case["id"]);
                    }
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn input(case: &Value) -> &str {
    case["input"].as_str().expect("every case has an input")
}

fn code(case: &Value) -> String {
    match input(case).parse::<Reference>() {
        Ok(_) => "-".to_owned(),
        Err(error) => format!("reference-invalid: {error}"),
    }
}

type Judged = Result<(), (String, String)>;

fn same(expected: impl Into<String>, got: impl Into<String>) -> Judged {
    let (expected, got) = (expected.into(), got.into());
    if expected == got {
        Ok(())
    } else {
        Err((expected, got))
    }
}

fn judge(case: &Value) -> Judged {
    let parsed = input(case).parse::<Reference>();
    if case["class"] == "defect" {
        return judge_defect(case, parsed.ok());
    }
    match (case["valid"].as_bool(), parsed) {
        (Some(true), Ok(reference)) => judge_parts(case, &reference),
        (Some(false), Err(_)) => Ok(()),
        (valid, parsed) => same(format!("valid {valid:?}"), format!("{parsed:?}")),
    }
}

fn judge_defect(case: &Value, parsed: Option<Reference>) -> Judged {
    let safe = case["safe"]
        .as_str()
        .expect("every defect has a safe answer");
    match (safe.split([':', ';', ' ']).next(), parsed) {
        (Some("reject"), parsed) => same(
            "refused",
            parsed.map_or("refused".to_owned(), |r| r.to_string()),
        ),
        // "a digest reference or reject cleanly": not a tag in any case.
        (Some("treat"), parsed) => same(
            "a digest",
            parsed.map_or("a digest".to_owned(), |r| digest_kind(&r)),
        ),
        (Some("keep"), Some(reference)) if safe.contains("digest") => {
            same("a digest", digest_kind(&reference))
        }
        (Some("keep"), Some(reference)) if safe.contains("brackets") => {
            let address = input(case).split_inclusive(']').next().unwrap_or_default();
            same(address, reference.repository().host())?;
            judge_name(case, &reference)
        }
        // Nothing here judges hosts by their endings; that the host is kept whole lets others judge it.
        (Some("suffix"), Some(reference)) => {
            let host = input(case).split('/').next().unwrap_or_default();
            same(host, reference.repository().registry())
        }
        (_, parsed) => same(safe, format!("{parsed:?}")),
    }
}

fn digest_kind(reference: &Reference) -> String {
    reference
        .digest()
        .map_or("no digest", |_| "a digest")
        .to_owned()
}

fn judge_name(case: &Value, reference: &Reference) -> Judged {
    same(
        case["name"].as_str().unwrap_or_default(),
        reference.repository().to_string(),
    )
}

fn judge_parts(case: &Value, reference: &Reference) -> Judged {
    let repository = reference.repository();
    let stated = |field: &str| case[field].as_str().unwrap_or_default().to_owned();
    judge_name(case, reference)?;
    let host = repository
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    same(stated("host"), host)?;
    same(stated("port"), repository.port().unwrap_or_default())?;
    same(
        stated("registry_url"),
        format!("https://{}", repository.registry()),
    )?;
    same(
        stated("digest_text"),
        reference.digest().map_or("", Digest::hex),
    )?;
    // Portieris also speaks of the tag `latest` where only a digest is written.
    let tag = reference.tag().map_or("latest", |tag| tag.as_str());
    same(stated("tag"), tag)
}
