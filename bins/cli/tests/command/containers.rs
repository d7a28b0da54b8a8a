//! A site's own `policy.json` and `registries.d`.

use serde_json::json;

use crate::common::Site;

/// A site with a `policy.json` that wants images of its registry signed, and a `registries.d`.
fn site() -> Site {
    let site = Site::new();
    site.write("keys/release.asc", &site.signer.public_key_armored());
    site.write(
        "policy.json",
        &format!(
            r#"{{"default": [{{"type": "reject"}}], "transports": {{"docker": {{"{}": [
                {{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "keys/release.asc"}}]}}}}}}"#,
            site.registry.address()
        ),
    );
    site.write(
        "registries.d/site.yaml",
        &format!(
            "docker:\n  {}:\n    lookaside: {}\n",
            site.registry.address(),
            site.store.url()
        ),
    );
    site
}

const FILES: [&str; 4] = [
    "--containers-policy",
    "policy.json",
    "--registries-d",
    "registries.d",
];

#[test]
fn the_files_of_podman_and_cri_o_decide_alike() {
    let site = site();
    let digest = site.push_signed("shop/web");
    site.push("shop/cart");
    let verify = |name: &str| {
        site.doorward(&[&["verify", &site.reference(name)], &FILES[..]].concat())
            .run()
    };
    verify("shop/web").expect(
        0,
        &["ALLOWED", digest.as_str(), "ContainersPolicy policy.json"],
    );
    verify("shop/cart").expect(3, &["simple-no-signature"]);
}

#[test]
fn a_file_that_accepts_anything_demands_nothing() {
    let site = Site::new();
    let matched = |requirements: &str| {
        site.write(
            "policy.json",
            &format!(r#"{{"default": [{requirements}]}}"#),
        );
        let arguments = ["policy", "match", "registry.example/a:1", "-o", "json"];
        let run = site.doorward(&[&arguments[..], &FILES[..2]].concat()).run();
        let entry = run.json()["entries"][0].clone();
        (entry["demands"].clone(), entry["unchecked"].clone())
    };
    let accepts = r#"{"type": "insecureAcceptAnything"}"#;
    assert_eq!(matched(accepts), (json!([]), json!(true)));
    let rejects = format!(r#"{accepts}, {{"type": "reject"}}"#);
    assert_eq!(matched(&rejects), (json!(["simple"]), json!(false)));
}

#[test]
fn what_no_scope_names_falls_to_the_default() {
    let site = site();
    site.doorward(
        &[
            &["policy", "match", "elsewhere.example/a:1", "-o", "json"],
            &FILES[..],
        ]
        .concat(),
    )
    .run()
    .expect(0, &["\"scope\": \"containers\"", "\"entry\": \"default\""]);
}

#[test]
fn key_paths_are_relative_to_the_working_directory() {
    let site = site();
    site.push_signed("shop/web");
    site.write("below/empty", "");
    let image = site.reference("shop/web");
    let run = site
        .doorward(&[
            "verify",
            &image,
            "--containers-policy",
            "../policy.json",
            "--registries-d",
            "../registries.d",
        ])
        .directory(&site.path("below"))
        .run();
    run.expect(6, &["DENIED", "keys/release.asc"]);
}

#[test]
fn a_policy_that_says_something_unknown_is_refused() {
    let site = site();
    for text in [
        "",
        "{}",
        r#"{"default": []}"#,
        r#"{"default": [{"type": "reject"}], "transport": {}}"#,
        r#"{"default": [{"type": "accept"}]}"#,
    ] {
        site.write("policy.json", text);
        site.doorward(&[&["verify", "a/b:1"], &FILES[..]].concat())
            .run()
            .expect_failure(6, &["policy.json"]);
    }
}

#[test]
fn a_store_directory_that_cannot_be_read_or_contradicts_itself_is_invalid() {
    let site = site();
    let scope = site.registry.address();
    site.write(
        "registries.d/again.yaml",
        &format!("docker:\n  {scope}:\n    lookaside: https://x.example\n"),
    );
    site.doorward(&[&["verify", "a/b:1"], &FILES[..]].concat())
        .run()
        .expect_failure(6, &["registries.d"]);
    site.doorward(&[
        "verify",
        "a/b:1",
        "--containers-policy",
        "policy.json",
        "--registries-d",
        "nowhere",
    ])
    .run()
    .expect_failure(6, &["nowhere"]);
}
