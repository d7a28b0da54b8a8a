//! What is public by its form: bundles of sigstore, and nothing beside them.

use super::json_form::Form;
use crate::json::{self, Value};

/// The largest file that is looked at.
const MAX_BYTES: usize = 32 << 20;
/// What the media type of a bundle begins with, of any version.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle";

/// `Bundle` with all that it has in it.
const BUNDLE: Form = Form::Object(&[
    ("dsseEnvelope", ENVELOPE),
    ("mediaType", Form::Text),
    ("messageSignature", MESSAGE),
    ("verificationMaterial", MATERIAL),
]);
const ENVELOPE: Form = Form::Object(&[
    ("payload", Form::Text),
    ("payloadType", Form::Text),
    (
        "signatures",
        Form::List(&Form::Object(&[("keyid", Form::Text), ("sig", Form::Text)])),
    ),
]);
const MESSAGE: Form = Form::Object(&[
    (
        "messageDigest",
        Form::Object(&[("algorithm", Form::Text), ("digest", Form::Text)]),
    ),
    ("signature", Form::Text),
]);
const MATERIAL: Form = Form::Object(&[
    ("certificate", CERTIFICATE),
    ("publicKey", Form::Object(&[("hint", Form::Text)])),
    (
        "timestampVerificationData",
        Form::Object(&[(
            "rfc3161Timestamps",
            Form::List(&Form::Object(&[("signedTimestamp", Form::Text)])),
        )]),
    ),
    ("tlogEntries", Form::List(&ENTRY)),
    (
        "x509CertificateChain",
        Form::Object(&[("certificates", Form::List(&CERTIFICATE))]),
    ),
]);
const CERTIFICATE: Form = Form::Object(&[("rawBytes", Form::Text)]);
/// `TransparencyLogEntry`.
const ENTRY: Form = Form::Object(&[
    ("canonicalizedBody", Form::Text),
    (
        "inclusionPromise",
        Form::Object(&[("signedEntryTimestamp", Form::Text)]),
    ),
    (
        "inclusionProof",
        Form::Object(&[
            ("checkpoint", Form::Object(&[("envelope", Form::Text)])),
            ("hashes", Form::List(&Form::Text)),
            ("logIndex", Form::Text),
            ("rootHash", Form::Text),
            ("treeSize", Form::Text),
        ]),
    ),
    ("integratedTime", Form::Text),
    (
        "kindVersion",
        Form::Object(&[("kind", Form::Text), ("version", Form::Text)]),
    ),
    ("logId", Form::Object(&[("keyId", Form::Text)])),
    ("logIndex", Form::Text),
]);

/// Whether these bytes are a bundle, or several, one a line, and nothing beside them. What one holds was made to be shown:
/// signatures, and what vouches for them.
pub(super) fn is_bundles(bytes: &[u8]) -> bool {
    if is_bundle(bytes) {
        return true;
    }
    let lines = bytes.split(|byte| *byte == b'\n');
    let mut lines = lines
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .peekable();
    lines.peek().is_some() && lines.all(is_bundle)
}

/// The bundles of a file, each in its line, with an empty object in the place of every other line: what stands beside bundles
/// is shown to nobody. A bundle that is not written strictly in the form is lost with it, so that a decision by it is not made again.
/// Empty if there is no bundle.
pub(super) fn bundles_of(bytes: &[u8]) -> Vec<u8> {
    if is_bundle(bytes) {
        return bytes.to_vec();
    }
    let mut has_bundle = false;
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let kept = lines.map(|line| {
        let is_bundle = is_bundle(line);
        has_bundle |= is_bundle;
        match is_bundle || line.is_empty() {
            true => line,
            false => b"{}",
        }
    });
    let kept: Vec<&[u8]> = kept.collect();
    match has_bundle {
        true => kept.join(&b'\n'),
        false => Vec::new(),
    }
}

fn is_bundle(bytes: &[u8]) -> bool {
    let Ok(bundle) = json::parse(bytes, json::Limits::bytes(MAX_BYTES)) else {
        return false;
    };
    let media_type = bundle.get("mediaType").and_then(Value::as_str);
    media_type.is_some_and(|text| text.starts_with(MEDIA_TYPE)) && BUNDLE.is_met_by(&bundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {"certificate":
        {"rawBytes": "eA=="}, "publicKey": {"hint": "h"}, "x509CertificateChain": {"certificates": [{"rawBytes": "eA=="}]},
        "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": "eA=="}]}, "tlogEntries": [{"logIndex": "1",
        "logId": {"keyId": "eA=="}, "kindVersion": {"kind": "dsse", "version": "0.0.1"}, "integratedTime": "1",
        "inclusionPromise": {"signedEntryTimestamp": "eA=="}, "inclusionProof": {"logIndex": "1", "rootHash": "eA==", "treeSize":
        "2", "hashes": ["eA=="], "checkpoint": {"envelope": "c"}}, "canonicalizedBody": "eA=="}]}, "dsseEnvelope": {"payload":
        "eA==", "payloadType": "t", "signatures": [{"sig": "eA==", "keyid": ""}]}, "messageSignature": {"messageDigest":
        {"algorithm": "SHA2_256", "digest": "eA=="}, "signature": "eA=="}}"#;

    #[test]
    fn bundles_are_public_alone_and_one_a_line() {
        assert!(is_bundles(WHOLE.as_bytes()));
        let line = WHOLE.replace('\n', " ");
        assert!(is_bundles(format!("{line}\n\n{line}\r\n").as_bytes()));
    }

    #[test]
    fn of_a_file_with_other_lines_the_bundles_are_kept_in_their_places() {
        let line = WHOLE.replace('\n', " ");
        let file = format!("{line}\npassword\n\n{{\"password\": \"p\"}}\r\n{line}");
        let kept = format!("{line}\n{{}}\n\n{{}}\n{line}");
        assert_eq!(bundles_of(file.as_bytes()), kept.as_bytes());
        assert_eq!(bundles_of(WHOLE.as_bytes()), WHOLE.as_bytes());
        assert_eq!(bundles_of(b"password\n{}"), b"");
    }

    #[test]
    fn what_stands_beside_or_in_a_bundle_that_is_none_of_it_makes_it_something_else() {
        let line = WHOLE.replace('\n', " ");
        for text in [
            String::new(),
            "{}".to_owned(),
            format!("{line}\n{{\"password\": \"p\"}}"),
            format!("{line}\npassword"),
            line.replace("\"hint\"", "\"password\""),
            line.replace("\"keyid\"", "\"key\""),
            line.replace("\"envelope\": \"c\"", "\"envelope\": {\"password\": \"p\"}"),
            line.replace("sigstore.bundle", "sigstore.other"),
            line.replace("\"payloadType\": \"t\"", "\"payloadType\": 7"),
        ] {
            assert!(!is_bundles(text.as_bytes()), "{text}");
        }
    }
}
