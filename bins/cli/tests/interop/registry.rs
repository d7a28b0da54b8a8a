//! docker-registry on a loopback port, over plain HTTP.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Process, free_address};

/// A running registry, stopped at the end.
pub(crate) struct Registry {
    process: Process,
    _storage: TempDir,
}

impl Registry {
    /// Starts an empty registry and waits until it listens.
    ///
    /// # Panics
    /// If it does not within ten seconds.
    pub(crate) fn start() -> Self {
        Self::start_for(None)
    }

    /// The same for those who are in a file of `htpasswd`, if one is given.
    ///
    /// # Panics
    /// If it does not listen within ten seconds.
    pub(crate) fn start_for(passwords: Option<&str>) -> Self {
        let storage = tempfile::tempdir().unwrap();
        let address = free_address();
        let config = storage.path().join("config.yml");
        let auth = passwords.map_or_else(String::new, |passwords| {
            let file = storage.path().join("htpasswd");
            fs::write(&file, passwords).unwrap();
            format!(
                "auth:\n  htpasswd: {{realm: site, path: {}}}\n",
                file.display()
            )
        });
        fs::write(
            &config,
            format!(
                "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete: {{enabled: true}}\nhttp:\n  addr: {address}\n{auth}",
                storage.path().join("data").display()
            ),
        )
        .unwrap();
        let mut command = Command::new("docker-registry");
        command.args(["serve".as_ref(), config.as_os_str()]);
        Self {
            process: Process::start(&mut command, address),
            _storage: storage,
        }
    }

    /// `127.0.0.1:PORT`, as it stands in an image reference.
    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Stops the registry before the end.
    pub(crate) fn stop(&mut self) {
        self.process.stop();
    }
}
