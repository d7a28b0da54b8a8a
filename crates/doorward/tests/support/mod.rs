//! A toy scheme and an outside world in memory: enough to prove what the engine promises of every scheme.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::core::{
    Answer, Digest, Evidence, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Meter, Pinned,
    Proof, Reference, Rejection, Resource, Scheme, Session, StateKey, Step, Timestamp, Witness,
};
use doorward::{
    Canonical, Demand, Governed, Inputs, Lookup, Node, NotRemembered, Opening, Plan, Rule,
};

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
pub(crate) const TOY: Scheme = Scheme::custom("toy");
pub(crate) const MANIFEST: &[u8] = br#"{"schemaVersion":2,"layers":[]}"#;

/// What the toy refuses with.
pub(crate) mod toy_codes {
    doorward::core::codes! {
        BAD_NOTE = "toy-bad-note", Integrity, 6, "the note does not say the name of the toy";
        NO_NOTE = "toy-no-note", Untrusted, 3, "there is no note beside the image";
    }
}

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

/// "Signed" means: the note beside the image says the name of the toy.
pub(crate) struct Toy {
    pub(crate) name: &'static str,
    /// Claims to have verified this digest, whatever was asked.
    pub(crate) claims: Option<Digest>,
}

impl Toy {
    pub(crate) fn demand(name: &'static str) -> Node {
        Node::Demand(Box::new(Self { name, claims: None }))
    }
}

/// Where a toy's note about a digest is.
pub(crate) fn note(name: &str, digest: &Digest) -> String {
    format!("lookaside https://toys.example/{name}/{}", digest.hex())
}

impl Demand for Toy {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(ToyInputs {
            name: self.name,
            reference: opening.reference.clone(),
            pinned: opening.pinned.clone(),
            claims: self.claims.clone(),
        })
    }
}

struct ToyInputs {
    name: &'static str,
    reference: Reference,
    pinned: Pinned,
    claims: Option<Digest>,
}

impl Inputs for ToyInputs {
    fn encode(&self, out: &mut Canonical) -> Result<(), NotRemembered> {
        let Self {
            name,
            reference,
            pinned,
            claims,
        } = self;
        out.text(name)
            .text(reference.to_string())
            .text(pinned.to_string())
            .optional(claims.as_ref().map(Digest::as_str));
        Ok(())
    }

    fn open(self: Box<Self>, _: Timestamp) -> Box<dyn Session> {
        Box::new(ToySession {
            name: self.name,
            pinned: self.pinned,
            claims: self.claims,
        })
    }
}

struct ToySession {
    name: &'static str,
    pinned: Pinned,
    claims: Option<Digest>,
}

/// A lookup that has one digest for every name.
pub(crate) struct ToyLookup(pub(crate) Digest);

impl Lookup for ToyLookup {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn state_key(&self, reference: &Reference) -> StateKey {
        StateKey::new("test", TOY, Vec::new(), reference.to_string())
    }

    fn open(
        &self,
        _: &Reference,
        _: Option<&bytes::Bytes>,
        _: Timestamp,
    ) -> Result<Box<dyn Session>, Rejection> {
        Ok(Box::new(ToyLookupSession(self.0.clone())))
    }

    fn merge(&self, _: &bytes::Bytes, new: &bytes::Bytes) -> Result<bytes::Bytes, Rejection> {
        Ok(new.clone())
    }
}

struct ToyLookupSession(Digest);

impl Session for ToyLookupSession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, _: Vec<Answer>, _: &mut Meter) -> Step {
        Step::Done(Ok(Proof::of(&ToyWitness {
            digest: self.0.clone(),
            signer: "lookup".to_owned(),
        })))
    }
}

struct ToyWitness {
    digest: Digest,
    signer: String,
}

impl Witness for ToyWitness {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = Evidence::default();
        evidence.signer = Some(self.signer.clone());
        vec![evidence]
    }
}

impl Session for ToySession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, mut answers: Vec<Answer>, meter: &mut Meter) -> Step {
        let url = format!(
            "https://toys.example/{}/{}",
            self.name,
            self.pinned.digest().hex()
        );
        let resource = Resource::Lookaside { url, access: None };
        let Some(answer) = answers.pop() else {
            return Step::Fetch(vec![Fetch::new(resource, 64)]);
        };
        if let Err(error) = meter.signature() {
            return Step::Done(Err(error.into()));
        }
        Step::Done(match answer {
            Ok(fetched) if fetched.bytes == self.name.as_bytes() => Ok(Proof::of(&ToyWitness {
                digest: self
                    .claims
                    .clone()
                    .unwrap_or_else(|| self.pinned.digest().clone()),
                signer: self.name.to_owned(),
            })),
            Ok(_) => Err(Rejection::new(
                toy_codes::BAD_NOTE,
                "the note says something else",
            )),
            Err(FetchError::NotFound) => {
                Err(Rejection::new(toy_codes::NO_NOTE, "there is no note"))
            }
            Err(error) => Err(Rejection::from_fetch(&resource, &error)),
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
