//! Bundles that are given beside what the registry has.

use std::collections::BTreeMap;

use doorward::Verdict;
use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, CosignSignature, Image};
use proptest::prelude::*;
use serde_json::json;

use crate::site::{Site, allowed, refused};

const SLSA: &str = "https://slsa.dev/provenance/v1";

/// The bundle as a file has it.
fn file(signature: &CosignSignature) -> Vec<u8> {
    signature.blob().bytes().to_vec()
}

fn lines(bundles: &[Vec<u8>]) -> Vec<u8> {
    bundles.join(&b'\n')
}

async fn decide(site: &mut Site, files: &[(&str, Vec<u8>)]) -> Verdict {
    let files: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
        .collect();
    site.secrets.set_bundles(files);
    site.by_key().await
}

#[tokio::test]
async fn a_bundle_that_is_given_counts_however_it_is_written_and_takes_no_round_trip() {
    let mut site = Site::new(true).await;
    refused(&decide(&mut site, &[]).await, "sigstore-none");
    let bundle = file(&site.signature(CosignForm::Bundle));
    let pretty: serde_json::Value = serde_json::from_slice(&bundle).unwrap();
    let pretty = serde_json::to_vec_pretty(&pretty).unwrap();
    for bytes in [bundle.clone(), pretty, lines(&[bundle.clone(), bundle])] {
        let verdict = decide(&mut site, &[("b.json", bytes)]).await;
        allowed(&verdict);
        assert_eq!(verdict.digest(), Some(site.image.digest()));
        // The one for the image itself.
        assert_eq!(verdict.cost().flights, 1, "{:?}", verdict.cost());
    }
}

#[tokio::test]
async fn what_is_broken_or_about_other_images_hides_no_good_bundle() {
    let mut site = Site::new(true).await;
    let other = Image::sample("other");
    let others = file(
        &CosignBuilder::new(&site.key, &other)
            .form(CosignForm::Bundle)
            .build(),
    );
    let good = file(&site.signature(CosignForm::Bundle));
    let many = lines(&[others.clone(), b"{".to_vec(), b"{}".to_vec(), good]);
    let files = [
        ("a.json", b"no bundle".to_vec()),
        ("b.json", others),
        ("c.jsonl", many),
        ("d.json", Vec::new()),
    ];
    allowed(&decide(&mut site, &files).await);
}

#[tokio::test]
async fn a_good_signature_in_the_registry_counts_whatever_is_given() {
    let mut site = Site::new(true).await;
    site.attach(&site.signature(CosignForm::Bundle));
    let stranger = CosignKey::generate();
    let strange = file(
        &CosignBuilder::new(&stranger, &site.image)
            .form(CosignForm::Bundle)
            .build(),
    );
    let files = [("a.json", b"{".to_vec()), ("b.json", strange)];
    allowed(&decide(&mut site, &files).await);
}

#[tokio::test]
async fn what_was_given_and_does_not_count_is_told_where_nothing_does() {
    let mut site = Site::new(true).await;
    let stranger = CosignKey::generate();
    let strange = file(
        &CosignBuilder::new(&stranger, &site.image)
            .form(CosignForm::Bundle)
            .build(),
    );
    let forged = file(&site.builder().form(CosignForm::Bundle).forged().build());
    let statement = site.builder().form(CosignForm::Bundle);
    let statement = file(&statement.predicate(SLSA, json!({})).build());
    for (bytes, code) in [
        (b"{".to_vec(), "sigstore-bundle-malformed"),
        (strange, "sigstore-unknown-key"),
        (forged, "sigstore-bad-signature"),
        (statement, "sigstore-wrong-predicate"),
        (vec![b' '; (256 << 10) + 1], "sigstore-bundle-malformed"),
    ] {
        let verdict = decide(&mut site, &[("given.json", bytes)]).await;
        refused(&verdict, code);
        if code != "sigstore-wrong-predicate" {
            let told = serde_json::to_string(&doorward::ImageReport::from(&verdict)).unwrap();
            assert!(told.contains("given.json"), "{told}");
        }
    }
    let other = Image::sample("other");
    let others = file(
        &CosignBuilder::new(&site.key, &other)
            .form(CosignForm::Bundle)
            .build(),
    );
    refused(
        &decide(&mut site, &[("other.json", others)]).await,
        "sigstore-none",
    );
}

#[tokio::test]
async fn more_bundles_than_are_read_refuse() {
    let mut site = Site::new(true).await;
    let good = file(&site.signature(CosignForm::Bundle));
    let many = lines(&vec![good; 1025]);
    refused(
        &decide(&mut site, &[("many.jsonl", many)]).await,
        "secret-invalid",
    );
}

/// Decides by an authority that has bundles in a `ConfigMap`.
async fn by_config_map(site: &Site, named: &str) -> Verdict {
    let block = format!("{{authorities: [{{keySecret: k, bundles: {named}}}]}}");
    site.decide(&block).await
}

fn items(files: &[(&str, Vec<u8>)]) -> BTreeMap<String, Vec<u8>> {
    let files = files.iter();
    files
        .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
        .collect()
}

#[tokio::test]
async fn a_bundle_in_a_config_map_counts_for_the_image_that_it_names() {
    let mut site = Site::new(true).await;
    let other = Image::sample("other");
    let others = file(
        &CosignBuilder::new(&site.key, &other)
            .form(CosignForm::Bundle)
            .build(),
    );
    let good = file(&site.signature(CosignForm::Bundle));
    let without = items(&[("a", others.clone()), ("b", b"no bundle".to_vec())]);
    site.secrets.insert_config_map("n", "c", Ok(without));
    let verdict = by_config_map(&site, "{configMap: c}").await;
    refused(&verdict, "sigstore-bundle-malformed");
    let with = items(&[("a", others), ("b", b"no bundle".to_vec()), ("c", good)]);
    site.secrets.insert_config_map("n", "c", Ok(with));
    let verdict = by_config_map(&site, "{configMap: c}").await;
    allowed(&verdict);
    assert_eq!(verdict.digest(), Some(site.image.digest()));
    // Only the authority that names it has it.
    refused(&site.by_key().await, "sigstore-none");
}

#[tokio::test]
async fn a_config_map_that_only_has_bundles_of_other_images_counts_neither_for_nor_against_one() {
    let mut site = Site::new(true).await;
    let other = Image::sample("other");
    let others = file(
        &CosignBuilder::new(&site.key, &other)
            .form(CosignForm::Bundle)
            .build(),
    );
    let held = items(&[("a", lines(&vec![others; 200]))]);
    site.secrets.insert_config_map("n", "c", Ok(held));
    let verdict = by_config_map(&site, "{configMap: c}").await;
    refused(&verdict, "sigstore-none");
    site.attach(&site.signature(CosignForm::Bundle));
    allowed(&by_config_map(&site, "{configMap: c}").await);
}

#[tokio::test]
async fn a_config_map_that_is_not_there_out_of_reach_or_not_usable_refuses() {
    let mut site = Site::new(true).await;
    let good = file(&site.signature(CosignForm::Bundle));
    let held = items(&[("a", good.clone())]);
    site.secrets.insert_config_map("other", "c", Ok(held));
    site.secrets
        .insert_config_map("n", "faulty", Err("its data is no mapping".to_owned()));
    let many = items(&[("a", lines(&vec![good; 1025]))]);
    site.secrets.insert_config_map("n", "many", Ok(many));
    for (named, code) in [
        ("{configMap: none}", "secret-not-found"),
        ("{configMap: c, namespace: other}", "secret-not-found"),
        ("{configMap: k}", "secret-not-found"),
        ("{configMap: faulty}", "secret-invalid"),
        ("{configMap: many}", "secret-invalid"),
    ] {
        refused(&by_config_map(&site, named).await, code);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_bundle_that_is_given_beside_a_good_one_turns_its_admission_into_a_refusal(
        before in proptest::collection::vec("[ -~]{0,40}", 0..4),
        after in proptest::collection::vec("[ -~]{0,40}", 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut site = Site::new(true).await;
            let good = file(&site.signature(CosignForm::Bundle));
            let texts = |texts: &[String], name: &str| -> Vec<(String, Vec<u8>)> {
                let texts = texts.iter().enumerate();
                texts.map(|(place, text)| (format!("{name}{place}"), text.clone().into_bytes())).collect()
            };
            let mut all = texts(&before, "a");
            all.push(("m".to_owned(), good));
            all.extend(texts(&after, "z"));
            let all: Vec<(&str, Vec<u8>)> =
                all.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
            allowed(&decide(&mut site, &all).await);
        });
    }

    #[test]
    fn no_flipped_bit_of_a_bundle_that_is_given_admits_what_it_was_not_made_for(place in any::<proptest::sample::Index>(), bit in 0_u8..8) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut site = Site::new(true).await;
            let stranger = CosignKey::generate();
            let strange = CosignBuilder::new(&stranger, &site.image).form(CosignForm::Bundle);
            let mut strange = file(&strange.build());
            let place = place.index(strange.len());
            strange[place] ^= 1 << bit;
            let verdict = decide(&mut site, &[("flipped.json", strange)]).await;
            assert_eq!(verdict.decision(), doorward::Decision::Deny);
        });
    }
}
