//! Certificates for going out, by server.

use std::fmt;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::BuildError;

/// Whom servers are believed by beside the authorities of the system, and what this program shows of itself to whom.
///
/// What is for one host (`host` or `host:port`) is used for that server alone, also where it leads elsewhere.
#[derive(Clone, Default)]
#[must_use]
pub struct TlsMaterial {
    /// PEM texts of authorities, for one host or for all.
    pub(crate) authorities: Vec<(Option<String>, Vec<u8>)>,
    /// What is shown to hosts that ask for a client certificate.
    pub(crate) identities: Vec<(String, Identity)>,
}

/// A client certificate with its chain, and its key. `Debug` shows neither.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// The same, read.
pub(crate) struct ReadIdentity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl TlsMaterial {
    /// Nothing beside the authorities of the system.
    pub fn new() -> Self {
        Self::default()
    }

    /// Believes the certificates in a PEM text: for one host (`host` or `host:port`), or without one for all.
    pub fn authority(mut self, host: Option<&str>, pem: impl Into<Vec<u8>>) -> Self {
        self.authorities.push((host.map(str::to_owned), pem.into()));
        self
    }

    /// Shows this client certificate, in PEM with its chain behind it, to a host that asks for one. The key is in PEM too:
    /// PKCS #8, PKCS #1 or SEC 1. Of several for one host the last one counts.
    pub fn client_certificate(
        mut self,
        host: &str,
        chain_pem: impl Into<Vec<u8>>,
        key_pem: impl Into<Vec<u8>>,
    ) -> Self {
        let identity = Identity {
            chain: chain_pem.into(),
            key: key_pem.into(),
        };
        self.identities.push((host.to_owned(), identity));
        self
    }

    /// This and what `other` has.
    pub fn and(mut self, other: Self) -> Self {
        self.authorities.extend(other.authorities);
        self.identities.extend(other.identities);
        self
    }
}

impl Identity {
    /// Reads certificate and key.
    pub(crate) fn read(&self) -> Result<ReadIdentity, BuildError> {
        let invalid = |detail: String| BuildError::InvalidClientCertificate { detail };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.chain).collect();
        let chain = chain.map_err(|error| invalid(error.to_string()))?;
        if chain.is_empty() {
            return Err(invalid("there is no certificate in it".to_owned()));
        }
        // The words of the library may quote what it read, which is a key.
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| invalid("its key is not one private key in PEM".to_owned()))?;
        Ok(ReadIdentity { chain, key })
    }
}

impl fmt::Debug for TlsMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> = self.identities.iter().map(|(host, _)| host).collect();
        f.debug_struct("TlsMaterial")
            .field("authorities", &self.authorities.len())
            .field("client_certificates", &hosts)
            .finish()
    }
}
