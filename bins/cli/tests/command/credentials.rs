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

/// A service account that names the pull secret `pull`, and that Secret with these items.
fn account(items: Option<&serde_json::Value>) -> String {
    let mut text = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets: [{name: pull}]\n"
        .to_owned();
    if let Some(items) = items {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "stringData": items});
        text.push_str(&format!("---\n{secret}\n"));
    }
    text
}

/// The message about the only image, in one line.
fn message(run: &Run) -> String {
    assert!(
        !format!("{run:?}").contains("s3cret-word"),
        "a password was shown"
    );
    run.json()["images"][0]["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_pull_secret_that_cannot_be_used_and_that_nothing_needs_is_a_remark() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    for items in [
        json!({"config.json": "{}"}),
        json!({".dockerconfigjson": "{\"auths\": \"s3cret-word\""}),
        json!({".dockerconfigjson": ""}),
    ] {
        site.write("pull.yaml", &account(Some(&items)));
        let image = site.reference("shop/web");
        let run = site
            .doorward(&["verify", &image, "-f", "site.yaml", "-f", "pull.yaml"])
            .run();
        run.expect(0, &["ALLOWED"]);
        assert!(
            run.stderr
                .contains("pull secret default/pull is not usable"),
            "{run:#?}"
        );
        assert!(!format!("{run:?}").contains("s3cret-word"));
    }
    site.write("pull.yaml", &account(None));
    let image = site.reference("shop/web");
    let run = site
        .doorward(&["verify", &image, "-f", "site.yaml", "-f", "pull.yaml"])
        .run();
    run.expect(0, &["ALLOWED"]);
    assert!(!run.stderr.contains("pull secret"), "{run:#?}");
}

#[test]
fn why_a_credential_was_not_used_is_said_where_access_was_refused() {
    let site = site(Authentication::Basic);
    let address = site.registry.address();
    let image = site.reference("shop/web");
    let auth = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let config = |config: serde_json::Value| json!({".dockerconfigjson": config.to_string()});
    let other = json!({"auths": {"other.example": {"auth": auth("alice:s3cret-word")}}});
    let token = json!({"auths": {address.clone(): {"auth": auth("s3cret-word")}}});
    let legacy = json!({address.clone(): {"auth": auth("alice:s3cret-word")}});
    for (items, expected) in [
        (None, "pull secret default/pull does not exist".to_owned()),
        (
            Some(config(other)),
            format!("pull secret default/pull has no entry for {address} (it has: other.example)"),
        ),
        (
            Some(config(token)),
            format!(
                "the entry for {address} in pull secret default/pull is unreadable: auth has no colon"
            ),
        ),
        (
            Some(config(legacy)),
            "pull secret default/pull holds under .dockerconfigjson what belongs under .dockercfg"
                .to_owned(),
        ),
        (
            Some(json!({"config.json": "{}"})),
            "pull secret default/pull is not usable: the secret has no item \".dockerconfigjson\""
                .to_owned(),
        ),
    ] {
        site.write("pull.yaml", &account(items.as_ref()));
        let run = site
            .doorward(&[
                "verify",
                &image,
                "-f",
                "site.yaml",
                "-f",
                "pull.yaml",
                "-o",
                "json",
            ])
            .run();
        assert_eq!(run.code, 5, "{run:#?}");
        let text = message(&run);
        assert!(text.contains(&expected), "{expected}: {text}");
    }
}

#[test]
fn that_a_service_account_names_no_pull_secret_is_said_where_access_was_refused() {
    let site = site(Authentication::Bearer);
    let account =
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default, namespace: team}\n";
    site.write("account.yaml", account);
    let files = ["-f", "account.yaml", "-n", "team"];
    for more in [
        &files[..],
        &[&files[..], &["--service-account", "default"]].concat(),
    ] {
        let run = verify(&site, more);
        run.expect(5, &["service account team/default names no pull secret"]);
    }
    // Of one that is not in the files nobody knows.
    assert!(!verify(&site, &[]).stdout.contains("names no pull secret"));
}

#[test]
fn why_a_credential_helper_gave_nothing_is_said_where_access_was_refused() {
    let site = site(Authentication::Basic);
    let address = site.registry.address();
    let image = site.reference("shop/web");
    let path = format!("{}:/usr/bin:/bin", site.path("bin").display());
    let run = |config: serde_json::Value, script: Option<&str>| {
        site.write("home/.docker/config.json", &config.to_string());
        if let Some(script) = script {
            let helper = site.write("bin/docker-credential-x", &format!("#!/bin/sh\n{script}\n"));
            std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let run = site
            .doorward(&[
                "verify",
                &image,
                "-f",
                "site.yaml",
                "-o",
                "json",
                "--timeout",
                "3s",
            ])
            .env("PATH", &path)
            .run();
        assert_eq!(
            run.json()["images"][0]["code"],
            "registry-unauthorized",
            "{run:#?}"
        );
        message(&run)
    };
    let place = site.path("home/.docker/config.json");
    let place = place.display();
    let named = || json!({"credHelpers": {address.clone(): "x"}});
    let text = run(
        json!({"auths": {address.clone(): {}}, "credsStore": "not-there"}),
        None,
    );
    let expected = format!("docker-credential-not-there, named by {place}, is not installed");
    assert!(text.contains(&expected), "{text}");
    let text = run(named(), Some("echo 's3cret-word' >&2; exit 2"));
    let expected = format!("docker-credential-x, named by {place}, failed (exit status: 2)");
    assert!(text.contains(&expected), "{text}");
    let text = run(named(), Some("echo '{\"token\": \"s3cret-word\"}'"));
    assert!(
        text.contains("did not answer as a credential helper does"),
        "{text}"
    );
    // One that hangs is not taken for a registry that does.
    let text = run(named(), Some("sleep 600"));
    assert!(text.contains("did not answer within 1000 ms"), "{text}");
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
fn a_docker_configuration_that_cannot_be_read_is_named_where_access_is_refused() {
    let site = site(Authentication::Basic);
    let path = site.write("home/.docker/config.json", "{\"auths\": \"s3cret-word\"");
    let run = verify(&site, &[]);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = format!(
        "{} is not usable: the registry configuration is malformed at line 1",
        path.display()
    );
    assert!(text.contains("registry-unauthorized"), "{run:#?}");
    assert!(text.contains(&expected), "{run:#?}");
    assert!(!text.contains("s3cret-word"), "{run:#?}");
}

#[test]
fn a_docker_configuration_that_nothing_needs_may_be_broken() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let path = site.write("home/.docker/config.json", "{\"auths\": ");
    let run = site.verify("shop/web");
    let warned = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = format!("{} is not usable", path.display());
    assert!(warned.contains(&expected), "{run:#?}");
    run.expect(0, &["ALLOWED"]);
    // A file that was named is meant to be used.
    site.write("auth.json", "{\"auths\": ");
    site.doorward(&["verify", &site.reference("shop/web"), "-f", "site.yaml"])
        .env("REGISTRY_AUTH_FILE", site.path("auth.json"))
        .run()
        .expect_failure(6, &["the credentials of your own are not usable"]);
}

#[test]
fn a_docker_configuration_with_nothing_in_it_or_a_mark_before_it_is_read() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    for config in ["", " \n", "\u{feff}", "\u{feff}{\"auths\": {}}"] {
        site.write("home/.docker/config.json", config);
        site.verify("shop/web").expect(0, &["ALLOWED"]);
    }
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
