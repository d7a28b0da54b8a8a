//! Keys, certificates and the kubeconfig.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;
use serde_json::json;

use crate::tls::{IssuedCertificate, TlsAuthority};

/// The group whose members may do everything.
const MASTERS: &str = "system:masters";

/// What the programs and their clients show and trust.
pub(crate) struct Papers {
    pub(crate) authority: TlsAuthority,
    pub(crate) admin: IssuedCertificate,
}

impl Papers {
    /// Makes them and writes into `folder` what the programs read: `ca.crt`, `apiserver.crt` and `.key`, `sa.key` and
    /// `sa.pub`.
    pub(crate) fn issue(folder: &Path) -> Self {
        let authority = TlsAuthority::new();
        let server = authority.issue_for(&[
            "127.0.0.1",
            "10.0.0.1",
            "localhost",
            "kubernetes.default.svc",
        ]);
        let admin = authority.issue_client("doorward-testkit", &[MASTERS]);
        let accounts = KeyPair::generate().expect("a P-256 key can be generated");
        write(folder, "ca.crt", authority.ca_pem());
        write(folder, "apiserver.crt", &server.certificate_pem);
        write(folder, "apiserver.key", &server.key_pem);
        write(folder, "sa.key", &accounts.serialize_pem());
        write(folder, "sa.pub", &accounts.public_key_pem());
        Self { authority, admin }
    }

    /// Writes a kubeconfig of the administrator.
    pub(crate) fn write_kubeconfig(&self, folder: &Path, name: &str, url: &str) {
        let encoded = |pem: &str| STANDARD.encode(pem);
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "testkit",
            "clusters": [{"name": "testkit", "cluster": {
                "server": url,
                "certificate-authority-data": encoded(self.authority.ca_pem()),
            }}],
            "users": [{"name": "admin", "user": {
                "client-certificate-data": encoded(&self.admin.certificate_pem),
                "client-key-data": encoded(&self.admin.key_pem),
            }}],
            "contexts": [{"name": "testkit", "context": {"cluster": "testkit", "user": "admin"}}],
        });
        write(folder, name, &config.to_string());
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(folder.join(name));
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("the folder can be written");
}
