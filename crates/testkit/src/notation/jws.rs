//! JWS in flattened JSON (Notary Project, "JWS Signature Envelope").

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{EnvelopeBuilder, PAYLOAD, algorithm};

pub(super) fn encode(builder: &EnvelopeBuilder) -> Vec<u8> {
    let (name, _) = algorithm(builder.signer().kind());
    let mut protected = Map::new();
    protected.insert("alg".to_owned(), json!(name));
    protected.insert("cty".to_owned(), json!(PAYLOAD));
    protected.insert("crit".to_owned(), json!(builder.critical()));
    let headers = [
        ("io.cncf.notary.signingScheme", builder.scheme().to_owned()),
        (builder.time_header(), builder.signed_at.to_string()),
    ];
    let expiry = builder
        .expiry
        .map(|at| ("io.cncf.notary.expiry", at.to_string()));
    for (header, value) in headers.into_iter().chain(expiry) {
        protected.insert(header.to_owned(), json!(value));
    }
    for (header, _, value) in &builder.attributes {
        protected.insert(header.clone(), json!(value));
    }
    let protected = URL_SAFE_NO_PAD.encode(Value::from(protected).to_string());
    let payload = URL_SAFE_NO_PAD.encode(builder.payload());
    let signed = builder.sign(format!("{protected}.{payload}").as_bytes());
    let mut header = Map::new();
    let chain = builder.chain.iter().map(|one| STANDARD.encode(one.der()));
    header.insert("x5c".to_owned(), json!(chain.collect::<Vec<_>>()));
    header.insert(
        "io.cncf.notary.signingAgent".to_owned(),
        json!("doorward-testkit"),
    );
    if let Some(token) = signed.token {
        let token = STANDARD.encode(token);
        header.insert("io.cncf.notary.timestampSignature".to_owned(), json!(token));
    }
    json!({
        "payload": payload,
        "protected": protected,
        "header": header,
        "signature": URL_SAFE_NO_PAD.encode(signed.signature),
    })
    .to_string()
    .into_bytes()
}
