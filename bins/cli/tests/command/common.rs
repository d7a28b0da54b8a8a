//! A site to judge: a registry, a signature store, a signer, and files; and the command that judges it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use doorward_core::Digest;
use doorward_testkit::{
    Image, KeyKind, Lookaside, OpenPgpSigner, Registry, RegistryBuilder, SignOptions,
};
use serde_json::Value;
use tempfile::TempDir;

/// Who signs, unless a test says otherwise.
pub(crate) const SIGNER: &str = "Release <release@shop.example>";

pub(crate) struct Site {
    pub(crate) registry: Registry,
    pub(crate) store: Lookaside,
    pub(crate) signer: OpenPgpSigner,
    files: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(Registry::builder())
    }

    pub(crate) fn with(registry: RegistryBuilder) -> Self {
        Self {
            registry: registry.start_blocking(),
            store: Lookaside::builder().start_blocking(),
            signer: OpenPgpSigner::builder(KeyKind::Ed25519)
                .user_id(SIGNER)
                .build(),
            files: tempfile::tempdir().unwrap(),
        }
    }

    /// A site whose policy wants images under `shop` signed by the signer.
    pub(crate) fn with_policy() -> Self {
        let site = Self::new();
        site.write("site.yaml", &site.documents());
        site
    }

    /// Another signer, whom no policy knows.
    pub(crate) fn stranger() -> OpenPgpSigner {
        OpenPgpSigner::builder(KeyKind::Ed25519)
            .seed(7)
            .user_id("Stranger <stranger@elsewhere.example>")
            .build()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn reference(&self, repository: &str) -> String {
        self.registry.reference(repository, "1.0")
    }

    pub(crate) fn push(&self, repository: &str) -> Digest {
        self.registry
            .push_image(repository, "1.0", &Image::sample(repository))
    }

    pub(crate) fn push_signed(&self, repository: &str) -> Digest {
        let digest = self.push(repository);
        let blob = self.signer.sign(&self.reference(repository), &digest);
        self.store.put(repository, &digest, blob);
        digest
    }

    /// Signed long before the key existed.
    pub(crate) fn push_signed_with(&self, repository: &str, options: &SignOptions) -> Digest {
        let digest = self.push(repository);
        let claim = doorward_testkit::Claim::new(self.reference(repository), &digest);
        self.store
            .put(repository, &digest, self.signer.sign_claim(&claim, options));
        digest
    }

    /// The policy and the key, in one text.
    pub(crate) fn documents(&self) -> String {
        format!("{}---\n{}", self.policy(), self.secret())
    }

    pub(crate) fn policy(&self) -> String {
        self.policy_named("shop", &format!("{}/shop/*", self.registry.address()), "")
    }

    /// A cluster policy with one entry; `fields` are further lines of its body.
    pub(crate) fn policy_named(&self, name: &str, pattern: &str, fields: &str) -> String {
        let mut text = format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: {name}}}\nspec:\n  \
             repositories:\n  - name: \"{pattern}\"\n    policy:\n"
        );
        for line in fields.lines() {
            let _ = writeln!(text, "      {line}");
        }
        let _ = write!(
            text,
            "      simple:\n        storeURL: \"{}\"\n        requirements:\n        \
             - {{type: signedBy, keySecret: release-key, keySecretNamespace: trust}}\n",
            self.store.url()
        );
        text
    }

    pub(crate) fn secret(&self) -> String {
        secret(
            "trust",
            "release-key",
            "key",
            &self.signer.public_key_armored(),
        )
    }

    /// The command in the directory of the files, with nothing of the environment that runs the tests.
    pub(crate) fn doorward(&self, arguments: &[&str]) -> Invocation {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command
            .args(arguments)
            .current_dir(self.files.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.files.path().join("home"))
            .env("DOORWARD_PLAIN_HTTP", self.plain_http());
        Invocation {
            command,
            input: None,
        }
    }

    /// The servers that are asked without TLS.
    pub(crate) fn plain_http(&self) -> String {
        format!("{},{}", self.registry.address(), self.store.address())
    }

    /// `verify` of the image of a repository by the site's own policy.
    pub(crate) fn verify(&self, repository: &str) -> Run {
        self.doorward(&["verify", &self.reference(repository), "-f", "site.yaml"])
            .run()
    }

    /// The same as JSON: the exit, and the one image of the report.
    pub(crate) fn verify_json(&self, repository: &str) -> (i32, Value) {
        let run = self
            .doorward(&[
                "verify",
                &self.reference(repository),
                "-f",
                "site.yaml",
                "-o",
                "json",
            ])
            .run();
        (run.code, run.json()["images"][0].clone())
    }
}

/// A Secret with one item.
pub(crate) fn secret(namespace: &str, name: &str, item: &str, content: &str) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\nstringData:\n  {item}: |\n"
    );
    for line in content.lines() {
        let _ = writeln!(text, "    {line}");
    }
    text
}

/// A command that was put together and not yet run.
pub(crate) struct Invocation {
    command: Command,
    input: Option<Vec<u8>>,
}

impl Invocation {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    pub(crate) fn directory(mut self, path: &Path) -> Self {
        self.command.current_dir(path);
        self
    }

    pub(crate) fn run(mut self) -> Run {
        self.command
            .stdin(if self.input.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        if let (Some(input), Some(mut stdin)) = (self.input, child.stdin.take()) {
            // A command that fails early does not read what it was given.
            let _ = stdin.write_all(&input);
        }
        Run::from(child.wait_with_output().unwrap())
    }

    /// Runs with a standard output that nobody reads.
    pub(crate) fn run_unread(mut self) -> i32 {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = self.command.spawn().unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code().unwrap()
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Ended with `code`, and said every one of `parts` on standard output.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        // Tables break lines between words.
        let flat = self.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(
                self.stdout.contains(part) || flat.contains(part),
                "{part:?} in {self:#?}"
            );
        }
    }

    /// Says of no cause what was said before it.
    #[track_caller]
    pub(crate) fn says_nothing_twice(&self) {
        let mut before: Vec<&str> = Vec::new();
        for line in self.stderr.lines() {
            let said = line.trim_start();
            let said = said.strip_prefix("caused by: ").unwrap_or(said);
            let again = before.iter().any(|earlier| earlier.contains(said));
            assert!(said.is_empty() || !again, "{said:?} again in {self:#?}");
            before.push(said);
        }
    }

    /// Ended with `code`, printed no data, and said every one of `parts` on standard error.
    #[track_caller]
    pub(crate) fn expect_failure(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} in {self:#?}");
        }
    }
}
