//! What is not read at all.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_sigstore::{Candidate, CandidateError, codes};
use serde_json::{Value, json};

use super::support::{World, texts};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG: &str = "dev.sigstore.cosign/bundle";
const STAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

fn bundle() -> Value {
    World::open().only("keyless", "v1-email").1.json()
}

fn read(json: &Value) -> Result<Candidate, CandidateError> {
    Candidate::bundle(json.to_string().into())
}

#[test]
fn a_bundle_that_is_not_whole_is_not_read() {
    let good = bundle();
    read(&good).unwrap();
    let faults: [fn(&mut Value); 16] = [
        |json| json["mediaType"] = Value::Null,
        |json| json["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.4+json".into(),
        |json| json["mediaType"] = "application/json".into(),
        |json| json["verificationMaterial"] = Value::Null,
        |json| json["verificationMaterial"]["certificate"] = Value::Null,
        |json| json["verificationMaterial"]["publicKey"] = json!({"hint": "a"}),
        |json| json["verificationMaterial"]["certificate"]["rawBytes"] = "?".into(),
        |json| json["verificationMaterial"]["tlogEntries"] = json!({}),
        |json| json["verificationMaterial"]["tlogEntries"][0]["logIndex"] = "-1".into(),
        |json| json["verificationMaterial"]["tlogEntries"][0]["kindVersion"] = Value::Null,
        |json| json["dsseEnvelope"] = Value::Null,
        |json| json["messageSignature"] = json!({"signature": "AQ=="}),
        |json| json["dsseEnvelope"]["signatures"] = json!([]),
        |json| json["dsseEnvelope"]["payload"] = "e30".into(),
        |json| {
            let signature = json["dsseEnvelope"]["signatures"][0].clone();
            json["dsseEnvelope"]["signatures"] = json!([signature, signature]);
        },
        |json| {
            let certificate = json["verificationMaterial"]["certificate"].take();
            json["verificationMaterial"]["x509CertificateChain"] =
                json!({"certificates": [certificate]});
        },
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let mut json = good.clone();
        fault(&mut json);
        let error = read(&json).expect_err(&format!("fault {number}"));
        assert!(
            matches!(error, CandidateError::Malformed { .. }),
            "{number}: {error}"
        );
        assert_eq!(
            doorward_core::Rejection::from(error).code(),
            codes::BUNDLE_MALFORMED
        );
    }
}

#[test]
fn a_member_that_stands_there_twice_has_two_readings() {
    let good = bundle().to_string();
    for member in ["\"mediaType\":", "\"payload\":", "\"rawBytes\":"] {
        let (before, after) = good.split_once(member).unwrap();
        let twice = format!("{before}{member}\"first\",{member}{after}");
        let error = Candidate::bundle(twice.into()).unwrap_err();
        assert!(error.to_string().contains("duplicate"), "{error}");
    }
}

#[test]
fn more_of_anything_than_is_read_is_refused() {
    let good = bundle();
    let mut entries = good.clone();
    let list = &mut entries["verificationMaterial"]["tlogEntries"];
    *list = vec![list[0].clone(); 5].into();
    let mut stamps = good.clone();
    let list =
        &mut stamps["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"];
    *list = vec![list[0].clone(); 5].into();
    let mut hashes = good.clone();
    let list = &mut hashes["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["hashes"];
    *list = vec![list[0].clone(); 65].into();
    let mut checkpoint = good.clone();
    let envelope = &mut checkpoint["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
        ["envelope"];
    let signed = envelope.as_str().unwrap();
    let line = signed.lines().last().unwrap();
    *envelope = format!("{signed}{}", format!("{line}\n").repeat(40)).into();
    let mut chain = good.clone();
    chain["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2".into();
    let leaf = chain["verificationMaterial"]["certificate"].take();
    chain["verificationMaterial"]["x509CertificateChain"]["certificates"] = vec![leaf; 11].into();
    for json in [entries, stamps, hashes, checkpoint, chain] {
        let error = read(&json).unwrap_err();
        assert!(matches!(error, CandidateError::TooMany { .. }), "{error}");
    }
}

#[test]
fn what_is_longer_than_is_read_is_refused_by_its_length() {
    let none = BTreeMap::new();
    let long = |bytes: usize| Bytes::from(vec![b' '; bytes]);
    let too_large = |outcome: Result<Candidate, CandidateError>| {
        matches!(outcome, Err(CandidateError::TooLarge { .. }))
    };
    assert!(too_large(Candidate::bundle(long((12 << 20) + 1))));
    assert!(too_large(Candidate::attestation(
        long((12 << 20) + 1),
        &none
    )));
    assert!(too_large(Candidate::layer(long((64 << 10) + 1), &none)));
    let signature = "A".repeat((128 << 10) + 4);
    let annotations = texts(&[(SIGNATURE, &signature)]);
    assert!(too_large(Candidate::layer(long(1), &annotations)));
}

#[test]
fn nesting_has_an_end() {
    let deep = format!(
        "{{\"mediaType\":{}1{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    assert!(Candidate::bundle(deep.into()).is_err());
}

#[test]
fn annotations_of_a_layer_are_whole_or_the_layer_is_not_read() {
    let world = World::open();
    let (_, found) = world.only("keyless", "legacy-tsa");
    found.candidate().unwrap();
    let leaf = found.annotations[CERTIFICATE].clone();
    let two = format!("{leaf}\n{leaf}");
    let key = String::from_utf8(world.files.read("keys/key1.pub").unwrap().to_vec()).unwrap();
    for (name, value) in [
        (SIGNATURE, ""),
        (SIGNATURE, "?"),
        (SIGNATURE, "AQ"),
        (CERTIFICATE, "certificate"),
        (CERTIFICATE, two.as_str()),
        (CERTIFICATE, key.as_str()),
        (CHAIN, "chain"),
        (CHAIN, key.as_str()),
        (LOG, "{}"),
        (LOG, "null"),
        (LOG, "{\"SignedEntryTimestamp\":\"AQ==\"}"),
        (STAMP, "{}"),
        (STAMP, "{\"SignedRFC3161Timestamp\":1}"),
    ] {
        let mut found = found.clone();
        found.annotations.insert(name.to_owned(), value.to_owned());
        let outcome = found.candidate();
        assert!(outcome.is_err(), "{name} {value}");
    }
    let mut id = found.clone();
    let log = id.annotations[LOG].replace("\"logID\":\"", "\"logID\":\"0");
    id.annotations.insert(LOG.into(), log);
    assert!(id.candidate().is_err());
}

#[test]
fn nothing_that_cannot_be_read_panics() {
    let good = bundle().to_string();
    for end in (0..good.len()).step_by(97) {
        let _ = Candidate::bundle(Bytes::copy_from_slice(&good.as_bytes()[..end]));
    }
    for text in [
        "",
        "null",
        "[]",
        "1",
        "\"\"",
        "{\"mediaType\":1}",
        "\u{feff}{}",
    ] {
        assert!(Candidate::bundle(text.into()).is_err(), "{text}");
        assert!(
            Candidate::attestation(text.into(), &BTreeMap::new()).is_err(),
            "{text}"
        );
    }
}
