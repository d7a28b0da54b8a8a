//! What does not count, what hides nothing, and what cannot be asked.

use doorward::Decision;
use doorward_testkit::{
    CosignBuilder, CosignForm, CosignKey, CosignSignature, Fault, FaultRule, Image,
};
use serde_json::json;

use crate::site::{REPOSITORY, Site, allowed, refused};

const SBOM: &str = "https://spdx.dev/Document";

#[tokio::test]
async fn what_is_wrong_with_a_signature_has_its_own_code_in_every_form() {
    let stranger = CosignKey::generate();
    let other = Image::sample("other");
    for form in [CosignForm::Layer, CosignForm::Bundle] {
        let site = Site::new(true).await;
        let foreign = CosignBuilder::new(&stranger, &site.image).form(form);
        site.attach(&foreign.build());
        let verdict = site.by_key().await;
        let code = verdict.code().map(|code| code.as_str().to_owned());
        let expected = ["sigstore-unknown-key", "sigstore-bad-signature"];
        let code = code.unwrap_or_default();
        assert!(expected.contains(&code.as_str()), "{form:?}: {code}");
        let site = Site::new(true).await;
        let signature = site.builder().form(form).claiming(other.digest()).build();
        site.attach(&signature);
        let verdict = site.by_key().await;
        assert_eq!(verdict.decision(), Decision::Deny, "{form:?}");
        refused(&verdict, "sigstore-digest-mismatch");
    }
}

#[tokio::test]
async fn an_attestation_by_a_trusted_key_does_not_say_that_the_image_is_signed() {
    let site = Site::new(true).await;
    let statement = |form| {
        let builder = site.builder().form(form);
        builder.predicate(SBOM, json!({})).build()
    };
    site.tag("att", &[statement(CosignForm::Envelope)]);
    refused(&site.by_key().await, "sigstore-none");
    site.attach(&statement(CosignForm::Bundle));
    refused(&site.by_key().await, "sigstore-wrong-predicate");
    // Under the tag of signatures it is no signature either.
    site.tag("sig", &[statement(CosignForm::Envelope)]);
    refused(&site.by_key().await, "sigstore-wrong-predicate");
}

#[tokio::test]
async fn what_is_broken_or_foreign_in_one_place_hides_nothing_in_another() {
    let stranger = CosignKey::generate();
    let site = Site::new(true).await;
    let forged = site.builder().form(CosignForm::Bundle).forged().build();
    site.attach(&forged);
    let foreign = CosignBuilder::new(&stranger, &site.image).build();
    site.tag("sig", &[site.signature(CosignForm::Layer), foreign.clone()]);
    allowed(&site.by_key().await);

    let site = Site::new(true).await;
    let garbage = Image::from_manifest(
        doorward::core::MediaType::new("application/vnd.oci.image.index.v1+json"),
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
        [],
    );
    let tag = CosignSignature::tag(site.image.digest(), "sig");
    site.registry.push_image(REPOSITORY, &tag, &garbage);
    refused(&site.by_key().await, "sigstore-bundle-malformed");
    site.attach(&site.signature(CosignForm::Bundle));
    allowed(&site.by_key().await);
}

#[tokio::test]
async fn that_a_place_could_not_be_asked_is_never_that_there_is_no_signature() {
    for path in ["/v2/*/manifests/*.sig", "/v2/*/referrers/*"] {
        let site = Site::new(true).await;
        site.registry
            .fault(FaultRule::new(Fault::Status(503)).on(path));
        let verdict = site.by_key().await;
        assert_eq!(verdict.decision(), Decision::Deny);
        let class = verdict.code().map(|code| code.class());
        assert_eq!(
            class,
            Some(doorward::core::Class::Unavailable),
            "{path}: {}",
            verdict.message()
        );
    }
    // A signature in the other place is enough.
    let site = Site::new(true).await;
    site.attach(&site.signature(CosignForm::Bundle));
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on("/v2/*/manifests/*.sig"));
    allowed(&site.by_key().await);
    let site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on("/v2/*/referrers/*"));
    allowed(&site.by_key().await);
}

#[tokio::test]
async fn a_bundle_that_could_not_be_had_leaves_open_whether_the_image_is_signed() {
    let site = Site::new(true).await;
    site.attach(&site.signature(CosignForm::Bundle));
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on("/v2/*/blobs/*"));
    let verdict = site.by_key().await;
    let class = verdict.code().map(|code| code.class());
    assert_eq!(
        class,
        Some(doorward::core::Class::Unavailable),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn more_layers_than_are_tried_are_too_many_and_the_newest_are_tried_first() {
    let stranger = CosignKey::generate();
    let site = Site::new(true).await;
    let foreign = |number: usize| {
        let builder = CosignBuilder::new(&stranger, &site.image);
        builder.annotation("number", &number.to_string()).build()
    };
    let mut layers: Vec<CosignSignature> = (0..101).map(foreign).collect();
    site.tag("sig", &layers);
    refused(&site.by_key().await, "sigstore-too-many");
    layers.push(site.signature(CosignForm::Layer));
    site.tag("sig", &layers);
    allowed(&site.by_key().await);
}

#[tokio::test]
async fn a_claim_or_bundle_that_is_too_large_can_never_be_a_signature() {
    let site = Site::new(true).await;
    let long = "a".repeat(65 << 10);
    site.tag("sig", &[site.builder().annotation("long", &long).build()]);
    refused(&site.by_key().await, "sigstore-bundle-malformed");
    let site = Site::new(true).await;
    let long = "a".repeat(256 << 10);
    let bundle = site.builder().form(CosignForm::Bundle);
    site.attach(&bundle.annotation("long", &long).build());
    refused(&site.by_key().await, "sigstore-bundle-malformed");
}

#[tokio::test]
async fn a_layer_that_the_registry_does_not_have_is_malformed_and_no_outage() {
    let site = Site::new(true).await;
    let signature = site.signature(CosignForm::Layer);
    let manifest = CosignSignature::manifest(std::slice::from_ref(&signature));
    let bare = Image::from_manifest(
        manifest.manifest().media_type().clone(),
        manifest.manifest().bytes().clone(),
        [],
    );
    let tag = CosignSignature::tag(site.image.digest(), "sig");
    site.registry.push_image(REPOSITORY, &tag, &bare);
    refused(&site.by_key().await, "sigstore-bundle-malformed");
}
