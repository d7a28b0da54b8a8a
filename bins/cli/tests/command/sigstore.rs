//! Sigstore signatures, from a policy and a key in files to a verdict.

use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, CosignSignature, Image};

use crate::common::Site;

/// A policy that wants the key to have signed, and the key.
fn policy(site: &Site, key: &CosignKey) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: acme}}\nspec:\n  repositories:\n  - name: \
         \"{}/*\"\n    policy:\n      sigstore:\n        authorities:\n        - {{name: release, keySecret: cosign-pub, \
         keySecretNamespace: doorward}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: cosign-pub, namespace: \
         doorward}}\nstringData:\n  cosign.pub: {:?}\n",
        site.registry.address(),
        key.public_pem()
    )
}

#[test]
fn an_image_is_allowed_by_a_cosign_signature_in_either_form_and_refused_without_one() {
    let site = Site::new();
    let key = CosignKey::generate();
    site.write("acme.yaml", &policy(&site, &key));
    let run = site.doorward(&["policy", "lint", "-f", "acme.yaml"]).run();
    run.expect(0, &["0 errors"]);
    let verify = |name: &str| {
        let image = format!("{}/{name}:1", site.registry.address());
        site.doorward(&["verify", &image, "-f", "acme.yaml"]).run()
    };
    let image = Image::sample("web");
    let digest = site.registry.push_image("shop/web", "1", &image);
    verify("shop/web").expect(3, &["DENIED", "sigstore-none"]);
    let layer = CosignBuilder::new(&key, &image).build();
    let tag = CosignSignature::tag(&digest, "sig");
    let manifest = CosignSignature::manifest(&[layer]);
    site.registry.push_image("shop/web", &tag, &manifest);
    verify("shop/web").expect(0, &["ALLOWED", digest.as_str(), "release"]);
    let image = Image::sample("cart");
    let digest = site.registry.push_image("shop/cart", "1", &image);
    let stranger = CosignKey::generate();
    for (key, code, said) in [(&stranger, 3, "DENIED"), (&key, 0, "ALLOWED")] {
        let builder = CosignBuilder::new(key, &image).form(CosignForm::Bundle);
        let referrer = builder.build().referrer(&image.manifest().descriptor());
        site.registry.push_referrer("shop/cart", &referrer);
        verify("shop/cart").expect(code, &[said]);
    }
    let shown = format!(
        "{}@{digest}",
        format_args!("{}/shop/cart", site.registry.address())
    );
    let run = site.doorward(&["inspect", &shown]).run();
    run.expect(
        0,
        &[
            "2 signatures, 0 attestations",
            "signed by",
            "None of these signatures was verified",
        ],
    );
}

#[test]
fn a_bundle_in_a_file_or_a_directory_is_tried_beside_what_the_registry_has() {
    let site = Site::new();
    let key = CosignKey::generate();
    site.write("acme.yaml", &policy(&site, &key));
    let image = Image::sample("web");
    let digest = site.registry.push_image("shop/web", "1", &image);
    let other = Image::sample("other");
    let line = |image: &Image| {
        let bundle = CosignBuilder::new(&key, image)
            .form(CosignForm::Bundle)
            .build();
        String::from_utf8(bundle.blob().bytes().to_vec()).expect("text")
    };
    std::fs::create_dir(site.path("bundles")).expect("made");
    site.write("bundles/broken.json", "{");
    site.write("bundles/README.md", "no bundle");
    let both = format!("{}\n{}\n", line(&other), line(&image));
    site.write("bundles/attestations.jsonl", &both);
    site.write("other.json", &line(&other));
    let name = format!("{}/shop/web:1", site.registry.address());
    let verify = |more: &[&str]| {
        let mut arguments = vec!["verify", &name, "-f", "acme.yaml"];
        arguments.extend(more);
        site.doorward(&arguments).run()
    };
    verify(&[]).expect(3, &["DENIED", "sigstore-none"]);
    verify(&["--bundle", "other.json"]).expect(3, &["sigstore-none"]);
    verify(&["--bundle", "bundles/broken.json"])
        .expect(3, &["sigstore-bundle-malformed", "bundles/broken.json"]);
    let both = ["--bundle", "other.json", "--bundle", "bundles"];
    verify(&both).expect(0, &["ALLOWED", digest.as_str(), "release"]);
    let recorded = [&both[..], &["--record", "why.json"]].concat();
    verify(&recorded).expect(0, &["ALLOWED"]);
    let replayed = site.doorward(&["verify", "--replay", "why.json"]).run();
    replayed.expect(0, &["ALLOWED", "release"]);
    verify(&["--bundle", "none.json"]).expect_failure(6, &["none.json"]);
    let layout = ["--layout", "layout", "--offline", "--bundle", "bundles"];
    let stored = doorward_testkit::OciLayout::create(site.path("layout")).expect("a layout");
    stored.push("1", &image).expect("stored");
    verify(&layout).expect(0, &["ALLOWED"]);
    verify(&layout[..3]).expect(3, &["sigstore-none"]);
}

#[test]
fn a_review_is_answered_with_the_bundles_that_are_given() {
    let site = Site::new();
    let key = CosignKey::generate();
    site.write("acme.yaml", &policy(&site, &key));
    let image = Image::sample("web");
    let digest = site.registry.push_image("shop/web", "1", &image);
    let bundle = CosignBuilder::new(&key, &image)
        .form(CosignForm::Bundle)
        .build();
    let text = String::from_utf8(bundle.blob().bytes().to_vec()).expect("text");
    site.write("web.json", &text);
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": format!("{}/shop/web:1", site.registry.address())}]},
    });
    let review = serde_json::json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": "CREATE", "namespace": "default",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": pod,
        },
    });
    let admit = |more: &[&str]| {
        let mut arguments = vec!["admit", "-", "-f", "acme.yaml"];
        arguments.extend(more);
        site.doorward(&arguments).input(review.to_string()).run()
    };
    assert_eq!(admit(&[]).json()["response"]["allowed"], false);
    let answered = admit(&["--bundle", "web.json"]);
    assert_eq!(answered.json()["response"]["allowed"], true, "{digest}");
}

#[test]
fn bundles_are_for_images_under_policies_alone() {
    let site = Site::new();
    site.write("policy.json", r#"{"default": [{"type": "reject"}]}"#);
    let image = format!("{}/a:1", site.registry.address());
    let run = site.doorward(&[
        "verify",
        &image,
        "--containers-policy",
        "policy.json",
        "--bundle",
        "b.json",
    ]);
    run.run()
        .expect_failure(2, &["--bundle goes with --filename"]);
    let run = site.doorward(&["verify", "--replay", "r.json", "--bundle", "b.json"]);
    run.run().expect_failure(2, &["--bundle"]);
}

#[test]
fn a_bundle_in_a_config_map_of_the_files_counts_also_when_the_decision_is_made_again() {
    let site = Site::new();
    let key = CosignKey::generate();
    let image = Image::sample("web");
    let digest = site.registry.push_image("shop/web", "1", &image);
    let bundle = CosignBuilder::new(&key, &image)
        .form(CosignForm::Bundle)
        .build();
    let bundle = String::from_utf8(bundle.blob().bytes().to_vec()).expect("text");
    let policy = policy(&site, &key);
    let policy = policy.replace(
        "keySecretNamespace: doorward}",
        "keySecretNamespace: doorward, bundles: {configMap: web, namespace: doorward}}",
    );
    let config_map = serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "doorward"},
        "data": {"web.sigstore.json": bundle},
    });
    site.write("acme.yaml", &policy);
    let name = format!("{}/shop/web:1", site.registry.address());
    let run = site.doorward(&["verify", &name, "-f", "acme.yaml"]).run();
    run.expect(6, &["ConfigMap doorward/web"]);
    site.write("map.json", &config_map.to_string());
    let run = site
        .doorward(&[
            "verify",
            &name,
            "-f",
            "acme.yaml",
            "-f",
            "map.json",
            "--record",
            "why.json",
        ])
        .run();
    run.expect(0, &["ALLOWED", digest.as_str()]);
    let replayed = site.doorward(&["verify", "--replay", "why.json"]).run();
    replayed.expect(0, &["ALLOWED"]);
}
