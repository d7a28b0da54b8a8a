//! Credentials: pull secrets from files, the Docker configuration, helpers.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use doorward_testkit::{Authentication, Registry};
use serde_json::json;

use crate::common::{Run, Site};

/// A registry that lets only alice in.
fn site(authentication: Authentication) -> Site {
    let mut registry = Registry::builder()
        .authentication(authentication)
        .account("alice", "s3cret-word");
    if authentication == Authentication::Basic {
        registry = registry.challenges(&[r#"Basic realm="the registry""#]);
    }
    let site = Site::with(registry);
    site.write("site.yaml", &site.documents());
    site.push_signed("shop/web");
    site
}

fn docker_config(site: &Site, password: &str) -> String {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("alice:{password}"));
    json!({"auths": {site.registry.address(): {"auth": auth}}}).to_string()
}

fn pull_secret(site: &Site, password: &str) -> String {
    let config = base64::engine::general_purpose::STANDARD.encode(docker_config(site, password));
    format!(
        "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/dockerconfigjson\nmetadata: {{name: pull, namespace: \
         team}}\ndata: {{.dockerconfigjson: {config}}}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: \
         deployer, namespace: team}}\nimagePullSecrets: [{{name: pull}}]\n"
    )
}

fn verify(site: &Site, more: &[&str]) -> Run {
    let image = site.reference("shop/web");
    let run = site
        .doorward(&[&["verify", &image, "-f", "site.yaml", "-v"], more].concat())
        .run();
    assert!(
        !format!("{run:?}").contains("s3cret-word"),
        "a password was shown"
    );
    run
}

#[test]
fn without_credentials_a_closed_registry_is_inconclusive() {
    for authentication in [Authentication::Basic, Authentication::Bearer] {
        let site = site(authentication);
        let run = verify(&site, &[]);
        run.expect(5, &["registry-unauthorized"]);
        assert!(run.stderr.contains("hint: anonymous access"), "{run:#?}");
    }
}

#[test]
fn the_pull_secrets_of_a_service_account_are_offered() {
    for authentication in [Authentication::Basic, Authentication::Bearer] {
        let site = site(authentication);
        site.write("pull.yaml", &pull_secret(&site, "s3cret-word"));
        verify(
            &site,
            &[
                "-f",
                "pull.yaml",
                "-n",
                "team",
                "--service-account",
                "deployer",
            ],
        )
        .expect(0, &["ALLOWED"]);
        // Not those of somebody else's account.
        verify(&site, &["-f", "pull.yaml", "-n", "team"]).expect(5, &["registry-unauthorized"]);
    }
}

#[test]
fn a_service_account_that_was_named_must_exist() {
    let site = site(Authentication::Basic);
    verify(&site, &["--service-account", "deployer"])
        .expect_failure(6, &["there is no ServiceAccount default/deployer"]);
}

#[test]
fn a_wrong_password_stays_unauthorized() {
    let site = site(Authentication::Bearer);
    site.write("pull.yaml", &pull_secret(&site, "wrong"));
    verify(
        &site,
        &[
            "-f",
            "pull.yaml",
            "-n",
            "team",
            "--service-account",
            "deployer",
        ],
    )
    .expect(5, &["registry-unauthorized"]);
}

#[test]
fn a_pull_secret_that_cannot_be_read_is_invalid_and_not_shown() {
    let site = site(Authentication::Basic);
    let broken = base64::engine::general_purpose::STANDARD.encode("{\"auths\": \"s3cret-word\"");
    site.write(
        "pull.yaml",
        &format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: pull}}\ndata: {{.dockerconfigjson: {broken}}}\n---\n\
             apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default}}\nimagePullSecrets: [{{name: pull}}]\n"
        ),
    );
    verify(&site, &["-f", "pull.yaml"]).expect_failure(6, &["pull Secret default/pull"]);
}

#[test]
fn the_docker_configuration_is_used_where_the_files_have_nothing() {
    let site = site(Authentication::Bearer);
    site.write(
        "home/.docker/config.json",
        &docker_config(&site, "s3cret-word"),
    );
    verify(&site, &[]).expect(0, &["ALLOWED"]);
}

#[test]
fn a_credential_helper_is_asked() {
    let site = site(Authentication::Basic);
    let helper = site.write(
        "bin/docker-credential-test",
        "#!/bin/sh\ncat >/dev/null\necho '{\"Username\":\"alice\",\"Secret\":\"s3cret-word\"}'\n",
    );
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let address = site.registry.address();
    site.write(
        "home/.docker/config.json",
        &json!({"credHelpers": {address: "test"}}).to_string(),
    );
    let path = format!("{}:/usr/bin:/bin", site.path("bin").display());
    site.doorward(&["verify", &site.reference("shop/web"), "-f", "site.yaml"])
        .env("PATH", path)
        .run()
        .expect(0, &["ALLOWED"]);
}

#[test]
fn a_docker_configuration_that_cannot_be_read_is_invalid() {
    let site = site(Authentication::Basic);
    site.write("home/.docker/config.json", "{\"auths\": \"s3cret-word\"");
    verify(&site, &[]).expect_failure(6, &["the credentials of your own are not usable"]);
}

#[test]
fn the_file_that_podman_uses_comes_before_the_docker_configuration() {
    let site = site(Authentication::Bearer);
    site.write("home/.docker/config.json", "not even JSON");
    site.write("auth.json", &docker_config(&site, "s3cret-word"));
    let image = site.reference("shop/web");
    let verify = |file: &str| {
        site.doorward(&["verify", &image, "-f", "site.yaml"])
            .env("REGISTRY_AUTH_FILE", site.path(file))
            .run()
    };
    verify("auth.json").expect(0, &["ALLOWED"]);
    // As elsewhere, a file that is not there has no credentials.
    verify("missing.json").expect(5, &["registry-unauthorized"]);
}
