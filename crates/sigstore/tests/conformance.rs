//! The client for the conformance suite, over bundles of the cases and of the test kit.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files and says what became of them"
)]

#[path = "../examples/conformance/client.rs"]
mod client;
mod support;

use std::fs;

use client::{Outcome, run};
use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, Image};
use support::{DEVELOPER, ISSUER, World};
use tempfile::TempDir;

/// A folder that has what command lines name.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }
}

fn outcome(arguments: &[&str]) -> Outcome {
    answer(arguments).0
}

fn answer(arguments: &[&str]) -> (Outcome, String) {
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let (outcome, said) = run(&arguments);
    println!("{arguments:?}: {said}");
    (outcome, said)
}

#[test]
fn a_keyless_bundle_is_verified_for_its_digest_its_identity_and_its_root_alone() {
    let (world, folder) = (World::open(), Folder::new());
    let root = world.files.read("trust/trusted_root.json").unwrap();
    let root_path = folder.write("root.json", root);
    let other = String::from_utf8(root.to_vec()).unwrap();
    let other = folder.write(
        "other.json",
        other.replace("certificateAuthorities", "none"),
    );
    for image in ["v1-email", "v1-notsa", "v2-email"] {
        let (digest, found) = world.only("keyless", image);
        let bundle = folder.write("bundle.json", &found.bytes);
        let ask = |identity: &str, issuer: &str, root: &str, artifact: &str| {
            outcome(&[
                "verify-bundle",
                "--bundle",
                &bundle,
                "--certificate-identity",
                identity,
                "--certificate-oidc-issuer",
                issuer,
                "--trusted-root",
                root,
                artifact,
            ])
        };
        let digest = digest.as_str();
        assert_eq!(
            ask(DEVELOPER, ISSUER, &root_path, digest),
            Outcome::Verified
        );
        let none = format!("sha256:{}", "0".repeat(64));
        let accounts = "https://accounts.other.test";
        assert_eq!(ask(DEVELOPER, ISSUER, &root_path, &none), Outcome::Refused);
        assert_eq!(
            ask(DEVELOPER, accounts, &root_path, digest),
            Outcome::Refused
        );
        assert_eq!(
            ask("eve@fixtures.test", ISSUER, &root_path, digest),
            Outcome::Refused
        );
        assert_eq!(ask(DEVELOPER, ISSUER, &other, digest), Outcome::Refused);
        // By a file that has the content, and not by one that has another.
        let file = folder.write("artifact", "another");
        assert_eq!(ask(DEVELOPER, ISSUER, &root_path, &file), Outcome::Refused);
    }
}

#[test]
fn a_bundle_by_a_key_is_verified_for_its_file_and_its_key_alone() {
    let folder = Folder::new();
    let (key, stranger) = (CosignKey::generate(), CosignKey::generate());
    let image = Image::sample("app");
    let artifact = folder.write("artifact", image.manifest().bytes());
    let another = folder.write("another", "another");
    let pem = folder.write("key.pub", key.public_pem());
    let other = folder.write("stranger.pub", stranger.public_pem());
    for form in [CosignForm::Bundle, CosignForm::Message] {
        let builder = CosignBuilder::new(&key, &image).form(form);
        let bundle = folder.write("bundle.json", builder.clone().build().blob().bytes());
        let forged = folder.write("forged.json", builder.forged().build().blob().bytes());
        let ask = |bundle: &str, key: &str, artifact: &str| {
            outcome(&[
                "verify-bundle",
                "--staging",
                "--bundle",
                bundle,
                "--key",
                key,
                artifact,
            ])
        };
        assert_eq!(ask(&bundle, &pem, &artifact), Outcome::Verified);
        assert_eq!(
            ask(&bundle, &pem, image.digest().as_str()),
            Outcome::Verified
        );
        assert_eq!(ask(&bundle, &pem, &another), Outcome::Refused);
        assert_eq!(ask(&bundle, &other, &artifact), Outcome::Refused);
        assert_eq!(ask(&forged, &pem, &artifact), Outcome::Refused);
        assert_eq!(
            ask(&artifact, &pem, &artifact),
            Outcome::Refused,
            "no bundle"
        );
    }
}

#[test]
fn a_bundle_by_a_key_that_stands_in_no_log_is_refused_where_the_root_names_one() {
    let (world, folder) = (World::open(), Folder::new());
    let root = folder.write(
        "root.json",
        world.files.read("trust/trusted_root.json").unwrap(),
    );
    let key = folder.write("key.pub", world.files.read("keys/key1.pub").unwrap());
    let (digest, found) = world.only("static-fallback", "bundle-key");
    let bundle = folder.write("bundle.json", &found.bytes);
    let asked = [
        "verify-bundle",
        "--bundle",
        &bundle,
        "--key",
        &key,
        digest.as_str(),
    ];
    assert_eq!(outcome(&asked), Outcome::Verified);
    let with_root = [&asked[..], &["--trusted-root", &root]].concat();
    assert_eq!(outcome(&with_root), Outcome::Refused);
}

#[test]
fn a_certificate_is_judged_by_the_root_of_the_public_instance_where_no_other_is_named() {
    let (world, folder) = (World::open(), Folder::new());
    for image in ["v1-email", "v2-email"] {
        let (digest, found) = world.only("keyless", image);
        let bundle = folder.write("bundle.json", &found.bytes);
        let asked = [
            "verify-bundle",
            "--bundle",
            &bundle,
            "--certificate-identity",
            DEVELOPER,
            "--certificate-oidc-issuer",
            ISSUER,
            digest.as_str(),
        ];
        // Another instance issued it.
        assert_eq!(outcome(&asked), Outcome::Refused);
        let staging = [&asked[..], &["--staging"]].concat();
        assert_eq!(outcome(&staging), Outcome::Unusable);
        let published = world.files.read("trust/published/sigstore.json").unwrap();
        let published = folder.write("published.json", published);
        let named = [&asked[..], &["--trusted-root", &published]].concat();
        assert_eq!(answer(&named), answer(&asked));
    }
}

#[test]
fn what_is_no_question_is_neither_verified_nor_refused() {
    let folder = Folder::new();
    let key = CosignKey::generate();
    let image = Image::sample("app");
    let signature = CosignBuilder::new(&key, &image).form(CosignForm::Message);
    let bundle = folder.write("bundle.json", signature.build().blob().bytes());
    let pem = folder.write("key.pub", key.public_pem());
    let digest = image.digest().as_str();
    let (with_key, with_identity) = (["--key", &pem], ["--certificate-identity", "a@b.test"]);
    let with_issuer = ["--certificate-oidc-issuer", "https://b.test"];
    let asked = ["verify-bundle", "--bundle", &bundle, digest];
    for question in [
        vec![],
        vec!["sign-bundle"],
        [&["verify-bundle"][..], &with_key, &[digest]].concat(),
        asked.to_vec(),
        [&asked[..], &with_identity].concat(),
        [&asked[..], &with_key, &with_identity].concat(),
        [&asked[..], &with_identity, &with_issuer, &["--staging"]].concat(),
        [&asked[..], &with_key, &with_key].concat(),
        [&asked[..], &with_key, &[digest]].concat(),
        [&asked[..], &["--key", &bundle]].concat(),
        [&asked[..], &["--key", "not-there"]].concat(),
        [&asked[..], &with_key, &["--trusted-root", &bundle]].concat(),
        [&asked[..], &with_key, &["--unknown"]].concat(),
        [&asked[..], &["--key"]].concat(),
        [&asked[..3], &with_key, &["sha256:0"]].concat(),
    ] {
        assert_eq!(outcome(&question), Outcome::Unusable, "{question:?}");
    }
    let question = [&asked[..], &with_key].concat();
    assert_eq!(outcome(&question), Outcome::Verified);
}
