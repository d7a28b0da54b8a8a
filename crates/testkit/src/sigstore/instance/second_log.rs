//! Rekor, second version: `POST /api/v2/log/entries`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::log::Log;
use crate::http::Reply;
use crate::notary::canonical_json;

/// Adds an entry, and answers with the proof. When that was, it does not say.
pub(super) fn add(log: &Log, proposed: &[u8]) -> Reply {
    let Some((kind, spec)) = serde_json::from_slice(proposed)
        .ok()
        .and_then(|it| spec(&it))
    else {
        return Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({"code": 3, "message": "no entry that is known here"}),
        );
    };
    let body = canonical_json(&json!({"apiVersion": "0.0.2", "kind": kind, "spec": spec}));
    let included = log.append(&body);
    let hashes: Vec<_> = included
        .path
        .iter()
        .map(|hash| STANDARD.encode(hash))
        .collect();
    let answer = json!({
        "canonicalizedBody": STANDARD.encode(&body),
        "inclusionProof": {
            "checkpoint": {"envelope": included.checkpoint},
            "hashes": hashes,
            "logIndex": included.index.to_string(),
            "rootHash": STANDARD.encode(included.root),
            "treeSize": included.size.to_string(),
        },
        "kindVersion": {"kind": kind, "version": "0.0.2"},
        "logId": {"keyId": STANDARD.encode(log.identifier)},
        "logIndex": included.index.to_string(),
    });
    Reply::json(StatusCode::CREATED, &answer)
}

/// What is kept of what was proposed, and of which kind it is.
fn spec(proposed: &Value) -> Option<(&'static str, Value)> {
    if let Some(request) = proposed.get("hashedRekordRequestV002") {
        let signature = &request["signature"];
        let spec = json!({
            "data": {"algorithm": "SHA2_256", "digest": request["digest"].as_str()?},
            "signature": {
                "content": signature["content"].as_str()?,
                "verifier": verifier(&signature["verifier"])?,
            },
        });
        return Some(("hashedrekord", json!({"hashedRekordV002": spec})));
    }
    let request = proposed.get("dsseRequestV002")?;
    let payload = STANDARD
        .decode(request["envelope"]["payload"].as_str()?)
        .ok()?;
    let hash = STANDARD.encode(digest(&SHA256, &payload));
    let spec = json!({
        "payloadHash": {"algorithm": "SHA2_256", "digest": hash},
        "signatures": [{
            "content": request["envelope"]["signatures"][0]["sig"].as_str()?,
            "verifier": verifier(&request["verifiers"][0])?,
        }],
    });
    Some(("dsse", json!({"dsseV002": spec})))
}

fn verifier(proposed: &Value) -> Option<Value> {
    let mut kept = json!({"keyDetails": proposed["keyDetails"].as_str()?});
    for kind in ["publicKey", "x509Certificate"] {
        if let Some(key) = proposed.get(kind) {
            kept[kind] = json!({"rawBytes": key["rawBytes"].as_str()?});
        }
    }
    Some(kept)
}
