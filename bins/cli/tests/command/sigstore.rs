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
