mod helpers;

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
fn nothing_is_no_configuration_and_a_byte_order_mark_is_no_part_of_one() {
    for empty in ["", " \n\t", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(
            DockerConfig::parse(empty.as_bytes()).err(),
            Some(DockerConfigError::Empty),
            "{empty:?}"
        );
    }
    let marked = "\u{feff}{\"auths\": {\"r.example\": {\"auth\": \"dTpw\"}}}";
    assert_eq!(found(marked, "r.example/a"), vec![basic("u", "p")]);
    let older = "\u{feff}{\"r.example\": {\"auth\": \"dTpw\"}}";
    assert_eq!(found(older, "r.example/a"), vec![basic("u", "p")]);
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_an_empty_one_has_no_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.json");
    std::fs::write(&path, "{\"auths\": {").expect("written");
    let error = DockerConfig::load_file(&path)
        .expect_err("broken")
        .to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error}");
    std::fs::write(&path, "\n").expect("written");
    let config = DockerConfig::load_file(&path)
        .expect("read")
        .expect("there");
    let said = config.dropped(&"r.example/a".parse().expect("a repository"));
    assert_eq!(
        said[0].to_string(),
        format!(
            "{} has no entry for r.example (it is empty)",
            path.display()
        )
    );
}

#[test]
fn every_entry_that_drops_out_says_why() {
    let why = |entry: &str| -> Vec<String> {
        DockerConfig::parse(format!(r#"{{"auths": {{"r.example": {entry}}}}}"#).as_bytes())
            .expect("a configuration")
            .dropped(&"r.example/a".parse().expect("a repository"))
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    for (entry, expected) in [
        (r#"{"auth": "!"}"#, "is unreadable: auth is not base64"),
        (
            r#"{"auth": "/////w=="}"#,
            "is unreadable: auth is not UTF-8 text",
        ),
        (
            r#"{"auth": "dG9rZW4="}"#,
            "is unreadable: auth has no colon",
        ),
        // Also where something else stands in for it.
        (
            r#"{"auth": "dG9rZW4=", "username": "u", "password": "p"}"#,
            "is unreadable: auth has no colon",
        ),
        (
            r#"{"password": "s3cret"}"#,
            "has a password and no user name",
        ),
        ("{}", "holds no credential"),
        ("null", "holds no credential"),
    ] {
        let expected = format!("the entry for r.example in the registry configuration {expected}");
        assert_eq!(why(entry), [expected], "{entry}");
    }
    assert_eq!(why(r#"{"auth": "dTpw"}"#), [""; 0]);
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
    let helpers = entries.join(",").replace("{}", "\"h\"");
    let json = format!("{{\"auths\": {{}}, \"credHelpers\": {{{helpers}}}}}");
    assert_eq!(
        DockerConfig::parse(json.as_bytes()).err(),
        Some(DockerConfigError::TooLarge)
    );
}

#[test]
fn of_very_many_entries_for_one_registry_only_so_many_are_offered_and_told() {
    let many = |entry: fn(usize) -> String| {
        let entries: Vec<_> = (0..MAX_ENTRIES)
            .map(|number| {
                let (blanks, slashes) = (" ".repeat(number / 64), "/".repeat(number % 64));
                format!("\"{blanks}r.example{slashes}\": {}", entry(number))
            })
            .collect();
        format!("{{\"auths\": {{{}}}}}", entries.join(","))
    };
    let different = many(|number| format!("{{\"username\": \"u{number}\", \"password\": \"p\"}}"));
    assert_eq!(
        found(&different, "r.example/app").len(),
        MAX_CREDENTIALS + 1
    );
    let equal = many(|_| "{\"username\": \"u\", \"password\": \"p\"}".to_owned());
    assert_eq!(found(&equal, "r.example/app"), vec![basic("u", "p")]);
    let faulty = many(|_| "{\"auth\": \"?\"}".to_owned());
    let config = DockerConfig::parse(faulty.as_bytes()).expect("a configuration");
    let repository = "r.example/app".parse().expect("a repository");
    assert_eq!(config.dropped(&repository).len(), MAX_FAULTS);
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

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_in_place_of_the_file_is_not_waited_for_and_nothing_is_no_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe"))
        .status();
    assert!(made.expect("mkfifo").success());
    std::os::unix::fs::symlink("/dev/zero", path("zero")).expect("a link");
    for name in ["pipe", "zero"] {
        assert!(
            matches!(
                DockerConfig::load_file(&path(name)),
                Err(DockerConfigError::Unreadable { detail, .. }) if detail == "not a regular file"
            ),
            "{name}"
        );
    }
    std::os::unix::fs::symlink("/dev/null", path("null")).expect("a link");
    let nothing = DockerConfig::load_file(&path("null")).expect("read");
    let repository = "r.example/a".parse().expect("a repository");
    assert!(nothing.expect("there").credentials(&repository).is_empty());
}

#[test]
fn a_file_beyond_the_bound_is_too_large_and_not_read_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.json");
    std::fs::write(&path, vec![b' '; MAX_BYTES + 1]).expect("written");
    assert!(matches!(
        DockerConfig::load_file(&path),
        Err(DockerConfigError::InFile { fault, .. }) if *fault == DockerConfigError::TooLarge
    ));
}
