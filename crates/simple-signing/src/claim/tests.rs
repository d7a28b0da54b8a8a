use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn claim(optional: &str) -> String {
    format!(
        r#"{{"critical":{{"type":"atomic container signature","image":{{"docker-manifest-digest":"{DIGEST}"}},"identity":{{"docker-reference":"r.example/a:1"}}}},"optional":{optional}}}"#
    )
}

fn parse(text: &str) -> Result<Content, ClaimError> {
    Content::parse(text.as_bytes())
}

#[test]
fn a_claim_is_read_whatever_the_order_and_spacing() {
    let content = parse(&claim(r#" {"timestamp":1.5e9,"creator":"atomic 1"} "#)).expect("valid");
    assert_eq!(content.digest.as_str(), DIGEST);
    assert_eq!(content.reference, "r.example/a:1");
    assert_eq!(content.creator.as_deref(), Some("atomic 1"));
    assert_eq!(content.timestamp, Some(Timestamp::from_unix(1_500_000_000)));
}

#[test]
fn optional_members_may_be_anything_else_or_null() {
    for optional in [
        "{}",
        r#"{"creator":null,"timestamp":null}"#,
        r#"{"x":[{"y":1}],"":2}"#,
    ] {
        assert!(parse(&claim(optional)).is_ok(), "{optional}");
    }
}

#[test]
fn a_creator_that_is_no_string_is_refused() {
    for value in ["1", "[]", "{}", "true"] {
        assert!(parse(&claim(&format!(r#"{{"creator":{value}}}"#))).is_err());
    }
}

#[test]
fn timestamps_are_whole_seconds_in_64_bits() {
    for (text, expected) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("-5", Some(-5)),
        ("1.0", Some(1)),
        ("1e9", Some(1_000_000_000)),
        ("1e-400", Some(0)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854774784", Some(9_223_372_036_854_774_784)),
        ("9223372036854775807", None),
        ("9223372036854775808", None),
        ("18446744073709551615", None),
        ("-9223372036854777856", None),
        ("1.5", None),
        ("1e400", None),
        ("\"1\"", None),
        ("true", None),
        ("[1]", None),
    ] {
        let got = parse(&claim(&format!(r#"{{"timestamp":{text}}}"#))).ok();
        let got = got
            .and_then(|content| content.timestamp)
            .map(Timestamp::unix);
        assert_eq!(got, expected, "{text}");
    }
}

#[test]
fn numbers_beyond_any_range_are_refused_wherever_they_hide() {
    for optional in [r#"{"x":1e400}"#, r#"{"x":[{"y":[-1e999]}]}"#] {
        assert!(parse(&claim(optional)).is_err(), "{optional}");
    }
}

#[test]
fn a_missing_unknown_or_duplicate_member_is_refused_at_every_level() {
    let good = claim("{}");
    for (from, to) in [
        (r#","optional":{}"#, ""),
        (r#""optional":{}"#, r#""optional":{},"x":1"#),
        (r#""optional":{}"#, r#""optional":{},"optional":{}"#),
        (r#""optional":{}"#, r#""Optional":{}"#),
        (r#""type":"#, r#""x":1,"type":"#),
        (r#""type":"atomic container signature","#, ""),
        (
            r#""docker-manifest-digest":"#,
            r#""x":1,"docker-manifest-digest":"#,
        ),
        (r#""docker-reference":"r.example/a:1""#, ""),
        (
            r#""docker-reference":"#,
            r#""docker-reference":"r.example/b:1","docker-reference":"#,
        ),
        (
            r#""docker-reference":"#,
            r#""\u0064ocker-reference":"r.example/b:1","docker-reference":"#,
        ),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{from}");
        assert!(parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn a_claim_of_another_type_is_refused() {
    let other = claim("{}").replace("atomic container", "cosign container image");
    assert!(matches!(parse(&other), Err(ClaimError::Type { .. })));
}

#[test]
fn digests_that_could_be_read_two_ways_are_refused() {
    for digest in [
        DIGEST.to_uppercase(),
        DIGEST.replace("sha256", "SHA256"),
        DIGEST.replace("sha256", "md5"),
        format!("{DIGEST}0"),
        format!(" {DIGEST}"),
        String::new(),
    ] {
        let bad = claim("{}").replace(DIGEST, &digest);
        assert!(
            matches!(parse(&bad), Err(ClaimError::Digest(_))),
            "{digest}"
        );
    }
}

#[test]
fn other_types_in_the_place_of_objects_and_strings_are_refused() {
    for text in ["null", "[]", "7", "\"x\"", "{}"] {
        assert!(parse(text).is_err());
        assert!(parse(&claim(text)).is_ok() == (text == "{}"), "{text}");
    }
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let nested = |depth: usize| {
        claim(&format!(
            r#"{{"x":{}{}}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        ))
    };
    assert!(parse(&nested(CLAIM_DEPTH - 2)).is_ok());
    assert!(parse(&nested(CLAIM_DEPTH - 1)).is_err());
}

#[test]
fn an_unsigned_or_malformed_blob_cannot_even_be_inspected() {
    assert!(matches!(
        unverified_claim(b"x"),
        Err(InspectError::Message(_))
    ));
    let good = include_bytes!("../../tests/vectors/signatures/json-not-json.sig");
    assert!(matches!(
        unverified_claim(good),
        Err(InspectError::Claim(_))
    ));
}

#[test]
fn inspection_shows_what_a_blob_says_about_itself() {
    let blob = include_bytes!("../../tests/vectors/signatures/ok-rsa2048.sig");
    let claim = unverified_claim(blob).expect("readable");
    assert_eq!(
        claim.unverified_reference(),
        "registry.example.com/ns/app:1.0"
    );
    assert_eq!(
        claim.unverified_key(),
        Some("5FC6D3A3A8F0DF741E1FC391887BFE36F2005A7F")
    );
    assert!(claim.unverified_creator().is_some());
    assert!(claim.unverified_signed_at().is_some());
}
