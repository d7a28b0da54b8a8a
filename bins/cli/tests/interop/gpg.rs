//! Keys made by gpg in a home folder of their own.

use std::process::Command;

use tempfile::TempDir;

use crate::tools::must;

/// A gpg home folder, removed at the end together with its agent.
pub(crate) struct Gpg {
    home: TempDir,
}

/// A key in that folder.
pub(crate) struct Key {
    /// The fingerprint of the primary key.
    pub(crate) fingerprint: String,
    /// What to tell a signer: the fingerprint of the key that signs.
    pub(crate) signs_with: String,
}

impl Gpg {
    pub(crate) fn new() -> Self {
        // Directly below the temporary folder: the agent's socket lies in it, and socket paths are short.
        let home = tempfile::Builder::new().prefix("dw-gpg").tempdir().unwrap();
        Self { home }
    }

    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    pub(crate) fn rsa4096(&self, user_id: &str) -> Key {
        self.key(user_id, "rsa4096", "sign")
    }

    pub(crate) fn ed25519(&self, user_id: &str) -> Key {
        self.key(user_id, "ed25519", "sign")
    }

    pub(crate) fn p256(&self, user_id: &str) -> Key {
        self.key(user_id, "nistp256", "sign")
    }

    /// A primary key that may only certify, with a subkey that signs.
    pub(crate) fn signing_subkey(&self, user_id: &str) -> Key {
        let mut key = self.key(user_id, "rsa3072", "cert");
        must(self.gpg().args([
            "--quick-add-key",
            &key.fingerprint,
            "ed25519",
            "sign",
            "never",
        ]));
        // The exclamation mark makes gpg take this very key and not choose one itself.
        key.signs_with = format!("{}!", self.fingerprints(user_id)[1]);
        key
    }

    /// The public key in armour, as it goes into a Secret or a key file.
    pub(crate) fn export(&self, key: &Key) -> Vec<u8> {
        must(self.gpg().args(["--armor", "--export", &key.fingerprint]))
    }

    fn key(&self, user_id: &str, algorithm: &str, usage: &str) -> Key {
        must(
            self.gpg()
                .args(["--quick-gen-key", user_id, algorithm, usage, "never"]),
        );
        let fingerprint = self.fingerprints(user_id).swap_remove(0);
        Key {
            signs_with: fingerprint.clone(),
            fingerprint,
        }
    }

    /// The fingerprints of the primary key and its subkeys, in that order.
    fn fingerprints(&self, user_id: &str) -> Vec<String> {
        let listing = must(self.gpg().args(["--with-colons", "--list-keys", user_id]));
        String::from_utf8(listing)
            .unwrap()
            .lines()
            .filter_map(|line| line.strip_prefix("fpr:"))
            .map(|fields| fields.trim_matches(':').to_owned())
            .collect()
    }

    fn gpg(&self) -> Command {
        let mut command = Command::new("gpg");
        command.env("GNUPGHOME", self.home.path()).args([
            "--batch",
            "--quiet",
            "--no-tty",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
        ]);
        command
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        // Best effort: the agent also ends by itself once its folder is gone.
        let _ = Command::new("gpgconf")
            .env("GNUPGHOME", self.home.path())
            .args(["--kill", "all"])
            .output();
    }
}
