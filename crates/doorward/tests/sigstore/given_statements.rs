//! Statements in bundles that are given beside what the registry has, through `attestations`.

use std::collections::BTreeMap;

use doorward::{ImageReport, Verdict};
use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, CosignSignature, Image};
use serde_json::json;

use crate::attestations::{SPDX, by, demanding, spdx, stated};
use crate::site::{Site, allowed, refused, secret};

/// The bundle as a file has it.
fn file(statement: &CosignSignature) -> Vec<u8> {
    statement.blob().bytes().to_vec()
}

fn files(files: &[(&str, Vec<u8>)]) -> BTreeMap<String, Vec<u8>> {
    let files = files.iter();
    files
        .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
        .collect()
}

/// A bill of materials of the image with one package, in a bundle.
fn lists(site: &Site, package: &str) -> Vec<u8> {
    file(&stated(
        site,
        CosignForm::Bundle,
        SPDX,
        spdx(package, "MIT"),
    ))
}

async fn decide(site: &mut Site, given: &[(&str, Vec<u8>)]) -> Verdict {
    site.secrets.set_bundles(files(given));
    let body = demanding(SPDX, ", denyPackages: [log4j-core]");
    site.decide_body(&body).await
}

fn report(verdict: &Verdict) -> String {
    serde_json::to_string(&ImageReport::from(verdict)).unwrap()
}

#[tokio::test]
async fn a_statement_that_is_given_counts_as_one_that_the_registry_has_and_is_named_by_its_file() {
    let mut site = Site::new(true).await;
    refused(&decide(&mut site, &[]).await, "document-missing");
    let good = lists(&site, "hello");
    let verdict = decide(&mut site, &[("sbom.sigstore", good.clone())]).await;
    allowed(&verdict);
    assert_eq!(verdict.digest(), Some(site.image.digest()));
    let told = report(&verdict);
    assert!(told.contains(r#""source":"sbom.sigstore""#), "{told}");
    // One a line, as they are downloaded, beside those of other images.
    let (key, other) = (CosignKey::generate(), Image::sample("other"));
    let others = CosignBuilder::new(&key, &other).form(CosignForm::Bundle);
    let others = file(&others.predicate(SPDX, spdx("log4j-core", "MIT")).build());
    let lines = [others, good].join(&b'\n');
    allowed(&decide(&mut site, &[("all.jsonl", lines)]).await);
}

#[tokio::test]
async fn a_statement_that_is_given_takes_no_round_trip_more() {
    let mut site = Site::new(true).await;
    site.attach(&stated(
        &site,
        CosignForm::Bundle,
        SPDX,
        spdx("hello", "MIT"),
    ));
    let attached = decide(&mut site, &[]).await.cost().flights;
    let mut site = Site::new(true).await;
    let good = lists(&site, "hello");
    let given = decide(&mut site, &[("a.json", good)]).await.cost().flights;
    assert!(
        given < attached,
        "{given}, and {attached} where it is attached"
    );
}

#[tokio::test]
async fn a_statement_that_is_given_hides_none_that_the_registry_has_nor_the_other_way_round() {
    for (given, attached) in [("hello", "log4j-core"), ("log4j-core", "hello")] {
        let mut site = Site::new(true).await;
        site.attach(&stated(
            &site,
            CosignForm::Bundle,
            SPDX,
            spdx(attached, "MIT"),
        ));
        let given = lists(&site, given);
        let verdict = decide(&mut site, &[("a.json", given)]).await;
        refused(&verdict, "document-package-denied");
    }
}

#[tokio::test]
async fn the_same_statement_in_the_registry_and_in_a_file_is_one() {
    let mut site = Site::new(true).await;
    let statement = stated(&site, CosignForm::Bundle, SPDX, spdx("hello", "MIT"));
    site.attach(&statement);
    let same = file(&statement);
    let many: Vec<_> = (0..100).map(|_| same.clone()).collect();
    allowed(&decide(&mut site, &[("a.jsonl", many.join(&b'\n'))]).await);
}

#[tokio::test]
async fn what_is_given_and_not_signed_about_the_image_or_of_another_type_counts_for_nothing() {
    let mut site = Site::new(true).await;
    let (other, stranger) = (Image::sample("other"), CosignKey::generate());
    let predicate = spdx("hello", "MIT");
    let bundle = || site.builder().form(CosignForm::Bundle);
    let forged = bundle().forged().predicate(SPDX, predicate.clone()).build();
    let elsewhere = bundle()
        .claiming(other.digest())
        .predicate(SPDX, predicate.clone())
        .build();
    let strange = CosignBuilder::new(&stranger, &site.image)
        .form(CosignForm::Bundle)
        .predicate(SPDX, predicate.clone())
        .build();
    let cyclonedx = "https://cyclonedx.org/bom";
    let of_another_type = stated(&site, CosignForm::Bundle, cyclonedx, predicate);
    let signature = site.signature(CosignForm::Bundle);
    for (given, code) in [
        (&forged, "document-unsigned"),
        (&strange, "document-unsigned"),
        // They are not about it, or something else.
        (&elsewhere, "document-missing"),
        (&of_another_type, "document-missing"),
        (&signature, "document-missing"),
    ] {
        let verdict = decide(&mut site, &[("given.json", file(given))]).await;
        refused(&verdict, code);
        let told = report(&verdict);
        assert_eq!(
            told.contains("given.json"),
            code == "document-unsigned",
            "{told}"
        );
    }
}

#[tokio::test]
async fn what_is_no_bundle_takes_nothing_away_from_a_good_statement() {
    let mut site = Site::new(true).await;
    let good = lists(&site, "hello");
    let given = [
        ("a.json", b"{".to_vec()),
        ("b.json", b"{\"name\": \"a package\"}".to_vec()),
        ("c.json", good),
        ("d.json", Vec::new()),
    ];
    allowed(&decide(&mut site, &given).await);
    refused(&decide(&mut site, &given[..2]).await, "document-unsigned");
}

#[tokio::test]
async fn files_that_are_no_bundles_take_no_place_however_many_or_large_they_are() {
    let mut site = Site::new(true).await;
    site.attach(&stated(
        &site,
        CosignForm::Bundle,
        SPDX,
        spdx("hello", "MIT"),
    ));
    let lines = vec![b"{\"a\": 1}".to_vec(); 100].join(&b'\n');
    let large = format!("{{\"a\": \"{}\"}}", "a".repeat(13 << 20));
    let given = [("log.jsonl", lines), ("scan.json", large.into_bytes())];
    allowed(&decide(&mut site, &given).await);
}

/// A bundle whose signature can be read, and that is none as a whole.
fn broken(bundle: &[u8]) -> Vec<u8> {
    let mut bundle: serde_json::Value = serde_json::from_slice(bundle).unwrap();
    bundle["verificationMaterial"]["tlogEntries"] = 5.into();
    bundle.to_string().into_bytes()
}

#[tokio::test]
async fn a_broken_bundle_leaves_open_what_counts_for_the_image_that_it_names_and_for_no_other() {
    let mut site = Site::new(true).await;
    site.attach(&stated(
        &site,
        CosignForm::Bundle,
        SPDX,
        spdx("hello", "MIT"),
    ));
    let newer = lists(&site, "other");
    let verdict = decide(&mut site, &[("a.json", broken(&newer))]).await;
    refused(&verdict, "sigstore-statement-unreadable");
    let other = Image::sample("other");
    let about_another = site
        .builder()
        .form(CosignForm::Bundle)
        .claiming(other.digest())
        .predicate(SPDX, spdx("other", "MIT"))
        .build();
    // Also a statement that has more in it than is read, which the same key signed.
    let unread = site
        .builder()
        .form(CosignForm::Bundle)
        .claiming(other.digest())
        .predicate(SPDX, json!(vec![0; 1_000_001]))
        .build();
    let given = [
        ("a.json", broken(&file(&about_another))),
        ("b.json", file(&unread)),
    ];
    allowed(&decide(&mut site, &given).await);
}

#[tokio::test]
async fn a_bundle_that_is_given_for_one_authority_counts_for_no_other() {
    let mut site = Site::new(true).await;
    let other = CosignKey::generate();
    let pem = other.public_pem();
    site.secrets
        .insert("n", "other", secret(&[("cosign.pub", &pem)]));
    let theirs = CosignBuilder::new(&other, &site.image)
        .form(CosignForm::Bundle)
        .predicate(SPDX, spdx("hello", "MIT"))
        .build();
    let held = files(&[("theirs", file(&theirs))]);
    site.secrets.insert_config_map("n", "c", Ok(held));
    let body = |ours: &str, theirs: &str| {
        let authorities =
            format!("{{authorities: [{{keySecret: k{ours}}}, {{keySecret: other{theirs}}}]}}");
        by(SPDX, &authorities, "")
    };
    let bundles = ", bundles: {configMap: c}";
    allowed(&site.decide_body(&body("", bundles)).await);
    let verdict = site.decide_body(&body(bundles, "")).await;
    refused(&verdict, "document-unsigned");
    // What everybody is given counts for everybody.
    site.secrets
        .set_bundles(files(&[("theirs.json", file(&theirs))]));
    allowed(&site.decide_body(&body("", "")).await);
}

#[tokio::test]
async fn more_statements_than_are_judged_refuse() {
    let mut site = Site::new(true).await;
    let many: Vec<_> = (0..65).map(|_| lists(&site, "hello")).collect();
    let verdict = decide(&mut site, &[("many.jsonl", many.join(&b'\n'))]).await;
    refused(&verdict, "budget-exceeded");
}

#[tokio::test]
async fn a_statement_in_a_config_map_counts_where_an_authority_of_its_signers_names_it() {
    let mut site = Site::new(true).await;
    let held = files(&[("sbom", lists(&site, "hello"))]);
    site.secrets.insert_config_map("n", "c", Ok(held));
    let body = |bundles: &str| {
        let authorities = format!("{{authorities: [{{name: build, keySecret: k{bundles}}}]}}");
        by(SPDX, &authorities, "")
    };
    let named = body(", bundles: {configMap: c}");
    allowed(&site.decide_body(&named).await);
    refused(&site.decide_body(&body("")).await, "document-missing");
    let missing = body(", bundles: {configMap: none}");
    refused(&site.decide_body(&missing).await, "secret-not-found");
    // A name in another namespace leads nowhere.
    let elsewhere = body(", bundles: {configMap: c, namespace: other}");
    refused(&site.decide_body(&elsewhere).await, "secret-not-found");
}

#[tokio::test]
async fn provenance_that_is_given_is_judged_as_what_is_attached() {
    let mut site = Site::new(true).await;
    let built = |repository: &str| {
        json!({
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {"workflow": {"ref": "refs/tags/v1", "repository": repository, "path": "release.yml"}},
                "resolvedDependencies": [],
            },
            "runDetails": {"builder": {"id": format!("{repository}/.github/workflows/release.yml@refs/tags/v1")}},
        })
    };
    let acme = "https://github.com/acme/web";
    let body = format!(
        "attestations: [{{provenance: {{sources: ['{acme}']}}, signedBy: {{sigstore: {{authorities: [{{keySecret: k}}]}}}}}}]"
    );
    let given = |repository: &str| {
        let slsa = "https://slsa.dev/provenance/v1";
        let statement = stated(&site, CosignForm::Bundle, slsa, built(repository));
        files(&[("provenance.jsonl", file(&statement))])
    };
    let (ours, others) = (given(acme), given("https://github.com/mallory/web"));
    site.secrets.set_bundles(ours);
    allowed(&site.decide_body(&body).await);
    site.secrets.set_bundles(others);
    refused(
        &site.decide_body(&body).await,
        "provenance-source-untrusted",
    );
}
