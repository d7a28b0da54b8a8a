//! What Portieris does with trust servers and with the vulnerability advisor, through the engine and the registry client, and where we do otherwise.
//!
//! `contract` cases must come out as stated, `defect` cases as their `safe` answer says. The cases name servers by
//! `https://n.example`; here they run in this process, and what they were asked is compared with the calls of the case
//! by its meaning, because the requests differ by design:
//!
//! * There is no probe. The answer to the first file says whether a token is needed, and for which scope.
//! * Where a token is needed, it is asked for anonymously before an account is shown, as for images.
//! * One call `tuf` of a case is one update of its library. Here it is the requests for the single files.
//!
//! So what must agree is: whether anybody is asked, about which collection, which accounts are shown to the token
//! service in which order, and that none is shown where no token is asked for.
//!
//! Runs the cases beside this file, or `$DOORWARD_CASES/portieris` (a relative path counts from the workspace root).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test reads its cases from files, says how they went and stops at what it cannot read"
)]

use std::path::Path;

use serde_yaml::Value;

#[path = "portieris/advisor.rs"]
mod advisor;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "advisor/site.rs"]
mod advisor_site;
#[path = "portieris/flow.rs"]
mod flow;
#[path = "portieris/isolation.rs"]
mod isolation;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "support/namespace.rs"]
mod namespace;
#[path = "portieris/site.rs"]
mod site;
#[path = "support/taped.rs"]
mod taped;
#[path = "portieris/upstream.rs"]
mod upstream;

/// What is wrong, if anything: expected, got and the code.
type Judged = Result<(), String>;

#[tokio::test]
async fn portieris() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = match std::env::var_os("DOORWARD_CASES") {
        Some(cases) => package.join("../..").join(cases).join("portieris"),
        None => package.join("tests/portieris"),
    };
    let (mut passed, mut failed) = (0, 0);
    let mut count = |case: &Value, judged: Judged| match judged {
        Ok(()) => passed += 1,
        Err(why) => {
            failed += 1;
            println!("FAIL {}: {why}", text(case, "id"));
        }
    };
    let path = folder.join("trust.yaml");
    match std::fs::read_to_string(&path) {
        Err(_) => println!("skipped {}: no such file", path.display()),
        Ok(cases) => {
            let document: Value = serde_yaml::from_str(&cases).expect("case files are YAML");
            for case in list(&document, "flow_cases") {
                count(case, flow::judge(case).await);
            }
            for case in list(&document, "cache_isolation_cases") {
                count(case, isolation::judge(case).await);
            }
            for case in list(&document, "upstream_cases") {
                count(case, upstream::judge(case).await);
            }
        }
    }
    let path = folder.join("vulnerability.yaml");
    match std::fs::read_to_string(&path) {
        Err(_) => println!("skipped {}: no such file", path.display()),
        Ok(cases) => {
            let document: Value = serde_yaml::from_str(&cases).expect("case files are YAML");
            for case in list(&document, "cases") {
                count(case, advisor::judge(case).await);
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    assert_eq!(failed, 0, "cases failed, see above");
    assert_ne!(passed, 0, "no case ran");
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_sequence)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    list(value, name).iter().filter_map(Value::as_str).collect()
}
