//! docker-registry with passwords, whose only credential comes from a credential provider of the kubelet.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::command::verify;
use crate::image::Image;
use crate::registry::Registry;
use crate::tools::{are_there, must};

/// `cloud` with the password `s3cret-word`, by bcrypt.
const PASSWORDS: &str = "cloud:$2y$05$abcdefghijklmnopqrstuuEpHRRKIlpAGo.iP7Bpa.htQEJMAAnRe\n";
const POLICY: &str = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;

/// Puts a provider for the registry into the folder, which answers with this password after `before`.
fn provide(folder: &Path, registry: &Registry, before: &str, password: &str) {
    let address = registry.address();
    let programs = folder.join("providers");
    fs::create_dir_all(&programs).unwrap();
    fs::set_permissions(&programs, Permissions::from_mode(0o755)).unwrap();
    let program = programs.join("cloud");
    let answer = format!(
        r#"{{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderResponse","cacheKeyType":"Registry","cacheDuration":"1m","auth":{{"{address}":{{"username":"cloud","password":"{password}"}}}}}}"#
    );
    let script = programs.join("script");
    fs::write(&script, format!("#!/bin/sh\n{before}\necho '{answer}'\n")).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    // Another process writes the program: of one that this one writes, a fork of another test may hold the file open, and
    // then it cannot be run.
    must(Command::new("cp").args([&script, &program]));
    let configuration = format!(
        "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n  - name: cloud\n    \
         matchImages: ['{address}/team']\n    defaultCacheDuration: 10m\n    \
         apiVersion: credentialprovider.kubelet.k8s.io/v1\n"
    );
    fs::write(folder.join("providers.yaml"), configuration).unwrap();
    fs::write(folder.join("policy.json"), POLICY).unwrap();
}

#[test]
fn the_credential_of_a_provider_opens_a_registry_of_the_field_and_a_wrong_or_missing_one_does_not()
{
    if !are_there(&["docker-registry", "skopeo"]) {
        return;
    }
    let registry = Registry::start_for(Some(PASSWORDS));
    let folder = tempfile::tempdir().unwrap();
    let (image, layout) = (Image::new("private"), folder.path().join("layout"));
    image.write(&layout);
    for name in ["team/app", "other/app"] {
        must(
            Command::new("skopeo")
                .args([
                    "--insecure-policy",
                    "copy",
                    "--quiet",
                    "--dest-tls-verify=false",
                ])
                .arg("--dest-creds=cloud:s3cret-word")
                .arg(format!("oci:{}:image", layout.display()))
                .arg(format!("docker://{}/{name}:1", registry.address())),
        );
    }
    let judged = |name: &str| {
        let at = |file: &str| folder.path().join(file).into_os_string();
        let plain = registry.address().to_string();
        let (policy, configuration, programs) =
            (at("policy.json"), at("providers.yaml"), at("providers"));
        let options = [
            ("--plain-http", plain.as_ref()),
            ("--containers-policy", policy.as_os_str()),
            (
                "--image-credential-provider-config",
                configuration.as_os_str(),
            ),
            ("--image-credential-provider-bin-dir", programs.as_os_str()),
        ];
        let got = verify(folder.path(), &options, &format!("{plain}/{name}:1"));
        assert!(!got.report.to_string().contains("s3cret-word"));
        got
    };
    provide(folder.path(), &registry, "cat > /dev/null", "s3cret-word");
    let got = judged("team/app");
    assert_eq!(got.exit, 0, "{}", got.report);
    let pinned = format!("{}/team/app@{}", registry.address(), image.digest());
    assert_eq!(got.report["images"][0]["pinned"], pinned);
    // It is there for the images of another team only.
    let got = judged("other/app");
    assert_eq!(got.exit, 5, "{}", got.report);
    assert_eq!(got.report["images"][0]["code"], "registry-unauthorized");
    provide(folder.path(), &registry, "", "wrong");
    let got = judged("team/app");
    assert_eq!(got.report["images"][0]["code"], "registry-unauthorized");
    provide(folder.path(), &registry, "exit 1", "s3cret-word");
    let got = judged("team/app");
    assert_eq!(got.exit, 5, "{}", got.report);
    assert_eq!(
        got.report["images"][0]["code"],
        "credential-provider-failed"
    );
}
