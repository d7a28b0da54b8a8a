//! What is allowed, and what is no verdict at all.

use crate::common::{SIGNER, Site};

#[test]
fn a_signed_image_is_allowed_and_pinned_to_the_digest_that_was_signed() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let run = site.verify("shop/web");
    let pinned = format!("{}/shop/web@{digest}", site.registry.address());
    let fingerprint = site.signer.fingerprint();
    run.expect(
        0,
        &[
            "ALLOWED",
            &pinned,
            SIGNER,
            &fingerprint,
            "ClusterImagePolicy shop",
        ],
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn an_image_named_by_its_digest_is_allowed_by_the_signature_for_its_tag() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let image = format!("{}/shop/web@{digest}", site.registry.address());
    site.doorward(&["verify", &image, "-f", "site.yaml"])
        .run()
        .expect(0, &["ALLOWED", digest.as_str()]);
}

#[test]
fn a_tag_beside_a_digest_takes_no_part_in_the_decision() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let image = format!("{}/shop/web:another@{digest}", site.registry.address());
    site.doorward(&["verify", &image, "-f", "site.yaml"])
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn images_on_standard_input_are_judged_like_named_ones() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.push("shop/cart");
    let images = format!(
        "{}\n\n  {}\n",
        site.reference("shop/web"),
        site.reference("shop/cart")
    );
    let run = site
        .doorward(&["verify", "-", "-f", "site.yaml"])
        .input(images)
        .run();
    run.expect(3, &["ALLOWED", "DENIED", "2 images: 1 allowed, 1 denied"]);
}

#[test]
fn policies_may_come_from_standard_input() {
    let site = Site::new();
    site.push_signed("shop/web");
    site.doorward(&["verify", &site.reference("shop/web"), "-f", "-"])
        .input(site.documents())
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn policies_and_images_cannot_share_standard_input() {
    let site = Site::new();
    site.doorward(&["verify", "-", "-f", "-"])
        .input(site.documents())
        .run()
        .expect_failure(2, &["standard input can be read only once"]);
}

#[test]
fn a_directory_of_manifests_is_read_recursively() {
    let site = Site::new();
    site.push_signed("shop/web");
    site.write("all/policies/shop.yaml", &site.policy());
    site.write("all/secrets/key.yml", &site.secret());
    site.write("all/notes.txt", "not YAML: [");
    site.doorward(&["verify", &site.reference("shop/web"), "-f", "all"])
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn the_policies_of_a_namespace_replace_those_of_the_cluster() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.write(
        "tenant.yaml",
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: team}\nspec:\n  \
         repositories:\n  - {name: \"*\", policy: {simple: {requirements: [{type: reject}]}}}\n",
    );
    let image = site.reference("shop/web");
    let files = ["-f", "site.yaml", "-f", "tenant.yaml"];
    let team = [&["verify", &image, "-n", "team"], &files[..]].concat();
    let other = [&["verify", &image, "-n", "other"], &files[..]].concat();
    site.doorward(&team)
        .run()
        .expect(3, &["simple-rejected-by-policy", "ImagePolicy team/own"]);
    site.doorward(&other)
        .run()
        .expect(0, &["ClusterImagePolicy shop"]);
}

#[test]
fn keys_of_a_cluster_policy_come_from_the_home_namespace_and_not_from_the_tenants() {
    let site = Site::new();
    site.push_signed("shop/web");
    let policy = site.policy().replace(", keySecretNamespace: trust", "");
    site.write("policy.yaml", &policy);
    site.write("key.yaml", &site.secret());
    let image = site.reference("shop/web");
    let files = ["verify", &image, "-f", "policy.yaml", "-f", "key.yaml"];
    let run = site
        .doorward(&[&files[..], &["-n", "trust"]].concat())
        .run();
    run.expect(6, &["secret-not-found"]);
    assert!(
        run.stderr
            .contains("hint: a Secret of that name exists elsewhere: trust/release-key")
    );
    site.doorward(&[&files[..], &["--home-namespace", "trust"]].concat())
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn an_entry_that_demands_nothing_says_that_nothing_was_verified() {
    let site = Site::new();
    site.write(
        "policy.yaml",
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: open}\nspec: {repositories: [{name: \
         \"*\", policy: {unchecked: true}}]}\n",
    );
    let run = site
        .doorward(&["verify", "registry.invalid/a:1", "-f", "policy.yaml"])
        .run();
    run.expect(0, &["unchecked", "nothing was verified"]);
    assert!(!run.stdout.contains("pinned to"));
}

#[test]
fn nothing_to_verify_has_an_exit_of_its_own() {
    let site = Site::with_policy();
    site.doorward(&["verify", "-", "-f", "site.yaml"])
        .input("\n\n")
        .run()
        .expect(7, &[]);
}

#[test]
fn an_image_that_is_no_reference_is_a_mistake_of_the_command_line() {
    let site = Site::with_policy();
    for image in [
        "",
        "Registry.example/UPPER",
        "a b",
        "registry.example/a:",
        "https://registry.example/a",
    ] {
        site.doorward(&["verify", image, "-f", "site.yaml"])
            .run()
            .expect_failure(2, &["is not an image reference"]);
    }
    site.doorward(&["verify", "-", "-f", "site.yaml"])
        .input("good/image\nBAD IMAGE\n")
        .run()
        .expect_failure(2, &["is not an image reference"]);
}

#[test]
fn no_images_no_rules_and_unknown_options_are_mistakes_of_the_command_line() {
    let site = Site::with_policy();
    for arguments in [
        &["verify"][..],
        &["verify", "a/b:1"],
        &["verify", "a/b:1", "-f", "site.yaml", "-o", "xml"],
        &["verify", "a/b:1", "-f", "site.yaml", "--at", "yesterday"],
        &["verify", "a/b:1", "-f", "site.yaml", "--timeout", "0s"],
        &["verify", "a/b:1", "-f", "site.yaml", "--mirror", "nothing"],
        &[
            "verify",
            "a/b:1",
            "-f",
            "site.yaml",
            "--containers-policy",
            "p.json",
        ],
        &["verify", "a/b:1", "-f", "site.yaml", "--registries-d", "."],
        &["verify", "a/b:1", "-f", "site.yaml", "--insecure"],
        &["scan"],
    ] {
        let run = site.doorward(arguments).run();
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {run:#?}"
        );
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn files_that_cannot_be_read_or_understood_are_invalid_input() {
    let site = Site::with_policy();
    site.write("broken.yaml", "a: [");
    site.write("object.yaml", "metadata: {name: half-a-policy}\n");
    for file in ["missing.yaml", "broken.yaml", "object.yaml"] {
        site.doorward(&["verify", "a/b:1", "-f", file])
            .run()
            .expect_failure(6, &[file]);
    }
}

#[test]
fn a_mistake_in_any_policy_stops_the_command_and_is_shown_with_its_line() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.write(
        "wrong.yaml",
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: w}\nspec:\n  repositories:\n  - name: \
         \"other.example/*\"\n    policy: {simpel: {}}\n",
    );
    site.doorward(&[
        "verify",
        &site.reference("shop/web"),
        "-f",
        "site.yaml",
        "-f",
        "wrong.yaml",
    ])
    .run()
    .expect_failure(
        6,
        &["wrong.yaml:7", "`simple`", "hint: `doorward policy lint`"],
    );
}

#[test]
fn a_secret_that_is_not_base64_refuses_what_names_it_and_is_never_shown() {
    let site = Site::new();
    site.push_signed("shop/web");
    site.write("policy.yaml", &site.policy());
    site.write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: release-key, namespace: trust}\ndata: {key: hunter2-secret!}\n",
    );
    let image = site.reference("shop/web");
    let run = site
        .doorward(&["verify", &image, "-f", "policy.yaml", "-f", "secret.yaml"])
        .run();
    run.expect(6, &["secret-invalid"]);
    assert!(
        run.stderr
            .contains("secret.yaml:1 is left out: Secret trust/release-key")
    );
    assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"));
}

#[test]
fn files_that_are_no_policies_stop_no_verdict() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.write(
        "all/site.yaml",
        &std::fs::read_to_string(site.path("site.yaml")).unwrap(),
    );
    for (name, text) in [
        ("kustomization.yaml", "resources:\n- p.yaml\n"),
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1\n"),
        ("values.yaml", "image: {tag: 1}\n"),
        (
            "sops.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: app}\ndata:\n  password: ENC[AES256_GCM,data:abc]\nsops: {mac: x}\n",
        ),
        (
            "number.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: no, namespace: app}\nstringData: {port: 5432}\n",
        ),
        ("nameless.yaml", "apiVersion: v1\nkind: Secret\ndata: {}\n"),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: 1}\n",
        ),
        (
            "stream.json",
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"y\"}}\n",
        ),
        (
            "other.yaml",
            "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\n",
        ),
    ] {
        site.write(&format!("all/{name}"), text);
    }
    let run = site
        .doorward(&["verify", &site.reference("shop/web"), "-f", "all"])
        .run();
    run.expect(0, &["ALLOWED"]);
    for name in [
        "kustomization.yaml",
        "Chart.yaml",
        "values.yaml",
        "sops.yaml",
        "number.yaml",
        "pod.yaml",
        "other.yaml",
    ] {
        assert!(run.stderr.contains(name), "{name}: {}", run.stderr);
    }
}

#[test]
fn a_policy_file_that_was_emptied_stops_the_command() {
    let site = Site::with_policy();
    site.write("empty.yaml", "# nothing\n");
    site.doorward(&["verify", "a/b:1", "-f", "site.yaml", "-f", "empty.yaml"])
        .run()
        .expect_failure(6, &["error[no-document]", "empty.yaml"]);
}

#[test]
fn a_reader_that_goes_away_does_not_turn_a_denial_into_a_success() {
    let site = Site::with_policy();
    site.push("shop/cart");
    let denied = site.doorward(&["verify", &site.reference("shop/cart"), "-f", "site.yaml"]);
    assert_eq!(denied.run_unread(), 3);
    assert_eq!(site.doorward(&["man"]).run_unread(), 0);
}
