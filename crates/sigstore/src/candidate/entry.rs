//! Entries of transparency logs.

use doorward_core::Timestamp;
use doorward_core::json::{Limits, Value, parse};
use serde_json::json;

use super::error::{self, CandidateError};
use crate::limits;
use crate::member::{self, Shape, to_base64};

/// The most lines of a checkpoint that are read: its signatures are each held against the keys of the trusted root. Logs sign
/// once, and witnesses may follow.
const CHECKPOINT_LINES: usize = 8;

/// An entry of a log, with what the log vouches for it by.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) index: u64,
    id: Vec<u8>,
    kind: String,
    version: String,
    /// Seconds since 1970. 0 where the log says none.
    time: u64,
    body: Vec<u8>,
    promise: Option<Vec<u8>>,
    proof: Option<Proof>,
}

#[derive(Clone, Debug)]
struct Proof {
    index: u64,
    size: u64,
    root: Vec<u8>,
    hashes: Vec<Vec<u8>>,
    checkpoint: String,
}

impl Entry {
    /// An entry as it stands beside a layer, which does not say of what kind it is: its body does.
    pub(super) fn of_layer(
        body: Vec<u8>,
        time: u64,
        index: u64,
        id: Vec<u8>,
        promise: Vec<u8>,
    ) -> Result<Self, Shape> {
        let read = bounded(&body).map_err(|Shape(reason)| Shape(format!("`body`: {reason}")))?;
        Ok(Self {
            index,
            id,
            kind: member::text(&read, "kind")?.to_owned(),
            version: member::text(&read, "apiVersion")?.to_owned(),
            time,
            body,
            promise: Some(promise),
            proof: None,
        })
    }

    /// An entry of a bundle.
    pub(super) fn read(value: &Value) -> Result<Self, CandidateError> {
        const WHAT: &str = "the entry of the log";
        let shape = CandidateError::shape(WHAT);
        let promise = member::member(value, "inclusionPromise");
        let promise = promise.map(|promise| member::bytes(promise, "signedEntryTimestamp"));
        let kind = member::object(value, "kindVersion").map_err(&shape)?;
        let read = || -> Result<Self, Shape> {
            Ok(Self {
                index: member::integer(value, "logIndex")?,
                id: member::bytes(member::object(value, "logId")?, "keyId")?,
                kind: member::text(kind, "kind")?.to_owned(),
                version: member::text(kind, "version")?.to_owned(),
                time: member::integer(value, "integratedTime")?,
                body: member::bytes(value, "canonicalizedBody")?,
                promise: promise.transpose()?,
                proof: None,
            })
        };
        let mut entry = read().map_err(&shape)?;
        // The engine parses it as it is.
        bounded(&entry.body)
            .map_err(|Shape(reason)| shape(Shape(format!("`canonicalizedBody`: {reason}"))))?;
        if let Some(proof) = member::member(value, "inclusionProof") {
            entry.proof = Some(Proof::read(proof)?);
        }
        Ok(entry)
    }

    /// When it was included, as it says. In 1970 where newer logs say nothing.
    pub(crate) fn time(&self) -> Timestamp {
        Timestamp::from_unix(i64::try_from(self.time).unwrap_or(i64::MAX))
    }

    pub(super) const fn has_proof(&self) -> bool {
        self.proof.is_some()
    }

    pub(super) const fn has_promise(&self) -> bool {
        self.promise.is_some()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let mut written = json!({
            "logIndex": self.index.to_string(),
            "logId": {"keyId": to_base64(&self.id)},
            "kindVersion": {"kind": self.kind, "version": self.version},
            "integratedTime": self.time.to_string(),
            "canonicalizedBody": to_base64(&self.body),
        });
        if let Some(members) = written.as_object_mut() {
            if let Some(promise) = &self.promise {
                let promise = json!({"signedEntryTimestamp": to_base64(promise)});
                members.insert("inclusionPromise".into(), promise);
            }
            if let Some(proof) = &self.proof {
                members.insert("inclusionProof".into(), proof.json());
            }
        }
        written
    }
}

/// The body of an entry, read within the bounds.
fn bounded(body: &[u8]) -> Result<Value, Shape> {
    let mut bounds = Limits::bytes(limits::ANNOTATION_BYTES).depth(limits::DEPTH);
    bounds.values = limits::VALUES;
    parse(body, bounds).map_err(|error| Shape(error.to_string()))
}

impl Proof {
    fn read(value: &Value) -> Result<Self, CandidateError> {
        const WHAT: &str = "the proof of inclusion";
        let shape = CandidateError::shape(WHAT);
        let hashes = member::list(value, "hashes").map_err(&shape)?;
        error::few("hashes of a proof", hashes.len(), limits::PROOF_HASHES)?;
        let read = || -> Result<Self, Shape> {
            let hash = |hash: &Value| {
                let hash = hash.as_str().and_then(member::base64);
                hash.ok_or_else(|| Shape("an entry of `hashes` is not base64".into()))
            };
            let checkpoint = member::object(value, "checkpoint")?;
            Ok(Self {
                index: member::integer(value, "logIndex")?,
                size: member::integer(value, "treeSize")?,
                root: member::bytes(value, "rootHash")?,
                hashes: hashes.iter().map(hash).collect::<Result<_, _>>()?,
                checkpoint: member::text(checkpoint, "envelope")?.to_owned(),
            })
        };
        let proof = read().map_err(&shape)?;
        let lines = proof.checkpoint.lines().count();
        error::few("lines of a checkpoint", lines, CHECKPOINT_LINES)?;
        Ok(proof)
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "logIndex": self.index.to_string(),
            "treeSize": self.size.to_string(),
            "rootHash": to_base64(&self.root),
            "hashes": self.hashes.iter().map(|hash| to_base64(hash)).collect::<Vec<_>>(),
            "checkpoint": {"envelope": self.checkpoint},
        })
    }
}
