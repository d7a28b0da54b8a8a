//! Air gaps and mirrors.

use doorward_testkit::{Image, OciLayout};

use crate::common::Site;

#[test]
fn an_image_in_a_layout_is_judged_without_its_registry() {
    let site = Site::new();
    let layout = OciLayout::create(site.path("layout")).unwrap();
    let digest = layout.push("1.0", &Image::sample("app")).unwrap();
    let store = doorward_testkit::LookasideDirectory::new(site.path("sigs"));
    store
        .put(
            "shop/app",
            &digest,
            &site.signer.sign("registry.invalid/shop/app:1.0", &digest),
        )
        .unwrap();
    site.write("release.asc", &site.signer.public_key_armored());
    site.write(
        "policy.json",
        r#"{"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "release.asc"}]}"#,
    );
    site.write(
        "registries.d/a.yaml",
        &format!("default-docker:\n  lookaside: {}\n", store.url()),
    );
    let verify = |image: &str| {
        site.doorward(&[
            "verify",
            image,
            "--layout",
            "layout",
            "--offline",
            "--containers-policy",
            "policy.json",
            "--registries-d",
            "registries.d",
        ])
        .run()
    };
    verify("registry.invalid/shop/app:1.0").expect(0, &["ALLOWED", digest.as_str()]);
    verify("registry.invalid/shop/other:1.0").expect(3, &["DENIED"]);
    verify("registry.invalid/shop/app:2.0")
        .expect(3, &["layout-not-found", "no image of this name"]);

    std::fs::write(layout.blob_path(&digest), "{}").unwrap();
    verify("registry.invalid/shop/app:1.0").expect(3, &["registry-digest-mismatch"]);
}

#[test]
fn what_is_no_layout_is_invalid_input() {
    let site = Site::with_policy();
    site.write("empty/file", "");
    for path in ["empty", "missing", "site.yaml"] {
        site.doorward(&["verify", "a/b:1", "-f", "site.yaml", "--layout", path])
            .run()
            .expect_failure(6, &[path]);
    }
}

#[test]
fn behind_a_mirror_policy_and_identity_keep_the_logical_name() {
    let site = Site::new();
    let digest = site.push("copies/web");
    let logical = "registry.example/shop/web:1.0";
    site.store
        .put("copies/web", &digest, site.signer.sign(logical, &digest));
    let policy = site.policy_named("shop", "registry.example/shop/*", "");
    site.write("site.yaml", &format!("{policy}---\n{}", site.secret()));
    let mirror = format!("registry.example/shop={}/copies", site.registry.address());
    let pinned = format!("registry.example/shop/web@{digest}");
    site.doorward(&["verify", logical, "-f", "site.yaml", "--mirror", &mirror])
        .run()
        .expect(0, &["ALLOWED", &pinned]);
}

#[test]
fn a_mirror_that_is_no_place_is_invalid() {
    let site = Site::with_policy();
    for mirror in [
        "team=mirror.example",
        "registry.example=https://mirror.example",
    ] {
        site.doorward(&["verify", "a/b:1", "-f", "site.yaml", "--mirror", mirror])
            .run()
            .expect_failure(6, &["the registry client cannot be set up"]);
    }
}

#[test]
fn a_private_authority_is_trusted_only_when_it_is_named() {
    let site = Site::with(doorward_testkit::Registry::builder().tls());
    site.write("site.yaml", &site.documents());
    site.write("ca.pem", site.registry.ca_pem().unwrap());
    site.push_signed("shop/web");
    let image = site.reference("shop/web");
    let verify = |more: &[&str]| {
        let all = [&["verify", &image, "-f", "site.yaml"], more].concat();
        site.doorward(&all)
            .env("DOORWARD_PLAIN_HTTP", site.store.address())
            .run()
    };
    verify(&[]).expect(5, &["registry-unavailable"]);
    verify(&["--ca-file", "ca.pem"]).expect(0, &["ALLOWED"]);
    verify(&["--ca-file", "site.yaml"])
        .expect_failure(6, &["site.yaml cannot be used as --ca-file", "certificate"]);
}

#[test]
fn a_directory_of_certificates_by_server_is_used_for_that_server_alone() {
    let site = Site::with(doorward_testkit::Registry::builder().tls());
    site.write("site.yaml", &site.documents());
    site.push_signed("shop/web");
    let image = site.reference("shop/web");
    let verify = || {
        site.doorward(&[
            "verify",
            &image,
            "-f",
            "site.yaml",
            "--certs-dir",
            "certs.d",
        ])
        .env("DOORWARD_PLAIN_HTTP", site.store.address())
        .run()
    };
    verify().expect_failure(6, &["--certs-dir cannot be used", "certs.d"]);
    let authority = site.registry.ca_pem().unwrap();
    site.write("certs.d/r.example/ca.crt", authority);
    verify().expect(5, &["registry-unavailable"]);
    let own = format!("certs.d/{}", site.registry.address());
    site.write(&format!("{own}/ca.crt"), authority);
    verify().expect(0, &["ALLOWED"]);
    site.write(&format!("{own}/client.cert"), authority);
    verify().expect_failure(6, &["client.cert: there is no client.key beside it"]);
    site.write(&format!("{own}/client.key"), "no key");
    verify().expect_failure(
        6,
        &[
            "--certs-dir cannot be used",
            "its key is not one private key in PEM",
        ],
    );
}

#[test]
fn a_layout_may_be_a_tar_file() {
    let site = Site::new();
    let layout = OciLayout::create(site.path("layout")).unwrap();
    let digest = layout.push("1.0", &Image::sample("app")).unwrap();
    let mut archive = tar::Builder::new(std::fs::File::create(site.path("app.tar")).unwrap());
    archive.append_dir_all(".", site.path("layout")).unwrap();
    archive.finish().unwrap();
    site.doorward(&[
        "inspect",
        "registry.invalid/shop/app:1.0",
        "--layout",
        "app.tar",
        "--offline",
    ])
    .run()
    .expect(0, &[digest.as_str(), "linux/amd64"]);
}
