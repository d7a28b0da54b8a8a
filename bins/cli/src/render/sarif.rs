//! SARIF 2.1.0 for code scanning.

use std::collections::BTreeMap;

use doorward::{Decision, Verdict};
use doorward_core::{Code, Rejection};
use serde_json::{Value, json};

use super::address;

/// The schema that the log follows.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log of one run.
pub(crate) fn log(rules: Vec<Value>, results: Vec<Value>) -> Value {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "doorward",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// One result for each image that was not allowed, with the codes as rules.
pub(crate) fn verdicts(verdicts: &[Verdict]) -> Value {
    let refused: Vec<(&Verdict, &Rejection)> = verdicts
        .iter()
        .filter_map(|verdict| Some((verdict, verdict.rejection()?)))
        .collect();
    let codes: BTreeMap<&str, Code> = refused
        .iter()
        .map(|(_, rejection)| (rejection.code().as_str(), rejection.code()))
        .collect();
    let index: Vec<&str> = codes.keys().copied().collect();
    let results = refused
        .iter()
        .map(|(verdict, rejection)| {
            let code = rejection.code().as_str();
            let mut result = json!({
                "ruleId": code,
                "ruleIndex": index.iter().position(|known| *known == code),
                "level": level(verdict.decision()),
                "message": {"text": format!("{}: {}", verdict.image(), verdict.message())},
                "locations": [location(verdict)],
                "partialFingerprints": {"doorward/image/v1": format!("{code}:{}", verdict.image())},
            });
            if let Some(members) = result.as_object_mut()
                && !verdict.exceptions().is_empty()
            {
                let properties = json!({"exceptions": verdict.exceptions()});
                members.insert("properties".to_owned(), properties);
            }
            result
        })
        .collect();
    log(codes.into_values().map(rule).collect(), results)
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": code.description()},
        "helpUri": address(code),
        "properties": {"class": code.class().as_str()},
    })
}

const fn level(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "none",
        Decision::Warn => "warning",
        Decision::Deny => "error",
    }
}

/// The image as an address and by name. `oci://` makes a reference a URI whatever its registry is called.
fn location(verdict: &Verdict) -> Value {
    let name = verdict
        .reference()
        .map_or_else(|| verdict.image().to_owned(), ToString::to_string);
    json!({
        "physicalLocation": {"artifactLocation": {"uri": format!("oci://{}", escape(&name))}},
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "image"}],
    })
}

/// `text` with everything escaped that a path of a URI may not have (RFC 3986, section 3.3).
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/@!$&'()*+,;=[]".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_uri_may_not_have_is_escaped() {
        assert_eq!(escape("a b\u{e9}%"), "a%20b%C3%A9%25");
        assert_eq!(
            escape("127.0.0.1:5000/a@sha256:00"),
            "127.0.0.1:5000/a@sha256:00"
        );
    }

    #[test]
    fn a_log_without_findings_is_still_a_log() {
        let log = verdicts(&[]);
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
