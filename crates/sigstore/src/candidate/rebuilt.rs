//! Bundles for the engine, written from what was read: whatever the form was, the engine judges what we have read, and a
//! member that we have not seen does not exist for it.

use serde_json::{Value, json};

use super::{Candidate, Content};
use crate::member::to_base64;

/// What of a candidate the engine is to judge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen<'a> {
    /// The certificate of the signer in DER, and those that lead from it to a trusted one. Empty where the signer is named
    /// by a key that the policy has.
    pub(crate) certificates: &'a [Vec<u8>],
    pub(crate) log: bool,
    pub(crate) timestamps: bool,
    /// The function of the hash that the signature is over, where that is not the usual one of the key.
    pub(crate) function: &'static str,
}

impl Candidate {
    /// The bundle for the engine.
    pub(crate) fn rebuilt(&self, chosen: &Chosen<'_>) -> String {
        let entries = if chosen.log {
            self.entries.as_slice()
        } else {
            &[]
        };
        let stamps = if chosen.timestamps {
            self.timestamps.as_slice()
        } else {
            &[]
        };
        let mut material = json!({
            "tlogEntries": entries.iter().map(|entry| entry.json()).collect::<Vec<_>>(),
            "timestampVerificationData": {
                "rfc3161Timestamps": stamps
                    .iter()
                    .map(|stamp| json!({"signedTimestamp": to_base64(stamp)}))
                    .collect::<Vec<_>>(),
            },
        });
        let (name, signer) = if chosen.certificates.is_empty() {
            ("publicKey", json!({}))
        } else {
            let all = chosen.certificates.iter();
            let all = all.map(|der| json!({"rawBytes": to_base64(der)}));
            (
                "x509CertificateChain",
                json!({"certificates": all.collect::<Vec<_>>()}),
            )
        };
        let (kind, content) = self.content(chosen.function);
        if let Some(material) = material.as_object_mut() {
            material.insert(name.into(), signer);
        }
        // The first version takes promises, and the second demands proofs. Both have chains.
        let promised = self.promise_suffices && entries.iter().any(|entry| entry.has_promise());
        let version = if promised { "0.1" } else { "0.2" };
        json!({
            "mediaType": format!("application/vnd.dev.sigstore.bundle+json;version={version}"),
            "verificationMaterial": material,
            kind: content,
        })
        .to_string()
    }

    fn content(&self, function: &str) -> (&'static str, Value) {
        match &self.content {
            Content::Claim { payload, signature } => {
                let hash = match function {
                    "SHA2_384" => ring::digest::digest(&ring::digest::SHA384, payload),
                    "SHA2_512" => ring::digest::digest(&ring::digest::SHA512, payload),
                    _ => ring::digest::digest(&ring::digest::SHA256, payload),
                };
                let message = json!({
                    "messageDigest": {"algorithm": function, "digest": to_base64(hash.as_ref())},
                    "signature": to_base64(signature),
                });
                ("messageSignature", message)
            }
            Content::Bytes { hash, signature } => {
                let mut message = json!({"signature": to_base64(signature)});
                if let (Some(hash), Some(message)) = (hash, message.as_object_mut()) {
                    let bytes = to_base64(&hash.bytes);
                    let hash = json!({"algorithm": hash.function, "digest": bytes});
                    message.insert("messageDigest".into(), hash);
                }
                ("messageSignature", message)
            }
            Content::Statement(envelope) => {
                let envelope = json!({
                    "payloadType": envelope.payload_type,
                    "payload": to_base64(&envelope.payload),
                    "signatures": [{"sig": to_base64(&envelope.signature)}],
                });
                ("dsseEnvelope", envelope)
            }
        }
    }
}
