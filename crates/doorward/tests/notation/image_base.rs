//! What an image must say that it is built on.

use doorward_testkit::{Image, ImageBuilder};
use serde_json::json;

use crate::image_rules::{built, configuration, decide, image, told};

const BASE: &str = "org.opencontainers.image.base.name";
const RULES: &str = "{base: {allowed: ['docker.io/library/alpine:3.*', 'registry.example/base/*', 'Tools.example:443/*']}}";
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An image whose manifest names a base.
fn annotated(base: &str) -> Image {
    built(ImageBuilder::new().annotation(BASE, base), &configuration())
}

/// An image whose configuration names a base, as some builders have it, and whose manifest may name one too.
fn labelled(label: &str, annotation: Option<&str>) -> Image {
    let mut it = configuration();
    it["config"]["Labels"][BASE] = json!(label);
    let plain = ImageBuilder::new();
    built(
        match annotation {
            Some(base) => plain.annotation(BASE, base),
            None => plain,
        },
        &it,
    )
}

/// What is decided of images that name these bases.
async fn bases(expected: &str, bases: &[&str]) {
    for base in bases {
        let verdict = decide(RULES, &annotated(base)).await;
        assert_eq!(told(&verdict), expected, "{base}: {}", verdict.message());
    }
}

#[tokio::test]
async fn what_an_image_is_built_on_must_be_listed() {
    bases(
        "",
        &[
            "docker.io/library/alpine:3.20",
            "registry.example/base/go:1",
        ],
    )
    .await;
    bases(
        "image-base-not-allowed",
        &[
            "alpine",
            "alpine:2",
            "library/alpine:2",
            "other/alpine:3.20",
            "docker.io:5000/library/alpine:3.20",
            "registry.example:5000/base/go:1",
            "registry.example/based/go:1",
            "registry.example.attacker.example/base/go",
            "evil.example/docker.io/library/alpine:3.20",
            "evil.example/registry.example/base/go",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_base_is_compared_as_the_image_that_is_pulled_however_it_is_written() {
    bases(
        "",
        &[
            "alpine:3.20",
            "library/alpine:3.20",
            "index.docker.io/alpine:3.20",
            "Registry-1.docker.io:443/library/alpine:3.20",
            "registry.example:443/base/go",
            "REGISTRY.example/base/go",
            "tools.example/make:4",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_text_that_looks_like_a_listed_base_and_names_no_image_is_refused() {
    bases(
        "image-base-unknown",
        &[
            "",
            "registry.example/base/",
            "registry.example/base/go:1 FROM evil.example/x",
            "registry.example/base/../../evil.example/x",
            "registry.example/base//go",
            "registry.example/base/Go",
            "registry.example/base/go@evil.example/x",
            "registry.example/base/go:1:2",
            "registry.example:0443/base/go",
            "docker.io/library/alpine:3.20\nregistry.example/x",
            "docker.io/library/alpine:3.20 ",
            "https://registry.example/base/go",
            DIGEST,
        ],
    )
    .await;
    let verdict = decide(RULES, &annotated("registry.example/base/go:1\u{1b}[2J")).await;
    let message = verdict.message();
    assert!(
        message.contains("its annotation") && message.contains("names no image: the tag is not"),
        "{message}"
    );
    assert!(!message.contains('\u{1b}'), "{message:?}");
}

#[tokio::test]
async fn the_tag_of_a_base_beside_its_digest_does_not_count() {
    let pinned = |name: &str| format!("{name}@{DIGEST}");
    bases("", &[&pinned("registry.example/base/go:1")]).await;
    for named in [pinned("alpine:3.20"), pinned("alpine")] {
        bases("image-base-not-allowed", &[&named]).await;
    }
    let verdict = decide(RULES, &annotated(&pinned("alpine:3.20"))).await;
    let message = verdict.message();
    assert!(
        message.contains("a tag beside a digest does not count"),
        "{message}"
    );
}

#[tokio::test]
async fn a_base_may_stand_in_a_label_and_must_be_the_same_in_both_places() {
    for (label, annotation, expected) in [
        ("alpine:3.1", None, ""),
        ("alpine:2", None, "image-base-not-allowed"),
        ("alpine 3", None, "image-base-unknown"),
        ("alpine:3.1", Some("docker.io/library/alpine:3.1"), ""),
        ("alpine:3.1", Some("alpine:3.2"), "image-base-unknown"),
        ("evil.example/x", Some("alpine:3.1"), "image-base-unknown"),
        ("alpine 3", Some("alpine:3.1"), "image-base-unknown"),
        ("alpine:3.1", Some("alpine 3"), "image-base-unknown"),
    ] {
        let verdict = decide(RULES, &labelled(label, annotation)).await;
        assert_eq!(
            told(&verdict),
            expected,
            "{label} {annotation:?}: {}",
            verdict.message()
        );
    }
    let verdict = decide(RULES, &image(&configuration())).await;
    assert_eq!(told(&verdict), "image-base-unknown");
}
