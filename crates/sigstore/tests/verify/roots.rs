//! What a trusted root must be, and what it decides.

use std::sync::Arc;

use doorward_core::{Code, Fingerprint};
use doorward_sigstore::{
    Authority, AuthorityError, Demands, KeylessDemand, Subject, TrustedRoot, TrustedRootError,
    WorkflowClaims, codes,
};
use serde_json::{Value, json};

use super::support::{DEVELOPER, ISSUER, World, sign};

fn root(world: &World) -> Value {
    let root = world.files.read("trust/trusted_root.json").unwrap();
    serde_json::from_slice(root).unwrap()
}

fn parse(root: &Value) -> Result<TrustedRoot, TrustedRootError> {
    TrustedRoot::parse(root.to_string().as_bytes())
}

fn by(root: &Value) -> Result<Authority, AuthorityError> {
    let demand = KeylessDemand {
        root: Arc::new(parse(root).unwrap()),
        issuer: ISSUER.into(),
        subject: Subject::exact(DEVELOPER),
        claims: WorkflowClaims::default(),
    };
    Authority::keyless(demand, Demands::default())
}

/// What becomes of the signature of an image by a changed root.
fn judged(image: &str, change: impl Fn(&mut Value)) -> Option<Code> {
    let world = World::open();
    let mut root = root(&world);
    change(&mut root);
    let (digest, found) = world.only("keyless", image);
    let outcome = sign(&found.candidate().unwrap(), &digest, &by(&root).unwrap());
    outcome.err().map(|rejection| rejection.code())
}

#[test]
fn what_the_root_does_not_name_does_not_count() {
    type Case = (&'static str, fn(&mut Value), Code);
    let cases: [Case; 5] = [
        (
            "v1-email",
            |root| root["certificateAuthorities"] = json!([]),
            codes::CERTIFICATE_UNTRUSTED,
        ),
        (
            "v2-email",
            |root| root["timestampAuthorities"] = json!([]),
            codes::TIMESTAMP_MISSING,
        ),
        (
            "v1-notsa",
            |root| drop(root["tlogs"].as_array_mut().unwrap().remove(0)),
            codes::LOG_UNTRUSTED,
        ),
        (
            "v2-email",
            |root| drop(root["tlogs"].as_array_mut().unwrap().remove(1)),
            codes::LOG_UNTRUSTED,
        ),
        (
            "v1-email",
            |root| root["ctlogs"][0]["publicKey"] = root["tlogs"][0]["publicKey"].clone(),
            codes::SCT_INVALID,
        ),
    ];
    for (number, (image, change, expected)) in cases.into_iter().enumerate() {
        assert_eq!(judged(image, change), Some(expected), "case {number}");
    }
}

#[test]
fn a_stamp_takes_nothing_from_what_a_log_vouches_for_where_no_stamps_are_trusted() {
    let refused = judged("v1-email", |root| root["timestampAuthorities"] = json!([]));
    assert_eq!(refused, None);
}

#[test]
fn what_did_not_count_when_it_was_signed_does_not_count_now() {
    let before = json!({"start": "2024-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z"});
    let ended = |name: &'static str| {
        let before = before.clone();
        move |root: &mut Value| root[name][0]["validFor"] = before.clone()
    };
    let refused = judged("v1-email", ended("certificateAuthorities"));
    assert_eq!(refused, Some(codes::CERTIFICATE_UNTRUSTED));
    let refused = judged("v1-email", ended("timestampAuthorities"));
    assert_eq!(refused, Some(codes::TIMESTAMP_INVALID));
    let refused = judged("v1-notsa", |root| {
        root["tlogs"][0]["publicKey"]["validFor"] = before.clone();
    });
    assert_eq!(refused, Some(codes::LOG_UNTRUSTED));
    // What has ended since counts for what was signed before.
    let since = json!({"start": "2024-01-01T00:00:00Z", "end": "2026-11-21T23:59:59Z"});
    let allowed = judged("v1-email", |root| {
        for name in ["certificateAuthorities", "timestampAuthorities"] {
            root[name][0]["validFor"] = since.clone();
        }
        root["tlogs"][0]["publicKey"]["validFor"] = since.clone();
    });
    assert_eq!(allowed, None);
}

#[test]
fn a_time_stamp_borrows_no_validity_from_another_authority() {
    let ended = json!({"start": "2024-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z"});
    for (window, refused) in [
        (ended, Some(codes::TIMESTAMP_INVALID)),
        (json!({"start": "2024-01-01T00:00:00Z"}), None),
    ] {
        // The other authority is valid for good, stands first or last, and has made no stamp of this.
        for is_first in [true, false] {
            let outcome = judged("v1-email", |root| {
                let other = json!({
                    "uri": "https://other.fixtures.test",
                    "certChain": root["certificateAuthorities"][0]["certChain"].clone(),
                    "validFor": {"start": "2020-01-01T00:00:00Z"},
                });
                let all = root["timestampAuthorities"].as_array_mut().unwrap();
                all[0]["validFor"] = window.clone();
                all.insert(if is_first { 0 } else { all.len() }, other);
            });
            assert_eq!(outcome, refused);
        }
    }
}

#[test]
fn a_root_without_a_log_takes_the_time_of_a_time_stamp() {
    let without = |root: &mut Value| root["tlogs"] = json!([]);
    assert_eq!(judged("v1-email", without), None);
    assert_eq!(judged("v2-email", without), None);
    assert_eq!(judged("v1-notsa", without), Some(codes::TIMESTAMP_MISSING));
    assert_eq!(
        judged("legacy-email", without),
        Some(codes::TIMESTAMP_MISSING)
    );
    let world = World::open();
    let mut neither = root(&world);
    neither["tlogs"] = json!([]);
    neither["timestampAuthorities"] = json!([]);
    assert_eq!(by(&neither).unwrap_err(), AuthorityError::NoTimeSource);
}

#[test]
fn what_cannot_be_used_makes_the_root_unusable() {
    let world = World::open();
    let good = root(&world);
    parse(&good).unwrap();
    let faults: [fn(&mut Value); 15] = [
        |root| root["mediaType"] = Value::Null,
        |root| root["mediaType"] = "application/vnd.dev.sigstore.signingconfig.v0.2+json".into(),
        |root| root["tlogs"] = json!({}),
        |root| root["tlogs"][0]["publicKey"]["rawBytes"] = "AQ==".into(),
        |root| root["tlogs"][0]["publicKey"]["rawBytes"] = "?".into(),
        |root| root["tlogs"][0]["logId"]["keyId"] = "AQ==".into(),
        |root| root["tlogs"][0]["hashAlgorithm"] = "SHA1".into(),
        |root| root["tlogs"][1] = root["tlogs"][0].clone(),
        |root| root["ctlogs"][0]["publicKey"]["rawBytes"] = "AQ==".into(),
        |root| root["certificateAuthorities"][0]["certChain"]["certificates"] = json!([]),
        |root| {
            root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] =
                "AQ==".into();
        },
        |root| {
            root["certificateAuthorities"][0]["validFor"] = json!({"end": "2030-01-01T00:00:00Z"});
        },
        |root| root["certificateAuthorities"][0]["validFor"]["start"] = "yesterday".into(),
        |root| root["certificateAuthorities"][0]["validFor"]["end"] = "2020-01-01T00:00:00Z".into(),
        |root| root["tlogs"] = vec![root["tlogs"][0].clone(); 33].into(),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let mut root = good.clone();
        fault(&mut root);
        assert!(parse(&root).is_err(), "fault {number}");
    }
    for text in [
        "",
        "{}",
        "[]",
        "null",
        "{\"mediaType\":\"a\",\"mediaType\":\"b\"}",
    ] {
        assert!(TrustedRoot::parse(text.as_bytes()).is_err(), "{text}");
    }
    let long = format!("{}{good}", " ".repeat(1 << 20));
    assert!(TrustedRoot::parse(long.as_bytes()).is_err());
}

#[test]
fn the_last_end_of_each_kind_is_known_and_what_has_none_is_left_out() {
    let world = World::open();
    let mut root = root(&world);
    let names = |root: &Value| {
        let expiries = parse(root).unwrap().expiries();
        expiries
            .into_iter()
            .map(|expiry| (expiry.name, expiry.at.to_string()))
            .collect::<Vec<_>>()
    };
    let before = names(&root);
    // Certificates have an end, and the keys of these logs have none.
    let kinds: Vec<_> = before.iter().map(|(name, _)| name.as_str()).collect();
    let of_certificates = [
        "trusted root: certificate authorities",
        "trusted root: time-stamping authorities",
    ];
    assert_eq!(kinds, of_certificates);
    root["tlogs"][0]["publicKey"]["validFor"]["end"] = "2030-01-01T00:00:00Z".into();
    assert_eq!(names(&root), before, "the other log has no end");
    root["tlogs"][1]["publicKey"]["validFor"]["end"] = "2029-01-01T00:00:00Z".into();
    let logs = (
        "trusted root: logs".to_owned(),
        "2030-01-01T00:00:01Z".to_owned(),
    );
    assert!(names(&root).contains(&logs));
    root["certificateAuthorities"][0]["validFor"]["end"] = "2028-01-01T00:00:00Z".into();
    let authorities = (
        "trusted root: certificate authorities".to_owned(),
        "2028-01-01T00:00:01Z".to_owned(),
    );
    assert!(names(&root).contains(&authorities));
}

#[test]
fn everything_that_an_authority_demands_is_part_of_its_key() {
    let world = World::open();
    let key = |authority: &Authority| {
        let mut out = Fingerprint::default();
        authority.encode(&mut out);
        out.digest()
    };
    let mut changed = root(&world);
    changed["tlogs"][0]["publicKey"]["validFor"]["start"] = "2023-01-01T00:00:00Z".into();
    let mut claims = WorkflowClaims::default();
    claims.repository = Some(Subject::exact("example/app"));
    let mut reference = WorkflowClaims::default();
    reference.reference = Some(Subject::exact("example/app"));
    let authorities = [
        world.by_developer(),
        by(&changed).unwrap(),
        world.by_identity("https://other.test", Subject::exact(DEVELOPER)),
        world.by_identity(ISSUER, Subject::exact("other")),
        world.by_identity(ISSUER, Subject::pattern("dev@fixtures.test").unwrap()),
        world.by_claims(ISSUER, Subject::exact(DEVELOPER), claims),
        world.by_claims(ISSUER, Subject::exact(DEVELOPER), reference),
        world.by_key("keys/key1.pub", false, &[]),
        world.by_key("keys/key2.pub", false, &[]),
        world.by_key("keys/key1.pub", true, &[]),
        world.by_key("keys/key1.pub", false, &[("a", "b")]),
        world.by_key("keys/key1.pub", false, &[("a", "c")]),
    ];
    let mut keys: Vec<_> = authorities.iter().map(key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), authorities.len());
    assert_eq!(
        key(&world.by_developer()),
        key(&World::open().by_developer())
    );
}
