use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, repository: &str) -> bool {
    let pattern = ImagePattern::parse(pattern).expect("a pattern");
    pattern.matches(&repository.parse().expect("a repository"))
}

/// The cases that the documentation and the tests of the kubelet have for its matching, in names of images.
#[test]
fn images_are_matched_as_by_the_kubelet() {
    for (pattern, image, expected) in [
        (
            "123456789.dkr.ecr.us-east-1.amazonaws.com",
            "123456789.dkr.ecr.us-east-1.amazonaws.com/app",
            true,
        ),
        ("*.azurecr.io", "shop.azurecr.io/app", true),
        ("gcr.io", "gcr.io/p/app", true),
        ("*.*.registry.io", "foo.bar.registry.io/app", true),
        ("*.registry.io", "foo.registry.io/app", true),
        ("*.registry.io", "foo.bar.registry.io/app", false),
        ("*.registry.io", "registry.io/app", false),
        ("*.*.registry.io", "foo.registry.io/app", false),
        ("registry.io:8080/path", "registry.io:8080/path/app", true),
        ("registry.io:8080/path", "registry.io:8080/path", true),
        ("registry.io:8080/path", "registry.io/path/app", false),
        ("registry.io:8080/path", "registry.io:8081/path/app", false),
        ("registry.io:8080/path", "registry.io:8080/other/app", false),
        ("registry.io", "registry.io:8080/path/app", false),
        ("*.registry.io:8080", "foo.registry.io:8080/app", true),
        ("*.registry.io:8080", "foo.registry.io/app", false),
        ("*.registry.io", "foo.registry.io:8080/app", false),
        ("registry.*.io", "registry.foo.io/app", true),
        ("k8s.*", "k8s.io/app", true),
        ("k8s.*", "k8s.gcr.io/app", false),
        ("app*.k8s.io", "app-1.k8s.io/a", true),
        ("app*.k8s.io", "other.k8s.io/a", false),
        ("*.io", "foo.k8s.io/a", false),
        ("*", "localhost:5000/a", false),
        ("*:5000", "localhost:5000/a", true),
        ("registry.io/foo", "registry.io/foo/bar", true),
        ("registry.io/foo", "registry.io/bar/foo", false),
        ("registry.io/fo", "registry.io/foo/bar", true),
        ("registry.io/foo/", "registry.io/foo/bar", true),
        ("registry.io/foo/", "registry.io/foobar", false),
        ("registry.io/", "registry.io/foo", true),
        ("registry.io/Foo", "registry.io/foo", false),
        ("registry.io", "registry.io.attacker.test/foo", false),
        ("registry.io", "attacker.test/registry.io/foo", false),
        ("*.registry.io", "attacker.test/x.registry.io/foo", false),
        ("docker.io", "nginx", true),
        ("docker.io/library", "nginx", true),
        ("docker.io/team", "nginx", false),
    ] {
        assert_eq!(matches(pattern, image), expected, "{pattern} {image}");
    }
}

#[test]
fn spellings_of_one_registry_are_one() {
    for (pattern, image) in [
        ("Registry.io", "registry.io/a"),
        ("registry.io:443", "registry.io/a"),
        ("*.Registry.io:443", "Foo.registry.io:443/a"),
        ("index.docker.io", "nginx"),
        ("[0:0::1]:5000", "[::1]:5000/a"),
    ] {
        assert!(matches(pattern, image), "{pattern} {image}");
    }
}

#[test]
fn several_stars_of_one_label_fit_in_order_and_without_overlap() {
    for (pattern, label, expected) in [
        ("*", "", true),
        ("**", "a", true),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("a*b*c", "a-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("*ab*ab", "ab", false),
        ("*ab*ab", "xabyab", true),
        ("a*bc", "abcbc", true),
        ("*a", "ab", false),
    ] {
        assert_eq!(glob(pattern, label), expected, "{pattern} {label}");
    }
}

#[test]
fn what_the_kubelet_would_read_in_a_way_that_nobody_means_is_refused() {
    for (text, why) in [
        ("", PatternError::Empty),
        ("/app", PatternError::Empty),
        ("https://registry.io", PatternError::Scheme),
        ("registry.io/*", PatternError::Glob),
        ("registry.io:*", PatternError::Glob),
        ("*.registry.io:*", PatternError::Glob),
        ("r?.registry.io", PatternError::Unusual),
        ("registry.io/a b", PatternError::Unusual),
        ("registry.io/%61", PatternError::Unusual),
        ("u@registry.io", PatternError::Unusual),
        ("registry.io/ä", PatternError::Unusual),
        ("*..registry.io", PatternError::Host),
        ("*.[a-c].io", PatternError::Host),
        ("r[a-c].registry.io", PatternError::Host),
        ("*.registry.io:0443", PatternError::Host),
        ("*.registry.io:", PatternError::Host),
        ("registry.io:99999", PatternError::Host),
    ] {
        assert_eq!(ImagePattern::parse(text), Err(why), "{text}");
    }
    let long = format!("registry.io/{}", "a".repeat(600));
    assert_eq!(ImagePattern::parse(&long), Err(PatternError::TooLong));
}

#[test]
fn keys_of_answers_may_be_urls_as_docker_writes_them() {
    for (key, image, expected) in [
        ("https://registry.io", "registry.io/a", true),
        ("http://registry.io/v1/", "registry.io/a", true),
        ("https://registry.io/v2/team", "registry.io/team/a", true),
        ("https://registry.io/v2/team", "registry.io/other/a", false),
        ("https://index.docker.io/v1/", "nginx", true),
        ("registry.io/v1", "registry.io/v1/a", true),
        ("registry.io/v1", "registry.io/a", false),
        ("registry.io/", "registry.io/a", true),
    ] {
        let pattern = ImagePattern::parse_key(key).expect(key);
        let repository = image.parse().expect("a repository");
        assert_eq!(pattern.matches(&repository), expected, "{key} {image}");
    }
    assert_eq!(
        ImagePattern::parse_key("ftp://registry.io"),
        Err(PatternError::Host)
    );
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_a_pattern_reads_the_same_again(text in "[a-c*.:/5\\[\\]]{0,20}") {
        if let Ok(pattern) = ImagePattern::parse(&text) {
            let again = ImagePattern::parse(&pattern.to_string()).expect("its own spelling");
            prop_assert_eq!(&again, &pattern);
        }
        let _ = ImagePattern::parse_key(&text);
    }

    #[test]
    fn a_label_fits_as_by_trying_all_splits(pattern in "[ab*]{0,6}", label in "[ab]{0,6}") {
        fn slow(pattern: &[u8], label: &[u8]) -> bool {
            match (pattern.split_first(), label.split_first()) {
                (None, None) => true,
                (Some((b'*', rest)), _) if slow(rest, label) => true,
                (Some((b'*', _)), Some((_, left))) => slow(pattern, left),
                (Some((p, rest)), Some((l, left))) => p == l && slow(rest, left),
                _ => false,
            }
        }
        prop_assert_eq!(glob(&pattern, &label), slow(pattern.as_bytes(), label.as_bytes()));
    }
}
