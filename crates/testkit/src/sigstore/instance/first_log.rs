//! Rekor, first version: `POST /api/v1/log/entries`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Digest, Timestamp};
use http::StatusCode;
use serde_json::{Value, json};

use super::log::Log;
use super::merkle::Hash;
use crate::http::Reply;
use crate::notary::canonical_json;

/// Where the numbers of entries begin that are counted over all trees of a log, of which this is not the first.
const EARLIER_ENTRIES: usize = 1_000_000;

/// Adds an entry, and answers with the promise and the proof.
pub(super) fn add(log: &Log, proposed: &[u8], now: Timestamp) -> Reply {
    let Some(entry) = serde_json::from_slice(proposed)
        .ok()
        .and_then(|it| entry(&it))
    else {
        return Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({"code": 400, "message": "no entry that is known here"}),
        );
    };
    let body = canonical_json(&entry);
    let included = log.append(&body);
    let mut answer = json!({
        "body": STANDARD.encode(&body),
        "integratedTime": now.unix(),
        "logID": hex(&log.identifier),
        "logIndex": EARLIER_ENTRIES + included.index,
    });
    let promise = log.key.sign(&canonical_json(&answer));
    answer["verification"] = json!({
        "inclusionProof": {
            "checkpoint": included.checkpoint,
            "hashes": included.path.iter().map(hex).collect::<Vec<_>>(),
            "logIndex": included.index,
            "rootHash": hex(&included.root),
            "treeSize": included.size,
        },
        "signedEntryTimestamp": STANDARD.encode(promise),
    });
    let name = Digest::sha256(&body).hex().to_owned();
    let mut answers = json!({});
    answers[&name] = answer;
    Reply::json(StatusCode::CREATED, &answers)
        .with_header(http::header::ETAG, &name)
        .with_header(
            http::header::LOCATION,
            &format!("/api/v1/log/entries/{name}"),
        )
}

/// The entry as it stands in the log.
fn entry(proposed: &Value) -> Option<Value> {
    let spec = &proposed["spec"];
    let spec = match (proposed["kind"].as_str()?, proposed["apiVersion"].as_str()?) {
        ("hashedrekord", "0.0.1") => json!({
            "data": {"hash": {
                "algorithm": spec["data"]["hash"]["algorithm"].as_str()?,
                "value": spec["data"]["hash"]["value"].as_str()?,
            }},
            "signature": {
                "content": spec["signature"]["content"].as_str()?,
                "publicKey": {"content": spec["signature"]["publicKey"]["content"].as_str()?},
            },
        }),
        ("dsse", "0.0.1") => {
            let content = &spec["proposedContent"];
            envelope(
                content["envelope"].as_str()?,
                content["verifiers"][0].as_str()?,
            )?
        }
        _ => return None,
    };
    let (kind, version) = (&proposed["kind"], &proposed["apiVersion"]);
    Some(json!({"apiVersion": version, "kind": kind, "spec": spec}))
}

/// What is kept of an envelope: hashes, and the signature with what it is verified by.
fn envelope(envelope: &str, verifier: &str) -> Option<Value> {
    let hash = |bytes: &[u8]| json!({"algorithm": "sha256", "value": Digest::sha256(bytes).hex()});
    let read: Value = serde_json::from_str(envelope).ok()?;
    let payload = STANDARD.decode(read["payload"].as_str()?).ok()?;
    Some(json!({
        "envelopeHash": hash(envelope.as_bytes()),
        "payloadHash": hash(&payload),
        "signatures": [{"signature": read["signatures"][0]["sig"].as_str()?, "verifier": verifier}],
    }))
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
