//! The `notary` client: a publisher with keys, or a reader with nothing but what it has seen.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_core::Digest;
use tempfile::TempDir;

use super::GUN;
use super::openssl::DelegationKey;
use crate::image::Image;
use crate::tools::{must, run};

/// What protects the keys in a trust directory.
const PASSPHRASE: &str = "correct horse battery staple";

/// A client with a trust directory of its own, removed at the end.
pub(crate) struct Client {
    home: TempDir,
    server: String,
    account: Option<String>,
    authority: Option<PathBuf>,
}

/// A tag as a client sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) tag: String,
    pub(crate) digest: String,
    pub(crate) role: String,
}

impl Client {
    pub(crate) fn new(server: &str) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            server: server.to_owned(),
            account: None,
            authority: None,
        }
    }

    /// Shows this account to a token service.
    pub(crate) fn with_account(mut self, user: &str, password: &str) -> Self {
        self.account = Some(BASE64_STANDARD.encode(format!("{user}:{password}")));
        self
    }

    /// Believes servers with a certificate of this authority.
    pub(crate) fn with_authority(mut self, authority: &Path) -> Self {
        self.authority = Some(authority.to_owned());
        self
    }

    /// The directory in which the client keeps what it trusts.
    pub(crate) fn trust_directory(&self) -> PathBuf {
        self.home.path().join("trust")
    }

    /// Sets the collection up.
    pub(crate) fn init(&self) {
        must(&mut self.command(&["init", "--publish", GUN]));
    }

    /// Signs a tag in `targets` or a delegation, and publishes that.
    pub(crate) fn add(&self, role: &str, tag: &str, image: &Image) {
        let (size, digest) = (image.size().to_string(), image.digest());
        let arguments = ["addhash", "--publish", GUN, tag, &size];
        must(
            self.command(&arguments)
                .args(["--sha256", digest.hex()])
                .args(["--roles", role]),
        );
    }

    /// Takes a tag back.
    pub(crate) fn remove(&self, role: &str, tag: &str) {
        must(
            self.command(&["remove", "--publish", GUN, tag])
                .args(["--roles", role]),
        );
    }

    /// Lets the holder of a key speak about every tag in a role of its own.
    pub(crate) fn delegate(&self, role: &str, key: &DelegationKey) {
        must(
            self.command(&["delegation", "add", "--publish", GUN, role])
                .arg(&key.certificate)
                .arg("--all-paths"),
        );
    }

    /// Takes the private key of a delegation in.
    pub(crate) fn import(&self, role: &str, key: &DelegationKey) {
        must(
            self.command(&["key", "import"])
                .arg(&key.key)
                .args(["--role", role]),
        );
    }

    /// Replaces the key of a role.
    pub(crate) fn rotate(&self, role: &str) {
        let mut child = self
            .command(&["key", "rotate", GUN, role])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It asks before it replaces a root key.
        let _ = child.stdin.take().unwrap().write_all(b"yes\n");
        assert!(child.wait().unwrap().success(), "rotating the {role} key");
    }

    /// Replaces the key of a role by one that the server has.
    pub(crate) fn hand_over(&self, role: &str) {
        must(&mut self.command(&["key", "rotate", GUN, role, "--server-managed"]));
    }

    /// The ID of the root key, as the `root.json` names it that this client read or wrote last.
    pub(crate) fn root_key_id(&self) -> String {
        let trust = self.trust_directory().join("tuf").join(GUN);
        let root = std::fs::read(trust.join("metadata/root.json")).unwrap();
        let root: serde_json::Value = serde_json::from_slice(&root).unwrap();
        let id = &root["signed"]["roles"]["root"]["keyids"][0];
        id.as_str().expect("a root key").to_owned()
    }

    /// What this client believes, or nothing if it refuses. The roles that may release come first.
    pub(crate) fn list(&self) -> Option<Vec<Row>> {
        let output = self.ask(&["list", GUN, "--roles", "targets/releases,targets"]);
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| {
            text.lines()
                .filter_map(
                    |line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                        [tag, digest, _, role] if digest.len() == 64 => Some(Row {
                            tag: tag.to_owned(),
                            digest: format!("sha256:{digest}"),
                            role: role.to_owned(),
                        }),
                        _ => None,
                    },
                )
                .collect()
        })
    }

    /// The digest that a tag is released as, in the eyes of this client: signed by one of the two roles that release.
    pub(crate) fn released(&self, tag: &str) -> Option<Digest> {
        let rows = self.list()?;
        let row = rows.into_iter().find(|row| row.tag == tag)?;
        ["targets", "targets/releases"]
            .contains(&row.role.as_str())
            .then(|| row.digest.parse().unwrap())
    }

    /// What a client that does not know of roles says a tag is.
    pub(crate) fn lookup(&self, tag: &str) -> Option<Digest> {
        let output = self.ask(&["lookup", GUN, tag]);
        let text = String::from_utf8(output.stdout).unwrap();
        output
            .status
            .success()
            .then(|| text.split_whitespace().nth(1).unwrap().parse().unwrap())
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        run(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let home: &Path = self.home.path();
        let mut command = Command::new("notary");
        command
            .env_clear()
            .env("HOME", home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .arg("--server")
            .arg(&self.server)
            .arg("--trustDir")
            .arg(self.trust_directory())
            .args(arguments);
        for role in ["ROOT", "TARGETS", "SNAPSHOT", "DELEGATION"] {
            command.env(format!("NOTARY_{role}_PASSPHRASE"), PASSPHRASE);
        }
        if let Some(authority) = &self.authority {
            command.arg("--tlscacert").arg(authority);
        }
        if let Some(account) = &self.account {
            command.env("NOTARY_AUTH", account);
        }
        command
    }
}
