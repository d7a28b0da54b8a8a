use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::*;
use super::given::{DAY, Issued, NOW, codes, good, installation, issued, look, webhooks};

/// The certificate in the Secret, and its authority in all configurations.
fn with(certificate: &str, authority: &str) -> Installation {
    let mut given = installation();
    let bundle = Value::from(STANDARD.encode(authority));
    for list in [&mut given.mutating, &mut given.validating] {
        let Answer::Known(list) = list else { continue };
        for configuration in list {
            configuration["webhooks"][0]["clientConfig"]["caBundle"] = bundle.clone();
        }
    }
    let Answer::Known(Some(secret)) = &mut given.secret else {
        panic!()
    };
    secret["data"]["tls.crt"] = STANDARD.encode(certificate).into();
    given
}

#[test]
fn a_bundle_that_is_missing_is_told_from_one_that_cannot_be_read() {
    for (bundle, code) in [
        (json!(null), CheckupCode::CaBundleMissing),
        (json!(""), CheckupCode::CaBundleMissing),
        (json!("?"), CheckupCode::CaBundleInvalid),
        (
            json!(STANDARD.encode("no PEM")),
            CheckupCode::CaBundleInvalid,
        ),
        (
            json!(
                STANDARD.encode("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            ),
            CheckupCode::CaBundleInvalid,
        ),
    ] {
        let mut given = installation();
        webhooks(&mut given, |webhook| {
            webhook["clientConfig"]["caBundle"] = bundle.clone();
        });
        assert_eq!(codes(&given), [code], "{bundle}");
        assert_eq!(look(&given).len(), 2, "of each configuration");
    }
}

#[test]
fn an_authority_that_did_not_sign_what_is_served_is_named() {
    let (one, other) = (good(), good());
    let given = with(&one.certificate, &other.authority);
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::CaBundleMismatch]);
    assert!(
        found.message.contains("no authority in the bundle"),
        "{}",
        found.message
    );
    // Beside the one that did, it harms nothing: authorities follow each other.
    let both = format!("{}{}", other.authority, one.authority);
    assert_eq!(look(&with(&one.certificate, &both)), []);
    let elsewhere = issued("other.doorward.svc", NOW + 60 * DAY, NOW + 60 * DAY);
    let given = with(&elsewhere.certificate, &elsewhere.authority);
    assert!(
        look(&given)[0]
            .message
            .contains("not for doorward.doorward.svc")
    );
}

#[test]
fn what_has_ended_or_ends_within_the_time_is_told_of_once_at_the_certificate() {
    let until = |end: i64| {
        let Issued {
            authority,
            certificate,
        } = issued("doorward.doorward.svc", NOW + 60 * DAY, end);
        look(&with(&certificate, &authority))
    };
    for (end, code) in [
        (NOW, Some(CheckupCode::CertificateEnded)),
        (NOW + 1, Some(CheckupCode::CertificateEndsSoon)),
        (NOW + 14 * DAY, Some(CheckupCode::CertificateEndsSoon)),
        (NOW + 14 * DAY + 1, None),
    ] {
        let found = until(end);
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.code, one.object.to_string()))
            .collect();
        let expected = code.map(|code| (code, "Secret doorward/doorward-tls".to_owned()));
        assert_eq!(found, Vec::from_iter(expected), "{}", end - NOW);
    }
}

#[test]
fn an_authority_that_ends_before_its_certificate_is_told_of_at_each_configuration() {
    let of = |end: i64| {
        let Issued {
            authority,
            certificate,
        } = issued("doorward.doorward.svc", end, NOW + 60 * DAY);
        with(&certificate, &authority)
    };
    assert_eq!(codes(&of(NOW - DAY)), [CheckupCode::CertificateEnded]);
    let found = look(&of(NOW + DAY));
    assert_eq!(codes(&of(NOW + DAY)), [CheckupCode::CertificateEndsSoon]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].message.contains("authority"),
        "{}",
        found[0].message
    );
}

#[test]
fn what_is_not_valid_yet_is_an_error() {
    let given = installation();
    let before = Timestamp::from_unix(NOW - 200 * DAY);
    let found = checkup(&given, before, Duration::ZERO);
    assert_eq!(found[0].code, CheckupCode::CertificateEnded);
    assert!(
        found[0].message.contains("not valid before"),
        "{}",
        found[0].message
    );
}

#[test]
fn a_secret_that_is_missing_or_has_no_certificate_is_named() {
    let mut given = installation();
    for secret in [
        None,
        Some(json!({"data": {}})),
        Some(json!({"data": {"tls.crt": ""}})),
        Some(json!({"data": {"tls.crt": "?"}})),
        Some(json!({"data": {"tls.crt": STANDARD.encode("x")}})),
    ] {
        given.secret = Answer::Known(secret.clone());
        assert_eq!(
            codes(&given),
            [CheckupCode::CertificateMissing],
            "{secret:?}"
        );
    }
}

#[test]
fn without_the_secret_the_authorities_are_still_looked_at() {
    let ended = issued("doorward.doorward.svc", NOW - DAY, NOW + DAY);
    let mut given = with(&ended.certificate, &ended.authority);
    given.secret = super::given::unanswered().secret;
    assert_eq!(
        codes(&given),
        [CheckupCode::CertificateEnded, CheckupCode::NotAnswered]
    );
    // One of two that ends is not the one that is used, for all that is known.
    let both = format!("{}{}", ended.authority, good().authority);
    let mut given = with(&ended.certificate, &both);
    given.secret = super::given::unanswered().secret;
    assert_eq!(codes(&given), [CheckupCode::NotAnswered]);
}

#[test]
fn a_certificate_in_a_file_is_looked_for_in_the_secret_that_is_mounted_there() {
    let mut given = installation();
    let Answer::Known(Some(deployment)) = &mut given.deployment else {
        panic!()
    };
    let pod = &mut deployment["spec"]["template"]["spec"];
    pod["containers"][0]["args"] = json!([
        "--tls-cert=/etc/doorward/tls/tls.crt",
        "--tls-key=/etc/doorward/tls/tls.key",
        "--arm"
    ]);
    pod["containers"][0]["volumeMounts"] =
        json!([{"name": "tls", "mountPath": "/etc/doorward/tls"}]);
    pod["volumes"] = json!([{"name": "tls", "secret": {"secretName": "brought"}}]);
    let secret = given.setup().secret;
    assert_eq!(secret, Some(("brought".to_owned(), "tls.crt".to_owned())));
    assert_eq!(look(&given), []);
    // One that is kept in no Secret was looked at by nobody.
    let Answer::Known(Some(deployment)) = &mut given.deployment else {
        panic!()
    };
    deployment["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "tls", "hostPath": {"path": "/tls"}}]);
    assert_eq!(codes(&given), [CheckupCode::NotAnswered]);
}
