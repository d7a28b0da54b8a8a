//! What is public by its form: a trusted root of sigstore, and nothing beside it.

use super::json_form::Form;
use crate::json::{self, Value};

/// The largest one that is looked at.
const MAX_BYTES: usize = 1 << 20;
/// The media types that `sigstore_trustroot.proto` has for trusted roots as JSON.
const MEDIA_TYPES: [&str; 3] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// `TrustedRoot` with all that it has in it.
const ROOT: Form = Form::Object(&[
    ("certificateAuthorities", Form::List(&AUTHORITY)),
    ("ctlogs", Form::List(&LOG)),
    ("mediaType", Form::Text),
    ("timestampAuthorities", Form::List(&AUTHORITY)),
    ("tlogs", Form::List(&LOG)),
]);
/// `TransparencyLogInstance`.
const LOG: Form = Form::Object(&[
    ("baseUrl", Form::Text),
    ("checkpointKeyId", LOG_ID),
    ("hashAlgorithm", Form::Text),
    ("logId", LOG_ID),
    ("operator", Form::Text),
    (
        "publicKey",
        Form::Object(&[
            ("keyDetails", Form::Text),
            ("rawBytes", Form::Text),
            ("validFor", TIME_RANGE),
        ]),
    ),
]);
/// `CertificateAuthority`.
const AUTHORITY: Form = Form::Object(&[
    (
        "certChain",
        Form::Object(&[(
            "certificates",
            Form::List(&Form::Object(&[("rawBytes", Form::Text)])),
        )]),
    ),
    ("operator", Form::Text),
    (
        "subject",
        Form::Object(&[("commonName", Form::Text), ("organization", Form::Text)]),
    ),
    ("uri", Form::Text),
    ("validFor", TIME_RANGE),
]);
const LOG_ID: Form = Form::Object(&[("keyId", Form::Text)]);
const TIME_RANGE: Form = Form::Object(&[("end", Form::Text), ("start", Form::Text)]);

/// Whether these bytes are a trusted root of sigstore and nothing beside it: of a known media type, and without a member
/// at any level that a trusted root does not have. What one holds is published by those who run the instance.
pub(super) fn is_trusted_root(bytes: &[u8]) -> bool {
    let Ok(root) = json::parse(bytes, json::Limits::bytes(MAX_BYTES)) else {
        return false;
    };
    let media_type = root.get("mediaType").and_then(Value::as_str);
    media_type.is_some_and(|text| MEDIA_TYPES.contains(&text)) && ROOT.is_met_by(&root)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [{
            "baseUrl": "https://rekor.example", "hashAlgorithm": "SHA2_256", "operator": "o",
            "publicKey": {"rawBytes": "eA==", "keyDetails": "k", "validFor": {"start": "s", "end": "e"}},
            "logId": {"keyId": "eA=="}, "checkpointKeyId": {"keyId": "eA=="}
        }],
        "certificateAuthorities": [{
            "subject": {"organization": "o", "commonName": "c"}, "uri": "u", "operator": "o",
            "certChain": {"certificates": [{"rawBytes": "eA=="}]}, "validFor": {"start": "s"}
        }],
        "ctlogs": [{"publicKey": {}}],
        "timestampAuthorities": [{"certChain": {"certificates": []}}]
    }"#;

    #[test]
    fn every_member_of_a_trusted_root_is_public_under_every_known_media_type() {
        assert!(is_trusted_root(WHOLE.as_bytes()));
        for media_type in MEDIA_TYPES {
            let text = format!(r#"{{"mediaType": "{media_type}"}}"#);
            assert!(is_trusted_root(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_hides_beside_or_below_the_members_of_a_trusted_root_is_not_public() {
        let changes = [
            (r#""mediaType": "#, r#""password": "p", "mediaType": "#),
            (r#""baseUrl": "#, r#""password": "p", "baseUrl": "#),
            (r#""keyDetails": "k""#, r#""privateKey": "p""#),
            (r#""start": "s", "#, r#""password": "p", "#),
            (
                r#"{"keyId": "eA=="}, "#,
                r#"{"keyId": "eA==", "key": "p"}, "#,
            ),
            (r#""organization": "o""#, r#""token": "p""#),
            (r#"[{"rawBytes": "#, r#"[{"seed": "p", "rawBytes": "#),
            (r#""certificates": [{"#, r#""keys": [{"#),
            (r#"{"rawBytes": "eA=="}]"#, r#""p"]"#),
            (r#""uri": "u""#, r#""uri": {"password": "p"}"#),
            (r#""uri": "u""#, r#""uri": ["p"]"#),
            (r#""uri": "u""#, r#""uri": 7"#),
            (r#""uri": "u""#, r#""uri": null"#),
            (
                r#""ctlogs": [{"publicKey": {}}]"#,
                r#""ctlogs": {"password": "p"}"#,
            ),
            (r#""ctlogs": [{"publicKey": {}}]"#, r#""ctlogs": ["p"]"#),
            ("version=0.1", "version=0.1;password"),
            ("trustedroot+json;version=0.1", "trustedroot.password"),
            ("trustedroot+json;version=0.1", "bundle.v0.3+json"),
        ];
        for (from, to) in changes {
            let text = WHOLE.replacen(from, to, 1);
            assert_ne!(text, WHOLE, "{from}");
            assert!(!is_trusted_root(text.as_bytes()), "{to}");
        }
        for text in ["", "{}", "[]", r#"{"mediaType": 1}"#] {
            assert!(!is_trusted_root(text.as_bytes()), "{text}");
        }
        assert!(!is_trusted_root(format!("{WHOLE} p").as_bytes()));
    }
}
