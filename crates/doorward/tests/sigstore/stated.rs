//! Bundles with statements by certificates of one's own authority, with time stamps.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward::core::{MediaType, Timestamp};
use doorward_testkit::{Blob, CertificateBuilder, Image, StampBuilder, asn1};
use serde_json::{Value, json};

use crate::site::{Site, secret};

const STATEMENT: &str = "application/vnd.in-toto+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const MANIFEST: MediaType = MediaType::from_static("application/vnd.oci.image.manifest.v1+json");

/// When a statement was signed.
#[derive(Clone, Copy)]
pub(crate) struct Stamped {
    /// From when on the signer's certificate is valid, for a year.
    pub(crate) from: &'static str,
    /// What the time stamp says.
    pub(crate) stamp: &'static str,
    /// The serial number of the certificate.
    pub(crate) serial: u64,
}

/// An unsigned integer in DER.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut value = bytes[zeros..].to_vec();
    if value.first().is_none_or(|first| first & 0x80 != 0) {
        value.insert(0, 0);
    }
    asn1(0x02, &[&value])
}

/// A manifest that refers to the image of the site, with a bundle that states something of it. The Secrets `ca` and `tsa`
/// hold who issued and who stamped.
pub(crate) fn stamped(site: &mut Site, kind: &str, predicate: Value, made: &Stamped) -> Image {
    let root = CertificateBuilder::authority("root").self_signed();
    let clock_root = CertificateBuilder::authority("clock root").self_signed();
    let clock = CertificateBuilder::time_stamper("clock").issued_by(&clock_root);
    let name = asn1(0x82, &[b"signer.example"]);
    let from: Timestamp = made.from.parse().unwrap();
    let signer = CertificateBuilder::code_signer("signer")
        .extension("2.5.29.17", false, &asn1(0x30, &[&name]))
        .serial(made.serial)
        .valid(from, from.plus(365 * 24 * 3600))
        .issued_by(&root);
    site.secrets
        .insert("n", "ca", secret(&[("ca.pem", &root.pem())]));
    let clocks = [
        ("root.pem", &*clock_root.pem()),
        ("clock.pem", &*clock.pem()),
    ];
    site.secrets.insert("n", "tsa", secret(&clocks));
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": site.image.digest().hex()}}],
        "predicateType": kind,
        "predicate": predicate,
    })
    .to_string();
    let signed = format!(
        "DSSEv1 {} {STATEMENT} {} {statement}",
        STATEMENT.len(),
        statement.len()
    );
    let fixed = signer.sign_envelope(signed.as_bytes());
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let signature = asn1(0x30, &[&integer(r), &integer(s)]);
    let stamp = StampBuilder::new(&clock, &signature, made.stamp)
        .certificates(&[&clock, &clock_root])
        .build();
    let bundle = json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {
            "certificate": {"rawBytes": STANDARD.encode(signer.der())},
            "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": STANDARD.encode(stamp)}]},
        },
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement), "payloadType": STATEMENT,
            "signatures": [{"sig": STANDARD.encode(signature)}],
        },
    });
    let blob = Blob::new(MediaType::from_static(BUNDLE), bundle.to_string());
    let empty = MediaType::from_static("application/vnd.oci.empty.v1+json");
    let config = Blob::new(empty, "{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST.as_str(), "artifactType": BUNDLE, "config": config.descriptor(),
        "layers": [blob.descriptor()], "subject": site.image.manifest().descriptor(),
        "annotations": {"dev.sigstore.bundle.predicateType": kind},
    });
    Image::from_manifest(MANIFEST, manifest.to_string(), [config, blob])
}
