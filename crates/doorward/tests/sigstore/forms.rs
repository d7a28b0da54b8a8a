//! Where signatures are stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_testkit::{CosignForm, CosignSignature, Image};
use serde_json::{Value, json};

use crate::attestations::attach_changed;
use crate::site::{REPOSITORY, Site, allowed, refused};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

#[tokio::test]
async fn a_signature_counts_in_every_form_and_place_with_and_without_the_referrers_api() {
    for has_api in [true, false] {
        let site = Site::new(has_api).await;
        refused(&site.by_key().await, "sigstore-none");
        site.tag("sig", &[site.signature(CosignForm::Layer)]);
        allowed(&site.by_key().await);
        for form in [CosignForm::Layer, CosignForm::Bundle] {
            let site = Site::new(has_api).await;
            site.attach(&site.signature(form));
            let verdict = site.by_key().await;
            assert_eq!(
                verdict.decision(),
                doorward::Decision::Allow,
                "{form:?} {has_api}: {}",
                verdict.message()
            );
            assert_eq!(verdict.digest(), Some(site.image.digest()));
        }
    }
}

#[tokio::test]
async fn a_signed_file_that_has_the_bytes_of_the_manifest_is_no_signed_image() {
    let mut site = Site::new(true).await;
    site.attach(&site.signature(CosignForm::Message));
    refused(&site.by_key().await, "sigstore-claim-malformed");
    // Not hidden by it.
    site.attach(&site.signature(CosignForm::Bundle));
    allowed(&site.by_key().await);
    let other = Site::new(true).await;
    let file = other.signature(CosignForm::Message).blob().bytes().to_vec();
    site = other;
    site.secrets.set_bundles(std::collections::BTreeMap::from([(
        "file.json".to_owned(),
        file,
    )]));
    refused(&site.by_key().await, "sigstore-claim-malformed");
}

#[tokio::test]
async fn a_layer_takes_two_round_trips_behind_the_tag_and_a_bundle_three() {
    let site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    let verdict = site.by_key().await;
    allowed(&verdict);
    assert_eq!(verdict.cost().flights, 3, "{:?}", verdict.cost());
    let site = Site::new(true).await;
    site.attach(&site.signature(CosignForm::Bundle));
    let verdict = site.by_key().await;
    allowed(&verdict);
    assert_eq!(verdict.cost().flights, 4, "{:?}", verdict.cost());
}

#[tokio::test]
async fn a_list_that_calls_signatures_something_else_hides_none() {
    for lie in [
        Some("application/vnd.oci.empty.v1+json"),
        Some("application/spdx+json"),
        None,
    ] {
        let site = Site::new(false).await;
        let bundle = site
            .signature(CosignForm::Bundle)
            .referrer(&site.image.manifest().descriptor());
        site.registry.push_untagged(REPOSITORY, &bundle);
        let mut entry = json!(bundle.manifest().descriptor());
        if let Some(lie) = lie {
            entry["artifactType"] = json!(lie);
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
        let index =
            Image::from_manifest(doorward::core::MediaType::new(INDEX), index.to_string(), []);
        let tag = site.image.digest().as_str().replace(':', "-");
        site.registry.push_image(REPOSITORY, &tag, &index);
        allowed(&site.by_key().await);
    }
}

#[tokio::test]
async fn signatures_are_looked_for_where_the_policy_says_and_nowhere_else() {
    let site = Site::new(true).await;
    let manifest = CosignSignature::manifest(&[site.signature(CosignForm::Layer)]);
    let tag = CosignSignature::tag(site.image.digest(), "sig");
    site.registry.push_image("signatures/app", &tag, &manifest);
    refused(&site.by_key().await, "sigstore-none");
    let elsewhere = format!(
        "{{authorities: [{{keySecret: k, repository: \"{}/signatures/app\"}}]}}",
        site.registry.address()
    );
    allowed(&site.decide(&elsewhere).await);
    let nowhere = elsewhere.replace("signatures/app", "signatures/none");
    refused(&site.decide(&nowhere).await, "sigstore-none");
}

#[tokio::test]
async fn an_inspection_shows_what_is_claimed_and_believes_nothing() {
    let site = Site::new(true).await;
    assert_eq!(site.inspect().await["sigstore"], json!([]));
    site.tag("sig", &[site.builder().forged().build()]);
    let other = Image::sample("other");
    let bundle = site.builder().form(CosignForm::Bundle);
    site.attach(&bundle.claiming(other.digest()).build());
    let statement = site.builder().form(CosignForm::Envelope);
    let statement = statement.predicate("https://spdx.dev/Document", json!({"spdxVersion": "2.3"}));
    site.tag("att", &[statement.build()]);
    let found = site.inspect().await["sigstore"].clone();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    let of = |form: &str| found.iter().find(|one| one["form"] == form).unwrap();
    let layer = &of("signature layer")["unverified"];
    assert_eq!(layer["digestIsOfImage"], true, "{layer}");
    let bundle = &of("bundle")["unverified"];
    assert_eq!(bundle["digestIsOfImage"], false, "{bundle}");
    let statement = &of("attestation")["unverified"];
    assert_eq!(statement["predicateType"], "https://spdx.dev/Document");
}

#[tokio::test]
async fn an_inspection_shows_a_statement_about_several_things_as_one_of_the_image() {
    let site = Site::new(true).await;
    let statement = site.signature(CosignForm::Bundle);
    attach_changed(&site, &statement, |bundle| {
        let payload = &mut bundle["dsseEnvelope"]["payload"];
        let text = STANDARD.decode(payload.as_str().unwrap()).unwrap();
        let mut stated: Value = serde_json::from_slice(&text).unwrap();
        let subjects = stated["subject"].as_array_mut().unwrap();
        subjects.insert(0, json!({"digest": {"sha256": "00".repeat(32)}}));
        *payload = STANDARD.encode(stated.to_string()).into();
    });
    let found = site.inspect().await["sigstore"][0]["unverified"].clone();
    assert_eq!(found["digestIsOfImage"], true, "{found}");
    assert_eq!(found["digest"], site.image.digest().as_str());
}

#[tokio::test]
async fn an_inspection_that_leaves_something_out_says_what() {
    let site = Site::new(true).await;
    let layers = |count: usize| -> Vec<_> {
        let one = |number: usize| site.builder().annotation("n", &number.to_string()).build();
        (0..count).map(one).collect()
    };
    site.tag("sig", &layers(32));
    let found = site.inspect().await;
    assert_eq!(found["problems"], json!([]), "{found}");
    site.tag("sig", &layers(41));
    let found = site.inspect().await;
    assert_eq!(found["sigstore"].as_array().unwrap().len(), 32);
    let problems = found["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0]["code"], "sigstore-too-many");
    let said = problems[0]["message"].as_str().unwrap();
    assert!(said.contains("more than 32"), "{said}");
}
