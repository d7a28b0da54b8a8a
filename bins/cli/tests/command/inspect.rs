//! What exists, without a judgement.

use doorward_testkit::{Fault, FaultRule, Image, IndexBuilder, SignatureExtension};
use serde_json::{Value, json};

use crate::common::{Run, Site};

fn inspect(site: &Site, repository: &str, more: &[&str]) -> Run {
    let image = site.reference(repository);
    site.doorward(&[&["inspect", &image], more].concat()).run()
}

#[test]
fn every_signature_is_shown_and_called_unverified() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let other = Image::sample("other");
    let stranger = Site::stranger();
    let blob = stranger.sign("elsewhere.example/x:1", other.digest());
    site.store.put("shop/web", &digest, blob);

    let run = inspect(&site, "shop/web", &["-f", "site.yaml"]);
    run.expect(
        0,
        &[
            digest.as_str(),
            "2 simple signatures",
            "signature 1 (unverified)",
            "this image: sha256:",
            "elsewhere.example/x:1",
            "NOT this image: sha256:",
            "Nothing above was verified",
            "linux/amd64",
        ],
    );

    let found = inspect(&site, "shop/web", &["-f", "site.yaml", "-o", "json"]).json();
    assert_eq!(found["kind"], "ImageInspection");
    assert_eq!(found["signatures"].as_array().unwrap().len(), 2);
    let claim = &found["signatures"][1]["unverified"];
    assert_eq!(claim["digestIsOfThisImage"], false);
    assert_eq!(claim["key"], stranger.fingerprint().as_str());
    let yaml = inspect(&site, "shop/web", &["-f", "site.yaml", "-o", "yaml"]);
    assert_eq!(serde_yaml::from_str::<Value>(&yaml.stdout).unwrap(), found);
}

#[test]
fn a_store_can_be_named_without_any_policy() {
    let site = Site::new();
    site.push_signed("shop/web");
    let url = site.store.url();
    inspect(&site, "shop/web", &["--lookaside", &url]).expect(0, &["1 simple signature"]);
    site.write(
        "registries.d/a.yaml",
        &format!("default-docker:\n  lookaside: {url}\n"),
    );
    inspect(&site, "shop/web", &["--registries-d", "registries.d"])
        .expect(0, &["1 simple signature"]);
    inspect(&site, "shop/web", &[])
        .expect(0, &["0 simple signatures", "no signature store was named"]);
}

#[test]
fn what_the_registry_keeps_itself_is_shown_instead_of_the_store() {
    let site = Site::with_policy();
    site.registry
        .set_signature_extension(SignatureExtension::supported());
    let digest = site.push_signed("shop/web");
    let blob = site.signer.sign(&site.reference("shop/web"), &digest);
    site.registry.put_signature("shop/web", &digest, &blob);
    let found = inspect(&site, "shop/web", &["-f", "site.yaml", "-o", "json"]).json();
    assert_eq!(
        found["signatures"].as_array().unwrap().len(),
        1,
        "{found:#}"
    );
    assert!(
        found["stores"][0]
            .as_str()
            .unwrap()
            .starts_with("the registry ")
    );
    assert!(site.store.requests().is_empty());
}

#[test]
fn an_index_is_shown_with_its_platforms() {
    let site = Site::new();
    let index = IndexBuilder::new()
        .image("linux/amd64", Image::sample("a"))
        .image("linux/arm64", Image::sample("b"))
        .build();
    site.registry.push_image("shop/many", "1.0", &index);
    inspect(&site, "shop/many", &[])
        .expect(0, &["an index for linux/amd64, linux/arm64", "2 manifests"]);
}

#[test]
fn what_is_no_signature_is_shown_as_unreadable() {
    let site = Site::new();
    let digest = site.push("shop/web");
    let page = &b"<html>moved</html>"[..];
    site.store.put("shop/web", &digest, page);
    let run = inspect(
        &site,
        "shop/web",
        &["--lookaside", &site.store.url(), "-o", "json"],
    );
    let found = run.json();
    assert_eq!(run.code, 0);
    assert_eq!(found["signatures"][0]["scheme"], "unknown", "{found:#}");
    assert!(found["signatures"][0]["unreadable"].is_string());
}

#[test]
fn a_store_that_cannot_be_asked_is_a_problem_and_an_exit_of_its_own() {
    let site = Site::new();
    site.push_signed("shop/web");
    site.store.fault(FaultRule::new(Fault::Status(403)));
    let run = inspect(
        &site,
        "shop/web",
        &["--lookaside", &site.store.url(), "-o", "json"],
    );
    assert_eq!(run.code, 5, "{run:#?}");
    assert_eq!(run.json()["signatures"], json!([]));
    assert_eq!(run.json()["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn an_image_that_cannot_be_had_is_no_inspection() {
    let site = Site::new();
    inspect(&site, "shop/nothing", &[]).expect_failure(3, &["registry-not-found"]);
    site.registry.stop();
    inspect(&site, "shop/web", &[]).expect_failure(5, &["registry-unavailable"]);
}

#[test]
fn a_store_that_is_no_address_is_a_mistake_of_the_command_line() {
    let site = Site::new();
    site.push("shop/web");
    for url in ["ftp://s.example", "/var/lib/sigs", "https://"] {
        inspect(&site, "shop/web", &["--lookaside", url]).expect_failure(2, &["--lookaside"]);
    }
}

#[test]
fn nothing_in_a_signature_can_draw_on_the_terminal() {
    let site = Site::new();
    let digest = site.push("shop/web");
    let claim =
        doorward_testkit::Claim::new("evil\u{1b}[2J\u{202e}", &digest).creator(Some("me\u{7}\r"));
    let blob = site
        .signer
        .sign_claim(&claim, &doorward_testkit::SignOptions::new());
    site.store.put("shop/web", &digest, blob);
    let run = inspect(&site, "shop/web", &["--lookaside", &site.store.url()]);
    run.expect(0, &["evil"]);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']),
        "{run:?}"
    );
}

#[test]
fn a_registry_says_what_it_can_do() {
    let site = Site::new();
    site.push("shop/web");
    let host = site.registry.address();
    let named = format!("{host}/shop/web");
    let asked = |named: &str, more: &[&str]| {
        let arguments = [&["inspect", "--registry", named], more].concat();
        site.doorward(&arguments).run()
    };
    asked(&named, &[]).expect(0, &[&host, "login asks for none", "by the API of OCI 1.1"]);
    site.registry.set_referrers(false);
    asked(&named, &[]).expect(0, &["referrers has no API"]);
    site.registry.set_referrers(true);
    site.registry
        .set_signature_extension(SignatureExtension::supported());
    let found = asked(&host, &["-o", "json"]).json();
    assert_eq!(found["kind"], "RegistryInspection");
    assert_eq!(found["registry"], host.as_str());
    assert_eq!(found["signatureExtension"], true);
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on("*/referrers/*"));
    let run = asked(&named, &[]);
    run.expect(5, &["referrers not known"]);
    asked("a b", &[]).expect_failure(2, &["neither a registry nor a repository"]);
    asked(&host, &["-o", "svg"]).expect_failure(2, &["table, json or yaml"]);
    let both = asked(&host, &["shop/web:1"]);
    both.expect_failure(2, &["--registry"]);
}
