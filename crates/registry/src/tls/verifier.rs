//! The verifier of the TLS library, with the facts that its errors leave out.

use std::sync::Arc;

use doorward_core::{Distrust, Handshake};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, InvalidMessage, OtherError, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The longest name that a message shows.
const MAX_NAME: usize = 120;

/// Decides as the verifier of the library does, and keeps who issued a certificate that it does not believe.
///
/// A certificate that was given is believed for itself, too, by the names in it and while it is valid. The library
/// refuses one that is an authority by its extensions (RFC 5280, section 4.2.1.9), which is how the usual command for a
/// certificate that nobody else issued makes it; other clients of registries take it.
#[derive(Debug)]
pub(super) struct Verifier {
    library: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    pub(super) const fn new(
        library: Arc<WebPkiServerVerifier>,
        given: Vec<CertificateDer<'static>>,
    ) -> Self {
        Self { library, given }
    }
}

/// Whether a certificate that was given may stand for a server itself.
fn stands_for(
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), rustls::Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    verify_server_name(&parsed, server_name)?;
    let unreadable = || rustls::Error::from(CertificateError::BadEncoding);
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| unreadable())?;
    let now = i64::try_from(now.as_secs()).map_err(|_| unreadable())?;
    let validity = certificate.validity();
    if now < validity.not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    let usage = certificate
        .extended_key_usage()
        .map_err(|_| unreadable())?
        .map(|usage| usage.value);
    if usage.is_some_and(|usage| !usage.server_auth && !usage.any) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

/// Whether a certificate is an authority by its extensions.
fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, certificate)| certificate.is_ca())
}

/// That nobody who is believed issued a certificate.
#[derive(Debug)]
struct Unknown {
    issuer: Option<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the issuer of the certificate is not known")
    }
}

impl std::error::Error for Unknown {}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.library.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let unknown = |certificate: &CertificateDer<'_>| {
            let unknown = Unknown {
                issuer: issuer_of(certificate),
            };
            CertificateError::Other(OtherError(Arc::new(unknown))).into()
        };
        verified.or_else(|error| match error {
            rustls::Error::InvalidCertificate(_) if self.given.contains(end_entity) => {
                stands_for(end_entity, server_name, now).map(|()| ServerCertVerified::assertion())
            }
            // Of a chain, the top is what is not known.
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                Err(unknown(intermediates.last().unwrap_or(end_entity)))
            }
            // An authority that stands for a server and was not given: what is missing is to be given.
            rustls::Error::InvalidCertificate(CertificateError::Other(_))
                if is_authority(end_entity) =>
            {
                Err(unknown(end_entity))
            }
            other => Err(other),
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.library
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.library
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.library.supported_verify_schemes()
    }
}

/// The common name of the issuer of a certificate, as far as it can be shown.
fn issuer_of(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let name = certificate
        .issuer()
        .iter_common_name()
        .next()?
        .as_str()
        .ok()?;
    Some(shown(name))
}

fn shown(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME)
        .collect()
}

/// What an error of the TLS library says about a server.
pub(crate) fn handshake(host: &str, error: &rustls::Error) -> Handshake {
    /// The most names of a certificate that are told.
    const NAMES: usize = 4;
    let distrust = match error {
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => Distrust::NotTls,
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Distrust::Expired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Distrust::NotYetValid
            }
            CertificateError::NotValidForName => Distrust::NameMismatch(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => Distrust::NameMismatch(
                presented
                    .iter()
                    .take(NAMES)
                    .map(|name| shown(name))
                    .collect(),
            ),
            CertificateError::Revoked => Distrust::Revoked,
            CertificateError::UnknownIssuer => Distrust::UnknownIssuer(None),
            CertificateError::Other(OtherError(other)) => match other.downcast_ref::<Unknown>() {
                Some(unknown) => Distrust::UnknownIssuer(unknown.issuer.clone()),
                None => Distrust::Other(other.to_string()),
            },
            other => Distrust::Other(other.to_string()),
        },
        other => Distrust::Other(other.to_string()),
    };
    Handshake {
        host: host.to_owned(),
        distrust,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_testkit::{IssuedCertificate, TlsAuthority};
    use rustls::RootCertStore;
    use rustls_pki_types::pem::PemObject;

    use super::*;

    /// 2030-01-01.
    const NOW: u64 = 1_893_456_000;

    fn der(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
    }

    fn distrust(given: &str, shown: &str, host: &str) -> Option<Distrust> {
        let given = der(given);
        let mut store = RootCertStore::empty();
        store.add(given.clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let library = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider)
            .build()
            .expect("a verifier");
        let name = host.to_owned().try_into().expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        Verifier::new(library, vec![given])
            .verify_server_cert(&der(shown), &[], &name, &[], now)
            .err()
            .map(|error| handshake(host, &error).distrust)
    }

    #[test]
    fn a_self_signed_certificate_that_was_given_is_believed_for_its_own_names_while_it_is_valid() {
        let made = |years| IssuedCertificate::self_signed(&["r.example", "127.0.0.1"], years);
        let good = made((2020, 2100)).certificate_pem;
        assert_eq!(distrust(&good, &good, "r.example"), None);
        assert_eq!(distrust(&good, &good, "127.0.0.1"), None);
        assert!(matches!(
            distrust(&good, &good, "s.example"),
            Some(Distrust::NameMismatch(_))
        ));
        let old = made((2020, 2021)).certificate_pem;
        assert_eq!(distrust(&old, &old, "r.example"), Some(Distrust::Expired));
        let early = made((2090, 2100)).certificate_pem;
        assert_eq!(
            distrust(&early, &early, "r.example"),
            Some(Distrust::NotYetValid)
        );
    }

    #[test]
    fn another_self_signed_certificate_is_one_that_nobody_known_issued() {
        let made = || IssuedCertificate::self_signed(&["r.example"], (2020, 2100));
        let (given, other) = (made().certificate_pem, made().certificate_pem);
        let authority = TlsAuthority::new();
        for given in [given.as_str(), authority.ca_pem()] {
            assert!(matches!(
                distrust(given, &other, "r.example"),
                Some(Distrust::UnknownIssuer(_))
            ));
        }
    }
}
