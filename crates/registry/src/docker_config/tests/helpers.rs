//! Credential helpers.

use super::*;

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
fn a_helper_that_gives_nothing_says_why_and_one_that_hangs_is_left_alone() {
    let repository = "r.example/a".parse().expect("a repository");
    for (script, expected) in [
        ("echo 's3cret' >&2; exit 2", "failed (exit status: 2)"),
        (
            "echo 'credentials not found in native keychain'; exit 1",
            "has nothing for this registry",
        ),
        (
            "echo '{\"Secret\": 1}'",
            "did not answer as a credential helper does",
        ),
        (
            "head -c 100000 /dev/zero",
            "gave an answer that is too long",
        ),
    ] {
        let (_folder, config) = helped(script, Duration::from_secs(20));
        assert_eq!(config.dropped(&repository), [], "it was not asked yet");
        config.credentials(&repository);
        let said = config.dropped(&repository)[0].to_string();
        assert_eq!(
            said,
            format!("docker-credential-test, named by the registry configuration, {expected}")
        );
    }
    let (folder, config) = helped(
        r#"touch "$(dirname "$0")/asked.$$"; exec sleep 600"#,
        Duration::from_millis(300),
    );
    for _ in 0..3 {
        config.credentials(&repository);
        let said = config.dropped(&repository)[0].to_string();
        assert!(said.ends_with("did not answer within 300 ms"), "{said}");
    }
    let asked = std::fs::read_dir(folder.path())
        .expect("a folder")
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("asked"))
        .count();
    assert!(asked <= 1, "asked {asked} times");
}

#[test]
fn a_helper_that_is_not_installed_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = DockerConfig::parse(br#"{"auths": {"r.example": {}}, "credsStore": "desktop"}"#)
        .expect("a configuration")
        .with_helpers(Helpers {
            directory: Some(folder.path().to_owned()),
            ..Helpers::default()
        });
    let repository = "r.example/a".parse().expect("a repository");
    config.credentials(&repository);
    let said: Vec<_> = config
        .dropped(&repository)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        ["docker-credential-desktop, named by the registry configuration, is not installed"]
    );
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
