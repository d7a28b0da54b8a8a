//! What a pattern means.

use doorward_documents::{ProvenancePattern, ProvenancePatternError, Source};

fn pattern(text: &str) -> ProvenancePattern {
    ProvenancePattern::parse(text).unwrap()
}

#[test]
fn a_star_stays_within_a_part_and_two_do_not() {
    for (text, other, is_meant) in [
        ("https://a.example/b", "https://a.example/b", true),
        ("https://a.example/b", "https://a.example/bc", false),
        ("https://a.example/*", "https://a.example/b", true),
        ("https://a.example/*", "https://a.example/", true),
        ("https://a.example/*", "https://a.example/b/c", false),
        ("https://a.example/**", "https://a.example/b/c", true),
        ("https://a.example/**/c", "https://a.example/c", false),
        ("https://a.example/*/c", "https://a.example/b/c", true),
        ("*", "", true),
        ("***", "a/b", true),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false),
        ("a*a", "a", false),
        ("A", "a", false),
    ] {
        assert_eq!(pattern(text).matches(other), is_meant, "{text} {other}");
    }
}

#[test]
fn the_address_of_a_repository_is_the_same_in_every_spelling() {
    let wanted = pattern("https://github.com/acme/web@refs/heads/main");
    for uri in [
        "git+https://github.com/acme/web@refs/heads/main",
        "git+https://github.com/acme/web.git@refs/heads/main",
        "https://github.com/acme/web.git#refs/heads/main",
        "https://github.com/acme/web.git#refs/heads/main:folder",
        "https://github.com/acme/web@refs/heads/main#",
    ] {
        assert!(wanted.means(&Source::of(uri)), "{uri}");
    }
    for uri in [
        "https://github.com/acme/web",
        "https://github.com/acme/web@",
        "https://github.com/acme/web@refs/heads/main2",
        "https://github.com/acme/web@v1@refs/heads/main",
        "https://github.com/acme/web/../other@refs/heads/main",
        "https://acme@github.com/acme/web@refs/heads/main",
        "https://github.com@attacker.test/acme/web@refs/heads/main",
    ] {
        assert!(!wanted.means(&Source::of(uri)), "{uri}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_and_one_for_everybody_is_known() {
    let refused = |text: &str| ProvenancePattern::parse(text).unwrap_err();
    assert_eq!(refused(""), ProvenancePatternError::Empty);
    assert_eq!(refused("a b"), ProvenancePatternError::NoUri);
    assert_eq!(refused("a\u{e9}"), ProvenancePatternError::NoUri);
    assert_eq!(
        refused(&"*".repeat(9)),
        ProvenancePatternError::Stars { limit: 8 }
    );
    for everybody in [
        "*",
        "**",
        "https://*",
        "https://**",
        "https://*.example/a",
        "git+https://**/web",
        "https://github.com/**",
        "https://github.com/*/web",
        "git+https://gitlab.com/ac*/web",
    ] {
        assert!(pattern(everybody).means_everybody(), "{everybody}");
    }
    for one in [
        "https://git.example/**",
        "https://github.com/acme/*",
        "tekton.dev/*",
    ] {
        assert!(!pattern(one).means_everybody(), "{one}");
    }
}

#[test]
fn an_address_that_leads_elsewhere_for_another_program_is_meant_by_no_pattern() {
    for uri in [
        "https://github.com/acme/web@x/../../evil/web.git",
        "git+https://github.com/acme/web@x/../../evil/web.git@0123",
        "https://github.com/acme/../evil/web",
        "https://github.com/acme/./web",
        "https://github.com/acme/%2e%2e/evil/web",
        "https://github.com/acme/web%2f..%2fevil",
        "https://github.com/acme\\web",
        "https://github.com/acme/web?x=https://github.com/evil/web",
        "https://github.com/acme/web@refs/heads/a..b",
    ] {
        for text in [
            "**",
            "https://github.com/acme/**",
            "https://github.com/acme/web",
        ] {
            assert!(!pattern(text).means(&Source::of(uri)), "{text} {uri}");
        }
    }
    // A tag can have an `@` in it.
    let tag = Source::of("git+https://github.com/acme/web@refs/tags/kit@1.0.0");
    assert_eq!(tag.repository(), "https://github.com/acme/web");
    assert_eq!(tag.reference(), Some("refs/tags/kit@1.0.0"));
}
