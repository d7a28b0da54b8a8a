//! Keys and certificates made by openssl, as a site makes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::must;

/// A private key and its certificate, in PEM files.
pub(crate) struct DelegationKey {
    pub(crate) key: PathBuf,
    pub(crate) certificate: PathBuf,
}

impl DelegationKey {
    /// A P-256 key for somebody, with a certificate of its own.
    pub(crate) fn p256(folder: &Path, name: &str) -> Self {
        Self::new(
            folder,
            name,
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        )
    }

    /// An RSA key of 2048 bits.
    pub(crate) fn rsa2048(folder: &Path, name: &str) -> Self {
        Self::new(folder, name, &["-newkey", "rsa:2048"])
    }

    fn new(folder: &Path, name: &str, algorithm: &[&str]) -> Self {
        let made = Self {
            key: folder.join(format!("{name}.key")),
            certificate: folder.join(format!("{name}.crt")),
        };
        must(
            Command::new("openssl")
                .args(["req", "-x509", "-nodes", "-days", "365"])
                .args(["-subj", &format!("/CN={name}")])
                .args(algorithm)
                .arg("-keyout")
                .arg(&made.key)
                .arg("-out")
                .arg(&made.certificate),
        );
        made
    }

    /// The certificate in PEM.
    pub(crate) fn certificate_pem(&self) -> String {
        fs::read_to_string(&self.certificate).unwrap()
    }

    /// The public key in PEM.
    pub(crate) fn public_pem(&self) -> String {
        let pem = must(
            Command::new("openssl")
                .args(["pkey", "-pubout", "-in"])
                .arg(&self.key),
        );
        String::from_utf8(pem).unwrap()
    }
}

/// Who two servers that identify each other are.
pub(super) struct MutualTls {
    pub(super) authority: PathBuf,
    pub(super) server: DelegationKey,
    pub(super) client: DelegationKey,
}

/// An authority, and certificates from it for the two ends of a connection on loopback.
pub(super) fn mutual_tls(folder: &Path) -> MutualTls {
    let authority = DelegationKey::rsa2048(folder, "authority");
    let issue = |name: &str| {
        let request = folder.join(format!("{name}.csr"));
        let extensions = folder.join(format!("{name}.ext"));
        fs::write(&extensions, "subjectAltName=IP:127.0.0.1\n").unwrap();
        let issued = DelegationKey {
            key: folder.join(format!("{name}.key")),
            certificate: folder.join(format!("{name}.crt")),
        };
        must(
            Command::new("openssl")
                .args(["req", "-newkey", "rsa:2048", "-nodes"])
                .args(["-subj", &format!("/CN={name}")])
                .arg("-keyout")
                .arg(&issued.key)
                .arg("-out")
                .arg(&request),
        );
        must(
            Command::new("openssl")
                .args(["x509", "-req", "-days", "2", "-CAcreateserial"])
                .arg("-CA")
                .arg(&authority.certificate)
                .arg("-CAkey")
                .arg(&authority.key)
                .arg("-extfile")
                .arg(&extensions)
                .arg("-in")
                .arg(&request)
                .arg("-out")
                .arg(&issued.certificate),
        );
        issued
    };
    MutualTls {
        server: issue("signer"),
        client: issue("server"),
        authority: authority.certificate,
    }
}
