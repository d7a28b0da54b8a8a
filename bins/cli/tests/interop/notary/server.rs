//! notary-server on a loopback port, over plain HTTP, with a memory that ends with it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::openssl;
use super::tokens::TokenService;
use crate::process::{Process, free_address};

/// Who holds the keys of the server's roles.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    /// The server itself; they are Ed25519.
    Local,
    /// notary-signer, over mutual TLS; they are ECDSA.
    Signer,
}

/// A running server, stopped at the end, with its signer.
pub(crate) struct Server {
    process: Process,
    authority: Option<PathBuf>,
    _signer: Option<Process>,
    _files: TempDir,
}

impl Server {
    /// Starts an empty server; with a token service it answers only who has a token of it.
    pub(crate) fn start(keys: Keys, tokens: Option<&TokenService>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let (signer, trust_service) = match keys {
            Keys::Local => (None, json!({"type": "local"})),
            Keys::Signer => {
                let (signer, trust_service) = start_signer(&files);
                (Some(signer), trust_service)
            }
        };
        let address = free_address();
        let mut config = json!({
            "server": {"http_addr": address.to_string()},
            "trust_service": trust_service,
            "storage": {"backend": "memory"},
            "logging": {"level": "error"},
        });
        if let Some(tokens) = tokens {
            config["auth"] = tokens.server_options();
        }
        Self {
            process: start("notary-server", &files, &config, address),
            authority: None,
            _signer: signer,
            _files: files,
        }
    }

    /// Starts an empty server that speaks TLS, with a certificate of the site's own authority.
    pub(crate) fn start_with_tls() -> Self {
        let files = tempfile::tempdir().unwrap();
        let tls = openssl::mutual_tls(files.path());
        let address = free_address();
        let config = json!({
            "server": {
                "http_addr": address.to_string(),
                "tls_cert_file": tls.server.certificate,
                "tls_key_file": tls.server.key,
            },
            "trust_service": {"type": "local"},
            "storage": {"backend": "memory"},
            "logging": {"level": "error"},
        });
        Self {
            process: start("notary-server", &files, &config, address),
            authority: Some(tls.authority),
            _signer: None,
            _files: files,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// The URL as publishers name it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.authority.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address())
    }

    /// The certificate of the authority that the server's is from, if it speaks TLS.
    pub(crate) fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// Stops the server before the end.
    pub(crate) fn stop(&mut self) {
        self.process.stop();
    }
}

fn start_signer(files: &TempDir) -> (Process, Value) {
    let tls = openssl::mutual_tls(files.path());
    let address = free_address();
    let config = json!({
        "server": {
            "grpc_addr": address.to_string(),
            "tls_cert_file": tls.server.certificate,
            "tls_key_file": tls.server.key,
            "client_ca_file": tls.authority,
        },
        "storage": {"backend": "memory"},
        "logging": {"level": "error"},
    });
    let signer = start("notary-signer", files, &config, address);
    let trust_service = json!({
        "type": "remote",
        "hostname": address.ip().to_string(),
        "port": address.port().to_string(),
        "key_algorithm": "ecdsa",
        "tls_ca_file": tls.authority,
        "tls_client_cert": tls.client.certificate,
        "tls_client_key": tls.client.key,
    });
    (signer, trust_service)
}

fn start(program: &str, files: &TempDir, config: &Value, address: SocketAddr) -> Process {
    let file = files.path().join(format!("{program}.json"));
    fs::write(&file, config.to_string()).unwrap();
    Process::start(Command::new(program).arg("-config").arg(file), address)
}
