use super::*;

fn read(json: &str) -> Result<Answer, AnswerError> {
    Answer::parse(json.as_bytes(), ApiVersion::V1)
}

/// An answer with other members than a good one has.
fn with(members: &str) -> String {
    format!(
        r#"{{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderResponse",{members}}}"#
    )
}

fn refused(json: &str) -> String {
    read(json).expect_err(json).to_string()
}

#[test]
fn an_answer_says_for_what_how_long_and_which() {
    let answer = read(&with(
        r#""cacheKeyType":"Registry","cacheDuration":"6h0m0s","auth":{"*.r.example":{"username":"AWS","password":"s3cret"}}"#,
    ))
    .expect("an answer");
    assert_eq!(answer.cache_key_type, CacheKeyType::Registry);
    assert_eq!(answer.cache_duration, Some(Duration::from_secs(6 * 3600)));
    let [(pattern, pair)] = answer.auth.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!(pattern.to_string(), "*.r.example");
    assert_eq!((pair.username(), pair.expose_password()), ("AWS", "s3cret"));
    let shown = format!("{answer:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("AWS"),
        "{shown}"
    );
}

#[test]
fn each_version_of_the_protocol_reads_its_own_answers_only() {
    for version in ApiVersion::ALL {
        for other in ApiVersion::ALL {
            let json = format!(
                r#"{{"apiVersion":"{}","kind":"CredentialProviderResponse","cacheKeyType":"Image"}}"#,
                other.as_str()
            );
            let answer = Answer::parse(json.as_bytes(), version);
            assert_eq!(answer.is_ok(), version == other, "{answer:?}");
        }
    }
}

#[test]
fn an_answer_without_credentials_is_an_answer() {
    for members in [
        r#""cacheKeyType":"Image""#,
        r#""cacheKeyType":"Image","auth":null,"cacheDuration":null"#,
        r#""cacheKeyType":"Image","auth":{}"#,
        r#""cacheKeyType":"Image","auth":{"r.example":{}}"#,
        r#""cacheKeyType":"Image","auth":{"r.example":{"username":"","password":null}}"#,
    ] {
        let answer = read(&with(members)).expect(members);
        assert_eq!(answer.auth, []);
        assert_eq!(answer.cache_duration, None);
    }
}

#[test]
fn what_is_no_answer_is_refused_and_told_without_its_values() {
    for (json, why) in [
        (String::new(), "it is no JSON document: "),
        ("s3cret".to_owned(), "it is no JSON document: "),
        ("[]".to_owned(), "the answer is not an object"),
        (
            r#"{"kind":"CredentialProviderResponse"}"#.to_owned(),
            "its apiVersion is not credentialprovider.kubelet.k8s.io/v1",
        ),
        (
            with(r#""auth":{}"#),
            "its cacheKeyType is not Image, Registry or Global",
        ),
        (
            with(r#""cacheKeyType":"image""#),
            "its cacheKeyType is not Image, Registry or Global",
        ),
        (
            with(r#""cacheKeyType":"Image","cacheDuration":"s3cret""#),
            "its cacheDuration is not a time as Go writes it",
        ),
        (
            with(r#""cacheKeyType":"Image","cacheDuration":"-1s""#),
            "its cacheDuration is not a time as Go writes it",
        ),
        (
            with(r#""cacheKeyType":"Image","cacheDuration":5"#),
            "its cacheDuration is not a text",
        ),
        (
            with(r#""cacheKeyType":"Image","auth":"s3cret""#),
            "its auth is not an object",
        ),
        (
            with(r#""cacheKeyType":"Image","auth":{"r.example":"s3cret"}"#),
            "an entry of its auth is not an object",
        ),
        (
            with(r#""cacheKeyType":"Image","auth":{"r.example":{"password":["s3cret"]}}"#),
            "a password is not a text",
        ),
        (
            with(r#""cacheKeyType":"Image","auth":{"r.example":{"username":"s3cret:x"}}"#),
            "a username is not a text without a colon",
        ),
        (
            with(r#""cacheKeyType":"Image","auth":{"r.example":{"token":"s3cret"}}"#),
            "it has a member that is none of the protocol",
        ),
        (
            with(r#""cacheKeyType":"Image","auth":{"r.example/*":{"password":"s3cret"}}"#),
            "a key of `auth` is no pattern of images: `*` stands in the host only",
        ),
        (
            with(r#""cacheKeyType":"Image","cacheKeyType":"Image""#),
            "it is no JSON document: duplicate member",
        ),
        (
            with(r#""cacheKeyType":"Image","expires":"s3cret""#),
            "it has a member that is none of the protocol",
        ),
        (
            with(r#""cacheKeyType":"Image"} {"#),
            "it is no JSON document: ",
        ),
    ] {
        let told = refused(&json);
        assert!(told.starts_with(why), "{json}: {told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[test]
fn another_kind_is_refused() {
    let json = r#"{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","cacheKeyType":"Image"}"#;
    assert_eq!(refused(json), "its kind is not CredentialProviderResponse");
}

#[test]
fn an_answer_has_bounds() {
    let many: Vec<_> = (0..257)
        .map(|n| format!(r#""r{n}.example":{{"password":"p"}}"#))
        .collect();
    let json = with(&format!(
        r#""cacheKeyType":"Image","auth":{{{}}}"#,
        many.join(",")
    ));
    assert_eq!(read(&json), Err(AnswerError::TooMany));
    let long = with(&format!(
        r#""cacheKeyType":"Image","auth":{{"r.example":{{"password":"{}"}}}}"#,
        "p".repeat(MAX_BYTES)
    ));
    assert!(refused(&long).contains("longer than 262144 bytes"));
    let deep = with(&format!(r#""auth":{}"#, "[".repeat(100)));
    assert!(refused(&deep).contains("nested deeper"));
}

#[test]
fn no_key_member_or_version_that_a_provider_wrote_is_shown() {
    for json in [
        with(r#""cacheKeyType":"Image","auth":{"s3cret.example/*":{"password":"p"}}"#),
        with(r#""cacheKeyType":"Image","auth":{"https://s3cret":{"password":"p"},"s3cret x":{}}"#),
        with(r#""cacheKeyType":"Image","auth":{"r.example":{"s3cret":"p"}}"#),
        with(r#""cacheKeyType":"Image","s3cret":1"#),
        with(r#""cacheKeyType":"Image","s3cret":1,"s3cret":1"#),
        with(r#""cacheKeyType":"s3cret""#),
        r#"{"apiVersion":"s3cret","kind":"CredentialProviderResponse"}"#.to_owned(),
        r#"{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"s3cret"}"#.to_owned(),
    ] {
        let error = read(&json).expect_err(&json);
        let told = format!("{error} {error:?}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}
