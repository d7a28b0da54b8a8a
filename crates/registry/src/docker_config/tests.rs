use std::time::{Duration, Instant};

use doorward_core::Basic;

use super::*;

fn basic(username: &str, password: &str) -> Credential {
    Credential::Basic(Basic::new(username, password))
}

fn identity(username: &str, token: &str) -> Credential {
    Credential::IdentityToken {
        username: username.to_owned(),
        token: token.to_owned(),
    }
}

fn found(json: &str, repository: &str) -> Vec<Credential> {
    DockerConfig::parse(json.as_bytes())
        .expect("a configuration")
        .credentials(&repository.parse().expect("a repository"))
}

fn entry(json: &str) -> Vec<Credential> {
    found(
        &format!(r#"{{"auths": {{"r.example": {json}}}}}"#),
        "r.example/a",
    )
}

#[test]
fn both_forms_are_told_apart() {
    let expected = vec![basic("u", "p")];
    assert_eq!(
        found(
            r#"{"r.example": {"username": "u", "password": "p"}}"#,
            "r.example/a"
        ),
        expected
    );
    assert_eq!(
        found(
            r#"{"auths": {"r.example": {"username": "u", "password": "p"}}, "x.example": {}}"#,
            "r.example/a"
        ),
        expected
    );
    assert_eq!(found("{}", "r.example/a"), vec![]);
    assert_eq!(found(r#"{"auths": null}"#, "r.example/a"), vec![]);
    assert_eq!(found(r#"{"detachKeys": "ctrl-e"}"#, "r.example/a"), vec![]);
}

#[test]
fn auth_replaces_the_fields_if_it_can_be_read() {
    let with = |auth: &str| {
        entry(&format!(
            r#"{{"username": "u", "password": "p", "auth": "{auth}"}}"#
        ))
    };
    assert_eq!(with("cGluZzpwb25n"), vec![basic("ping", "pong")]);
    assert_eq!(
        with("d2liYmxlOndvYmJsZQ=="),
        vec![basic("wibble", "wobble")]
    );
    assert_eq!(with("d2liYmxlOndvYmJsZQ"), vec![basic("wibble", "wobble")]);
    assert_eq!(with("YTpiOmM="), vec![basic("a", "b:c")]);
    for unusable in ["", "!", "d2liYmxl", "/////w==", "cGluZzpwb25n!"] {
        assert_eq!(with(unusable), vec![basic("u", "p")], "{unusable}");
    }
}

#[test]
fn tokens_come_before_the_password() {
    assert_eq!(entry(r#"{"identitytoken": "t"}"#), vec![identity("", "t")]);
    assert_eq!(
        entry(r#"{"username": "u", "password": "p", "identitytoken": "t"}"#),
        vec![identity("u", "t"), basic("u", "p")]
    );
    assert_eq!(
        entry(r#"{"auth": "MDA6", "identitytoken": "t"}"#),
        vec![identity("00", "t")]
    );
    assert_eq!(
        entry(r#"{"registrytoken": "t"}"#),
        vec![Credential::RegistryToken("t".to_owned())]
    );
    assert_eq!(
        entry(r#"{"username": "<token>", "password": "t"}"#),
        vec![identity("<token>", "t")]
    );
}

#[test]
fn an_entry_without_anything_to_offer_is_no_entry() {
    for json in [
        "{}",
        "null",
        r#"{"email": "a@b.c"}"#,
        r#"{"username": "", "password": ""}"#,
        r#"{"username": null, "password": null, "auth": null}"#,
        r#"{"identitytoken": "", "registrytoken": ""}"#,
        r#"{"password": "p"}"#,
    ] {
        assert_eq!(entry(json), vec![], "{json}");
    }
}

#[test]
fn all_entries_that_apply_are_offered_the_most_specific_first_and_once() {
    let json = r#"{"auths": {
        "*.example": {"username": "glob", "password": "p"},
        "r.example": {"username": "host", "password": "p"},
        "https://r.example/v1/": {"username": "host", "password": "p"},
        "r.example/team": {"username": "team", "password": "p"},
        "r.example/other": {"username": "other", "password": "p"},
        "q.example": {"username": "q", "password": "p"}
    }}"#;
    assert_eq!(
        found(json, "r.example/team/app"),
        vec![basic("team", "p"), basic("host", "p"), basic("glob", "p")]
    );
}

#[test]
fn what_is_not_a_configuration_is_refused_without_showing_it() {
    for json in [
        "{",
        "[]",
        "null",
        "\"s3cret\"",
        "",
        r#"{"auths": []}"#,
        r#"{"auths": {"r.example": "s3cret"}}"#,
        r#"{"auths": {"r.example": {"password": ["s3cret"]}}}"#,
        r#"{"r.example": "s3cret"}"#,
        r#"{"auths": {}} s3cret"#,
        r#"{"auths": {"s3cret": 1}}"#,
    ] {
        let error = DockerConfig::parse(json.as_bytes()).expect_err(json);
        assert!(
            matches!(error, DockerConfigError::Malformed { .. }),
            "{json}"
        );
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn the_size_is_bounded() {
    let json = format!("{{\"auths\": {{}}}}{}", " ".repeat(MAX_BYTES));
    assert_eq!(
        DockerConfig::parse(json.as_bytes()).err(),
        Some(DockerConfigError::TooLarge)
    );
    let entries: Vec<_> = (0..=MAX_ENTRIES)
        .map(|i| format!("\"r{i}.example\": {{}}"))
        .collect();
    assert_eq!(
        DockerConfig::parse(format!("{{{}}}", entries.join(",")).as_bytes()).err(),
        Some(DockerConfigError::TooLarge)
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let config = DockerConfig::parse(
        br#"{"auths": {"r.example": {"username": "u", "password": "s3cret"}}}"#,
    )
    .expect("a configuration");
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn configurations_that_differ_have_different_fingerprints() {
    let of = |json: &str| {
        DockerConfig::parse(json.as_bytes())
            .expect("a configuration")
            .fingerprint()
    };
    let (a, b) = (
        r#"{"auths": {"r.example": {"username": "u", "password": "a"}}}"#,
        r#"{"auths": {"r.example": {"username": "u", "password": "b"}}}"#,
    );
    assert_eq!(of(a), of(a));
    assert_ne!(of(a), of(b));
    let config = DockerConfig::parse(a.as_bytes()).expect("a configuration");
    assert_ne!(
        config.fingerprint(),
        config
            .clone()
            .with_helpers(Helpers::default())
            .fingerprint()
    );
}

#[test]
fn a_file_that_does_not_exist_is_no_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(
        DockerConfig::load_file(&folder.path().join("config.json")),
        Ok(None)
    ));
    assert!(matches!(
        DockerConfig::load_file(folder.path()),
        Err(DockerConfigError::Unreadable { .. })
    ));
}

/// A folder with one credential helper, a shell script, and a configuration that names it.
#[cfg(unix)]
fn helped(script: &str, timeout: Duration) -> (tempfile::TempDir, DockerConfig) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker-credential-test");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
    let config = DockerConfig::parse(
        br#"{"credHelpers": {"r.example": "test"}, "auths": {"r.example": {"username": "file", "password": "p"}}}"#,
    )
    .expect("a configuration")
    .with_helpers(Helpers {
        directory: Some(folder.path().to_owned()),
        timeout,
    });
    (folder, config)
}

#[cfg(unix)]
fn ask(script: &str) -> Vec<Credential> {
    let (_folder, config) = helped(script, Duration::from_secs(20));
    config.credentials(&"r.example/a".parse().expect("a repository"))
}

#[cfg(unix)]
#[test]
fn a_helper_answers_for_its_registry_before_the_file() {
    assert_eq!(
        ask(
            r#"read server; echo "{\"ServerURL\":\"$server\",\"Username\":\"$1-$server\",\"Secret\":\"s\"}""#
        ),
        vec![basic("get-r.example", "s"), basic("file", "p")]
    );
    assert_eq!(
        ask(r#"echo '{"Username":"<token>","Secret":"t"}'"#),
        vec![identity("<token>", "t"), basic("file", "p")]
    );
}

#[cfg(unix)]
#[test]
fn a_helper_that_gives_nothing_leaves_the_file() {
    let file = vec![basic("file", "p")];
    for script in [
        "echo 'credentials not found in native keychain'; exit 1",
        "echo '{\"Username\":\"u\",\"Secret\":\"s\"}'; exit 1",
        "echo 'no json'",
        "echo '{\"Username\":\"u\",\"Secret\":\"\"}'",
        "echo '{\"Username\":\"u\"}'",
        "exit 0",
        "head -c 100000 /dev/zero",
    ] {
        assert_eq!(ask(script), file, "{script}");
    }
}

#[cfg(unix)]
#[test]
fn a_helper_that_hangs_is_killed() {
    let (_folder, config) = helped("exec sleep 600", Duration::from_millis(200));
    let start = Instant::now();
    assert_eq!(
        config.credentials(&"r.example/a".parse().expect("a repository")),
        vec![basic("file", "p")]
    );
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[cfg(unix)]
#[test]
fn a_helper_is_not_run_unless_it_is_allowed_and_for_its_registry() {
    let (_folder, config) = helped(
        r#"echo '{"Username":"helper","Secret":"s"}'"#,
        Duration::from_secs(20),
    );
    assert_eq!(
        config.credentials(&"q.example/a".parse().expect("a repository")),
        vec![]
    );
    let parsed = DockerConfig::parse(br#"{"credsStore": "test"}"#).expect("a configuration");
    assert_eq!(
        parsed.credentials(&"r.example/a".parse().expect("a repository")),
        vec![]
    );
}

#[cfg(unix)]
#[test]
fn a_helper_cannot_be_a_path() {
    let helpers = Helpers::default();
    for name in ["../sh", "/bin/sh", "a/b", "", "a b", "a\0"] {
        assert!(helpers.run(name, "r.example").is_err(), "{name:?}");
    }
}
