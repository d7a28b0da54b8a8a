//! Refusals that name their usual cause, and what helps.

use doorward_testkit::Registry;

use crate::common::Site;

#[test]
fn of_an_image_without_a_signature_it_is_said_where_was_looked_and_where_the_signature_may_be() {
    let site = Site::with_policy();
    site.push("shop/cart");
    let (code, image) = site.verify_json("shop/cart");
    assert_eq!(code, 3, "{image:#}");
    assert_eq!(image["code"], "simple-no-signature");
    let told = image.to_string();
    for part in [
        "may have kept it on its own disk",
        "/var/lib/containers/sigstore",
        "looked for lookaside http://",
        "/signature-1",
    ] {
        assert!(told.contains(part), "{part} in {image:#}");
    }
}

#[test]
fn a_registry_without_tls_and_one_of_an_unknown_authority_are_told_with_the_option_that_helps() {
    for (registry, option) in [
        (Registry::builder(), "--plain-http ADDRESS if that is meant"),
        (
            Registry::builder().tls(),
            "if ADDRESS has an authority of its own, --ca-file PEM names the file",
        ),
    ] {
        let site = Site::with(registry);
        site.write("site.yaml", &site.documents());
        site.push_signed("shop/web");
        let image = site.reference("shop/web");
        let run = site
            .doorward(&["verify", &image, "-f", "site.yaml"])
            .env("DOORWARD_PLAIN_HTTP", site.store.address())
            .run();
        run.expect(5, &["registry-unavailable"]);
        let option = option.replace("ADDRESS", &site.registry.address());
        let told = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&option), "{option} in {told}");
        // What the library of TLS says is not passed on as it is.
        for raw in ["InvalidContentType", "UnknownIssuer", "corrupt message"] {
            assert!(
                !format!("{}{}", run.stdout, run.stderr).contains(raw),
                "{raw}"
            );
        }
    }
}
