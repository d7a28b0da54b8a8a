//! Files that are pipes: handed over by a shell, or lying where nobody writes to them.

use std::process::{Command, Stdio};

use crate::common::{Run, Site};

const STUCK: &str = "it is a pipe that nobody writes to";

/// A site with a pipe called `pipe` that nobody writes to.
fn site() -> Site {
    let site = Site::with_policy();
    site.write("app.tar", "a release\n");
    pipe(&site, "pipe");
    site
}

fn pipe(site: &Site, name: &str) {
    let path = site.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// What a shell makes of a line in which the command is `$0`.
fn shell(site: &Site, line: &str) -> Run {
    let output = Command::new("bash")
        .args(["-c", line, env!("CARGO_BIN_EXE_doorward")])
        .current_dir(site.path(""))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", site.path("home"))
        .env("DOORWARD_PLAIN_HTTP", site.plain_http())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    output.into()
}

#[test]
fn a_pipe_that_nobody_writes_to_ends_the_command_whichever_option_names_it() {
    let site = site();
    let image = site.reference("shop/web");
    let trusted = ["--trust-policy", "pipe", "--trust-store", "store"];
    let rules = ["-f", "site.yaml"];
    for arguments in [
        &["verify", &image, "-f", "pipe"][..],
        &["policy", "lint", "pipe"],
        &["verify", &image, "--config", "pipe"],
        &["verify", &image, "--containers-policy", "pipe"],
        &[&["verify", &image], &trusted[..]].concat(),
        &[&["verify", &image, "--ca-file", "pipe"], &rules[..]].concat(),
        &[&["admit", "pipe"], &rules[..]].concat(),
        &["trust", "pin", "r.example/app", "--root", "pipe"],
    ] {
        let run = site.doorward(arguments).run();
        assert!(run.stderr.contains(STUCK), "{arguments:?}: {run:#?}");
        run.expect_failure(6, &["pipe"]);
    }
    let run = site.doorward(&["verify", "--replay", "pipe"]).run();
    run.expect_failure(6, &["cannot read pipe", "not a regular file"]);
    let run = site.doorward(&["verify", &image, "-f", "site.yaml"]);
    run.env("REGISTRY_AUTH_FILE", site.path("pipe"))
        .run()
        .expect_failure(6, &[STUCK]);
}

#[test]
fn a_pipe_that_nobody_writes_to_is_neither_a_signed_file_nor_a_signature() {
    let site = site();
    site.write(
        "blob.json",
        r#"{"version": "1.0", "trustPolicies": [
            {"name": "any", "signatureVerification": {"level": "skip"}}]}"#,
    );
    site.write("none.sig", "no signature");
    for (file, signature) in [("pipe", "none.sig"), ("app.tar", "pipe"), ("pipe", "pipe")] {
        let trusted = ["--trust-policy", "blob.json", "--policy-name", "any"];
        let asked = ["verify", "--blob", file, "--signature", signature];
        let run = site.doorward(&[&asked[..], &trusted[..]].concat()).run();
        run.expect_failure(6, &["cannot read pipe", STUCK]);
    }
}

#[test]
fn a_pipe_that_a_file_names_or_that_lies_in_a_directory_is_no_file() {
    let site = site();
    let image = site.reference("shop/web");
    let key = site.path("pipe");
    site.write(
        "policy.json",
        &format!(
            r#"{{"default": [{{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "{}"}}]}}"#,
            key.display()
        ),
    );
    let run = site.doorward(&["verify", &image, "--containers-policy", "policy.json"]);
    run.run()
        .expect(6, &["simple-keyring-invalid", "pipe: not a regular file"]);
    site.write("policy.json", r#"{"default": [{"type": "reject"}]}"#);
    pipe(&site, "registries.d/store.yaml");
    let run = site.doorward(&[
        "verify",
        &image,
        "--containers-policy",
        "policy.json",
        "--registries-d",
        "registries.d",
    ]);
    run.run().expect_failure(6, &["not a regular file"]);
    // One that nobody named is not waited for either.
    pipe(&site, "doorward.yaml");
    let run = site.doorward(&["verify", &image, "-f", "site.yaml"]);
    run.run().expect_failure(6, &["not a regular file"]);
}

#[test]
fn what_a_shell_hands_over_is_read_by_every_option_that_names_a_file() {
    let site = site();
    site.push_signed("shop/web");
    let image = site.reference("shop/web");
    let auth = r#"{"auths": {}}"#;
    for line in [
        format!("\"$0\" verify {image} -f <(cat site.yaml)"),
        format!("\"$0\" verify {image} -f /dev/stdin < site.yaml"),
        format!("cat site.yaml | \"$0\" verify {image} -f /dev/stdin"),
        format!("\"$0\" verify {image} -f site.yaml --config <(echo 'timeout: 20s')"),
        format!("REGISTRY_AUTH_FILE=<(echo '{auth}') \"$0\" verify {image} -f site.yaml"),
    ] {
        let run = shell(&site, &line);
        assert_eq!(run.code, 0, "{line}: {run:#?}");
        run.expect(0, &["ALLOWED"]);
    }
    let run = shell(&site, "\"$0\" admit -f site.yaml <(echo no review)");
    run.expect(6, &["admission-invalid"]);
}

#[test]
fn a_device_in_place_of_a_file_is_refused() {
    let site = site();
    let image = site.reference("shop/web");
    let run = site.doorward(&["verify", &image, "-f", "/dev/zero"]).run();
    run.expect_failure(6, &["cannot read /dev/zero", "it is a device"]);
}
