//! A web server for a folder of signatures, as small as it can be: what any site has for the purpose.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of signatures and its web server, which lives as long as the test process.
pub(crate) struct Lookaside {
    folder: TempDir,
    address: SocketAddr,
}

impl Lookaside {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let root = folder.path().to_owned();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                let _ = answer(&connection, &root);
            }
        });
        Self { folder, address }
    }

    /// The base URL that readers use.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
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

/// Serves one request; the connection is closed after it.
fn answer(connection: &TcpStream, root: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines
        .next()
        .transpose()?
        .is_some_and(|header| !header.is_empty())
    {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let path = path
        .trim_start_matches('/')
        .replace("%3D", "=")
        .replace("%40", "@");
    let (status, body) = match fs::read(root.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let mut connection = connection;
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    connection.write_all(&body)
}
