//! A toy scheme and an outside world in memory: enough to prove what the engine promises of every scheme.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "each test uses a part of it"
)]

mod toy;
mod toy_document;
mod toy_lookup;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::core::{Answer, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Timestamp};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::{Governed, Node, Plan, Rule};

pub(crate) use toy::{OLD, TOY, Toy, ToyUnit, note, toy_codes};
pub(crate) use toy_document::{ToyDocument, attached_to};

pub(crate) use toy_lookup::ToyLookup;

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
pub(crate) const MANIFEST: &[u8] = br#"{"schemaVersion":2,"layers":[]}"#;

/// Fetches from a table; everything else is not found. Remembers what was asked.
#[derive(Default)]
pub(crate) struct World {
    answers: Mutex<HashMap<String, Vec<Answer>>>,
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) delay: Duration,
}

impl World {
    /// The resource that displays as `name` answers with these, one after another, the last one for ever.
    pub(crate) fn answers(self, name: &str, answers: Vec<Answer>) -> Self {
        self.answers
            .lock()
            .unwrap()
            .insert(name.to_owned(), answers);
        self
    }

    pub(crate) fn serves(self, name: &str, bytes: &[u8]) -> Self {
        self.answers(name, vec![Ok(Fetched::new(bytes.to_vec(), None, name))])
    }

    pub(crate) fn fails(self, name: &str, error: FetchError) -> Self {
        self.answers(name, vec![Err(error)])
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Fetcher for World {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let name = fetch.resource.to_string();
        self.asked.lock().unwrap().push(name.clone());
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.get_mut(&name) {
            Some(list) if list.len() > 1 => list.remove(0),
            Some(list) => list.first().cloned().unwrap_or(Err(FetchError::NotFound)),
            None => Err(FetchError::NotFound),
        };
        let delay = self.delay;
        Box::pin(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            answer
        })
    }
}

pub(crate) fn rule(name: &str) -> Rule {
    Rule {
        kind: "Test".to_owned(),
        namespace: None,
        name: name.to_owned(),
        entry: "*".to_owned(),
    }
}

pub(crate) fn governed(nodes: Vec<Node>) -> Governed {
    Governed::enforced(rule("rule"), Plan::new(nodes))
}

pub(crate) fn fixed(entries: Vec<Governed>) -> doorward::Rules {
    doorward::Rules::Fixed(Arc::new(entries))
}

pub(crate) fn unavailable() -> FetchError {
    FetchError::Unavailable {
        detail: "connection refused".to_owned(),
    }
}

/// A cluster policy with this body, for every image.
pub(crate) fn policies(body: &str) -> doorward::Rules {
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\n\
         spec: {{repositories: [{{name: '*', policy: {{{body}}}}}]}}\n"
    );
    let (documents, _) = read_documents("policy.yaml", text.as_bytes());
    let policies = documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            _ => None,
        })
        .collect();
    let (set, mistakes) = PolicySet::compile(policies);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    doorward::Rules::Policies(Arc::new(set))
}

/// A document that says which image it is about.
pub(crate) fn document(about: &Digest, more: &str) -> Vec<u8> {
    format!(
        r#"{{"schemaVersion":2,"layers":[],"annotations":{{"about":"{about}","more":"{more}"}}}}"#
    )
    .into_bytes()
}
