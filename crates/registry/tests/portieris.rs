//! Portieris's handling of pull secrets and challenges as data: `contract` cases as they stand, `defect` cases as their
//! `safe` says.
//!
//! Runs the copies in `tests/portieris`, or `$DOORWARD_CASES/portieris` (a relative path counts from the workspace
//! root). Prints one line per failure and `N passed, N failed` at the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doorward_core::Repository;
use doorward_registry::{
    Credential, Keychain, KeychainChain, parse_challenges, pull_secret, secret_item, store_secret,
};
use serde_yaml::Value;

/// Cases decided differently, each with its reason. One that passes after all is a failure.
const DECIDED_DIFFERENTLY: &[(&str, &str)] = &[];

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn check(&mut self, id: &str, outcome: Result<(), String>) {
        let reason = DECIDED_DIFFERENTLY
            .iter()
            .find(|(listed, _)| *listed == id)
            .map(|(_, reason)| *reason);
        let failure = match (outcome, reason) {
            (Ok(()), None) | (Err(_), Some(_)) => None,
            (Err(text), None) => Some(text),
            (Ok(()), Some(reason)) => Some(format!(
                "passes, but is listed as decided differently: {reason}"
            )),
        };
        match failure {
            None => self.passed += 1,
            Some(text) => {
                self.failed += 1;
                println!("{id}: {text}");
            }
        }
    }
}

fn folder() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => manifest.join("../..").join(root).join("portieris"),
        None => manifest.join("tests/portieris"),
    }
}

/// The cases of a file, or nothing with a line if it is not there.
fn read(name: &str) -> Option<Value> {
    let path = folder().join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    Some(serde_yaml::from_str(&text).expect("the cases are YAML"))
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

fn expect(expected: &str, got: &str) -> Result<(), String> {
    if expected == got {
        Ok(())
    } else {
        Err(format!("expected {expected}, got {got}"))
    }
}

/// The data of a Secret, decoded.
fn data(value: Option<&Value>) -> BTreeMap<String, Vec<u8>> {
    value
        .and_then(Value::as_mapping)
        .into_iter()
        .flatten()
        .map(|(name, item)| {
            (
                name.as_str().expect("a name").to_owned(),
                item.as_str().unwrap_or_default().as_bytes().to_vec(),
            )
        })
        .collect()
}

fn user(credential: &Credential) -> String {
    match credential {
        Credential::Basic(basic) => basic.username().to_owned(),
        other => format!("{other:?}"),
    }
}

/// One secret, looked up for one registry: the first user name and password.
fn secret_case(case: &Value) -> Result<(), String> {
    let (secret, lookup) = (&case["secret"], &case["lookup"]);
    let same = |name| text(secret, name) == text(lookup, name);
    let found = if same("name") && same("namespace") {
        // Any repository will do: the keys of these cases have no path.
        format!("{}/any/thing", text(lookup, "registry"))
            .parse::<Repository>()
            .map_err(|error| error.to_string())
            .and_then(|repository| {
                let keychain =
                    pull_secret(&data(secret.get("data"))).map_err(|error| error.to_string())?;
                let all = keychain.credentials(&repository);
                match all.first() {
                    Some(Credential::Basic(basic)) => {
                        Ok(format!("{} {}", basic.username(), basic.expose_password()))
                    }
                    other => Err(format!("{other:?}")),
                }
            })
    } else {
        Err("not found".to_owned())
    };
    let wanted = &case["expect"];
    match found {
        Err(_) => expect(
            "true",
            if wanted["error"].as_bool() == Some(true) {
                "true"
            } else {
                "an error"
            },
        ),
        Ok(got) => expect(
            &format!("{} {}", text(wanted, "username"), text(wanted, "password")),
            &got,
        ),
    }
}

/// A key secret or a store secret: what its items hold.
fn other_secret_case(case: &Value) -> Result<(), String> {
    let wants_error = case["expect"].as_str() == Some("error");
    let Some(_) = case["data"].as_mapping() else {
        // No secret, no data: there is nothing of ours to call.
        return expect("true", &wants_error.to_string());
    };
    let items = data(case.get("data"));
    let got = if text(case, "name").starts_with("store") {
        store_secret(&items)
            .map(|basic| {
                (
                    basic.username().to_owned(),
                    basic.expose_password().to_owned(),
                )
            })
            .map_err(|error| error.to_string())
    } else {
        secret_item(&items, "key")
            .map(|key| (String::from_utf8_lossy(key).into_owned(), String::new()))
            .map_err(|error| error.to_string())
    };
    match (got, &case["expect"]) {
        (Err(_), _) if wants_error => Ok(()),
        (Ok((key, _)), Value::String(wanted)) if !wants_error => expect(wanted, &key),
        (Ok((username, password)), wanted) if !wants_error => expect(
            &format!("{} {}", text(wanted, "username"), text(wanted, "password")),
            &format!("{username} {password}"),
        ),
        (got, wanted) => Err(format!("expected {wanted:?}, got {got:?}")),
    }
}

/// The names of the secrets that count for an object: its own, or, for a template without any, those of its service
/// account.
fn secret_names(case: &Value) -> Vec<&str> {
    let own = list(case, "image_pull_secrets");
    let chosen = if own.is_empty() && text(case, "kind") != "Pod" {
        let account = case["service_account"].as_str().unwrap_or("default");
        list(&case["service_accounts"], account)
    } else {
        own
    };
    chosen.iter().filter_map(Value::as_str).collect()
}

/// All credentials that an object offers for its image, in order.
fn lookup_case(case: &Value) -> Result<(), String> {
    let image: doorward_core::Reference = text(case, "image")
        .parse()
        .map_err(|error| format!("the image is not a reference: {error}"))?;
    let links: Vec<_> = secret_names(case)
        .iter()
        .filter_map(|name| {
            let secret = case["secrets"].get(format!("ns1/{name}"))?;
            // One that cannot be used is passed over.
            pull_secret(&data(Some(secret))).ok()
        })
        .map(|config| std::sync::Arc::new(config) as std::sync::Arc<dyn Keychain>)
        .collect();
    let all = KeychainChain::new(links).credentials(image.repository());
    let got: Vec<_> = all.iter().map(user).collect();
    let observed: Vec<_> = list(case, "expect_users_in_order")
        .iter()
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect();
    if text(case, "class") != "defect" {
        return expect(&format!("{observed:?}"), &format!("{got:?}"));
    }
    let safe = text(case, "safe");
    if safe.starts_with("should be found") {
        // Every secret that the object names has its entry for this image.
        let wanted: Vec<_> = secret_names(case)
            .iter()
            .flat_map(|name| users_in(&case["secrets"][format!("ns1/{name}")]))
            .collect();
        return expect(&format!("{wanted:?}"), &format!("{got:?}"));
    }
    if safe.contains("should not serve") {
        return expect("[]", &format!("{got:?}"));
    }
    if safe.contains("use the token, or skip") {
        let empty = all.iter().any(|credential| match credential {
            Credential::Basic(basic) => basic.username().is_empty(),
            _ => false,
        });
        return expect("false", &empty.to_string());
    }
    Err(format!("no rule for the safe answer {safe:?}"))
}

/// The user names written in a secret.
fn users_in(secret: &Value) -> Vec<String> {
    data(Some(secret))
        .values()
        .filter_map(|json| serde_yaml::from_slice::<Value>(json).ok())
        .flat_map(|value| {
            value
                .get("auths")
                .unwrap_or(&value)
                .as_mapping()
                .into_iter()
                .flatten()
                .map(|(_, entry)| text(entry, "username").to_owned())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn challenge_case(case: &Value) -> Result<(), String> {
    let headers = list(case, "headers")
        .iter()
        .map(|header| header.as_str().expect("a header"));
    let wanted = match &case["expect"] {
        Value::String(error) => error.clone(),
        _ => format!(
            "{:?}",
            list(case, "expect")
                .iter()
                .map(|challenge| {
                    let parameters: BTreeMap<_, _> = challenge["params"]
                        .as_mapping()
                        .into_iter()
                        .flatten()
                        .map(|(name, value)| (name.as_str().unwrap(), value.as_str().unwrap()))
                        .collect();
                    (text(challenge, "scheme"), parameters)
                })
                .collect::<Vec<_>>()
        ),
    };
    let parsed = parse_challenges(headers);
    let got = match &parsed {
        Err(_) => "error".to_owned(),
        Ok(challenges) => format!(
            "{:?}",
            challenges
                .iter()
                .map(|challenge| (
                    challenge.scheme(),
                    challenge.parameters().collect::<BTreeMap<_, _>>()
                ))
                .collect::<Vec<_>>()
        ),
    };
    expect(&wanted, &got)
}

#[test]
fn portieris() {
    let mut tally = Tally::default();
    if let Some(file) = read("credentials.yaml") {
        for (name, run) in [
            ("secret_parse_cases", secret_case as fn(&Value) -> _),
            ("other_secret_cases", other_secret_case),
            ("lookup_cases", lookup_case),
        ] {
            for case in list(&file, name) {
                tally.check(text(case, "id"), run(case));
            }
        }
        println!("skipped: service_account_cases are about objects, not about registries");
        println!(
            "skipped: flow_facts are prose; the tests of the client and of the engine show them"
        );
    }
    if let Some(file) = read("auth-challenge.yaml") {
        for case in list(&file, "cases") {
            tally.check(text(case, "id"), challenge_case(case));
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    assert!(tally.failed == 0 && tally.passed > 0, "see the lines above");
}
