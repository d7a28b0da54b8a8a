//! Credential providers: the file and folder of the kubelet.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use doorward_testkit::{Authentication, Registry};

use crate::common::{Run, Site};

const CONFIG: &str = "--image-credential-provider-config=providers.yaml";
const FOLDER: &str = "--image-credential-provider-bin-dir=providers";

/// A registry that lets only `cloud` in, and a provider for it that runs this script.
fn site(script: &str) -> Site {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("cloud", "s3cret-word");
    let site = Site::with(registry);
    site.write("site.yaml", &site.documents());
    site.push_signed("shop/web");
    site.write(
        "providers.yaml",
        &format!(
            "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n  - name: cloud\n    \
             matchImages: ['{}']\n    defaultCacheDuration: 1h\n    apiVersion: credentialprovider.kubelet.k8s.io/v1\n",
            site.registry.address()
        ),
    );
    provide(&site, script);
    let folder = site.path("providers");
    std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    site
}

/// Puts the provider there, which counts its calls.
fn provide(site: &Site, script: &str) {
    let calls = site.path("calls");
    let text = format!("#!/bin/sh\necho call >> {}\n{script}\n", calls.display());
    let script = site.write("providers/script", &text);
    std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    // Another process writes the program: of one that this one writes, a fork of another test may hold the file open, and
    // then it cannot be run.
    let copied = Command::new("cp")
        .arg(script)
        .arg(site.path("providers/cloud"))
        .status();
    assert!(copied.unwrap().success());
}

/// A script that answers with this password.
fn answering(site_of: &str, password: &str) -> String {
    format!(
        r#"echo '{{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderResponse","cacheKeyType":"Registry","auth":{{"{site_of}":{{"username":"cloud","password":"{password}"}}}}}}'"#
    )
}

/// A site whose provider answers with this password.
fn opened_with(password: &str) -> Site {
    let site = site("");
    let script = answering(&site.registry.address(), password);
    provide(&site, &script);
    site
}

fn verify(site: &Site, more: &[&str]) -> Run {
    let image = site.reference("shop/web");
    let all = [&["verify", &image, "-f", "site.yaml", "-vv"], more].concat();
    let run = site.doorward(&all).run();
    assert!(
        !format!("{run:?}").contains("s3cret-word"),
        "a password was shown: {run:#?}"
    );
    run
}

fn calls(site: &Site) -> usize {
    let calls = std::fs::read_to_string(site.path("calls"));
    calls.unwrap_or_default().lines().count()
}

#[test]
fn a_provider_opens_a_registry_that_nobody_else_has_a_credential_for() {
    let site = opened_with("s3cret-word");
    verify(&site, &[]).expect(5, &["registry-unauthorized"]);
    assert_eq!(calls(&site), 0);
    verify(&site, &[CONFIG, FOLDER]).expect(0, &["ALLOWED"]);
    assert_eq!(calls(&site), 1);
}

#[test]
fn the_environment_can_name_the_providers() {
    let site = opened_with("s3cret-word");
    let image = site.reference("shop/web");
    let run = site
        .doorward(&["verify", &image, "-f", "site.yaml"])
        .env(
            "DOORWARD_IMAGE_CREDENTIAL_PROVIDER_CONFIG",
            "providers.yaml",
        )
        .env("DOORWARD_IMAGE_CREDENTIAL_PROVIDER_BIN_DIR", "providers")
        .run();
    run.expect(0, &["ALLOWED"]);
}

#[test]
fn a_refusal_after_a_provider_failed_is_inconclusive_and_has_a_code_of_its_own() {
    let site = site("echo 'no such role' >&2; exit 3");
    let run = verify(&site, &[CONFIG, FOLDER, "-o", "json"]);
    assert_eq!(run.code, 5, "{run:#?}");
    let report = run.json();
    assert_eq!(report["images"][0]["code"], "credential-provider-failed");
    let message = report["images"][0]["message"].as_str().unwrap();
    let end = "credential provider cloud failed: it failed with exit status: 3: no such role";
    assert!(message.ends_with(end), "{message}");
}

#[test]
fn a_refusal_after_a_provider_answered_is_a_refusal() {
    let site = opened_with("wrong");
    verify(&site, &[CONFIG, FOLDER]).expect(5, &["registry-unauthorized"]);
}

#[test]
fn no_policy_lets_an_image_pass_because_a_provider_failed() {
    let site = site("exit 1");
    let pattern = format!("{}/shop/*", site.registry.address());
    let policy = site.policy_named("shop", &pattern, "onUnavailable: warn");
    site.write("site.yaml", &format!("{policy}---\n{}", site.secret()));
    verify(&site, &[CONFIG, FOLDER]).expect(5, &["credential-provider-failed"]);
}

#[test]
fn a_decision_that_was_recorded_after_a_provider_failed_is_the_same_again_and_runs_none() {
    let site = site("exit 1");
    verify(&site, &[CONFIG, FOLDER, "--record", "tape.json"])
        .expect(5, &["credential-provider-failed"]);
    assert_eq!(calls(&site), 1);
    let run = site.doorward(&["verify", "--replay", "tape.json"]).run();
    run.expect(5, &["credential-provider-failed"]);
    assert_eq!(calls(&site), 1);
}

#[test]
fn no_credential_of_a_provider_is_written_down() {
    let site = opened_with("s3cret-word");
    verify(&site, &[CONFIG, FOLDER, "--record", "tape.json"]).expect(0, &["ALLOWED"]);
    let tape = std::fs::read_to_string(site.path("tape.json")).unwrap();
    assert!(!tape.contains("s3cret-word"));
}

#[test]
fn without_a_network_no_provider_is_run() {
    let site = opened_with("s3cret-word");
    let run = verify(&site, &[CONFIG, FOLDER, "--offline"]);
    assert_eq!(run.code, 5, "{run:#?}");
    assert_eq!(calls(&site), 0);
}

#[test]
fn one_option_without_the_other_is_a_mistake() {
    let site = opened_with("s3cret-word");
    verify(&site, &[CONFIG]).expect_failure(2, &["--image-credential-provider-bin-dir"]);
    verify(&site, &[FOLDER]).expect_failure(2, &["--image-credential-provider-config"]);
}

#[test]
fn what_cannot_be_used_is_told_before_anything_is_asked() {
    let site = opened_with("s3cret-word");
    let good = std::fs::read_to_string(site.path("providers.yaml")).unwrap();
    site.write("providers.yaml", &good.replace("matchImages", "matchImage"));
    verify(&site, &[CONFIG, FOLDER]).expect_failure(
        6,
        &[
            "--image-credential-provider-config cannot be used",
            "providers[0].matchImage: there is no such field; did you mean `matchImages`?",
        ],
    );
    site.write(
        "providers.yaml",
        &good.replace("name: cloud", "name: other"),
    );
    verify(&site, &[CONFIG, FOLDER]).expect_failure(
        6,
        &[
            "--image-credential-provider-bin-dir cannot be used",
            "it is not installed",
        ],
    );
    site.write("providers.yaml", &good);
    std::fs::set_permissions(site.path("providers"), Permissions::from_mode(0o777)).unwrap();
    verify(&site, &[CONFIG, FOLDER]).expect_failure(6, &["everybody may write to it"]);
}

#[test]
fn a_configuration_file_cannot_name_what_is_run() {
    let site = opened_with("s3cret-word");
    site.write(
        "doorward.yaml",
        "imageCredentialProviderBinDir: providers\n",
    );
    verify(&site, &[]).expect_failure(6, &["unknown field"]);
}
