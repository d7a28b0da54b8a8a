//! Lists and manifests that cannot be read as a whole, and may name the newest document.

use doorward::core::{MediaType, Tag};
use doorward_testkit::Image;
use serde_json::{Map, Value, json};

use crate::site::{HOUR, NOW, Site, attestation, report};
use crate::texts::{CYCLONEDX, SARIF, cyclonedx, sarif};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];

/// A manifest that says more.
fn saying(document: &Image, member: &str, value: Value) -> Image {
    let mut manifest: Value = serde_json::from_slice(document.manifest().bytes()).unwrap();
    manifest[member] = value;
    let bytes = manifest.to_string().into_bytes();
    Image::from_manifest(MediaType::OCI_MANIFEST, bytes, document.blobs().to_vec())
}

fn many(count: usize, bytes: usize) -> Value {
    let all = (0..count).map(|number| (format!("k{number}"), json!("v".repeat(bytes))));
    Value::Object(all.collect::<Map<_, _>>())
}

/// A site with a clean report, and a newer one with these annotations.
async fn annotated(annotations: Value, found: &[(&str, &str)]) -> Site {
    let site = Site::under(&report("")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
    let newer = format!("{} ", sarif(found));
    let newer = saying(&site.document(SARIF, &newer), "annotations", annotations);
    site.push(&newer);
    site.sign(&site.envelope(&site.scanner, &newer), &newer);
    site
}

#[tokio::test]
async fn a_newer_report_is_not_missed_because_of_its_annotations() {
    for annotations in [
        many(257, 1),
        json!({"org.opencontainers.image.description": "x".repeat(70_000)}),
        json!({"org.opencontainers.image.description": "x".repeat(300_000)}),
        many(200, 2_000),
        json!({"build": 7}),
        json!({"build": null}),
        json!([]),
    ] {
        let site = annotated(annotations.clone(), BAD).await;
        let said = annotations.to_string().chars().take(60).collect::<String>();
        assert_eq!(site.refused().await, "vulnerability-too-severe", "{said}");
        // The neighbour: it is read like any other.
        annotated(annotations, &[]).await.admits().await;
    }
}

/// A site whose tag lists a clean report, and this entry.
async fn listing(entry: Value) -> Site {
    let site = Site::with(&report(""), false).await;
    let clean = site.document(SARIF, &sarif(&[]));
    site.push_unlisted(&clean);
    site.sign(&site.envelope(&site.scanner, &clean), &clean);
    let known = clean.manifest().descriptor();
    let known = json!({
        "mediaType": known.media_type, "digest": known.digest, "size": known.size, "artifactType": SARIF,
    });
    let index = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": [known, entry],
    });
    let index = Image::from_manifest(MediaType::OCI_INDEX, index.to_string().into_bytes(), []);
    let digest = site.push_unlisted(&index);
    let tag = Tag::of_referrers(&site.digest());
    site.registry.tag("team/app", tag.as_str(), &digest);
    site
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_leaves_open_which_report_is_the_newest() {
    for entry in [
        json!({}),
        json!(null),
        json!({"mediaType": MediaType::OCI_MANIFEST, "digest": "md5:00", "size": 2}),
        json!({"mediaType": MediaType::OCI_MANIFEST, "digest": "md5:00", "size": 2, "artifactType": SARIF}),
        json!({"artifactType": SARIF, "size": -1}),
        json!({"artifactType": 7}),
    ] {
        let site = listing(entry.clone()).await;
        assert_eq!(site.refused().await, "registry-malformed", "{entry}");
    }
}

#[tokio::test]
async fn an_entry_of_another_type_that_cannot_be_read_takes_nothing_away() {
    listing(json!({"artifactType": "application/vnd.example", "size": -1}))
        .await
        .admits()
        .await;
}

#[tokio::test]
async fn a_manifest_that_is_larger_than_is_read_leaves_open_which_report_is_the_newest() {
    let site = annotated(many(80, 60_000), BAD).await;
    assert_eq!(site.refused().await, "registry-too-large");
}

#[tokio::test]
async fn manifests_that_are_large_together_leave_open_which_document_is_the_newest() {
    for (count, code) in [(4_usize, None), (5, Some("document-too-large"))] {
        let site = Site::under(&attestation(CYCLONEDX, "")).await;
        for number in 0..count {
            let content = format!("{}{}", cyclonedx(&[]), " ".repeat(number));
            let document = site.document(CYCLONEDX, &content);
            // 1.8 MB, of which a registry lists nothing.
            let large = json!({"x": "v".repeat(1_800_000)});
            let document = saying(&document, "org.example.more", large);
            site.push(&document);
            site.sign(&site.envelope(&site.scanner, &document), &document);
        }
        let verdict = site.decide().await;
        let found = verdict.code().map(doorward::core::Code::as_str);
        assert_eq!(found, code, "{count}");
    }
}

#[tokio::test]
async fn a_manifest_that_is_none_leaves_open_which_report_is_the_newest() {
    let site = Site::under(&report("")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
    let newer = site.document(SARIF, &sarif(BAD));
    let newer = saying(&newer, "layers", json!("none"));
    site.push(&newer);
    site.sign(&site.envelope(&site.scanner, &newer), &newer);
    assert_eq!(site.refused().await, "document-malformed");
}

/// A site whose tag lists a clean report and something newer, and says of neither what it is.
async fn untyped(newer: impl FnOnce(&Image) -> Image) -> Site {
    let site = Site::with(&report(""), false).await;
    let clean = site.document(SARIF, &sarif(&[]));
    let newer = newer(&site.document(SARIF, &sarif(BAD)));
    for (document, hours) in [(&clean, -5), (&newer, -1)] {
        site.push_unlisted(document);
        let envelope = site.envelope(&site.scanner, document);
        let signature = envelope.signed_at(NOW.plus(hours * HOUR)).build();
        let signature = signature.attached_to(&document.manifest().descriptor());
        site.push_unlisted(&signature);
        site.list_under_tag(document.digest(), &[(&signature, None)]);
    }
    site.list_under_tag(&site.digest(), &[(&clean, None), (&newer, None)]);
    site
}

#[tokio::test]
async fn a_manifest_that_is_none_and_is_listed_without_a_type_may_be_the_newest_report() {
    let twin = |newer: &Image| {
        let text = String::from_utf8(newer.manifest().bytes().to_vec()).unwrap();
        let text = text.replacen('{', r#"{"Config":{},"#, 1);
        let blobs = newer.blobs().to_vec();
        Image::from_manifest(MediaType::OCI_MANIFEST, text.into_bytes(), blobs)
    };
    let site = untyped(Image::clone).await;
    assert_eq!(site.refused().await, "vulnerability-too-severe");
    let site = untyped(twin).await;
    assert_eq!(site.refused().await, "document-malformed");
    // What is about another image is none of this one's, whatever it is.
    let elsewhere = |newer: &Image| saying(newer, "subject", Value::Null);
    untyped(elsewhere).await.admits().await;
}
