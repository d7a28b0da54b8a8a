//! A web server for a folder of signatures, as small as it can be: what any site has for the purpose.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::http::{Response, serve};

/// A folder of signatures and its web server, which lives as long as the test process.
pub(crate) struct Lookaside {
    folder: TempDir,
    address: SocketAddr,
}

impl Lookaside {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        let address = serve(move |request| {
            let path = request
                .target
                .trim_start_matches('/')
                .replace("%3D", "=")
                .replace("%40", "@");
            match fs::read(root.join(path)) {
                Ok(body) => Response::new(200, body),
                Err(_) => Response::new(404, ""),
            }
        });
        Self { folder, address }
    }

    /// The base URL that readers use.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder that a signer writes to.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a signature: `path` is the repository without its registry, `number` counts from 1.
    pub(crate) fn file(
        &self,
        path: &str,
        digest: &doorward_core::Digest,
        number: usize,
    ) -> PathBuf {
        self.folder
            .path()
            .join(format!("{path}@sha256={}/signature-{number}", digest.hex()))
    }
}
