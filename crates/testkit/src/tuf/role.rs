//! Keys, signatures and roots.

use doorward_core::Digest;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// A key that is always the same for the same number.
#[derive(Debug)]
pub struct Key(Ed25519KeyPair);

impl Key {
    /// The key of a number.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[number; 32]).expect("a seed"))
    }

    /// How metadata lists it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "keytype": "ed25519",
            "scheme": "ed25519",
            "keyval": { "public": hex(self.0.public_key().as_ref()) },
        })
    }

    /// Its identifier: the hash of its canonical form.
    #[must_use]
    pub fn id(&self) -> String {
        Digest::sha256(canonical(&self.json()).as_bytes())
            .hex()
            .to_owned()
    }
}

/// The canonical JSON of TUF for values whose text is ASCII without quotes and backslashes.
fn canonical(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            let members: Vec<_> = members
                .into_iter()
                .map(|(name, value)| format!("\"{name}\":{}", canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

/// A document: `signed`, signed by each of `keys`, as often as they are named.
#[must_use]
pub fn sign(signed: &Value, keys: &[&Key]) -> Vec<u8> {
    let message = canonical(signed);
    let signatures: Vec<_> = keys
        .iter()
        .map(|key| {
            let signature = key.0.sign(message.as_bytes());
            json!({ "keyid": key.id(), "sig": hex(signature) })
        })
        .collect();
    serde_json::to_vec(&json!({ "signatures": signatures, "signed": signed })).expect("JSON")
}

/// The signed part of a root: for each role its keys, with a threshold of all of them.
#[must_use]
pub fn root(version: u64, consistent: bool, roles: [&[&Key]; 4]) -> Value {
    root_with(version, consistent, roles, super::FAR)
}

/// The same, with an expiry.
#[must_use]
pub fn root_with(version: u64, consistent: bool, roles: [&[&Key]; 4], expires: &str) -> Value {
    let mut keys = serde_json::Map::new();
    let mut listed = serde_json::Map::new();
    for (name, role) in ["root", "targets", "snapshot", "timestamp"]
        .into_iter()
        .zip(roles)
    {
        let ids: Vec<_> = role.iter().map(|key| key.id()).collect();
        keys.extend(role.iter().map(|key| (key.id(), key.json())));
        listed.insert(
            name.to_owned(),
            json!({ "keyids": ids, "threshold": role.len() }),
        );
    }
    json!({
        "_type": "root",
        "spec_version": "1.0.31",
        "version": version,
        "expires": expires,
        "consistent_snapshot": consistent,
        "keys": keys,
        "roles": listed,
    })
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits = bytes.as_ref().iter();
    digits.map(|byte| format!("{byte:02x}")).collect()
}
