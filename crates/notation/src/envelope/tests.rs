//! The rules for headers and forms. Whole envelopes are in the vectors.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use coset::cbor::Value;
use coset::{CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _, iana};

use super::headers::{AUTHENTIC_SIGNING_TIME, EXPIRY, RawHeaders, SCHEME, SIGNING_TIME};
use super::*;
use crate::attribute::{AttributeName, AttributeValue};
use crate::{HeaderTime, limits};

fn text(name: &str) -> AttributeName {
    AttributeName::Text(name.to_owned())
}

fn raw() -> RawHeaders {
    RawHeaders {
        algorithm: EnvelopeAlgorithm::Es256,
        content_type: Some("application/vnd.cncf.notary.payload.v1+json".to_owned()),
        critical: vec![text(SCHEME)],
        scheme: Some("notary.x509".to_owned()),
        signing_time: Some(HeaderTime::from_seconds(100)),
        authentic_signing_time: None,
        expiry: None,
        extended: Vec::new(),
        understood: &[],
    }
}

#[test]
fn headers_that_keep_all_rules_pass() {
    let mut headers = raw();
    headers.extended = vec![
        (text("a"), AttributeValue::Other),
        (text("b"), AttributeValue::Other),
    ];
    headers.critical.push(text("b"));
    let checked = headers.check().expect("headers");
    assert_eq!(checked.scheme, SigningScheme::X509);
    let critical: Vec<bool> = checked.extended.iter().map(|e| e.critical).collect();
    assert_eq!(critical, [false, true]);
}

/// Headers with one thing that is wrong.
type Wrong = (&'static str, fn(&mut RawHeaders));

#[test]
fn headers_that_break_a_rule_are_refused() {
    let wrong: &[Wrong] = &[
        ("no content type", |h| h.content_type = None),
        ("another content type", |h| {
            h.content_type = Some("application/json".to_owned());
        }),
        ("no scheme", |h| h.scheme = None),
        ("another scheme", |h| {
            h.scheme = Some("notary.x509.other".to_owned());
        }),
        ("no signing time", |h| h.signing_time = None),
        ("the time of the other scheme", |h| {
            h.authentic_signing_time = Some(HeaderTime::from_seconds(100));
        }),
        ("the scheme is not critical", |h| {
            h.critical = vec![text("x")];
        }),
        ("critical twice", |h| h.critical.push(text(SCHEME))),
        ("critical and absent", |h| h.critical.push(text("absent"))),
        ("an absent expiry is critical", |h| {
            h.critical.push(text(EXPIRY));
        }),
        ("the signing time is critical", |h| {
            h.critical.push(text(SIGNING_TIME));
        }),
        ("the expiry is not critical", |h| {
            h.expiry = Some(HeaderTime::from_seconds(200));
        }),
        ("it expires when it is signed", |h| {
            h.expiry = Some(HeaderTime::from_seconds(100));
            h.critical.push(text(EXPIRY));
        }),
        ("an authority without its time", |h| {
            h.scheme = Some("notary.x509.signingAuthority".to_owned());
        }),
        ("the time of an authority is not critical", |h| {
            h.scheme = Some("notary.x509.signingAuthority".to_owned());
            h.authentic_signing_time = h.signing_time.take();
        }),
        ("an authority with both times", |h| {
            h.scheme = Some("notary.x509.signingAuthority".to_owned());
            h.authentic_signing_time = h.signing_time;
            h.critical.push(text(AUTHENTIC_SIGNING_TIME));
        }),
        ("too many attributes", |h| {
            let attribute = |number: usize| (text(&number.to_string()), AttributeValue::Other);
            h.extended = (0..=limits::EXTENDED_ATTRIBUTES).map(attribute).collect();
        }),
    ];
    for (what, change) in wrong {
        let mut headers = raw();
        change(&mut headers);
        assert!(headers.check().is_err(), "{what}");
    }
}

const PROTECTED: &str = r#"{"alg":"ES256","cty":"x","crit":["io.cncf.notary.signingScheme"]}"#;

fn jws(protected: &str, header: &str, more: &str) -> Result<Parts, EnvelopeError> {
    let protected = URL_SAFE_NO_PAD.encode(protected);
    jws::parse(
        format!(
            r#"{{"payload":"e30","protected":"{protected}","header":{header},"signature":"AAAA"{more}}}"#
        )
        .as_bytes(),
    )
}

#[test]
fn a_jws_is_read_with_the_texts_that_were_signed() {
    let parts = jws(PROTECTED, r#"{"x5c":["MAA="],"other":1}"#, "").expect("an envelope");
    let signed = format!("{}.e30", URL_SAFE_NO_PAD.encode(PROTECTED));
    assert_eq!(parts.signed, signed.as_bytes());
    assert_eq!(parts.payload, b"{}");
    assert_eq!(parts.chain, [[0x30, 0x00]]);
}

#[test]
fn a_jws_that_two_programs_could_read_differently_is_refused() {
    let chain = r#"{"x5c":["MAA="]}"#;
    for (protected, header, more) in [
        (PROTECTED, chain, r#","payload":"e30""#),
        (PROTECTED, chain, r#","Payload":"e30""#),
        (PROTECTED, chain, r#","signatures":[]"#),
        (PROTECTED, r#"{"x5c":["MAA="],"X5C":[]}"#, ""),
        (PROTECTED, r#"{"x5c":["MAA"]}"#, ""),
        (PROTECTED, r#"{"x5c":["MA\nA="]}"#, ""),
        (PROTECTED, r#"{"x5c":["MAB="]}"#, ""),
        (PROTECTED, r#"{"x5c":"MAA="}"#, ""),
        (
            PROTECTED,
            r#"{"x5c":["MAA="],"io.cncf.notary.timestampSignature":"!"}"#,
            "",
        ),
        (PROTECTED, "[]", ""),
        (r#"{"alg":"ES256","alg":"ES256","crit":["x"]}"#, chain, ""),
        (r#"{"alg":"ES256","Alg":"PS256","crit":["x"]}"#, chain, ""),
        (
            r#"{"alg":"ES256","crit":["x"],"io.cncf.notary.Expiry":"x"}"#,
            chain,
            "",
        ),
        (
            r#"{"alg":"ES256","crit":["x"],"io.cncf.notary.ſigningTime":"x"}"#,
            chain,
            "",
        ),
        (r#"{"alg":"ES256","crit":["x"],"b64":true}"#, chain, ""),
        (r#"{"alg":"ES256","crit":[]}"#, chain, ""),
        (r#"{"alg":"ES256","crit":"x"}"#, chain, ""),
        (r#"{"alg":"ES256","crit":[1]}"#, chain, ""),
        (r#"{"alg":"ES256"}"#, chain, ""),
        (r#"{"alg":"none","crit":["x"]}"#, chain, ""),
        (r#"{"alg":null,"crit":["x"]}"#, chain, ""),
        ("[]", chain, ""),
    ] {
        assert!(
            jws(protected, header, more).is_err(),
            "{protected} {header} {more}"
        );
    }
}

#[test]
fn the_number_of_certificates_is_bounded() {
    let with = |count: usize| {
        let list = vec![format!("{:?}", STANDARD.encode([0x30, 0])); count].join(",");
        jws(PROTECTED, &format!(r#"{{"x5c":[{list}]}}"#), "")
    };
    assert!(with(limits::CERTIFICATES).is_ok());
    assert!(matches!(
        with(limits::CERTIFICATES + 1),
        Err(EnvelopeError::TooMany { .. })
    ));
}

/// What a COSE envelope is made from, to be changed.
struct Cose {
    protected: HeaderBuilder,
    unprotected: HeaderBuilder,
    payload: Option<Vec<u8>>,
}

impl Cose {
    fn new() -> Self {
        let chain = Value::Array(vec![Value::Bytes(vec![0x30, 0])]);
        Self {
            protected: HeaderBuilder::new()
                .algorithm(iana::Algorithm::ES256)
                .content_type("a/b".to_owned())
                .add_critical_label(coset::RegisteredLabelWithPrivate::Text(SCHEME.to_owned())),
            unprotected: HeaderBuilder::new().value(33, chain),
            payload: Some(b"{}".to_vec()),
        }
    }

    fn read(self) -> Result<Parts, EnvelopeError> {
        let mut message = CoseSign1Builder::new()
            .protected(self.protected.build())
            .unprotected(self.unprotected.build())
            .signature(vec![0; 64]);
        if let Some(payload) = self.payload {
            message = message.payload(payload);
        }
        cose::parse(&message.build().to_tagged_vec().expect("CBOR"))
    }

    fn protecting(mut self, name: &str, value: Value) -> Self {
        self.protected = self.protected.text_value(name.to_owned(), value);
        self
    }
}

#[test]
fn a_cose_envelope_is_read() {
    let time = Value::Tag(1, Box::new(Value::from(7)));
    let parts = Cose::new()
        .protecting(SIGNING_TIME, time)
        .protecting("more", Value::from("x"))
        .read()
        .expect("an envelope");
    assert_eq!(
        parts.headers.signing_time,
        Some(HeaderTime::from_seconds(7))
    );
    assert_eq!(
        parts.headers.extended,
        [(text("more"), AttributeValue::Text("x".to_owned()))]
    );
    assert_eq!(parts.chain, [[0x30, 0x00]]);
}

#[test]
fn times_of_cose_are_numbers_with_a_tag() {
    let tagged = |tag, value: Value| Value::Tag(tag, Box::new(value));
    for wrong in [
        Value::from(7),
        Value::from("2024-06-01T00:00:00Z"),
        Value::Null,
        tagged(0, Value::from("2024-06-01T00:00:00Z")),
        tagged(1, Value::from("7")),
        tagged(1, Value::Float(f64::NAN)),
        tagged(1, tagged(1, Value::from(7))),
        tagged(1, Value::from(u64::MAX)),
    ] {
        assert!(
            Cose::new()
                .protecting(EXPIRY, wrong.clone())
                .read()
                .is_err(),
            "{wrong:?}"
        );
    }
}

#[test]
fn what_is_no_cose_envelope_of_the_notary_project_is_refused() {
    let mut detached = Cose::new();
    detached.payload = None;
    assert!(detached.read().is_err());
    let mut single = Cose::new();
    single.unprotected = HeaderBuilder::new().value(33, Value::Bytes(vec![0x30, 0]));
    assert!(single.read().is_err());
    let mut signed_alone = Cose::new();
    let chain = Value::Array(vec![Value::Bytes(vec![0x30, 0])]);
    signed_alone.protected = signed_alone.protected.value(33, chain);
    signed_alone.unprotected = HeaderBuilder::new();
    assert!(signed_alone.read().is_err());
    let mut other_algorithm = Cose::new();
    other_algorithm.protected = other_algorithm.protected.algorithm(iana::Algorithm::EdDSA);
    assert!(other_algorithm.read().is_err());
    assert!(
        Cose::new()
            .protecting(SCHEME, Value::from(1))
            .read()
            .is_err()
    );
}

#[test]
fn two_chains_that_differ_are_refused_and_the_same_twice_is_not() {
    for (byte, same) in [(0, true), (1, false)] {
        let mut envelope = Cose::new();
        let chain = Value::Array(vec![Value::Bytes(vec![0x30, byte])]);
        envelope.protected = envelope.protected.value(33, chain);
        assert_eq!(envelope.read().is_ok(), same);
    }
}

#[test]
fn no_name_stands_in_both_headers_and_nothing_that_is_not_signed_is_critical() {
    let with = |more: &str| {
        let chain = STANDARD.encode([0x30, 0]);
        let protected = r#"{"alg":"ES256","crit":["x"],"x":1}"#;
        jws(protected, &format!(r#"{{"x5c":["{chain}"]{more}}}"#), "")
    };
    assert!(with("").is_ok());
    // What is known to nobody here changes nothing.
    assert!(with(r#","kid":"a""#).is_ok());
    for more in [
        r#","alg":"ES256""#,
        r#","x":1"#,
        r#","crit":["x5c"]"#,
        r#","b64":true"#,
    ] {
        assert!(
            matches!(with(more), Err(EnvelopeError::UnexpectedMember { .. })),
            "{more}"
        );
    }
    let beside = |change: fn(HeaderBuilder) -> HeaderBuilder| {
        let mut envelope = Cose::new().protecting("more", Value::from("x"));
        envelope.unprotected = change(envelope.unprotected);
        envelope.read()
    };
    assert!(beside(|header| header.key_id(vec![1])).is_ok());
    let wrong: [fn(HeaderBuilder) -> HeaderBuilder; 4] = [
        |header| header.algorithm(iana::Algorithm::ES256),
        |header| header.content_type("a/b".to_owned()),
        |header| header.text_value("more".to_owned(), Value::from("y")),
        |header| header.add_critical(iana::HeaderParameter::Alg),
    ];
    for change in wrong {
        let found = beside(change);
        assert!(
            matches!(found, Err(EnvelopeError::UnexpectedMember { .. })),
            "{:?}",
            found.err()
        );
    }
}

#[test]
fn an_envelope_beyond_the_bound_is_not_read() {
    let large = vec![b' '; Envelope::MAX_BYTES + 1];
    for media_type in ["application/jose+json", "application/cose"] {
        let read = Envelope::parse(media_type, &large);
        assert!(
            matches!(read, Err(EnvelopeError::TooLarge { .. })),
            "{media_type}"
        );
    }
}

#[test]
fn media_types_are_compared_exactly() {
    for other in [
        "",
        "application/jose",
        "Application/cose",
        "application/cose; x=y",
        "application/json",
    ] {
        let read = Envelope::parse(other, b"{}");
        assert!(
            matches!(read, Err(EnvelopeError::MediaType { .. })),
            "{other}"
        );
    }
}
