use super::*;

const KEY: &[u8] = include_bytes!("../../../tests/vectors/keys/rsa2048.gpg");

fn parse(text: &str) -> Result<ContainersPolicy, ContainersPolicyError> {
    ContainersPolicy::parse(text.as_bytes())
}

fn requirement(text: &str) -> Result<ContainersPolicy, ContainersPolicyError> {
    parse(&format!(r#"{{"default":[{text}]}}"#))
}

fn signed_by(fields: &str) -> String {
    format!(r#"{{"type":"signedBy","keyType":"GPGKeys",{fields}}}"#)
}

fn load(text: &str) -> CompiledContainersPolicy {
    parse(text)
        .expect("valid")
        .load(&mut |path| match path {
            "good" => Ok(KEY.to_vec()),
            "damaged" => Ok(b"x".to_vec()),
            _ => Err("not found".into()),
        })
        .expect("small")
}

#[test]
fn unknown_missing_and_repeated_members_refuse_the_file() {
    for text in [
        "{}",
        r#"{"transports":{}}"#,
        r#"{"default":[]}"#,
        r#"{"default":null}"#,
        r#"{"default":[{"type":"reject"}],"x":1}"#,
        r#"{"default":[{"type":"reject"}],"default":[{"type":"reject"}]}"#,
        r#"{"default":[{"type":"reject"}],"transports":null}"#,
        r#"{"default":[{"type":"reject"}],"transports":{"docker":null}}"#,
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{"r.example":[]}}}"#,
        r#"{"default":[{"type":"reject"}],"transports":{"dir":{"":[{"type":"x"}]}}}"#,
        r#"{"default":[{"type":"reject","x":1}]}"#,
        r#"{"default":[{"type":null}]}"#,
        r#"{"default":[{"type":"Reject"}]}"#,
        r#"{"default":["reject"]}"#,
        "// comment\n{\"default\":[{\"type\":\"reject\"}]}",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_scope_that_its_transport_does_not_have_refuses_the_file() {
    for (transport, scope, valid) in [
        ("dir", "/images", true),
        ("dir", "images", false),
        ("oci", "/images/../other", false),
        ("docker-archive", "", true),
        ("docker-archive", "/x.tar", false),
        ("atomic", "a/b/c/d", false),
        ("containers-storage", "r.example/app", false),
    ] {
        let text = format!(
            r#"{{"default":[{{"type":"reject"}}],"transports":{{"{transport}":{{"{scope}":[{{"type":"reject"}}]}}}}}}"#
        );
        let parsed = parse(&text);
        assert_eq!(parsed.is_ok(), valid, "{text}");
        if let Err(error) = parsed {
            let told = error.to_string();
            assert!(told.contains(transport) && told.contains(scope), "{told}");
        }
    }
}

#[test]
fn unknown_transports_are_allowed() {
    let text = r#"{"default":[{"type":"reject"}],"transports":{"x":{"y":[{"type":"reject"}]}}}"#;
    assert!(parse(text).is_ok());
}

#[test]
fn signed_by_needs_exactly_one_source_of_keys() {
    for fields in [
        r#""keyPath":"a""#,
        r#""keyPaths":["a","b"]"#,
        r#""keyPaths":[]"#,
        r#""keyData":"AQID""#,
        r#""keyData":"AQ\nID\r\n""#,
    ] {
        assert!(requirement(&signed_by(fields)).is_ok(), "{fields}");
    }
    for fields in [
        r#""signedIdentity":{"type":"matchExact"}"#,
        r#""keyPath":"""#,
        r#""keyPath":1"#,
        r#""keyPath":"a","keyData":"""#,
        r#""keyPath":"","keyPaths":["a"]"#,
        r#""keyPaths":"a""#,
        r#""keyPaths":[1]"#,
        r#""keyData":"AQI""#,
        r#""keyData":"_-_-""#,
        r#""keyPath":"a","x":1"#,
        r#""keyPath":"a","signedIdentity":null"#,
    ] {
        assert!(requirement(&signed_by(fields)).is_err(), "{fields}");
    }
}

#[test]
fn key_types_are_gpg_or_never_met_or_unknown() {
    let with = |kind: &str| {
        requirement(&format!(
            r#"{{"type":"signedBy","keyType":"{kind}","keyPath":"good"}}"#
        ))
    };
    for kind in ["signedByGPGKeys", "X509Certificates", "signedByX509CAs"] {
        let policy = with(kind)
            .expect("the format has it")
            .load(&mut |_| Ok(KEY.to_vec()))
            .expect("small");
        let image = "r.example/a:1".parse().expect("valid");
        assert!(matches!(
            policy.select(&image).requirements.as_ref(),
            [Requirement::Unsupported { .. }]
        ));
    }
    assert!(with("PGP").is_err());
    assert!(requirement(r#"{"type":"signedBy","keyPath":"good"}"#).is_err());
}

#[test]
fn identity_rules_have_exactly_their_members() {
    let with = |rule: &str| {
        requirement(&signed_by(&format!(
            r#""keyPath":"a","signedIdentity":{rule}"#
        )))
    };
    for rule in [
        r#"{"type":"matchExact"}"#,
        r#"{"type":"matchRepoDigestOrExact"}"#,
        r#"{"type":"matchRepository"}"#,
        r#"{"type":"exactReference","dockerReference":"r.example/a:1"}"#,
        r#"{"type":"exactRepository","dockerRepository":"r.example/a"}"#,
        r#"{"type":"remapIdentity","prefix":"a","signedPrefix":"b"}"#,
    ] {
        assert!(with(rule).is_ok(), "{rule}");
    }
    for rule in [
        "{}",
        "[]",
        r#"{"type":"matchAnything"}"#,
        r#"{"type":"matchExact","dockerReference":"r.example/a:1"}"#,
        r#"{"type":"exactReference"}"#,
        r#"{"type":"exactReference","dockerReference":"r.example/a"}"#,
        r#"{"type":"exactRepository","dockerReference":"r.example/a:1"}"#,
        r#"{"type":"remapIdentity","prefix":"a"}"#,
        r#"{"type":"remapIdentity","prefix":"a","signedPrefix":"b","x":1}"#,
    ] {
        assert!(with(rule).is_err(), "{rule}");
    }
}

#[test]
fn sigstore_requirements_are_checked_for_form_and_never_met() {
    let with = |fields: &str| requirement(&format!(r#"{{"type":"sigstoreSigned",{fields}}}"#));
    let fulcio = r#""fulcio":{"caPath":"a","oidcIssuer":"b","subjectEmail":"c"}"#;
    for fields in [
        r#""keyPath":"a""#.to_owned(),
        r#""keyDatas":["AQID"]"#.to_owned(),
        format!(r#"{fulcio},"rekorPublicKeyPath":"r""#),
        r#""pki":{"caRootsPath":"a","subjectEmail":"c"}"#.to_owned(),
    ] {
        assert!(with(&fields).is_ok(), "{fields}");
    }
    for fields in [
        r#""keyPath":"a","keyData":"AQID""#.to_owned(),
        r#""signedIdentity":{"type":"matchExact"}"#.to_owned(),
        fulcio.to_owned(),
        r#""fulcio":{"caPath":"a","oidcIssuer":"b"},"rekorPublicKeyPath":"r""#.to_owned(),
        r#""keyPath":"a","rekorPublicKeyPath":"r","rekorPublicKeyData":"AQID""#.to_owned(),
        r#""pki":{"caRootsPath":"a"}"#.to_owned(),
        r#""pki":{"caRootsPath":"a","subjectEmail":"c"},"rekorPublicKeyPath":"r""#.to_owned(),
        r#""keyPath":"a","x":1"#.to_owned(),
    ] {
        assert!(with(&fields).is_err(), "{fields}");
    }
    let policy = with(r#""keyPath":"a""#)
        .expect("valid")
        .load(&mut |_| Err("never read".into()))
        .expect("small");
    let image = "r.example/a:1".parse().expect("valid");
    assert!(matches!(
        policy.select(&image).requirements.as_ref(),
        [Requirement::Unsupported { .. }]
    ));
}

const SCOPED: &str = r#"{"default":[{"type":"reject"}],"transports":{"docker":{
    "":[{"type":"insecureAcceptAnything"}],
    "r.example/ns":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"missing"}],
    "r.example/ns/app":[{"type":"signedBy","keyType":"GPGKeys","keyPaths":["good"]}],
    "r.example/ns/app:2":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"good"}],
    "r.example/ns/bad":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"damaged"}]}}}"#;

#[test]
fn the_most_specific_scope_decides_alone() {
    let policy = load(SCOPED);
    for (image, scope) in [
        ("r.example/ns/app", "r.example/ns/app"),
        ("r.example/ns/app:2", "r.example/ns/app:2"),
        ("r.example/ns/other:1", "r.example/ns"),
        ("r.example/other:1", "docker"),
    ] {
        assert_eq!(
            policy.select(&image.parse().expect("valid")).scope,
            scope,
            "{image}"
        );
    }
    let none = load(r#"{"default":[{"type":"reject"}]}"#);
    assert_eq!(
        none.select(&"r.example/x".parse().expect("valid")).scope,
        "default"
    );
}

#[test]
fn keys_that_cannot_be_read_are_a_problem_of_their_own_scope() {
    let policy = load(SCOPED);
    let mut scopes: Vec<_> = policy.problems().iter().map(|p| p.scope.as_str()).collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["r.example/ns", "r.example/ns/bad"]);
    let image = "r.example/ns/x:1".parse().expect("valid");
    assert!(matches!(
        policy.select(&image).requirements.as_ref(),
        [Requirement::KeysUnusable { .. }]
    ));
    let image = "r.example/ns/app:1".parse().expect("valid");
    assert!(matches!(
        policy.select(&image).requirements.as_ref(),
        [Requirement::SignedBy { .. }]
    ));
}

#[test]
fn no_paths_are_no_keys() {
    let policy = load(&format!(
        r#"{{"default":[{}]}}"#,
        signed_by(r#""keyPaths":[]"#)
    ));
    assert_eq!(policy.problems().len(), 1);
}

#[test]
fn a_file_is_read_once_and_rings_of_the_same_files_are_shared() {
    let mut reads = 0;
    let policy = parse(SCOPED)
        .expect("valid")
        .load(&mut |path| {
            if path == "good" {
                reads += 1;
            }
            Ok(KEY.to_vec())
        })
        .expect("small");
    assert_eq!(reads, 1);
    let ring = |image: &str| match policy
        .select(&image.parse().expect("valid"))
        .requirements
        .as_ref()
    {
        [Requirement::SignedBy { keyring, .. }] => Arc::clone(keyring),
        other => panic!("{other:?}"),
    };
    assert!(Arc::ptr_eq(
        &ring("r.example/ns/app:1"),
        &ring("r.example/ns/app:2")
    ));
}

#[test]
fn key_files_beyond_any_size_are_refused() {
    let outcome = parse(SCOPED)
        .expect("valid")
        .load(&mut |_| Ok(vec![0; KEY_BYTES + 1]));
    assert!(matches!(
        outcome,
        Err(ContainersPolicyError::KeysTooLarge { .. })
    ));
}

#[test]
fn another_spelling_of_a_registry_does_not_lead_past_its_scope() {
    let policy = load(
        r#"{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{
            "r.example":[{"type":"reject"}],
            "R.Example:443/ns":[{"type":"reject"}],
            "docker.io/library":[{"type":"reject"}],
            "[::1]:5000":[{"type":"reject"}]}}}"#,
    );
    for (image, scope) in [
        ("r.example/a:1", "r.example"),
        ("R.EXAMPLE/a:1", "r.example"),
        ("r.example:443/a:1", "r.example"),
        ("r.example/ns/a:1", "r.example, R.Example:443/ns"),
        ("R.Example:443/ns/a:1", "R.Example:443/ns"),
        ("nginx", "docker.io/library"),
        ("registry-1.docker.io/library/nginx", "docker.io/library"),
        ("registry.hub.docker.com/nginx", "docker.io/library"),
        ("[0:0::1]:5000/a", "[::1]:5000"),
        ("r.example:5000/a", "default"),
        ("docker.io:5000/library/nginx", "default"),
    ] {
        let found = policy.select(&image.parse().expect("valid"));
        assert_eq!(found.scope, scope, "{image}");
    }
}

#[test]
fn spellings_that_lead_to_different_scopes_must_satisfy_both() {
    let policy = load(
        r#"{"default":[{"type":"reject"}],"transports":{"docker":{
            "registry-1.docker.io":[{"type":"insecureAcceptAnything"}],
            "docker.io/library":[{"type":"reject"}]}}}"#,
    );
    let found = policy.select(&"registry-1.docker.io/library/nginx".parse().expect("valid"));
    assert_eq!(found.scope, "registry-1.docker.io, docker.io/library");
    assert!(matches!(
        found.requirements.as_ref(),
        [Requirement::InsecureAcceptAnything, Requirement::Reject]
    ));
}
