//! What a log must vouch for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Rejection;
use doorward_sigstore::{Candidate, Subject, codes, verify};
use serde_json::{Value, json};

use super::code;
use super::support::{ISSUER, World, meter, now, sign};

const LOG: &str = "dev.sigstore.cosign/bundle";
const KEY: &str = "keys/key1.pub";

/// What becomes of a bundle after `change`.
fn changed(image: &str, change: impl Fn(&mut Value, &World)) -> doorward_core::Code {
    refusal(image, change).code()
}

fn refusal(image: &str, change: impl Fn(&mut Value, &World)) -> Rejection {
    let world = World::open();
    let (digest, found) = world.only("keyless", image);
    let mut json = found.json();
    change(&mut json, &world);
    let candidate = match found.with_json(&json).candidate() {
        Ok(candidate) => candidate,
        Err(rejection) => return rejection,
    };
    sign(&candidate, &digest, &world.by_developer()).expect_err("it is refused")
}

fn entry(json: &mut Value) -> &mut Value {
    &mut json["verificationMaterial"]["tlogEntries"][0]
}

fn of(world: &World, image: &str) -> Value {
    world.only("keyless", image).1.json()
}

#[test]
fn an_entry_of_another_signature_vouches_for_nothing() {
    for (image, other) in [
        ("v1-email", "v1-notsa"),
        ("v1-email", "v1-gh"),
        ("v2-email", "v2-gh"),
    ] {
        let refused = changed(image, |json, world| {
            *entry(json) = entry(&mut of(world, other)).clone();
        });
        let right = [codes::LOG_MISMATCH, codes::CERTIFICATE_EXPIRED];
        assert!(right.contains(&refused), "{image} {other}: {refused:?}");
    }
}

#[test]
fn an_entry_of_another_layer_vouches_for_nothing() {
    let world = World::open();
    let (digest, found) = world.only("keyless", "legacy-email");
    sign(&found.candidate().unwrap(), &digest, &world.by_developer()).unwrap();
    for other in ["legacy-gh", "legacy-c2-email", "key-rekor1-legacy"] {
        let (_, other_found) = world.only("keyless", other);
        let mut found = found.clone();
        found
            .annotations
            .insert(LOG.into(), other_found.annotations[LOG].clone());
        let refused = code(sign(
            &found.candidate().unwrap(),
            &digest,
            &world.by_developer(),
        ));
        let right = [codes::LOG_MISMATCH, codes::CERTIFICATE_EXPIRED];
        assert!(right.contains(&refused), "{other}: {refused:?}");
    }
}

#[test]
fn a_keyless_signature_without_an_entry_does_not_count() {
    for image in ["v1-email", "v2-email"] {
        let refused = changed(image, |json, _| {
            json["verificationMaterial"]["tlogEntries"] = json!([]);
        });
        assert_eq!(refused, codes::LOG_MISSING, "{image}");
    }
    let world = World::open();
    let (digest, mut found) = world.only("keyless", "legacy-email");
    found.annotations.remove(LOG);
    let refused = code(sign(
        &found.candidate().unwrap(),
        &digest,
        &world.by_developer(),
    ));
    assert_eq!(refused, codes::LOG_MISSING);
}

#[test]
fn an_entry_for_which_the_log_does_not_vouch_is_none() {
    for image in ["v1-email", "v1-notsa", "v2-email"] {
        let refused = changed(image, |json, _| {
            let entry = entry(json).as_object_mut().unwrap();
            entry.remove("inclusionProof");
        });
        // A promise is not enough for a bundle of this version.
        assert_eq!(refused, codes::LOG_MISSING, "{image}");
    }
}

#[test]
fn a_second_entry_that_nobody_vouches_for_is_not_overlooked() {
    let refused = changed("v1-email", |json, _| {
        let mut second = entry(json).clone();
        let members = second.as_object_mut().unwrap();
        members.remove("inclusionProof");
        members.remove("inclusionPromise");
        let entries = &mut json["verificationMaterial"]["tlogEntries"];
        entries.as_array_mut().unwrap().push(second);
    });
    assert_eq!(refused, codes::LOG_MISSING);
}

#[test]
fn a_promise_and_a_proof_that_do_not_hold_are_refused() {
    let flip = |text: &Value| {
        let text = text.as_str().unwrap();
        let flipped = if text.as_bytes()[20] == b'A' {
            "B"
        } else {
            "A"
        };
        Value::from(format!("{}{flipped}{}", &text[..20], &text[21..]))
    };
    let faults: [&dyn Fn(&mut Value); 4] = [
        &|entry| {
            let promise = &mut entry["inclusionPromise"]["signedEntryTimestamp"];
            *promise = flip(promise);
        },
        &|entry| {
            let hash = &mut entry["inclusionProof"]["hashes"][0];
            *hash = flip(hash);
        },
        &|entry| {
            let hashes = entry["inclusionProof"]["hashes"].as_array_mut().unwrap();
            hashes.pop();
        },
        &|entry| {
            let envelope = &mut entry["inclusionProof"]["checkpoint"]["envelope"];
            let text = envelope
                .as_str()
                .unwrap()
                .replace("fixtures.test", "fixtures.tesT");
            *envelope = text.into();
        },
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let refused = changed("v1-email", |json, _| fault(entry(json)));
        assert_eq!(refused, codes::LOG_UNTRUSTED, "fault {number}");
    }
    for fault in &faults[1..] {
        let refused = changed("v2-email", |json, _| fault(entry(json)));
        assert_eq!(refused, codes::LOG_UNTRUSTED);
    }
}

#[test]
fn a_time_that_the_log_did_not_sign_is_none() {
    let refused = changed("v1-notsa", |json, _| {
        let time = &mut entry(json)["integratedTime"];
        let later = time.as_str().unwrap().parse::<i64>().unwrap() + 1;
        *time = later.to_string().into();
    });
    assert_eq!(refused, codes::LOG_UNTRUSTED);
    // Newer logs sign no time, and nothing else here vouches for one.
    let refused = changed("v2-email", |json, _| {
        json["verificationMaterial"]["timestampVerificationData"] = Value::Null;
        entry(json)["integratedTime"] = "1795232286".into();
    });
    assert_eq!(refused, codes::TIMESTAMP_MISSING);
    let refused = changed("v1-notsa", |json, _| {
        entry(json)
            .as_object_mut()
            .unwrap()
            .remove("inclusionPromise");
    });
    assert_eq!(refused, codes::TIMESTAMP_MISSING);
}

#[test]
fn a_time_stamp_of_another_signature_is_refused() {
    for (image, other) in [("v1-email", "v1-gh"), ("v2-email", "v1-email")] {
        let refused = changed(image, |json, world| {
            let other = of(world, other);
            json["verificationMaterial"]["timestampVerificationData"] =
                other["verificationMaterial"]["timestampVerificationData"].clone();
        });
        assert_eq!(refused, codes::TIMESTAMP_INVALID, "{image}");
    }
}

#[test]
fn a_signature_by_a_key_stands_in_the_log_if_that_is_demanded() {
    let world = World::open();
    for image in ["key-rekor1-legacy", "key-rekor1-bundle"] {
        let (digest, found) = world.only("keyless", image);
        let candidate = found.candidate().unwrap();
        let accepted = sign(&candidate, &digest, &world.by_key(KEY, true, &[])).unwrap();
        assert!(accepted.log_index().is_some(), "{image}");
        assert!(accepted.signed_at().is_some(), "{image}");
        let accepted = sign(&candidate, &digest, &world.by_key(KEY, false, &[])).unwrap();
        assert_eq!(
            accepted.log_index(),
            None,
            "what is not demanded is not looked at"
        );
        let before = "2026-11-20T00:00:00Z".parse().unwrap();
        let outcome = verify(
            &candidate,
            &digest,
            &world.by_key(KEY, true, &[]),
            before,
            &mut meter(),
        );
        assert_eq!(code(outcome), codes::TIMESTAMP_INVALID, "{image}");
    }
}

#[test]
fn a_signature_by_a_key_without_an_entry_does_not_count_if_one_is_demanded() {
    let world = World::open();
    for image in ["legacy-key", "bundle-key"] {
        let (digest, found) = world.only("static-fallback", image);
        let outcome = sign(
            &found.candidate().unwrap(),
            &digest,
            &world.by_key(KEY, true, &[]),
        );
        assert_eq!(code(outcome), codes::LOG_MISSING, "{image}");
    }
}

#[test]
fn an_entry_of_another_signature_by_the_same_key_vouches_for_nothing() {
    let world = World::open();
    let (_, logged) = world.only("keyless", "key-rekor1-legacy");
    let (digest, mut found) = world.only("static-fallback", "legacy-key");
    found
        .annotations
        .insert(LOG.into(), logged.annotations[LOG].clone());
    let refused = code(sign(
        &found.candidate().unwrap(),
        &digest,
        &world.by_key(KEY, true, &[]),
    ));
    assert_eq!(refused, codes::LOG_MISMATCH);
    // Nobody looks at it where no log is demanded.
    sign(
        &found.candidate().unwrap(),
        &digest,
        &world.by_key(KEY, false, &[]),
    )
    .unwrap();
}

#[test]
fn every_operation_is_counted_before_it_is_made() {
    use doorward_core::{Budget, Meter};
    let world = World::open();
    let (digest, found) = world.only("keyless", "v1-email");
    let candidate = found.candidate().unwrap();
    let mut counted = meter();
    verify(
        &candidate,
        &digest,
        &world.by_developer(),
        now(),
        &mut counted,
    )
    .unwrap();
    let needed = counted.signatures();
    assert!((5..=20).contains(&needed), "{needed}");
    for signatures in 0..needed {
        let mut budget = Budget::default();
        budget.signatures = signatures;
        let mut meter = Meter::new(budget);
        let outcome = verify(
            &candidate,
            &digest,
            &world.by_developer(),
            now(),
            &mut meter,
        );
        let refused = code(outcome);
        assert_eq!(
            refused,
            doorward_core::Code::BUDGET_EXCEEDED,
            "{signatures}"
        );
        assert_eq!(meter.signatures(), signatures + 1);
    }
}

#[test]
fn a_newer_log_vouches_for_a_signature_by_a_key_but_for_no_time() {
    use doorward_sigstore::{Authority, Demands, LogDemand, TimestampDemand};
    let world = World::open();
    let (digest, found) = world.only("keyless", "key-rekor2-bundle");
    let candidate = found.candidate().unwrap();
    let accepted = sign(&candidate, &digest, &world.by_key(KEY, true, &[])).unwrap();
    assert!(accepted.log_index().is_some());
    assert_eq!(accepted.signed_at(), None);
    let mut demands = Demands::default();
    demands.log = LogDemand::Required;
    demands.timestamp = TimestampDemand::Required;
    demands.trusted_root = Some(std::sync::Arc::clone(&world.root));
    let stamped = Authority::keys(vec![world.key(KEY)], demands.clone()).unwrap();
    let accepted = sign(&candidate, &digest, &stamped).unwrap();
    assert!(accepted.signed_at().is_some());
    demands.log = LogDemand::Optional;
    let only_stamped = Authority::keys(vec![world.key(KEY)], demands).unwrap();
    let accepted = sign(&candidate, &digest, &only_stamped).unwrap();
    assert!(accepted.signed_at().is_some());
    assert_eq!(accepted.log_index(), None);
    let mut json = found.json();
    json["verificationMaterial"]["timestampVerificationData"] = Value::Null;
    let candidate = found.with_json(&json).candidate().unwrap();
    for authority in [stamped, only_stamped] {
        let outcome = sign(&candidate, &digest, &authority);
        assert_eq!(code(outcome), codes::TIMESTAMP_MISSING);
    }
}

#[test]
fn whatever_is_wrong_beside_a_signature_by_who_is_accepted_leaves_open_what_counts() {
    let of_kind = |entry: &mut Value, kind: &str, version: &str| {
        let body = json!({"apiVersion": version, "kind": kind, "spec": {}}).to_string();
        entry["canonicalizedBody"] = STANDARD.encode(body).into();
        entry["kindVersion"] = json!({"kind": kind, "version": version});
    };
    let faults: [&dyn Fn(&mut Value); 8] = [
        &|entry| of_kind(entry, "rekord", "0.0.1"),
        &|entry| of_kind(entry, "intoto", "0.0.1"),
        &|entry| entry["kindVersion"] = json!({"kind": "hashedrekord", "version": "0.0.1"}),
        &|entry| entry["inclusionProof"]["treeSize"] = "0".into(),
        &|entry| entry["inclusionProof"]["rootHash"] = "AAAA".into(),
        &|entry| entry["logId"]["keyId"] = "AAAA".into(),
        &|entry| entry["integratedTime"] = "0".into(),
        &|entry| entry["inclusionPromise"]["signedEntryTimestamp"] = "AAAA".into(),
    ];
    let world = World::open();
    for (number, fault) in faults.into_iter().enumerate() {
        let refused = refusal("v1-notsa", |json, _| fault(entry(json)));
        assert!(codes::is_left_open(&refused), "{number}: {refused:?}");
        // The same beside a signature of nobody leaves nothing open, and so does it where somebody else is accepted.
        let stranger = refusal("v1-notsa", |json, _| {
            fault(entry(json));
            json["dsseEnvelope"]["signatures"][0]["sig"] = "MAA=".into();
        });
        assert_eq!(stranger.code(), codes::BAD_SIGNATURE, "{number}");
        assert!(!codes::is_left_open(&stranger), "{number}: {stranger:?}");
        let (digest, found) = world.only("keyless", "v1-notsa");
        let mut json = found.json();
        fault(entry(&mut json));
        let candidate: Candidate = found.with_json(&json).candidate().unwrap();
        let other = world.by_identity(ISSUER, Subject::exact("other@fixtures.test"));
        let other = sign(&candidate, &digest, &other).unwrap_err();
        assert!(!codes::is_left_open(&other), "{number}: {other:?}");
    }
}
