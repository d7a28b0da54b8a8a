use super::*;
use proptest::prelude::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn normal(text: &str) -> String {
    text.parse::<Reference>()
        .map_or_else(|e| format!("{e:?}"), |r| r.to_string())
}

#[test]
fn familiar_names_are_completed() {
    assert_eq!(normal("nginx"), "docker.io/library/nginx");
    assert_eq!(normal("team/app:1"), "docker.io/team/app:1");
    assert_eq!(normal("localhost/app"), "localhost/app");
    assert_eq!(normal("localhost:5000/app"), "localhost:5000/app");
    assert_eq!(normal("Foo/app"), "Foo/app");
}

#[test]
fn a_tag_and_a_digest_may_stand_together() {
    let text = format!("r.example:5000/a/b:1@sha256:{HEX}");
    assert_eq!(normal(&text), text);
}

#[test]
fn an_unqualified_reference_means_latest() {
    let reference: Reference = "r.example/a".parse().expect("valid");
    assert_eq!(reference.or_latest().to_string(), "r.example/a:latest");
}

#[test]
fn a_tag_beside_a_digest_is_dropped_for_decisions() {
    let reference: Reference = format!("r.example/a:1@sha256:{HEX}")
        .parse()
        .expect("valid");
    assert_eq!(
        reference.digest_only().to_string(),
        format!("r.example/a@sha256:{HEX}")
    );
}

#[test]
fn malformed_references_are_refused_with_their_reason() {
    assert_eq!(normal(""), "Empty");
    assert_eq!(normal("r.example/A"), "UpperCasePath");
    assert_eq!(normal("r.example/a:"), "InvalidTag");
    assert_eq!(normal("r.example/a::1"), "InvalidTag");
    assert_eq!(normal("r.example/a:-1"), "InvalidTag");
    assert_eq!(normal("r.example/a b"), "InvalidPath");
    assert_eq!(normal("r.example/a..b"), "InvalidPath");
    assert_eq!(normal("r.example/a___b"), "InvalidPath");
    assert_eq!(normal("r.example//a"), "InvalidPath");
    assert_eq!(normal("r.example/"), "InvalidPath");
    assert_eq!(normal("https://r.example/a"), "InvalidHost");
    assert_eq!(normal("-r.example/a"), "InvalidHost");
    assert_eq!(normal(HEX), "ImageId");
    assert_eq!(
        normal("r.example/a@sha256:"),
        "InvalidDigest(WrongLength { expected: 64, actual: 0 })"
    );
    assert_eq!(
        normal(&format!("r.example/a@sha256:{HEX}@sha256:{HEX}")),
        "InvalidDigest(WrongLength { expected: 64, actual: 136 })"
    );
    assert_eq!(normal(&"a/".repeat(200)), "InvalidPath");
    assert_eq!(normal(&format!("r.example/{}", "a".repeat(250))), "TooLong");
}

#[test]
fn every_allowed_separator_is_accepted() {
    assert_eq!(normal("r.example/a.b_c__d---e"), "r.example/a.b_c__d---e");
}

proptest! {
    #[test]
    fn formatting_and_parsing_a_reference_gives_it_back(
        text in "([a-z]{1,5}\\.)?[a-z0-9]{1,5}(:[0-9]{1,4})?/[a-z0-9]{1,8}([._-][a-z0-9]{1,3})?(:[A-Za-z0-9_][A-Za-z0-9._-]{0,8})?"
    ) {
        if let Ok(reference) = text.parse::<Reference>() {
            let again: Reference = reference.to_string().parse().expect("a formatted reference parses");
            prop_assert_eq!(again, reference);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,300}") {
        let _ = text.parse::<Reference>();
    }
}
