use super::*;

const DIGEST: &str = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const OTHER: &str = "@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn accepts(rule: &SignedIdentity, image: &str, signed: &str) -> bool {
    rule.accepts(&image.parse().expect("valid"), signed)
}

fn check(rule: &SignedIdentity, image: &str, signed: &[(&str, bool)]) {
    for (signed, expected) in signed {
        assert_eq!(
            accepts(rule, image, signed),
            *expected,
            "{image} signed as {signed}"
        );
    }
}

#[test]
fn by_default_a_tag_needs_the_same_tag() {
    check(
        &SignedIdentity::default(),
        "r.example/ns/app:1",
        &[
            ("r.example/ns/app:1", true),
            ("r.example/ns/app:2", false),
            ("r.example/ns/app", false),
            (&format!("r.example/ns/app{DIGEST}"), false),
            (&format!("r.example/ns/app:1{DIGEST}"), false),
            ("r.example/ns/other:1", false),
            ("q.example/ns/app:1", false),
            ("r.example:443/ns/app:1", false),
            ("R.example/ns/app:1", false),
            ("ns/app:1", false),
            (" r.example/ns/app:1", false),
            ("r.example/ns/app:1 ", false),
            ("", false),
            ("r.example/NS/app:1", false),
        ],
    );
}

#[test]
fn by_default_a_digest_takes_any_tag_or_digest_of_the_repository_but_not_its_bare_name() {
    check(
        &SignedIdentity::default(),
        &format!("r.example/app{DIGEST}"),
        &[
            ("r.example/app:1", true),
            (&format!("r.example/app{OTHER}"), true),
            (&format!("r.example/app:1{OTHER}"), true),
            ("r.example/app", false),
            ("r.example/other:1", false),
        ],
    );
}

#[test]
fn match_exact_compares_tag_and_digest() {
    check(
        &SignedIdentity::MatchExact,
        &format!("r.example/app{DIGEST}"),
        &[
            (&format!("r.example/app{DIGEST}"), true),
            (&format!("r.example/app{OTHER}"), false),
            ("r.example/app:1", false),
            ("r.example/app", false),
        ],
    );
    assert!(!accepts(
        &SignedIdentity::MatchExact,
        "r.example/app",
        "r.example/app"
    ));
}

#[test]
fn match_repository_ignores_tags_and_takes_bare_names() {
    check(
        &SignedIdentity::MatchRepository,
        "r.example/app:1",
        &[
            ("r.example/app", true),
            ("r.example/app:9", true),
            (&format!("r.example/app{OTHER}"), true),
            ("r.example/app2:1", false),
            ("r.example/app/x:1", false),
            ("r.example/ap:1", false),
        ],
    );
}

#[test]
fn short_hub_names_are_completed_on_both_sides() {
    for image in [
        "nginx:1",
        "docker.io/nginx:1",
        "index.docker.io/library/nginx:1",
    ] {
        for signed in ["nginx:1", "library/nginx:1", "docker.io/library/nginx:1"] {
            assert!(
                accepts(&SignedIdentity::default(), image, signed),
                "{image} {signed}"
            );
        }
    }
    assert!(!accepts(
        &SignedIdentity::default(),
        "nginx:1",
        "other/nginx:1"
    ));
}

#[test]
fn exact_reference_ignores_the_image() {
    let rule = SignedIdentity::exact_reference("q.example/orig:7").expect("valid");
    check(
        &rule,
        "r.example/app:1",
        &[("q.example/orig:7", true), ("r.example/app:1", false)],
    );
    let by_digest =
        SignedIdentity::exact_reference(&format!("q.example/orig{DIGEST}")).expect("valid");
    check(
        &by_digest,
        "r.example/app:1",
        &[
            (&format!("q.example/orig{DIGEST}"), true),
            ("q.example/orig:7", false),
        ],
    );
}

#[test]
fn exact_reference_without_tag_and_digest_is_refused() {
    assert!(matches!(
        SignedIdentity::exact_reference("q.example/orig"),
        Err(IdentityError::NameOnly { .. })
    ));
    for text in ["", "UPPER", "a b", "q.example/orig:"] {
        assert!(matches!(
            SignedIdentity::exact_reference(text),
            Err(IdentityError::Reference { .. })
        ));
    }
}

#[test]
fn exact_repository_ignores_the_image_and_its_own_tag() {
    let rule = SignedIdentity::exact_repository("q.example/orig:7").expect("valid");
    check(
        &rule,
        "r.example/app:1",
        &[
            ("q.example/orig", true),
            ("q.example/orig:1", true),
            ("q.example/orig2:7", false),
        ],
    );
    assert!(SignedIdentity::exact_repository("").is_err());
}

#[test]
fn remapping_replaces_whole_components_only() {
    let rule = SignedIdentity::remap("m.example:8443/mirror", "r.example/orig").expect("valid");
    for (image, signed, expected) in [
        ("m.example:8443/mirror/app:1", "r.example/orig/app:1", true),
        ("m.example:8443/mirror:1", "r.example/orig:1", true),
        ("m.example:8443/mirror/app:1", "r.example/orig/app:2", false),
        (
            "m.example:8443/mirror/app:1",
            "m.example:8443/mirror/app:1",
            false,
        ),
        (
            "m.example:8443/mirror-evil/app:1",
            "r.example/orig-evil/app:1",
            false,
        ),
        ("m.example/mirror/app:1", "r.example/orig/app:1", false),
        ("m.example/mirror/app:1", "m.example/mirror/app:1", true),
    ] {
        assert_eq!(accepts(&rule, image, signed), expected, "{image} {signed}");
    }
}

#[test]
fn remapping_a_host_keeps_the_path() {
    let rule = SignedIdentity::remap("m.example", "r.example").expect("valid");
    assert!(accepts(
        &rule,
        &format!("m.example/a/b{DIGEST}"),
        "r.example/a/b:1"
    ));
    assert!(!accepts(&rule, "m.example.evil/a:1", "r.example.evil/a:1"));
}

#[test]
fn remapping_to_a_name_that_would_be_completed_matches_nothing() {
    let rule = SignedIdentity::remap("m.example", "docker.io").expect("valid");
    assert!(!accepts(
        &rule,
        "m.example/app:1",
        "docker.io/library/app:1"
    ));
    assert!(accepts(
        &rule,
        "m.example/library/app:1",
        "docker.io/library/app:1"
    ));
    let short = SignedIdentity::remap("m.example", "app").expect("valid");
    assert!(!accepts(&short, "m.example/x:1", "docker.io/app/x:1"));
}

#[test]
fn prefixes_are_hosts_with_an_optional_path() {
    for text in [
        "r.example",
        "r.example:5000",
        "r.example/a/b",
        "localhost",
        "app",
        "app/x",
        "UPPER",
        "[::1]:5000/a",
    ] {
        assert!(text.parse::<NamePrefix>().is_ok(), "{text}");
    }
    for text in [
        "",
        "/",
        "/a",
        "r.example/",
        "r.example/a/",
        "r.example//a",
        "r.example/a:1",
        "r.example/A",
        "r.example:",
        "r.example:x",
        "-r.example",
        "invalid+prefix",
        "https://r.example",
        "r.example/a@sha256:00",
        " r.example",
        "*.example",
    ] {
        assert!(
            matches!(
                text.parse::<NamePrefix>(),
                Err(IdentityError::Prefix { .. })
            ),
            "{text}"
        );
    }
}

#[test]
fn the_expectation_names_what_would_have_been_accepted() {
    let image = "m.example/a/app:1".parse().expect("valid");
    let remap = SignedIdentity::remap("m.example/a", "r.example/b").expect("valid");
    assert_eq!(remap.expectation(&image), "r.example/b/app:1");
    assert_eq!(
        SignedIdentity::default().expectation(&image),
        "m.example/a/app:1"
    );
    assert_eq!(
        SignedIdentity::MatchRepository.expectation(&image),
        "a name in m.example/a/app"
    );
}

#[test]
fn what_is_accepted_for_one_spelling_of_an_image_is_accepted_for_all() {
    for image in [
        "r.example/ns/app:1",
        "R.Example/ns/app:1",
        "r.example:443/ns/app:1",
        "R.EXAMPLE:443/ns/app:1",
    ] {
        assert!(
            accepts(&SignedIdentity::default(), image, "r.example/ns/app:1"),
            "{image}"
        );
        for rule in [SignedIdentity::default(), SignedIdentity::MatchExact] {
            assert!(accepts(&rule, image, image), "{image} as it is written");
            assert!(!accepts(&rule, image, "r.example:5000/ns/app:1"), "{image}");
            assert!(!accepts(&rule, image, "r.example/ns/app:2"), "{image}");
        }
    }
    for image in [
        "nginx:1",
        "registry-1.docker.io/library/nginx:1",
        "Docker.io:443/nginx:1",
        "registry.hub.docker.com/nginx:1",
    ] {
        assert!(
            accepts(&SignedIdentity::default(), image, "nginx:1"),
            "{image}"
        );
    }
    let remapped = SignedIdentity::remap("r.example", "vendor.example").expect("valid");
    for image in ["r.example/app:1", "R.example:443/app:1"] {
        assert!(accepts(&remapped, image, "vendor.example/app:1"), "{image}");
        assert!(!accepts(&remapped, image, image), "{image}");
    }
    let remapped = SignedIdentity::remap("R.example:443/ns", "vendor.example").expect("valid");
    assert!(accepts(
        &remapped,
        "r.example/ns/app:1",
        "vendor.example/app:1"
    ));
}
