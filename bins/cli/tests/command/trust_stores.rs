//! Where the certificates come from that signers of the Notary Project are held against.

use std::path::Path;

use crate::notation::{Notation, STORE};

#[test]
fn the_folder_of_stores_may_be_the_one_of_certificates() {
    let notation = Notation::new();
    notation.push_signed("shop/web");
    let files = [
        "--trust-policy",
        "trustpolicy.json",
        "--trust-store",
        "truststore/x509",
    ];
    notation
        .verify_with("shop/web", &files)
        .expect(0, &["ALLOWED"]);
}

#[test]
fn folders_in_a_store_are_passed_over_and_anything_else_that_is_no_certificate_denies() {
    let notation = Notation::new();
    notation.push_signed("shop/web");
    let site = &notation.site;
    site.write(&format!("{STORE}/old/junk.txt"), "no certificate");
    notation.verify("shop/web").expect(0, &["ALLOWED"]);
    site.write(&format!("{STORE}/README"), "no certificate");
    notation
        .verify("shop/web")
        .expect(6, &["notation-trust-store-invalid"]);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_store_or_above_it_denies() {
    use std::os::unix::fs::symlink;

    let elsewhere = |notation: &Notation, moved: &str| {
        std::fs::rename(notation.path(moved), notation.path("elsewhere")).unwrap();
        symlink(notation.path("elsewhere"), notation.path(moved)).unwrap();
    };
    for moved in [
        &format!("{STORE}/root.pem"),
        STORE,
        "truststore/x509/ca",
        "truststore/x509",
    ] {
        let notation = Notation::new();
        notation.push_signed("shop/web");
        elsewhere(&notation, moved);
        let run = notation.verify("shop/web");
        run.expect(6, &["notation-trust-store-invalid", "it is a link"]);
    }
    // A link beside a good certificate, and one to a folder or to nowhere.
    for target in [STORE, "truststore", "nowhere"] {
        let notation = Notation::new();
        notation.push_signed("shop/web");
        let link = notation.path(&format!("{STORE}/more"));
        symlink(notation.path(target), link).unwrap();
        let run = notation.verify("shop/web");
        run.expect(6, &["notation-trust-store-invalid", "it is a link"]);
    }
    // What is named outright may be one.
    let notation = Notation::new();
    notation.push_signed("shop/web");
    elsewhere(&notation, "truststore");
    notation.verify("shop/web").expect(0, &["ALLOWED"]);
}

#[test]
fn a_store_that_is_missing_or_too_large_denies_only_what_names_it() {
    let notation = Notation::new();
    notation.push_signed("shop/web");
    notation.push_signed("shop/other");
    let other = || notation.verify("shop/other");
    other().expect(6, &["notation-trust-store-invalid", "does not exist"]);
    let store = Path::new("truststore/x509/ca/other");
    let large = "x".repeat(1 + (4 << 20));
    notation
        .site
        .write(store.join("large.pem").to_str().unwrap(), &large);
    other().expect(6, &["notation-trust-store-invalid", "bytes"]);
    notation.verify("shop/web").expect(0, &["ALLOWED"]);
}

#[test]
fn the_roots_of_a_policy_may_come_from_a_config_map_beside_it() {
    let notation = Notation::new();
    let signed = notation.push_signed("shop/web");
    let registry = notation.site.registry.address();
    let image = format!("{registry}/shop/web@{signed}");
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n  - name: \
         \"{registry}/*\"\n    policy:\n      notation:\n        trustStores: [{{type: ca, configMap: roots}}]\n        \
         trustedIdentities: ['*']\n"
    );
    let roots = |rest: &str| {
        let pem = notation.root.pem().replace('\n', "\n    ");
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: roots}}\ndata:\n  root.pem: |\n    {pem}\n{rest}"
        )
    };
    let verify = |beside: &str| {
        notation.site.write("p.yaml", &format!("{policy}{beside}"));
        let arguments = ["verify", "-f", "p.yaml", &image];
        notation.site.doorward(&arguments).run()
    };
    verify(&roots("")).expect(0, &["ALLOWED"]);
    // Twice, with other content: which of them counts would depend on the order.
    let other = roots("") + &roots("  more: x\n");
    // What is missing is called what it is.
    let missing = verify("");
    missing.expect(
        6,
        &[
            "ConfigMap default/roots: there is none",
            "a Secret or ConfigMap that the policy names does not exist",
        ],
    );
    let hint = "add the ConfigMap to the files that --filename names";
    assert!(missing.stderr.contains(hint), "{missing:#?}");
    for (beside, code) in [
        ("", "secret-not-found"),
        (other.as_str(), "secret-invalid"),
        (&roots("data: {}\n"), "secret-invalid"),
    ] {
        verify(beside).expect(6, &[code]);
    }
}
