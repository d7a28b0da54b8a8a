//! TLS: which certificates a server is believed by.

mod directory;
mod material;
mod verifier;

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::BuildError;

use verifier::Verifier;

pub use directory::CertsDirError;
pub(crate) use material::Identity;
pub use material::TlsMaterial;

pub(crate) use verifier::handshake;

/// Whom a server is believed by.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    store: RootCertStore,
    /// The certificates that were given, beside those of the system.
    given: Vec<CertificateDer<'static>>,
}

/// The roots of this system.
///
/// Read with `rustls-native-certs` rather than asked through the platform's own verifier: the same files on Linux,
/// the same answer on every system, roots of a site added to them alike everywhere, and a system without any roots
/// (an image from scratch) can still reach registries whose authority was given. `SSL_CERT_FILE` and `SSL_CERT_DIR`
/// are honoured.
pub(crate) fn system_roots() -> Roots {
    let mut store = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "some root certificates of the system could not be read");
    }
    store.add_parsable_certificates(found.certs);
    Roots {
        store,
        given: Vec::new(),
    }
}

/// Adds the certificates of a PEM text to `roots`.
pub(crate) fn add_pem(roots: &mut Roots, pem: &[u8]) -> Result<(), BuildError> {
    let invalid = |detail: String| BuildError::InvalidCertificate { detail };
    let mut added = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
        roots
            .store
            .add(certificate.clone())
            .map_err(|error| invalid(error.to_string()))?;
        roots.given.push(certificate);
        added += 1;
    }
    if added == 0 {
        return Err(invalid("there is no certificate in it".to_owned()));
    }
    Ok(())
}

/// A client configuration that believes `roots`, and shows `identity` to servers that ask: TLS 1.2 and 1.3, HTTP/2 preferred.
///
/// The cryptography is named here instead of being taken from the process: a library cannot know what else is linked.
pub(crate) fn client_config(
    roots: Roots,
    identity: Option<&Identity>,
) -> Result<ClientConfig, BuildError> {
    let Roots { store, given } = roots;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| BuildError::Client {
            detail: error.to_string(),
        })?;
    let builder = if store.is_empty() {
        // The verifier below is not made for nobody; this one then believes nobody.
        builder.with_root_certificates(store)
    } else {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider)
            .build()
            .map_err(|error| BuildError::Client {
                detail: error.to_string(),
            })?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(verifier, given)))
    };
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let read = identity.read()?;
            let added = builder.with_client_auth_cert(read.chain, read.key);
            added.map_err(|error| BuildError::InvalidClientCertificate {
                detail: error.to_string(),
            })?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Roots {
        Roots {
            store: RootCertStore::empty(),
            given: Vec::new(),
        }
    }

    fn add(pem: &[u8]) -> Result<(), BuildError> {
        add_pem(&mut nobody(), pem)
    }

    #[test]
    fn what_is_not_a_certificate_is_refused() {
        for pem in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ] {
            assert!(
                matches!(
                    add(pem.as_bytes()),
                    Err(BuildError::InvalidCertificate { .. })
                ),
                "{pem}"
            );
        }
    }

    #[test]
    fn a_configuration_needs_no_provider_of_the_process() {
        let config = client_config(nobody(), None).expect("a configuration");
        assert_eq!(config.alpn_protocols.len(), 2);
    }
}
