//! The demonstration.

use std::path::Path;

use doorward_testkit::{Image, KeyKind, OpenPgpSigner};

use crate::common::Site;

#[test]
fn it_tells_the_whole_story_with_nothing_but_itself() {
    let site = Site::new();
    let run = site
        .doorward(&["demo"])
        // Nothing of the surroundings counts: no proxy, no configuration of Docker, no programs.
        .env("PATH", "")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("DOCKER_CONFIG", "/nonexistent")
        .run();
    run.expect(
        0,
        &[
            "kind: ClusterImagePolicy",
            "ALLOWED  registry.example/shop/web:1.0",
            "registry.example/shop/web@sha256:",
            "DENIED  registry.example/shop/cart:1.0",
            "simple-no-signature",
            "DENIED  registry.example/shop/pay:1.0",
            "simple-digest-mismatch",
        ],
    );
    assert_eq!(run.stderr, "");
    assert!(site.registry.requests().is_empty());
}

/// The command holds the public half of a key, and what that key signed; the key itself is the test kit's.
#[test]
fn what_is_recorded_is_what_the_test_kit_makes() {
    let signer = OpenPgpSigner::builder(KeyKind::Ed25519)
        .user_id("Example Shop releases (public test key, trust nothing) <releases@shop.example>")
        .build();
    let web = Image::sample("the web shop");
    let cart = Image::sample("the shopping cart");
    let good = Image::sample("the payment service");
    let evil = Image::sample("the payment service, with a back door");
    let signed = |repository: &str, image: &Image| {
        signer.sign(
            &format!("registry.example/{repository}:1.0"),
            image.digest(),
        )
    };
    let manifest = |image: &Image| image.manifest().bytes().to_vec();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/demo/recorded");
    for (name, made) in [
        ("releases.asc", signer.public_key_armored().into_bytes()),
        ("web.manifest.json", manifest(&web)),
        ("web.signature", signed("shop/web", &web)),
        ("cart.manifest.json", manifest(&cart)),
        ("pay.manifest.json", manifest(&evil)),
        ("pay.signature", signed("shop/pay", &good)),
    ] {
        let path = folder.join(name);
        if std::env::var_os("DOORWARD_BLESS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert!(
            std::fs::read(&path).unwrap() == made,
            "{name} is not what the test kit makes; DOORWARD_BLESS=1 writes it"
        );
    }
}
