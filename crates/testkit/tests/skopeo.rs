//! The registry and the store as skopeo sees them.
//!
//! Skipped, by name, where `skopeo` or `gpg` is not installed; with `DOORWARD_REQUIRE_TOOLS=1` that is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use doorward_core::Basic;
use doorward_testkit::{
    BlobRedirect, Image, ImageBuilder, ImageFormat, IndexBuilder, KeyKind, Lookaside,
    LookasideDirectory, OciLayout, OpenPgpSigner, Profile, Registry, SignatureExtension,
};

/// Says that a test is skipped because a tool is missing, or fails if that is not allowed.
fn is_missing(test: &str, tools: &[&str]) -> bool {
    for tool in tools {
        if Command::new(tool).arg("--version").output().is_ok() {
            continue;
        }
        assert!(
            std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
            "{tool} is not installed, and DOORWARD_REQUIRE_TOOLS=1 forbids skipping {test}"
        );
        eprintln!("skipped {test}: {tool} is not installed");
        return true;
    }
    false
}

/// A home directory for skopeo and GnuPG that holds nothing of the user's.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let private = std::fs::Permissions::from_mode(0o700);
        let home = tempfile::Builder::new()
            .prefix("sk")
            .permissions(private)
            .tempdir()
            .unwrap();
        std::fs::create_dir(home.path().join("registries.d")).unwrap();
        Self(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("GNUPGHOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path());
        command
    }

    fn skopeo(&self, arguments: &[&str]) -> Output {
        let registries = format!(
            "--registries.d={}",
            self.path().join("registries.d").display()
        );
        self.command("skopeo")
            .args([&registries, "--insecure-policy"])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Like [`skopeo`](Self::skopeo), with the policy in a file.
    fn skopeo_with_policy(&self, policy: &serde_json::Value, arguments: &[&str]) -> Output {
        let path = self.path().join("policy.json");
        std::fs::write(&path, policy.to_string()).unwrap();
        let registries = format!(
            "--registries.d={}",
            self.path().join("registries.d").display()
        );
        self.command("skopeo")
            .args([&registries, "--policy", &path.display().to_string()])
            .args(arguments)
            .output()
            .unwrap()
    }

    fn layout(&self, image: &Image) -> String {
        let layout = OciLayout::create(self.path().join("layout")).unwrap();
        layout.push("it", image).unwrap();
        format!("oci:{}:it", layout.base().display())
    }

    fn lookaside(&self, yaml: &str) {
        let text = format!("default-docker:\n{yaml}");
        std::fs::write(self.path().join("registries.d/default.yaml"), text).unwrap();
    }

    fn out(&self) -> (PathBuf, String) {
        let path = self.path().join("out");
        let target = format!("dir:{}", path.display());
        (path, target)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // GnuPG leaves an agent behind when it used a secret key.
        let _ = self.command("gpgconf").args(["--kill", "all"]).output();
    }
}

fn succeeded(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn policy(signer: &OpenPgpSigner) -> serde_json::Value {
    serde_json::json!({"default": [{
        "type": "signedBy",
        "keyType": "GPGKeys",
        "keyData": base64(&signer.public_key_binary()),
        "signedIdentity": {"type": "matchRepository"},
    }]})
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

#[test]
fn skopeo_pushes_and_pulls_by_the_manners_of_every_profile() {
    if is_missing(
        "skopeo_pushes_and_pulls_by_the_manners_of_every_profile",
        &["skopeo"],
    ) {
        return;
    }
    for profile in Profile::ALL {
        let registry = Registry::builder()
            .profile(profile)
            .account("alice", "secret")
            .start_blocking();
        let home = Home::new();
        let image = Image::sample(&format!("{profile:?}"));
        let target = format!("docker://{}", registry.reference("team/app", "1"));
        let source = home.layout(&image);
        let push = |password: &str| {
            let credentials = format!("alice:{password}");
            home.skopeo(&[
                "copy",
                "--preserve-digests",
                "--dest-tls-verify=false",
                "--dest-creds",
                &credentials,
                &source,
                &target,
            ])
        };
        assert!(!push("wrong").status.success(), "{profile:?}");
        succeeded(&push("secret"));
        assert_eq!(
            registry.resolve("team/app", "1").as_ref(),
            Some(image.digest()),
            "{profile:?}"
        );
        let (_, out) = home.out();
        succeeded(&home.skopeo(&[
            "copy",
            "--src-tls-verify=false",
            "--src-creds=alice:secret",
            &target,
            &out,
        ]));
    }
}

#[test]
fn skopeo_pulls_every_format_over_tls_and_redirects() {
    if is_missing(
        "skopeo_pulls_every_format_over_tls_and_redirects",
        &["skopeo"],
    ) {
        return;
    }
    let registry = Registry::builder()
        .tls()
        .blob_redirect(BlobRedirect::OtherHost)
        .start_blocking();
    let home = Home::new();
    let certificates = home.path().join("certs");
    std::fs::create_dir(&certificates).unwrap();
    std::fs::write(certificates.join("ca.crt"), registry.ca_pem().unwrap()).unwrap();
    let docker = ImageBuilder::new()
        .format(ImageFormat::Docker)
        .file("a", "docker")
        .build();
    let index = IndexBuilder::new()
        .image("linux/amd64", Image::sample("amd"))
        .image("linux/arm64", Image::sample("arm"))
        .build();
    registry.push_image("app", "oci", &Image::sample("oci"));
    registry.push_image("app", "docker", &docker);
    registry.push_image("app", "index", &index);
    let (path, out) = home.out();
    for tag in ["oci", "docker", "index"] {
        let source = format!("docker://{}", registry.reference("app", tag));
        succeeded(&home.skopeo(&[
            "copy",
            "--all",
            "--preserve-digests",
            "--src-cert-dir",
            &certificates.display().to_string(),
            &source,
            &out,
        ]));
        let manifest = std::fs::read(path.join("manifest.json")).unwrap();
        let digest = registry.resolve("app", tag).unwrap();
        assert!(digest.matches(&manifest), "{tag}");
    }
}

#[test]
fn skopeo_accepts_what_the_signer_signs_wherever_it_is_stored() {
    let tools = ["skopeo", "gpg"];
    if is_missing(
        "skopeo_accepts_what_the_signer_signs_wherever_it_is_stored",
        &tools,
    ) {
        return;
    }
    let image = Image::sample("signed");
    let digest = image.digest();
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let stranger = OpenPgpSigner::builder(KeyKind::Ed25519).seed(1).build();
    let home = Home::new();
    let registry = Registry::builder().start_blocking();
    registry.push_image("team/app", "1", &image);
    let reference = registry.reference("team/app", "1");
    let blob = signer.sign(&reference, digest);
    let (_, out) = home.out();
    let source = format!("docker://{reference}");
    let pull = |signer: &OpenPgpSigner| {
        let arguments = [
            "copy",
            "--src-tls-verify=false",
            "--remove-signatures",
            &source,
            &out,
        ];
        home.skopeo_with_policy(&policy(signer), &arguments)
    };

    let directory = LookasideDirectory::new(home.path().join("sigs"));
    home.lookaside(&format!(
        "  lookaside: {0}\n  sigstore: {0}\n",
        directory.url()
    ));
    assert!(!pull(&signer).status.success(), "nothing is signed yet");
    directory.put("team/app", digest, &blob).unwrap();
    succeeded(&pull(&signer));
    assert!(!pull(&stranger).status.success());

    let store = Lookaside::builder()
        .base_path("/sigs")
        .basic_auth(Basic::new("user", "pass"))
        .start_blocking();
    let url = store.url().replace("://", "://user:pass@");
    home.lookaside(&format!("  lookaside: {url}\n  sigstore: {url}\n"));
    assert!(!pull(&signer).status.success(), "the store is empty");
    store.put("team/app", digest, blob.clone());
    succeeded(&pull(&signer));

    home.lookaside("  lookaside: file:///nowhere\n  sigstore: file:///nowhere\n");
    registry.set_signature_extension(SignatureExtension::supported());
    assert!(!pull(&signer).status.success(), "the extension is empty");
    registry.put_signature("team/app", digest, &blob);
    succeeded(&pull(&signer));
}

#[test]
fn skopeo_signs_with_an_exported_key_into_the_signature_extension() {
    let tools = ["skopeo", "gpg"];
    if is_missing(
        "skopeo_signs_with_an_exported_key_into_the_signature_extension",
        &tools,
    ) {
        return;
    }
    let signer = OpenPgpSigner::new(KeyKind::Rsa2048);
    let home = Home::new();
    let secret = home.path().join("secret.asc");
    std::fs::write(&secret, signer.secret_key_armored()).unwrap();
    let imported = home
        .command("gpg")
        .args(["--batch", "--import"])
        .arg(&secret)
        .output()
        .unwrap();
    succeeded(&imported);
    let registry = Registry::builder()
        .signature_extension(SignatureExtension::supported())
        .start_blocking();
    let image = Image::sample("signed by skopeo");
    let reference = registry.reference("team/app", "1");
    let target = format!("docker://{reference}");
    succeeded(&home.skopeo(&[
        "copy",
        "--dest-tls-verify=false",
        "--sign-by",
        &signer.fingerprint(),
        &home.layout(&image),
        &target,
    ]));
    let (_, out) = home.out();
    let pull = [
        "copy",
        "--src-tls-verify=false",
        "--remove-signatures",
        &target,
        &out,
    ];
    succeeded(&home.skopeo_with_policy(&policy(&signer), &pull));
    let digest = registry.resolve("team/app", "1").unwrap();
    registry.clear_signatures("team/app", &digest);
    let refused = home.skopeo_with_policy(&policy(&signer), &pull);
    assert!(!refused.status.success());
}
