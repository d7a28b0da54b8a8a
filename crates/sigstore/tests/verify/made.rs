//! Signatures that are made here, with a key on P-256, to be wrong in ways that no client is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{Digest, Rejection};
use doorward_sigstore::{
    Accepted, Authority, COSIGN_SIGNATURE, Candidate, Demands, VerificationKey, codes, signed_bytes,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::code;
use super::support::{attest, meter, now, sign, texts};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const IN_TOTO: &str = "application/vnd.in-toto+json";
const MANIFEST: &[u8] = b"the manifest of an image";

struct Signer {
    pair: EcdsaKeyPair,
    authority: Authority,
    digest: Digest,
}

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let curve = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref(), &random).unwrap();
        let prefix = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
        let spki = [&prefix[..], pair.public_key().as_ref()].concat();
        let key = VerificationKey::from_spki_der(&spki).unwrap();
        Self {
            pair,
            authority: Authority::keys(vec![key], Demands::default()).unwrap(),
            digest: Digest::sha256(MANIFEST),
        }
    }

    fn signature(&self, message: &[u8]) -> String {
        let signature = self.pair.sign(&SystemRandom::new(), message).unwrap();
        STANDARD.encode(signature.as_ref())
    }

    fn layer(&self, text: &str) -> Result<Accepted, Rejection> {
        let annotations = texts(&[(SIGNATURE, &self.signature(text.as_bytes()))]);
        let payload = Bytes::copy_from_slice(text.as_bytes());
        let candidate = Candidate::layer(payload, &annotations).unwrap();
        sign(&candidate, &self.digest, &self.authority)
    }

    fn envelope(&self, kind: &str, payload: &str) -> Value {
        let signed = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
        json!({
            "payloadType": kind,
            "payload": STANDARD.encode(payload),
            "signatures": [{"sig": self.signature(signed.as_bytes()), "keyid": ""}],
        })
    }

    fn bundle(&self, name: &str, content: Value) -> Candidate {
        let bundle = json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": ""}},
            name: content,
        });
        Candidate::bundle(bundle.to_string().into()).unwrap()
    }

    fn statement(&self, statement: &Value) -> Result<Accepted, Rejection> {
        let envelope = self.envelope(IN_TOTO, &statement.to_string());
        let candidate = self.bundle("dsseEnvelope", envelope);
        sign(&candidate, &self.digest, &self.authority)
    }
}

#[test]
fn a_signature_over_something_else_than_a_claim_does_not_say_that_an_image_is_signed() {
    let signer = Signer::new();
    let digest = &signer.digest;
    let claim = |critical: &str, rest: &str| format!(r#"{{"critical":{{{critical}}}{rest}}}"#);
    let good = format!(
        r#""identity":{{"docker-reference":""}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature""#
    );
    signer.layer(&claim(&good, "")).unwrap();
    signer
        .layer(&claim(&good, r#","optional":{"n":1}"#))
        .unwrap();
    for text in [
        claim(&good, r#","optional":[]"#),
        claim(&good, r#","more":1"#),
        claim(&format!(r#"{good},"more":1"#), ""),
        claim(&good.replace("cosign container", "atomic container"), ""),
        claim(
            &good.replace(r#""cosign container image signature""#, "1"),
            "",
        ),
        claim(
            &format!(r#"{good},"type":"cosign container image signature""#),
            "",
        ),
        claim(
            &good.replace("docker-manifest-digest", "docker-manifest-Digest"),
            "",
        ),
        "{}".into(),
        "[]".into(),
        String::new(),
        digest.to_string(),
        format!("{} {{}}", claim(&good, "")),
    ] {
        let refused = signer.layer(&text).unwrap_err();
        assert_eq!(refused.code(), codes::CLAIM_MALFORMED, "{text}");
        // It says nothing about this image, no matter who signed it.
        assert!(!codes::is_left_open(&refused), "{text}: {refused:?}");
    }
    for other in [
        digest.as_str().to_uppercase(),
        digest.hex().to_owned(),
        format!("{digest} "),
        digest.as_str().replace("sha256", "sha512"),
        String::new(),
    ] {
        let text = claim(&good.replace(digest.as_str(), &other), "");
        let refused = signer.layer(&text).unwrap_err();
        assert_eq!(refused.code(), codes::DIGEST_MISMATCH, "{other}");
        assert!(!codes::is_left_open(&refused), "{other}: {refused:?}");
    }
}

#[test]
fn a_statement_says_that_an_image_is_signed_only_by_its_type_and_about_a_subject() {
    let signer = Signer::new();
    let hex = signer.digest.hex();
    let good = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {"sha256": hex}}],
        "predicateType": COSIGN_SIGNATURE,
        "predicate": {},
    });
    signer.statement(&good).unwrap();
    let with = |member: &str, value: Value| {
        let mut statement = good.clone();
        statement[member] = value;
        code(signer.statement(&statement))
    };
    let other = Digest::sha256(b"another").hex().to_owned();
    assert_eq!(
        with("predicateType", "https://slsa.dev/provenance/v1".into()),
        codes::WRONG_PREDICATE
    );
    for subject in [
        json!([{"digest": {"sha256": other}}]),
        json!([{"digest": {"sha512": hex}}]),
        json!([{"digest": {}, "name": format!("sha256:{hex}")}]),
        json!([{"digest": {"sha256": hex.to_uppercase()}}]),
    ] {
        assert_eq!(
            with("subject", subject.clone()),
            codes::DIGEST_MISMATCH,
            "{subject}"
        );
    }
    for subject in [
        json!([]),
        Value::Null,
        json!({}),
        json!([{}]),
        json!([{"digest": {"sha256": 1}}]),
    ] {
        assert_eq!(
            with("subject", subject.clone()),
            codes::CLAIM_MALFORMED,
            "{subject}"
        );
    }
    for kind in [
        "https://in-toto.io/Statement/v2",
        "",
        "https://in-toto.io/Statement/v1/",
    ] {
        assert_eq!(with("_type", kind.into()), codes::CLAIM_MALFORMED, "{kind}");
    }
    assert_eq!(with("predicateType", Value::Null), codes::CLAIM_MALFORMED);
    // Some subject is enough: provenance of a release names many, also such as have no digest of this kind.
    let mut many = good.clone();
    many["subject"] = json!([{"digest": {"gitCommit": "a"}}, {"digest": {"sha256": other}}, {"digest": {"sha256": hex}}]);
    signer.statement(&many).unwrap();
    let envelope = signer.envelope(IN_TOTO, &many.to_string());
    let candidate = signer.bundle("dsseEnvelope", envelope);
    assert_eq!(
        candidate.unverified_digest(),
        Some(format!("sha256:{other}"))
    );
}

#[test]
fn a_member_of_a_statement_that_stands_there_twice_is_refused_although_it_was_signed() {
    let signer = Signer::new();
    let hex = signer.digest.hex();
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{hex}"}}}}],"predicateType":"https://slsa.dev/provenance/v1","predicateType":"{COSIGN_SIGNATURE}","predicate":{{}}}}"#
    );
    let candidate = signer.bundle("dsseEnvelope", signer.envelope(IN_TOTO, &text));
    let outcome = sign(&candidate, &signer.digest, &signer.authority);
    assert_eq!(code(outcome), codes::CLAIM_MALFORMED);
}

#[test]
fn a_predicate_is_given_byte_by_byte() {
    let signer = Signer::new();
    let hex = signer.digest.hex();
    for predicate in [
        "{ \"n\" : 1.10e2 }",
        "12345678901234567890123",
        "null",
        "\"\\u00e9\"",
    ] {
        let text = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v0.1","predicate":{predicate},"subject":[{{"digest":{{"sha256":"{hex}"}}}}],"predicateType":"a"}}"#
        );
        let candidate = signer.bundle("dsseEnvelope", signer.envelope(IN_TOTO, &text));
        let attested = attest(&candidate, &signer.digest, &signer.authority, "a").unwrap();
        assert_eq!(attested.predicate(), predicate.as_bytes());
    }
}

#[test]
fn a_bundle_over_bytes_is_one_of_a_file_and_none_of_an_image() {
    let signer = Signer::new();
    let hash = STANDARD.encode(hex::decode(signer.digest.hex()).unwrap());
    let message = json!({
        "messageDigest": {"algorithm": "SHA2_256", "digest": hash},
        "signature": signer.signature(MANIFEST),
    });
    let judged = |message: &Value, digest: &Digest| {
        let candidate = signer.bundle("messageSignature", message.clone());
        // Not even where the bytes are its manifest.
        let refused = sign(&candidate, digest, &signer.authority).unwrap_err();
        assert_eq!(refused.code(), codes::CLAIM_MALFORMED);
        assert!(!codes::is_left_open(&refused));
        signed_bytes(&candidate, digest, &signer.authority, now(), &mut meter())
    };
    judged(&message, &signer.digest).unwrap();
    let mut bare = message.clone();
    bare["messageDigest"] = Value::Null;
    judged(&bare, &signer.digest).unwrap();
    let other = Digest::sha256(b"another");
    assert_eq!(code(judged(&message, &other)), codes::DIGEST_MISMATCH);
    assert_eq!(code(judged(&bare, &other)), codes::UNKNOWN_KEY);
    let mut function = message.clone();
    function["messageDigest"]["algorithm"] = "SHA2_384".into();
    assert_eq!(
        code(judged(&function, &signer.digest)),
        codes::DIGEST_MISMATCH
    );
    let mut another = message.clone();
    another["signature"] = signer.signature(b"another").into();
    assert_eq!(code(judged(&another, &signer.digest)), codes::UNKNOWN_KEY);
    // A claim for the digest, which is what was signed elsewhere, is no signature over the manifest.
    let longer = Digest::compute(doorward_core::Algorithm::Sha512, MANIFEST);
    assert_eq!(code(judged(&bare, &longer)), codes::DIGEST_MISMATCH);
}

#[test]
fn a_claim_and_a_statement_are_no_files() {
    let signer = Signer::new();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": COSIGN_SIGNATURE,
        "subject": [{"digest": {"sha256": signer.digest.hex()}}],
    });
    let candidate = signer.bundle(
        "dsseEnvelope",
        signer.envelope(IN_TOTO, &statement.to_string()),
    );
    sign(&candidate, &signer.digest, &signer.authority).unwrap();
    let outcome = signed_bytes(
        &candidate,
        &signer.digest,
        &signer.authority,
        now(),
        &mut meter(),
    );
    assert_eq!(code(outcome), codes::WRONG_PREDICATE);
}

#[test]
fn a_bundle_over_bytes_has_no_annotations() {
    let signer = Signer::new();
    let message = json!({"signature": signer.signature(MANIFEST)});
    let candidate = signer.bundle("messageSignature", message);
    let mut demands = Demands::default();
    demands.annotations = texts(&[("env", "prod")]);
    let key = signer.pair.public_key().as_ref();
    let prefix = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    let key = VerificationKey::from_spki_der(&[&prefix[..], key].concat()).unwrap();
    let authority = Authority::keys(vec![key], demands).unwrap();
    let outcome = signed_bytes(&candidate, &signer.digest, &authority, now(), &mut meter());
    assert_eq!(code(outcome), codes::ANNOTATION_MISMATCH);
}
