//! Keys at addresses and in key management services, from a policy to what a person reads.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use doorward_core::Digest;
use doorward_testkit::{
    CertificateBuilder, CosignBuilder, CosignKey, CosignSignature, EnvelopeBuilder, Fault,
    FaultRule, Image, Lookaside, Redirect,
};

use crate::common::{Run, Site};

/// An image that a key signed, and a server of keys with that key.
struct World {
    site: Site,
    server: Lookaside,
    key: CosignKey,
}

impl World {
    fn new() -> Self {
        let site = Site::new();
        let key = CosignKey::generate();
        let image = Image::sample("web");
        let digest = site.registry.push_image("shop/web", "1", &image);
        let layer = CosignBuilder::new(&key, &image).build();
        let tag = CosignSignature::tag(&digest, "sig");
        let manifest = CosignSignature::manifest(&[layer]);
        site.registry.push_image("shop/web", &tag, &manifest);
        let server = Lookaside::builder().tls().start_blocking();
        server.put_file("release.pub", key.public_pem());
        site.write("ca.pem", server.ca_pem().unwrap());
        Self { site, server, key }
    }

    fn policy(&self, authority: &str) {
        self.govern(&format!("sigstore: {{authorities: [{{{authority}}}]}}"));
    }

    /// A policy with this body.
    fn govern(&self, body: &str) {
        self.site.write(
            "p.yaml",
            &format!(
                "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: acme}}\nspec:\n  repositories:\n  \
                 - name: \"{}/*\"\n    policy:\n      {body}\n",
                self.site.registry.address(),
            ),
        );
    }

    /// Where a file of the server is.
    fn url(&self, file: &str) -> String {
        format!("{}/{file}", self.server.url().trim_end_matches('/'))
    }

    /// A policy whose key is on the server and has the SHA-256 of this file.
    fn pinned_to(&self, file: &str) {
        let digest = Digest::sha256(file.as_bytes());
        let url = self.url("release.pub");
        self.policy(&format!(
            "keyURL: {{url: '{url}', sha256: {}}}",
            digest.hex()
        ));
    }

    fn verify(&self, more: &[&str]) -> Run {
        self.verify_image("shop/web:1", more)
    }

    fn verify_image(&self, image: &str, more: &[&str]) -> Run {
        let image = format!("{}/{image}", self.site.registry.address());
        let ca = self.site.path("ca.pem");
        let mut all = vec!["verify", &image, "-f", "p.yaml", "--ca-file"];
        all.push(ca.to_str().unwrap());
        all.extend(more);
        self.site.doorward(&all).run()
    }

    fn program(&self, script: &str) {
        let path = self
            .site
            .write("kms/doorward-kms-awskms", &format!("#!/bin/sh\n{script}\n"));
        let folder = path.parent().unwrap().to_owned();
        for path in [folder, path] {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
    }
}

#[test]
fn a_key_on_a_server_counts_if_it_has_its_pin() {
    let world = World::new();
    world.pinned_to(&world.key.public_pem());
    world.verify(&[]).expect(0, &["ALLOWED"]);
    let stolen = CosignKey::generate().public_pem();
    world.server.put_file("release.pub", stolen);
    let run = world.verify(&[]);
    run.expect(3, &["key-source-pin-mismatch", "release.pub"]);
    let private = [
        "-----BEGIN ",
        "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHNlY3Jl\n",
    ]
    .concat();
    world.server.put_file("release.pub", private);
    let run = world.verify(&[]);
    run.expect(6, &["key-source-invalid", "a private key"]);
    assert!(!format!("{run:?}").contains("MC4CAQ"), "{run:#?}");
}

#[test]
fn a_redirect_is_held_to_tls_and_to_the_pin() {
    let world = World::new();
    world.pinned_to(&world.key.public_pem());
    let redirect = |redirect| {
        world
            .server
            .fault(FaultRule::new(Fault::Redirect(redirect)));
    };
    redirect(Redirect::Downgrade);
    world.verify(&[]).expect(5, &["key-source-unavailable"]);
    world.server.clear_faults();
    redirect(Redirect::Loop);
    world.verify(&[]).expect(5, &["key-source-unavailable"]);
    world.server.clear_faults();
    // The pin decides what counts, wherever it comes from.
    redirect(Redirect::OtherHost);
    world.verify(&[]).expect(0, &["ALLOWED"]);
    let stolen = CosignKey::generate().public_pem();
    world.server.put_file("release.pub", stolen);
    world.verify(&[]).expect(3, &["key-source-pin-mismatch"]);
}

#[test]
fn a_key_that_could_not_be_had_is_inconclusive_and_a_remembered_one_counts() {
    let world = World::new();
    world.pinned_to(&world.key.public_pem());
    let run = world.verify(&["--offline"]);
    run.expect(5, &["key-source-unavailable", "--offline"]);
    world.verify(&["--state-dir", "state"]).expect(0, &[]);
    world.server.fault(FaultRule::new(Fault::Status(503)));
    world.verify(&[]).expect(5, &["key-source-unavailable"]);
    // It is young enough that nobody is asked.
    world.verify(&["--state-dir", "state"]).expect(0, &[]);
}

#[test]
fn an_address_without_a_pin_or_without_tls_is_a_mistake_that_says_why() {
    let world = World::new();
    for (authority, says) in [
        (
            "keyURL: {url: 'https://keys.example/a'}".to_owned(),
            "an address alone does not say which key is trusted",
        ),
        (
            format!(
                "keyURL: {{url: 'http://keys.example/a', sha256: {}}}",
                "0".repeat(64)
            ),
            "`https` only",
        ),
    ] {
        world.policy(&authority);
        let run = world.verify(&[]);
        assert_eq!(run.code, 6, "{run:#?}");
        assert!(run.stderr.contains(says), "{run:#?}");
    }
    world.policy("keyKMS: {uri: 'awskms:///alias/release'}");
    let run = world.site.doorward(&["policy", "lint", "-f", "p.yaml"]);
    run.run().expect(0, &["unpinned-key", "0 errors"]);
}

#[test]
fn a_program_exports_the_key_of_a_service() {
    let world = World::new();
    world.policy("keyKMS: {uri: 'awskms:///alias/release'}");
    let run = world.verify(&[]);
    run.expect(5, &["key-source-unavailable", "no folder is named"]);
    let pem = world.key.public_pem().replace('\n', "\\n");
    world.site.write(
        "answer.json",
        &format!(r#"{{"apiVersion": "kms.doorward.dev/v1", "publicKey": "{pem}"}}"#),
    );
    let answer = world.site.path("answer.json");
    world.program(&format!("cat '{}'", answer.display()));
    let kms = ["--kms-plugin-dir", "kms"];
    world.verify(&kms).expect(0, &["ALLOWED"]);
    let offline = ["--kms-plugin-dir", "kms", "--offline"];
    world
        .verify(&offline)
        .expect(5, &["key-source-unavailable"]);
    world.program("echo garbage");
    world.verify(&kms).expect(6, &["key-source-invalid"]);
    world.program("exit 3");
    world.verify(&kms).expect(5, &["key-source-unavailable"]);
    world.policy("keyKMS: {uri: 'gcpkms://projects/p'}");
    let run = world.verify(&kms);
    run.expect(5, &["key-source-unavailable", "doorward-kms-gcpkms"]);
}

#[test]
fn a_key_ring_on_a_server_counts_if_it_has_the_pin_of_its_file_or_of_its_primary_key() {
    let world = World::new();
    let signer = &world.site.signer;
    world.site.push_signed("shop/cart");
    let ring = signer.public_key_armored();
    let (store, url) = (world.site.store.url(), world.url("release.gpg"));
    for pin in [
        format!("sha256: {}", Digest::sha256(ring.as_bytes()).hex()),
        format!("fingerprint: {}", signer.fingerprint()),
    ] {
        world.govern(&format!(
            "simple: {{storeURL: '{store}', requirements: [{{type: signedBy, keyURL: {{url: '{url}', {pin}}}}}]}}"
        ));
        let verify = |more: &[&str]| world.verify_image("shop/cart:1.0", more);
        let fault = || world.server.fault(FaultRule::new(Fault::Status(503)));
        world.server.put_file("release.gpg", ring.clone());
        verify(&["--offline"]).expect(5, &["key-source-unavailable", "--offline"]);
        verify(&["--state-dir", "state"]).expect(0, &["ALLOWED"]);
        fault();
        verify(&[]).expect(5, &["key-source-unavailable"]);
        verify(&["--state-dir", "state"]).expect(0, &["ALLOWED"]);
        world.server.clear_faults();
        let strange = Site::stranger();
        world
            .server
            .put_file("release.gpg", strange.public_key_armored());
        verify(&[]).expect(3, &["key-source-pin-mismatch", "release.gpg"]);
        world
            .server
            .put_file("release.gpg", strange.secret_key_armored());
        verify(&[]).expect(6, &["key-source-invalid", "a private key"]);
    }
}

#[test]
fn a_trust_store_on_a_server_counts_if_its_file_has_its_pin() {
    let world = World::new();
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
    let image = Image::sample("cart");
    world.site.registry.push_image("shop/cart", "1", &image);
    let target = image.manifest().descriptor();
    let signature = EnvelopeBuilder::new(&[&leaf, &root], &target).build();
    let signature = signature.attached_to(&target);
    world.site.registry.push_referrer("shop/cart", &signature);
    let url = world.url("ca.pem");
    for file in [root.pem().into_bytes(), root.der().to_vec()] {
        let pin = Digest::sha256(&file);
        world.govern(&format!(
            "notation: {{trustStores: [{{type: ca, certificateURL: {{url: '{url}', sha256: {}}}}}], trustedIdentities: ['*']}}",
            pin.hex()
        ));
        world.server.put_file("ca.pem", file);
        world
            .verify_image("shop/cart:1", &[])
            .expect(0, &["ALLOWED"]);
        let stolen = CertificateBuilder::authority("stolen").self_signed();
        world.server.put_file("ca.pem", stolen.pem());
        let run = world.verify_image("shop/cart:1", &[]);
        run.expect(3, &["key-source-pin-mismatch", "ca.pem", "certificates"]);
    }
}
