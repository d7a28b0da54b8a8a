//! Which digest Portieris chooses from what the roles of a collection say about one tag, and what we choose.
//!
//! Each case is built as a collection and judged by a whole session that believes the first root. `contract` and
//! `hazard` cases must come out as stated, `defect` cases as their `safe` answer says. The hazard is a tag that
//! `targets` and `targets/releases` call by different digests; `docs/status/portieris-parity.md` says which one counts.
//!
//! Runs the cases beside this file, or `$DOORWARD_CASES/portieris` (a relative path counts from the workspace root).

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

use std::collections::BTreeMap;
use std::path::Path;

use doorward_core::Digest;
use doorward_notary::Signer;
use doorward_testkit::{Collection, Delegation, KeyKind, NotaryKey, Target};
use serde_json::Value;

use support::client::{GUN, answer, now};
use support::{Outcome, Question, Tally, run};

mod support;

/// The ID that stands for the key of every signer.
const SIGNER_KEY: &str = "261144b64ca3413e7fb3fd509099f1b92df19d4e4158e709fbaa2f8fc22f7191";
const TAG: &str = "1";
const RELEASES: &str = "targets/releases";

/// What refusals of Portieris are called here. Any code will do for one that is not listed.
const CODES: &[(&str, &[&str])] = &[
    (
        "Incompatible digest",
        &["notary-not-released", "notary-signer-mismatch"],
    ),
    ("deny: no sha256 hash", &["notary-target-invalid"]),
    ("deny: nothing released", &["notary-not-released"]),
    ("no signature found", &["notary-signer-missing"]),
];

#[test]
fn portieris() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = match std::env::var_os("DOORWARD_CASES") {
        Some(cases) => package.join("../..").join(cases).join("portieris"),
        None => package.join("tests/portieris"),
    };
    let mut tally = Tally::default();
    let path = folder.join("trust.yaml");
    match std::fs::read_to_string(&path) {
        Err(_) => println!("skipped {}: no such file", path.display()),
        Ok(text) => {
            let document: Value = serde_yaml::from_str(&text).expect("case files are YAML");
            for case in document["digest_cases"].as_array().into_iter().flatten() {
                let id = case["id"].as_str().expect("every case has an id");
                tally.record(id, failure(case));
            }
        }
    }
    tally.finish();
}

/// What is wrong, if anything. A case that is decided differently must not come out as stated after all.
fn failure(case: &Value) -> Option<String> {
    let wrong = judge(case);
    match (difference(case), wrong) {
        (None, wrong) => wrong,
        (Some(_), Some(_)) => None,
        (Some(reason), None) => Some(format!("expected a difference ({reason}), got none")),
    }
}

/// Why a case is decided differently than stated.
fn difference(case: &Value) -> Option<&'static str> {
    let entries = entries(case);
    let place = |role| entries.iter().position(|entry| text(entry, "role") == role);
    let releases = place(RELEASES)?;
    (place("targets")? > releases).then_some(
        "a walk begins with targets, so that the releases are what comes last; they win in any order",
    )
}

fn judge(case: &Value) -> Option<String> {
    let outcome = decide(case);
    let got = match (&outcome.result, outcome.code()) {
        (Ok(proof), _) => format!("{} (code -)", proof.digest()),
        (Err(rejection), code) => format!(
            "a refusal: {rejection} (code {})",
            code.map_or("-", |code| code.as_str())
        ),
    };
    let defect = case["class"] == "defect";
    let (expected, refusal) = match (defect, case["expect"]["digest"].as_str()) {
        (false, Some(hash)) => (digest(hash).to_string(), None),
        (false, None) => ("a refusal".to_owned(), Some(text(&case["expect"], "deny"))),
        // What is safe is never to allow.
        (true, _) => ("a refusal".to_owned(), Some(text(case, "safe"))),
    };
    let fine = match (refusal, outcome.code()) {
        (None, _) => outcome
            .digest()
            .is_some_and(|digest| digest.to_string() == expected),
        (Some(_), None) => false,
        (Some(refusal), Some(code)) => {
            codes(refusal).is_none_or(|codes| codes.contains(&code.as_str()))
        }
    };
    (!fine).then(|| {
        let codes = refusal.and_then(codes).unwrap_or_default();
        format!("expected {expected} {codes:?}, got {got}")
    })
}

fn codes(refusal: &str) -> Option<&'static [&'static str]> {
    let found = CODES.iter().find(|(known, _)| refusal.starts_with(known));
    found.map(|(_, codes)| *codes)
}

fn decide(case: &Value) -> Outcome {
    let publication = collection(case).publish();
    let mut question = Question::tag(GUN, TAG, now());
    for name in case["signers"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        let pem = key(SIGNER_KEY).public_pem();
        let signer = Signer::new(name, pem.as_bytes(), now()).expect("a signer");
        question.signers.push(signer);
    }
    run(&question, None, &mut |file| answer(&publication, file))
}

/// The collection in which a walk meets these roles. Those between them and `targets` are there, too, and say nothing.
fn collection(case: &Value) -> Collection {
    let entries = entries(case);
    let mut roles: BTreeMap<&str, Vec<NotaryKey>> = BTreeMap::new();
    for entry in entries {
        let role = text(entry, "role");
        for (end, _) in role.match_indices('/').skip(1) {
            roles.entry(&role[..end]).or_default();
        }
        if role != "targets" {
            let ids = entry["role_keys"].as_array().into_iter().flatten();
            roles
                .entry(role)
                .or_default()
                .extend(ids.map(|id| key(id.as_str().expect("an ID"))));
        }
    }
    let mut collection = Collection::new(GUN, now());
    for (role, keys) in &roles {
        // The cases name the keys only of those whose keys matter.
        let unnamed = [key(role)];
        let keys = if keys.is_empty() { &unnamed[..] } else { keys };
        collection.delegate(Delegation::new(role, keys)).touch(role);
    }
    for entry in entries {
        let target = match text(entry, "alg") {
            "sha256" => Target::new(&digest(text(entry, "hash")), 7),
            "sha512" => Target::new(&long_digest(text(entry, "hash")), 7),
            other => panic!("no such algorithm: {other}"),
        };
        collection.add_target_to(text(entry, "role"), TAG, target);
    }
    collection
}

fn entries(case: &Value) -> &[Value] {
    case["targets_in_walk_order"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

/// The key that an ID or a name stands for: another one for each.
fn key(name: &str) -> NotaryKey {
    let seed = Digest::sha256(name.as_bytes()).hex()[..12].to_owned();
    NotaryKey::seeded(
        KeyKind::P256,
        u64::from_str_radix(&seed, 16).expect("hexadecimal"),
    )
}

/// The digest that a short hash of a case stands for.
fn digest(hash: &str) -> Digest {
    Digest::sha256(hash.as_bytes())
}

fn long_digest(hash: &str) -> Digest {
    let short = digest(hash);
    format!("sha512:{0}{0}", short.hex())
        .parse()
        .expect("a digest")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
