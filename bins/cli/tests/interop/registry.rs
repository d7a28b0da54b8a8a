//! docker-registry on a loopback port, over plain HTTP.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A running registry, stopped at the end.
pub(crate) struct Registry {
    process: Child,
    address: SocketAddr,
    _storage: TempDir,
}

impl Registry {
    /// Starts an empty registry and waits until it listens.
    ///
    /// # Panics
    /// If it does not within ten seconds.
    pub(crate) fn start() -> Self {
        let storage = tempfile::tempdir().unwrap();
        // Between choosing the port and the registry's taking it another program may come first; then this fails
        // loudly below, and the next run chooses another.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .unwrap();
        let config = storage.path().join("config.yml");
        fs::write(
            &config,
            format!(
                "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete: {{enabled: true}}\nhttp:\n  addr: {address}\n",
                storage.path().join("data").display()
            ),
        )
        .unwrap();
        let process = Command::new("docker-registry")
            .args(["serve".as_ref(), config.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry");
        let mut registry = Self {
            process,
            address,
            _storage: storage,
        };
        registry.wait();
        registry
    }

    /// `127.0.0.1:PORT`, as it stands in an image reference.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the registry before the end.
    pub(crate) fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("docker-registry ended at once: {status}");
            }
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "docker-registry does not listen on {}",
                self.address
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}
