//! The files that clients of an instance have: whom to trust, and whom to ask.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::SigstoreLog;
use super::merkle::Hash;
use crate::pki::Certified;

/// Since when everything counts.
const START: &str = "2024-01-01T00:00:00Z";

/// A log in a trusted root.
pub(super) fn log(url: &str, key: &Certified, details: &str, identifier: &Hash) -> Value {
    json!({
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": STANDARD.encode(key.spki()),
            "keyDetails": details,
            "validFor": {"start": START},
        },
        "logId": {"keyId": STANDARD.encode(identifier)},
    })
}

/// An authority in a trusted root, by its chain, the root last.
pub(super) fn authority(url: &str, name: &str, chain: &[&Certified]) -> Value {
    let certificates = chain
        .iter()
        .map(|one| json!({"rawBytes": STANDARD.encode(one.der())}));
    json!({
        "subject": {"organization": name, "commonName": name},
        "uri": url,
        "certChain": {"certificates": certificates.collect::<Vec<_>>()},
        "validFor": {"start": START},
    })
}

/// What a client signs with: all services at one address.
pub(super) fn signing_config(url: &str, log: SigstoreLog, has_stamps: bool) -> Value {
    let service = |url: String, version: u32| {
        json!([{
            "url": url,
            "majorApiVersion": version,
            "validFor": {"start": START},
            "operator": "testkit",
        }])
    };
    let version = match log {
        SigstoreLog::First => 1,
        SigstoreLog::Second => 2,
    };
    let mut config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(url.to_owned(), 1),
        "oidcUrls": service(format!("{url}/oidc"), 1),
        "rekorTlogUrls": service(url.to_owned(), version),
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {},
    });
    if has_stamps {
        config["tsaUrls"] = service(format!("{url}/api/v1/timestamp"), 1);
        config["tsaConfig"] = json!({"selector": "ANY"});
    }
    config
}
