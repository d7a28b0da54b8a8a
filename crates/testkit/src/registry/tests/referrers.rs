//! Referrers over a raw TCP client.

use super::*;

fn artifact(subject: &Image, kind: &str) -> Image {
    ImageBuilder::new()
        .artifact_type(kind)
        .annotation("made", "here")
        .subject(subject.manifest().descriptor())
        .build()
}

#[test]
fn referrers_are_listed_and_filtered_by_type() {
    let registry = Registry::builder().start_blocking();
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    let signature = artifact(&image, "application/vnd.example.signature");
    registry.push_referrer("app", &signature);
    registry.push_referrer("app", &artifact(&image, "application/vnd.example.sbom"));
    registry.push_referrer(
        "app",
        &artifact(&Image::sample("other"), "application/vnd.x"),
    );
    let path = format!("/v2/app/referrers/{}", image.digest());
    let all = get(&registry, &path);
    assert_eq!(
        all.header("content-type"),
        Some("application/vnd.oci.image.index.v1+json")
    );
    assert_eq!(all.json()["manifests"].as_array().unwrap().len(), 2);
    let filtered = get(
        &registry,
        &format!("{path}?artifactType=application/vnd.example.signature"),
    );
    assert_eq!(filtered.header("oci-filters-applied"), Some("artifactType"));
    let listed = filtered.json()["manifests"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["digest"], signature.digest().as_str());
    assert_eq!(listed[0]["annotations"]["made"], "here");
    // A digest that nothing refers to has an empty list, not an error.
    let none = get(
        &registry,
        &format!("/v2/app/referrers/{}", Digest::sha256(b"x")),
    );
    assert_eq!(none.json()["manifests"], json!([]));
}

#[test]
fn without_the_referrers_interface_the_fallback_tag_holds_the_index() {
    let registry = Registry::builder().referrers(false).start_blocking();
    let image = Image::sample("app");
    registry.push_image("app", "1", &image);
    registry.push_referrer("app", &artifact(&image, "application/vnd.example"));
    let path = format!("/v2/app/referrers/{}", image.digest());
    assert_eq!(get(&registry, &path).status, 404);
    let tag = format!("sha256-{}", image.digest().hex());
    let index = get(&registry, &format!("/v2/app/manifests/{tag}"));
    assert_eq!(index.json()["manifests"].as_array().unwrap().len(), 1);
}
