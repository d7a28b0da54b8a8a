//! Conformance: what Portieris decides about simple signing, through whole sessions.
//!
//! A case of class `contract` or `hazard` must end as stated, one of class `defect` as its `safe` remark says.
//! Portieris tells refusals by policy from refusals by error; both are refusals, and only what is refused before
//! anything is fetched is distinguished here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files, says how they went and stops at what it cannot read"
)]

use std::path::Path;
use std::sync::Arc;

use doorward_core::{Code, Reference, Rejection};
use doorward_simple_signing::{Keyring, Requirement, SignedIdentity};
use serde_json::Value;

use portieris::World;
use support::{Got, Question, Tally, cases, run};

#[path = "conformance/portieris.rs"]
mod portieris;
mod support;

/// Cases of class `defect` and the verdict that their `safe` remark asks for, where that is not the same verdict as
/// Portieris'. The rest, and unknown ones, are judged by [`by_words`].
const SAFE: [(&str, &str); 6] = [
    ("skip the unreadable one", "accept"),
    ("read every armoured block", "accept"),
    ("support Ed25519", "accept"),
    ("skip the unsupported key", "accept"),
    ("offer as alias", "accept"),
    ("verify by digest", "accept"),
];

/// Fixtures that Portieris accepts and this crate refuses on purpose, whatever the class of the case, and why.
const DIFFERENCES: [(&str, &str); 2] = [
    ("kdsa", "DSA keys are not on the list of algorithms"),
    ("s011", "SHA-1 does not protect a claim"),
];

#[test]
fn portieris() {
    let root = cases("portieris", "portieris");
    let mut tally = Tally::default();
    let (Some(document), Some(fixtures)) = (
        load(&root.join("simple-signing.yaml"), &tally),
        load(&root.join("simple-fixtures.json"), &tally),
    ) else {
        return tally.finish();
    };
    for case in document["observed_cases"].as_array().into_iter().flatten() {
        observed(case, &fixtures, &mut tally);
    }
    for case in document["upstream_cases"].as_array().into_iter().flatten() {
        upstream(case, &fixtures, &mut tally);
    }
    tally.finish();
}

fn load(path: &Path, tally: &Tally) -> Option<Value> {
    match std::fs::read_to_string(path) {
        // JSON is YAML.
        Ok(text) => Some(serde_yaml::from_str(&text).expect("the case file is YAML")),
        Err(error) => {
            tally.skip(&path.display().to_string(), &error.to_string());
            None
        }
    }
}

fn observed(case: &Value, fixtures: &Value, tally: &mut Tally) {
    let id = case["id"].as_str().expect("an id");
    let outcome = case["expect"]["outcome"].as_str().expect("an outcome");
    let expected = match (case["class"].as_str(), case["safe"].as_str()) {
        // Seen as an image by digest, no tag that was signed is exactly its name.
        (Some("defect"), Some("verify by digest")) if names_exactly(case) => "reject",
        (Some("defect"), Some(safe)) => by_words(safe, outcome),
        _ => verdict(outcome),
    };
    let difference = (expected == "accept").then(|| difference(case)).flatten();
    if let Some(why) = difference {
        println!("differs {id}: {why}");
    }
    let expected = difference.map_or(expected, |_| "reject");
    tally.record(id, expected, &judge(case, fixtures));
}

/// Why a case is refused on purpose, by the fixtures it uses.
fn difference(case: &Value) -> Option<&'static str> {
    let requirements = case["requirements"].as_array().into_iter().flatten();
    let stored = case["signatures"].as_array().into_iter().flatten();
    let used: Vec<_> = requirements
        .filter_map(|r| r["keySecret"].as_str())
        .chain(stored.filter_map(|s| s["blob"].as_str()))
        .collect();
    DIFFERENCES
        .iter()
        .find(|(fixture, _)| used.contains(fixture))
        .map(|(_, why)| *why)
}

fn names_exactly(case: &Value) -> bool {
    let mut requirements = case["requirements"].as_array().into_iter().flatten();
    requirements.any(|r| r["signedIdentity"]["type"] == "matchExact")
}

fn verdict(outcome: &str) -> &'static str {
    if outcome == "allow" {
        "accept"
    } else {
        "reject"
    }
}

/// The verdict that a remark on a defect asks for.
fn by_words(safe: &str, outcome: &str) -> &'static str {
    if let Some((_, verdict)) = SAFE.iter().find(|(start, _)| safe.starts_with(start)) {
        return verdict;
    }
    let first = safe.split([' ', ',', ';']).next().unwrap_or_default();
    match first {
        "deny" | "refuse" | "reject" => "reject",
        "accept" | "allow" | "support" | "read" | "skip" => "accept",
        // The verdict is right, only its wording is not.
        _ => verdict(outcome),
    }
}

fn judge(case: &Value, fixtures: &Value) -> Got {
    let world = World::new(case, fixtures);
    let requirements = match requirements(&case["requirements"], fixtures) {
        Ok(requirements) => requirements,
        Err(error) => return Got::Reject(Code::POLICY_INVALID, error),
    };
    let store = match world.store() {
        Ok(store) => store,
        Err(error) => return Got::Reject(Code::POLICY_INVALID, error),
    };
    let image = case["image"].as_str().expect("an image");
    let reference: Reference = match image.parse() {
        Ok(reference) => reference,
        Err(error) => return Got::Reject(Code::REFERENCE_INVALID, error.to_string()),
    };
    let reference = reference.or_latest();
    let digest = match world.resolve(&reference) {
        Ok(digest) => digest,
        Err(failure) => return Rejection::from_fetch(&failure.0, &failure.1).into(),
    };
    let got = run(
        Question {
            image: image.to_owned(),
            digest: digest.clone(),
            located: None,
            requirements,
            store,
            // After every fixture was made, and after the one that expires has.
            now: "2026-11-21T12:00:00Z".parse().expect("a time"),
            // A store of Portieris' policies is read as its own remark on that asks.
            skip_unreadable: true,
        },
        &support::World {
            extension: &|| world.extension(&reference),
            lookaside: &|url, access| world.lookaside(url, access),
        },
    );
    if let (Got::Accept, Some(expected)) = (&got, case["expect"]["digest"].as_str()) {
        assert_eq!(
            Some(digest.as_str()),
            world.manifest(expected),
            "the digest that is pinned"
        );
    }
    got
}

/// The requirements of an `ImagePolicy`, each `keySecret` being a key of the fixtures.
fn requirements(list: &Value, fixtures: &Value) -> Result<Vec<Requirement>, String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|item| requirement(item, fixtures))
        .collect()
}

fn requirement(item: &Value, fixtures: &Value) -> Result<Requirement, String> {
    match item["type"].as_str() {
        Some("insecureAcceptAnything") => Ok(Requirement::InsecureAcceptAnything),
        Some("reject") => Ok(Requirement::Reject),
        Some("signedBy") => {
            let secret = item["keySecret"]
                .as_str()
                .filter(|s| !s.is_empty())
                .ok_or("no keySecret")?;
            let key = fixtures["keys"][secret].as_str().ok_or("no such secret")?;
            Ok(Requirement::SignedBy {
                keyring: Arc::new(keyring(key)?),
                identity: identity(&item["signedIdentity"])?,
            })
        }
        other => Err(format!("the requirement type {other:?} is unknown")),
    }
}

/// The content of a secret. Portieris' secrets hold text; binary ones are in the fixtures as base64.
fn keyring(key: &str) -> Result<Keyring, String> {
    use base64::Engine;
    let binary = base64::engine::general_purpose::STANDARD.decode(key);
    let bytes = binary.unwrap_or_else(|_| key.as_bytes().to_vec());
    Keyring::parse([bytes.as_slice()]).map_err(|error| error.to_string())
}

fn identity(rule: &Value) -> Result<SignedIdentity, String> {
    let text = |name: &str| rule[name].as_str().unwrap_or_default();
    match rule["type"].as_str().unwrap_or_default() {
        "" | "matchRepoDigestOrExact" => Ok(SignedIdentity::MatchRepoDigestOrExact),
        "matchExact" => Ok(SignedIdentity::MatchExact),
        "matchRepository" => Ok(SignedIdentity::MatchRepository),
        "matchExactReference" => {
            SignedIdentity::exact_reference(text("dockerReference")).map_err(|e| e.to_string())
        }
        "matchExactRepository" => {
            SignedIdentity::exact_repository(text("dockerRepository")).map_err(|e| e.to_string())
        }
        "remapIdentity" => {
            SignedIdentity::remap(text("prefix"), text("signedPrefix")).map_err(|e| e.to_string())
        }
        other => Err(format!("the identity type {other:?} is unknown")),
    }
}

/// Cases of Portieris' own unit tests: small inputs in words.
fn upstream(case: &Value, fixtures: &Value, tally: &mut Tally) {
    let id = case["id"].as_str().expect("an id");
    let Some(words) = case["expect"].as_str() else {
        return tally.skip(id, "not an expectation in words");
    };
    let refusals = ["error", "refuse", "reject", "den", "invalid"];
    let expected = if refusals.iter().any(|word| words.starts_with(word)) {
        "reject"
    } else {
        "accept"
    };
    match small(
        &case["given"],
        case["file"].as_str().unwrap_or_default(),
        fixtures,
    ) {
        Some(Ok(())) => tally.record(id, expected, &Got::Accept),
        Some(Err(error)) => tally.record(id, expected, &Got::Reject(Code::POLICY_INVALID, error)),
        None => tally.skip(id, "not about signatures"),
    }
}

fn small(given: &Value, file: &str, fixtures: &Value) -> Option<Result<(), String>> {
    let good = fixtures["keys"]["k1"].as_str().expect("a key");
    let name = file.rsplit('/').next().unwrap_or_default();
    match (name, given) {
        ("policy_test.go", given) if given.get("signedIdentity").is_some() => {
            Some(identity(&given["signedIdentity"]).map(|_| ()))
        }
        ("policy_test.go", given) if given.get("type").is_some() => {
            Some(match given["key"].as_str() {
                Some(key) => keyring(key).map(|_| ()),
                None => requirement(given, fixtures).map(|_| ()),
            })
        }
        ("gpgArmour_test.go", Value::String(text)) => {
            let text = if text == "PGP PUBLIC KEY BLOCK" {
                good
            } else {
                text
            };
            Some(keyring(text).map(|_| ()))
        }
        ("sigStoreConfig_test.go", Value::String(text)) => {
            let address = text.split(" + ").next().unwrap_or_default();
            Some(portieris::store(address, None).map(|_| ()))
        }
        ("imagePolicy_test.go", Value::String(image)) => {
            // Those that need a registry to answer are about registries.
            let parsed = image.parse::<Reference>();
            parsed.err().map(|error| Err(error.to_string()))
        }
        _ => None,
    }
}
