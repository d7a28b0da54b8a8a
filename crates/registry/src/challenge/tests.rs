use super::*;

/// A scheme and its parameters.
type Plain = (String, Vec<(String, String)>);

fn parse(headers: &[&str]) -> Result<Vec<Plain>, ChallengeError> {
    parse_challenges(headers).map(|challenges| {
        challenges
            .iter()
            .map(|challenge| {
                (
                    challenge.scheme().to_owned(),
                    challenge
                        .parameters()
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .collect(),
                )
            })
            .collect()
    })
}

fn one(scheme: &str, parameters: &[(&str, &str)]) -> Plain {
    (
        scheme.to_owned(),
        parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn no_header_is_no_challenge() {
    assert_eq!(parse(&[]), Ok(vec![]));
}

#[test]
fn names_are_lower_case_and_values_are_kept() {
    assert_eq!(
        parse(&["BEARER Realm=\"https://A.example/Token\",SERVICE=Reg"]),
        Ok(vec![one(
            "bearer",
            &[("realm", "https://A.example/Token"), ("service", "Reg")]
        )])
    );
}

#[test]
fn one_header_may_hold_several_challenges() {
    assert_eq!(
        parse(&["Bearer realm=\"https://a/t\", service=\"s\", Basic realm=\"r, x=y\""]),
        Ok(vec![
            one("bearer", &[("realm", "https://a/t"), ("service", "s")]),
            one("basic", &[("realm", "r, x=y")]),
        ])
    );
}

#[test]
fn several_headers_are_read_in_order() {
    assert_eq!(
        parse(&["Basic realm=b", "Bearer realm=\"https://a/t\""]),
        Ok(vec![
            one("basic", &[("realm", "b")]),
            one("bearer", &[("realm", "https://a/t")]),
        ])
    );
}

#[test]
fn escapes_in_quoted_values_are_undone() {
    assert_eq!(
        parse(&[r#"Basic realm="a\"b\\c""#]),
        Ok(vec![one("basic", &[("realm", r#"a"b\c"#)])])
    );
}

#[test]
fn a_bare_url_is_a_value() {
    assert_eq!(
        parse(&["Bearer realm=https://a.example/t?x=1,service=s"]),
        Ok(vec![one(
            "bearer",
            &[("realm", "https://a.example/t?x=1"), ("service", "s")]
        )])
    );
}

#[test]
fn spaces_and_empty_list_elements_do_not_matter() {
    assert_eq!(
        parse(&[" , Basic  realm = \"x\" ,, charset=\"UTF-8\" , "]),
        Ok(vec![one("basic", &[("charset", "UTF-8"), ("realm", "x")])])
    );
}

#[test]
fn malformed_headers_are_refused_with_their_reason() {
    use ChallengeError as E;
    for (header, error) in [
        ("", E::NoScheme),
        (" ,, ", E::NoScheme),
        ("=x", E::NoScheme),
        ("\"Basic\" realm=x", E::NoScheme),
        ("Basic", E::NoParameters),
        ("Negotiate, Basic realm=x", E::NoParameters),
        ("Digest param", E::MissingValue),
        ("Negotiate YII=", E::MissingValue),
        ("Basic realm=", E::MissingValue),
        ("Basic realm=\"\"", E::MissingValue),
        ("Basic realm=\"x", E::UnterminatedString),
        ("Basic realm=\"x\\\"", E::UnterminatedString),
        ("Basic/1 realm=x", E::UnexpectedCharacter { offset: 5 }),
        ("Basic realm=x y=z", E::UnexpectedCharacter { offset: 14 }),
        ("Basic realm=\"x\"y", E::UnexpectedCharacter { offset: 15 }),
        (
            "Basic realm=\"x\ny\"",
            E::UnexpectedCharacter { offset: 14 },
        ),
        ("Basic {realm=x", E::UnexpectedCharacter { offset: 6 }),
        (
            "Basic realm=x, REALM=y",
            E::DuplicateParameter {
                name: "realm".to_owned(),
            },
        ),
    ] {
        assert_eq!(parse(&[header]), Err(error), "{header:?}");
    }
}

#[test]
fn one_bad_header_spoils_the_strict_reading_of_all() {
    assert_eq!(
        parse(&["Basic realm=x", "Digest param"]),
        Err(ChallengeError::MissingValue)
    );
}

#[test]
fn sizes_and_counts_are_bounded() {
    let long = format!("Basic realm=\"{}\"", "x".repeat(MAX_HEADER));
    assert_eq!(parse(&[&long]), Err(ChallengeError::TooLong));
    let many = vec!["Basic realm=x"; MAX_CHALLENGES + 1].join(", ");
    assert_eq!(parse(&[&many]), Err(ChallengeError::TooMany));
    assert_eq!(
        parse(&["Basic realm=x"; MAX_CHALLENGES + 1]),
        Err(ChallengeError::TooMany)
    );
    let wide = format!(
        "Basic {}",
        (0..=MAX_PARAMETERS)
            .map(|i| format!("p{i}=x"))
            .collect::<Vec<_>>()
            .join(",")
    );
    assert_eq!(parse(&[&wide]), Err(ChallengeError::TooMany));
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    assert_eq!(
        parse_challenges([b"Basic realm=\"\xff\""]),
        Err(ChallengeError::UnexpectedCharacter { offset: 13 })
    );
}

#[test]
fn a_client_uses_what_it_understands_and_ignores_the_rest() {
    let mut headers = HeaderMap::new();
    for value in [
        "Digest param",
        "Negotiate, Bearer realm=\"https://a/t\",scope=\"\"",
    ] {
        headers.append(WWW_AUTHENTICATE, value.parse().expect("a header value"));
    }
    let found = usable(&headers);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].scheme(), "bearer");
    assert_eq!(found[0].parameter("scope"), None);
}

fn schemes_used(values: &[&[u8]]) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for value in values {
        let value = http::HeaderValue::from_bytes(value).expect("a header value");
        headers.append(WWW_AUTHENTICATE, value);
    }
    let found = usable(&headers);
    found.iter().map(|one| one.scheme().to_owned()).collect()
}

#[test]
fn a_registry_that_asks_for_a_password_without_a_realm_or_oddly_is_shown_one() {
    for header in [
        b"Basic" as &[u8],
        b"BASIC",
        b"Basic realm=\"\"",
        b"Basic realm=",
        b"Basic realm=\"x\"; charset=UTF-8",
        b"Basic realm=Registry Realm",
        b"Basic realm='x y'",
        b"Basic realm=\"x\", realm=\"y\"",
        b"Basic realm=\"x",
        b"Basic realm=\"b\xe9\"",
        b"Negotiate YII/abc==, Basic realm=\"x\"",
        b"Negotiate YII/abc==, Basic",
        b"Negotiate, Basic realm=x y",
        b"=x, Basic realm=x",
    ] {
        assert_eq!(schemes_used(&[header]), ["basic"], "{header:?}");
    }
    for header in [
        b"Basic/1 realm=x" as &[u8],
        b"Basics",
        b"realm=Basic",
        b"Bearer realm=\"Basic, x",
        b"Negotiate Basic",
    ] {
        assert_eq!(schemes_used(&[header]), [""; 0], "{header:?}");
    }
    assert_eq!(
        schemes_used(&[b"Bearer", b"Bearer realm=\"https://a/t\"", b"Basic"]),
        ["bearer", "basic"]
    );
}

#[test]
fn a_header_of_many_odd_challenges_is_given_up() {
    let odd = "Negotiate x==,".repeat(MAX_CHALLENGES);
    let header = format!("{odd} Basic realm=x");
    assert_eq!(schemes_used(&[header.as_bytes()]), [""; 0]);
    let long = format!("Basic realm=\"{}\"", "x".repeat(MAX_HEADER));
    assert_eq!(schemes_used(&[long.as_bytes()]), [""; 0]);
}

proptest::proptest! {
    #[test]
    fn what_is_read_strictly_is_read_in_any_case(header in "((Basic|Bearer|Digest) (realm|service|p)=(\"[ -~]{0,8}\"|[a-z]{1,4})[, ]{1,3}){0,4}") {
        if let Ok(strict) = parser::parse(header.as_bytes()) {
            proptest::prop_assert_eq!(parser::readable(header.as_bytes()), strict);
        }
    }
}

#[test]
fn of_what_a_server_asks_for_only_what_is_used_is_remembered() {
    let mut headers = HeaderMap::new();
    let long = |length: usize| "a".repeat(length);
    for value in [
        format!("Digest realm=\"{}\"", long(8_000)),
        format!("Bearer realm=\"https://a/{}\"", long(MAX_VALUE)),
        format!(
            "Bearer realm=\"https://a/t\", service=\"{}\"",
            long(MAX_VALUE + 1)
        ),
        format!(
            "Bearer realm=\"https://b/t\", service=\"s\", scope=\"{}\", error=\"x\", x=\"{}\"",
            long(MAX_VALUE + 1),
            long(1_000)
        ),
        "Basic charset=\"UTF-8\"".to_owned(),
    ] {
        headers.append(WWW_AUTHENTICATE, value.parse().expect("a header value"));
    }
    let found = usable(&headers);
    let plain: Vec<_> = found.iter().map(Challenge::scheme).collect();
    assert_eq!(plain, ["bearer", "basic"]);
    let parameters: Vec<_> = found.iter().flat_map(Challenge::parameters).collect();
    assert_eq!(parameters, [("realm", "https://b/t"), ("service", "s")]);
}

#[test]
fn what_one_server_asks_for_is_bounded_in_bytes() {
    let mut headers = HeaderMap::new();
    let value = "a".repeat(MAX_VALUE - 10);
    for _ in 0..MAX_CHALLENGES {
        let text = format!(
            "Bearer realm=\"https://{value}\", service=\"{value}\", scope=\"{value}\", x=\"y\""
        );
        headers.append(WWW_AUTHENTICATE, text.parse().expect("a header value"));
    }
    let list = usable(&headers);
    assert_eq!(list.len(), MAX_KEPT);
    let asked = Challenges {
        origin: Origin::of(&"https://r.example/".parse().expect("an URL")).expect("an origin"),
        is_local: false,
        list: list.into(),
    };
    let most = MAX_KEPT * (3 * MAX_VALUE + 32);
    assert!((MAX_KEPT * 3 * MAX_VALUE - 256..=most).contains(&asked.weight()));
}
