//! The verifier of the TLS library, with the facts that its errors leave out.

use std::sync::Arc;

use doorward_core::{Distrust, Handshake};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, InvalidMessage, OtherError, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use x509_parser::prelude::{FromDer, X509Certificate};

/// The longest name that a message shows.
const MAX_NAME: usize = 120;

/// Decides exactly as the verifier of the library does, and keeps who issued a certificate that it does not believe.
#[derive(Debug)]
pub(super) struct Verifier(pub(super) Arc<WebPkiServerVerifier>);

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
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                // Of a chain, the top is what is not known.
                let top = intermediates.last().unwrap_or(end_entity);
                let unknown = Unknown {
                    issuer: issuer_of(top),
                };
                CertificateError::Other(OtherError(Arc::new(unknown))).into()
            }
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
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
