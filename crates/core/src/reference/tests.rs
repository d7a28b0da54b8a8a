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
    assert_eq!(normal("https://r.example/a"), "InvalidHost(InvalidPort)");
    assert_eq!(normal("-r.example/a"), "InvalidHost(InvalidDomain)");
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
}

#[test]
fn what_a_runtime_may_take_for_an_image_on_its_node_is_no_reference() {
    for (algorithm, length) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
        let hex = "0a".repeat(length / 2);
        for text in [
            format!("{algorithm}:{hex}"),
            format!("{algorithm}:{hex}").to_uppercase(),
            format!("{algorithm}:{}", hex.to_uppercase()),
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
        assert_eq!(normal(&format!("{algorithm}:{hex}")), "ImageId");
        // With a host or another length it is a tag like any other, as far as a tag may be so long.
        let tag = hex.get(..60).expect("so many");
        assert!(format!("{algorithm}:{tag}").parse::<Reference>().is_ok());
        assert!(
            format!("r.example/{algorithm}:{tag}")
                .parse::<Reference>()
                .is_ok()
        );
    }
    assert_eq!(normal(&HEX.to_uppercase()), "ImageId");
}

proptest::proptest! {
    #[test]
    fn no_digest_parses_as_a_reference(text in "(sha256|sha384|sha512|SHA256):([0-9a-f]{64}|[0-9A-F]{64}|[0-9a-f]{96}|[0-9a-f]{128})|[0-9a-fA-F]{64}") {
        proptest::prop_assert!(text.parse::<Reference>().is_err() || text.to_lowercase().parse::<Digest>().is_err());
    }
}

#[test]
fn a_repository_path_of_255_bytes_is_valid() {
    let path = "a".repeat(255);
    for registry in ["r.example", "registry.with-a-long-name.example:5000"] {
        let text = format!("{registry}/{path}");
        assert_eq!(normal(&text), text);
        assert_eq!(normal(&format!("{text}a")), "TooLong");
    }
    // `library/` is part of the path that is asked for.
    assert_eq!(normal(&format!("docker.io/{path}")), "TooLong");
    assert_eq!(
        normal(&path[8..]),
        format!("docker.io/library/{}", &path[8..])
    );
}

#[test]
fn the_longest_parts_together_are_a_reference() {
    let label = "a".repeat(61);
    let host = format!("{label}.{label}.{label}.{label}.aaaaa");
    assert_eq!(host.len(), 253);
    let text = format!(
        "{host}:65535/{}:{}@sha512:{}",
        "a".repeat(255),
        "t".repeat(128),
        "0".repeat(128)
    );
    assert_eq!(normal(&text), text);
}

#[test]
fn a_registry_port_with_leading_zeros_is_no_reference() {
    for port in ["0443", "00443", "0", "05000", "65536", "99999"] {
        assert_eq!(
            normal(&format!("registry.example:{port}/team/app:1")),
            "InvalidHost(InvalidPort)",
            "{port}"
        );
    }
}

#[test]
fn a_registry_that_is_an_address_in_disguise_is_no_reference() {
    for host in ["127.1", "0x7f.1", "017700000001:5000", "2130706433:80"] {
        assert_eq!(
            normal(&format!("{host}/app")),
            "InvalidHost(InvalidIpv4)",
            "{host}"
        );
    }
    assert_eq!(normal("[::ffff:7f00:1]/app"), "InvalidHost(MappedIpv4)");
    assert_eq!(
        normal("registry.example./app"),
        "InvalidHost(InvalidDomain)"
    );
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

#[test]
fn the_tag_of_referrers_is_the_digest_with_a_dash_and_at_most_64_digits() {
    let digest = Digest::sha256(b"");
    let tag = Tag::of_referrers(&digest);
    assert_eq!(tag.as_str(), digest.as_str().replace(':', "-"));
    assert_eq!(tag.as_str().parse(), Ok(tag.clone()));
    let long = Digest::compute(crate::Algorithm::Sha512, b"");
    assert_eq!(
        Tag::of_referrers(&long).as_str().len(),
        "sha512-".len() + 64
    );
}
