//! The serving certificate.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use doorward_core::Timestamp;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// What TLS is served with, as it stands in the files.
#[derive(Clone)]
pub struct TlsFiles {
    /// The certificate and its chain, leaf first, PEM.
    pub certificate: Vec<u8>,
    /// The key, PEM.
    pub key: Vec<u8>,
    /// Authorities of client certificates, PEM. With them, a client without certificate is turned away.
    pub client_authorities: Option<Vec<u8>>,
}

impl std::fmt::Debug for TlsFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsFiles").finish_non_exhaustive()
    }
}

/// A server configuration and how long its certificate is valid.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The configuration, offering h2 and HTTP/1.1.
    pub config: Arc<ServerConfig>,
    /// The end of the leaf certificate's validity.
    pub expires: Timestamp,
}

impl Tls {
    /// Checks that certificate and key belong together and builds the configuration.
    ///
    /// # Errors
    /// If a file is not what it should be. The text names the file and never shows its bytes.
    pub fn new(files: &TlsFiles) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain =
            certificates(&files.certificate).context("the serving certificate is not usable")?;
        let leaf = chain
            .first()
            .ok_or_else(|| anyhow!("the serving certificate is missing"))?;
        let expires = not_after(leaf).context("the serving certificate is not usable")?;
        let key = PrivateKeyDer::from_pem_slice(&files.key)
            .map_err(|_| anyhow!("the serving key is not one private key in PEM"))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &files.client_authorities {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for authority in
                    certificates(pem).context("the client authorities are not usable")?
                {
                    roots
                        .add(authority)
                        .context("the client authorities are not usable")?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .context("the serving certificate and key do not belong together")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            expires,
        })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| anyhow!("it is not PEM"))?;
    if certificates.is_empty() {
        return Err(anyhow!("it holds no certificate"));
    }
    Ok(certificates)
}

fn not_after(certificate: &CertificateDer<'_>) -> Result<Timestamp> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|_| anyhow!("it is not an X.509 certificate"))?;
    Ok(Timestamp::from_unix(
        parsed.validity().not_after.timestamp(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> TlsFiles {
        let made = rcgen::generate_simple_self_signed(vec!["webhook.example".to_owned()]).unwrap();
        TlsFiles {
            certificate: made.cert.pem().into_bytes(),
            key: made.signing_key.serialize_pem().into_bytes(),
            client_authorities: None,
        }
    }

    fn refused(files: &TlsFiles) -> String {
        format!("{:#}", Tls::new(files).expect_err("refused"))
    }

    #[test]
    fn a_certificate_with_its_key_offers_h2_and_http_1() {
        let tls = Tls::new(&files()).unwrap();
        assert_eq!(
            tls.config.alpn_protocols,
            [b"h2".to_vec(), b"http/1.1".to_vec()]
        );
        assert!(tls.expires > Timestamp::from_unix(0));
    }

    #[test]
    fn the_key_of_another_certificate_is_refused() {
        let mixed = TlsFiles {
            key: files().key,
            ..files()
        };
        assert!(refused(&mixed).contains("do not belong together"));
    }

    #[test]
    fn files_that_are_empty_or_not_pem_are_refused_by_name() {
        let good = files();
        assert!(
            refused(&TlsFiles {
                certificate: Vec::new(),
                ..good.clone()
            })
            .contains("serving certificate")
        );
        assert!(
            refused(&TlsFiles {
                certificate: b"lol".to_vec(),
                ..good.clone()
            })
            .contains("serving certificate")
        );
        assert!(
            refused(&TlsFiles {
                key: b"lol".to_vec(),
                ..good.clone()
            })
            .contains("serving key")
        );
        assert!(
            refused(&TlsFiles {
                key: good.certificate.clone(),
                ..good.clone()
            })
            .contains("serving key")
        );
        assert!(
            refused(&TlsFiles {
                client_authorities: Some(Vec::new()),
                ..good
            })
            .contains("client authorities")
        );
    }

    #[test]
    fn neither_errors_nor_debug_output_show_the_key() {
        let good = files();
        let key = String::from_utf8(good.key.clone()).unwrap();
        let line = key.lines().nth(1).unwrap();
        assert!(!format!("{good:?}").contains(line));
        assert!(
            !refused(&TlsFiles {
                certificate: good.key.clone(),
                ..good
            })
            .contains(line)
        );
    }
}
