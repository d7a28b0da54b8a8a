//! Answers of a registry that keeps signatures itself.

use doorward_core::{Answer, FetchError};
use doorward_testkit::Cases;
use serde_json::{Value, json};

use crate::support::{Question, Tally, World, bytes, run, status};
use crate::{http, load};

/// Where the recorded verdict is not the one to give: the specification forbids armor and clear-signed text, which the
/// reference accepts here because GnuPG does.
const DIVERGENCES: [(&str, &str); 2] = [("armored", "reject"), ("clearsigned", "reject")];

pub fn cases(root: &Cases, tally: &mut Tally) {
    let Some(document) = load(root, "xrss.json", tally) else {
        return;
    };
    for (name, verdict) in document["verdicts"].as_object().expect("verdicts") {
        let id = format!("xrss/{name}");
        let expected = DIVERGENCES
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, verdict)| *verdict)
            .or_else(|| verdict["judges"]["skopeo_1_22_gpgme"].as_str())
            .expect("a verdict");
        let Some(answer) = answer(name, &document["lists"]) else {
            tally.skip(&id, "no answer of this name is known");
            continue;
        };
        let good = http::good(root);
        let lookaside = |url: &str, _: Option<&doorward_core::Basic>| {
            if name == "lookaside-ignored" && crate::support::index(url) == 1 {
                bytes(good.clone(), url)
            } else {
                Err(FetchError::NotFound)
            }
        };
        let rule =
            json!({"type": "exactReference", "dockerReference": "registry.example.com/ns/app:1.0"});
        let got = run(
            Question {
                store: http::store("http://sigs.example.com"),
                requirements: http::requirements(root, Some(rule)),
                ..http::question(root)
            },
            &World {
                extension: &|| answer.clone(),
                lookaside: &lookaside,
            },
        );
        tally.record(&id, expected, &got);
    }
}

fn answer(name: &str, lists: &Value) -> Option<Answer> {
    let list =
        |signatures: &Value| bytes(json!({ "signatures": signatures }).to_string(), "extension");
    if let Some(signatures) = lists.get(name) {
        return Some(list(signatures));
    }
    if let Some(count) = name
        .strip_prefix("many-")
        .and_then(|n| n.parse::<usize>().ok())
    {
        // Others' signatures first, the good one last.
        let mut entries = vec![lists["bad-then-good"][0].clone(); count - 1];
        entries.push(lists["ok"][0].clone());
        return Some(list(&Value::Array(entries)));
    }
    Some(match name {
        "mode-html" => bytes("<!DOCTYPE html><html></html>", "extension"),
        "mode-empty-object" => bytes("{}", "extension"),
        "mode-null" => list(&Value::Null),
        "mode-big" => bytes(vec![b' '; (4 << 20) + 1], "extension"),
        "lookaside-ignored" => list(&json!([])),
        // Anything but exactly "1" in the header means that there is no extension.
        _ if name.starts_with("header-") => Err(FetchError::NotSupported),
        _ => Err(status(name.strip_prefix("mode-")?.parse().ok()?)),
    })
}
