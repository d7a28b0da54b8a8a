use super::*;
use proptest::prelude::*;

/// The selection rule, said once more without any index.
fn naive(patterns: &[String], text: &str) -> Option<usize> {
    if text.len() > MAX_TEXT {
        return None;
    }
    if let Some(exact) = patterns.iter().position(|p| !p.contains('*') && p == text) {
        return Some(exact);
    }
    let mut best: Option<(usize, usize)> = None;
    for (index, pattern) in patterns.iter().enumerate() {
        if matches_reference(pattern, text)
            && best.is_none_or(|(score, _)| specificity(pattern) > score)
        {
            best = Some((specificity(pattern), index));
        }
    }
    best.map(|(_, index)| index)
}

/// The definition of a star, by recursion.
fn by_definition(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|n| by_definition(rest, &text[n..])),
        Some((byte, rest)) => text.first() == Some(byte) && by_definition(rest, &text[1..]),
    }
}

fn compiled(patterns: &[String], text: &str) -> Option<usize> {
    Matcher::compile(patterns.iter().map(String::as_str))
        .select(text)
        .map(|hit| hit.index)
}

#[test]
fn a_host_star_does_not_reach_into_the_path() {
    assert!(matches_reference(
        "*.r.example/team/*",
        "eu.r.example/team/app:1"
    ));
    assert!(!matches_reference(
        "*.r.example/team/*",
        "evil.test/x.r.example/team/app"
    ));
    assert!(!matches_reference("r*/a", "r.example/x/a"));
}

#[test]
fn a_pattern_matches_an_image_by_what_it_names_and_not_by_how_it_is_written() {
    let digest = format!("@sha256:{}", "0".repeat(64));
    let pinned = |name: &str| format!("{name}{digest}");
    for (pattern, image, expected) in [
        ("docker.io/library/nginx:1.*", "nginx:1.27", true),
        ("nginx:1.*", "Index.docker.io:443/library/nginx:1.27", true),
        ("R.example:443/app", "r.example/app:1", true),
        ("r.example/app", "r.example/app", true),
        ("r.example/app:latest", "r.example/app", true),
        ("r.example/app:1", "r.example/app", false),
        ("r.example/app:1", "r.example:5000/app:1", false),
        ("r.example/app", &pinned("r.example/app:1"), true),
        ("r.example/app:1", &pinned("r.example/app:1"), false),
        (&pinned("r.example/app"), &pinned("r.example/app:1"), true),
        ("*", "anything.example/x", true),
    ] {
        let named: Reference = image.parse().expect("a reference");
        assert_eq!(
            matches_image(pattern, &named),
            expected,
            "{pattern} {image}"
        );
    }
}

#[test]
fn an_entry_without_a_tag_governs_every_tag() {
    assert!(matches_reference("r.example/app", "r.example/app:1"));
    assert!(!matches_reference(
        "r.example/app",
        "r.example/app@sha256:1"
    ));
    assert!(!matches_reference("r.example/app:1", "r.example/app"));
}

#[test]
fn only_the_star_is_special() {
    for (pattern, text) in [
        ("?bc", "abc"),
        ("a.c", "abc"),
        ("[a]", "a"),
        ("{a,b}", "a"),
        ("\\*", "*"),
        ("ABC", "abc"),
    ] {
        assert!(!glob(pattern, text), "{pattern}");
        assert!(glob(pattern, &pattern.replace('*', "x")), "{pattern}");
    }
}

#[test]
fn a_canonical_pattern_has_the_host_as_registries_are_addressed() {
    assert_eq!(canonical("ICR.io/Team/*"), "icr.io/Team/*");
    assert_eq!(canonical("icr.io:443/a"), "icr.io/a");
    assert_eq!(canonical("icr.io:5443/a"), "icr.io:5443/a");
    assert_eq!(canonical("index.docker.io/*"), "docker.io/*");
    assert_eq!(canonical("*:443/a"), "*:443/a");
    assert_eq!(canonical("r*:443/a"), "r*:443/a");
    assert_eq!(canonical(":443/a"), ":443/a");
    assert_eq!(canonical("Nginx"), "Nginx");
    assert_eq!(canonical("registry-1.docker.io/*"), "docker.io/*");
    assert_eq!(
        canonical("Registry-1.docker.io:443/nginx"),
        "docker.io/nginx"
    );
    assert_eq!(canonical("registry.hub.docker.com/*"), "docker.io/*");
    assert_eq!(canonical("index.docker.io:*/a"), "docker.io:*/a");
    assert_eq!(
        canonical("index.docker.io:5000/a"),
        "index.docker.io:5000/a"
    );
    assert_eq!(canonical("[0:0::1]:5000/*"), "[::1]:5000/*");
    assert_eq!(canonical("[0:0::1]:*/a"), "[::1]:*/a");
    assert_eq!(canonical("Harbor:*/a"), "harbor:*/a");
    assert_eq!(canonical("harbor:4*/a"), "harbor:4*/a");
    assert_eq!(canonical("[2001:DB8:*]/a"), "[2001:db8:*]/a");
    assert_eq!(canonical("*.r.example:443/a"), "*.r.example/a");
    assert_eq!(canonical("[2001:db8:*]:443/a"), "[2001:db8:*]/a");
    // What is no host stays what it is: a path of a short name, or nothing that can match.
    assert_eq!(canonical("r.example(:443:443/a"), "r.example(:443:443/a");
    assert_eq!(canonical("library/*"), "library/*");
    assert_eq!(canonical("007/*"), "007/*");
    assert_eq!(canonical("r.example:0443/*"), "r.example:0443/*");
}

#[test]
fn a_text_beyond_the_bound_is_governed_by_nothing() {
    let matcher = Matcher::compile(["*"]);
    assert!(matcher.select(&"a".repeat(MAX_TEXT)).is_some());
    assert_eq!(matcher.select(&"a".repeat(MAX_TEXT + 1)), None);
}

#[test]
fn a_pattern_of_many_stars_costs_no_more_than_its_length() {
    let pattern = "a*".repeat(200_000) + "b";
    let text = "a".repeat(200_000);
    assert!(!glob(&pattern, &text));
    let hundred = "*a".repeat(500) + "*b*c";
    let matcher = Matcher::compile(vec![hundred.as_str(); 1000]);
    assert_eq!(matcher.select(&"a".repeat(MAX_TEXT)), None);
}

#[test]
fn many_patterns_that_begin_alike_are_decided_as_few_are() {
    let mut patterns: Vec<String> = (0..3000)
        .map(|n| format!("*/team{n}/*/app{{{n}}}?"))
        .collect();
    patterns.push("r.example/**x".to_owned());
    patterns.push("*.example*".to_owned());
    patterns.extend((0..100).map(|n| format!("*x{n}.example*")));
    for text in [
        "r.example/team7/x/app{7}?",
        "r.example/team7/x/y/app{7}?:1",
        "r.example/team7/x/app77",
        "r.example/x",
        "a/b/x7.example/c",
        "r.example",
        "team7/x/app{7}?",
        "r.example/team7\u{1}x\u{1}app{7}?",
    ] {
        assert_eq!(compiled(&patterns, text), naive(&patterns, text), "{text}");
    }
}

#[test]
fn a_tag_that_ends_with_a_dot_dodges_no_pattern_of_a_large_set() {
    let mut patterns: Vec<String> = (0..200).map(|n| format!("*x{n}.")).collect();
    patterns.extend(["*.".to_owned(), "*app:1.".to_owned(), "*/app:2.".to_owned()]);
    for text in [
        "..",
        "app:1.",
        "r.example/app:1.",
        "a/app:2.",
        "r.example/b/app:2.",
    ] {
        assert_eq!(compiled(&patterns, text), naive(&patterns, text), "{text}");
        assert!(naive(&patterns, text).is_some(), "{text}");
    }
}

const PATTERN: &str =
    r"(r\.example|R\.example:443|\*\.example|\*|nginx|[ab])?/?[ab/:@*.?\[{\\]{0,5}(:\*|\*|/\*)?";
/// Patterns most of which begin with a star, so that sets are built.
const ALIKE: &str = r"(\*|\*|\*r\.example|r\.example)/?[ab/:@*.?\[{\\]{0,5}(:\*|\*|/\*)?";
const TEXT: &str = r"(r\.example|x\.example|nginx|[ab])?/?[ab/:@.?\[{\\]{0,6}(:1|@sha256:a)?";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_glob_is_what_its_definition_says(pattern in "[ab*é]{0,8}", text in "[abé]{0,10}") {
        prop_assert_eq!(glob(&pattern, &text), by_definition(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn compiled_selection_is_naive_selection(patterns in proptest::collection::vec(PATTERN, 0..12), text in TEXT) {
        prop_assert_eq!(compiled(&patterns, &text), naive(&patterns, &text));
    }

    #[test]
    fn texts_made_from_a_pattern_are_selected_alike(
        patterns in proptest::collection::vec(PATTERN, 1..12),
        which in any::<prop::sample::Index>(),
        fill in "[ab/:@.]{0,3}",
        tag in "(:a)?",
    ) {
        let text = which.get(&patterns).replace('*', &fill) + &tag;
        prop_assert_eq!(compiled(&patterns, &text), naive(&patterns, &text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn large_sets_select_as_naive_selection_does(
        patterns in proptest::collection::vec(ALIKE, 40..140),
        texts in proptest::collection::vec(TEXT, 20),
        which in any::<prop::sample::Index>(),
        fill in "[ab/:@.]{0,3}",
    ) {
        let matcher = Matcher::compile(patterns.iter().map(String::as_str));
        let made = which.get(&patterns).replace('*', &fill);
        for text in texts.iter().chain([&made]) {
            prop_assert_eq!(matcher.select(text).map(|hit| hit.index), naive(&patterns, text));
        }
    }

    #[test]
    fn arbitrary_text_is_selected_alike(
        patterns in proptest::collection::vec("\\PC{0,6}\\*?\\PC{0,4}", 0..80),
        text in "\\PC{0,12}",
        which in any::<prop::sample::Index>(),
    ) {
        prop_assert_eq!(compiled(&patterns, &text), naive(&patterns, &text));
        if !patterns.is_empty() {
            let made = which.get(&patterns).replace('*', "x/y");
            prop_assert_eq!(compiled(&patterns, &made), naive(&patterns, &made));
        }
    }
}
