//! Conformance: every case of the vectors, through whole sessions with one memory.

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

use doorward_crypto::Certificate;
use doorward_notary::{KeyId, Pins, Signer};
use doorward_testkit::Cases;
use serde_json::Value;

use support::{Outcome, Question, Tally, cases, folder, run};

mod support;

/// The code of every case that is refused, by the crate's own account.
const CODES: &str = include_str!("codes.txt");

#[test]
fn vectors() {
    let codes: BTreeMap<&str, &str> = CODES
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    let mut tally = Tally::default();
    let root = Cases::open(cases());
    for name in root.folders() {
        let files = root.below(name);
        if files.read("case.json").is_none() {
            continue;
        }
        let case = Case::load(files);
        let outcome = case.play();
        tally.record(name, case.failure(&outcome, codes.get(name).copied()));
    }
    tally.finish();
}

struct Case {
    files: Cases,
    document: Value,
}

impl Case {
    fn load(files: Cases) -> Self {
        let text = files.read("case.json").expect("a case");
        let document = serde_json::from_slice(text).expect("the case is JSON");
        Self { files, document }
    }

    fn text(&self, name: &str) -> &str {
        self.document[name].as_str().expect("a text")
    }

    /// Shows every state of the server in turn to one memory; the last outcome counts.
    fn play(&self) -> Outcome {
        let now = self.text("now").parse().expect("a time");
        let mut question = Question::tag(self.text("gun"), self.text("tag"), now);
        for signer in self.document["signers"].as_array().into_iter().flatten() {
            let pem = signer["publicKey"].as_str().expect("a key");
            let name = signer["name"].as_str().expect("a name");
            question
                .signers
                .push(Signer::new(name, pem.as_bytes(), now).expect("a signer"));
        }
        let mut outcome = None;
        for state in 1.. {
            let served = self.files.below(&state.to_string());
            if served.is_empty() {
                break;
            }
            question.pins = self.pins(state);
            let before = outcome.and_then(|outcome: Outcome| outcome.remembered);
            outcome = Some(run(&question, before.as_ref(), &mut |file| {
                folder(&served, file)
            }));
        }
        outcome.expect("a state")
    }

    /// The pins of a client's configuration, which has those of many collections: the exact name first, then the
    /// longest beginning of it, then the longest beginning with an authority, then the first use.
    ///
    /// One configuration is for all states, a list has one for each, and the last goes on.
    fn pins(&self, state: usize) -> Pins {
        let pinning = match &self.document["trust_pinning"] {
            Value::Array(by_state) => by_state
                .get(state - 1)
                .or_else(|| by_state.last())
                .unwrap_or(&Value::Null),
            one => one,
        };
        let gun = self.text("gun");
        let longest = |section: &str, beginning: fn(&str) -> Option<&str>| {
            let entries = pinning[section].as_object()?;
            entries
                .iter()
                .filter(|(name, _)| beginning(name).is_some_and(|name| gun.starts_with(name)))
                .max_by_key(|(name, _)| name.len())
                .map(|(_, value)| value.clone())
        };
        let exact = pinning["certs"].get(gun).cloned();
        if let Some(ids) = exact.or_else(|| longest("certs", |name| name.strip_suffix('*'))) {
            let ids = ids.as_array().expect("IDs").iter();
            return Pins::Keys {
                ids: ids
                    .map(|id| KeyId::from(id.as_str().expect("an ID")))
                    .collect(),
                certificates: [].into(),
            };
        }
        if let Some(file) = longest("ca", |name| Some(name)) {
            let pem = self.files.read(file.as_str().expect("a file"));
            let pem = pem.expect("PEM");
            return Pins::Authorities(Certificate::from_pem(pem).expect("certificates").into());
        }
        if pinning["disable_tofu"] == Value::Bool(true) {
            return Pins::None;
        }
        Pins::FirstUse
    }

    /// What is wrong with the outcome.
    fn failure(&self, outcome: &Outcome, code: Option<&str>) -> Option<String> {
        let want = self.text("want");
        let got = match &outcome.result {
            Ok(_) => "accept",
            Err(_) => "reject",
        };
        let described = match &outcome.result {
            Ok(proof) => format!("accept {}", proof.digest()),
            Err(rejection) => format!("{}: {rejection}", rejection.code()),
        };
        if want != "either" && want != got {
            return Some(format!(
                "expected {want}, got {described} ({})",
                self.text("why")
            ));
        }
        if let (Ok(proof), Some(expected)) = (&outcome.result, self.released()) {
            let actual = proof.digest().hex();
            if actual != expected {
                return Some(format!("expected the digest {expected}, got {actual}"));
            }
        }
        let got_code = outcome.code().map(|code| code.to_string());
        match code {
            Some(code) if got_code.as_deref() != Some(code) => {
                Some(format!("expected the code {code}, got {described}"))
            }
            _ => None,
        }
    }

    /// The digest that the reference client found for the tag in the last state, if it did.
    fn released(&self) -> Option<String> {
        let last = self.document["notary"].as_array()?.last()?;
        let found = last["targets"].get(self.text("tag"))?.as_array()?;
        matches!(found[1].as_str(), Some("targets" | "targets/releases"))
            .then(|| found[0].as_str().map(str::to_owned))?
    }
}
