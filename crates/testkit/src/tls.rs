//! Certificates for servers under test.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate authority that lives in memory and issues TLS server certificates.
///
/// Keys are P-256 and differ from run to run; certificates are valid from 2020 to 2100.
///
/// ```
/// let authority = doorward_testkit::TlsAuthority::new();
/// let issued = authority.issue("127.0.0.1");
/// assert!(issued.certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
/// assert!(authority.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// ```
#[derive(Clone)]
pub struct TlsAuthority(Arc<Authority>, Option<Arc<Authority>>);

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its private key.
#[derive(Clone)]
#[non_exhaustive]
pub struct IssuedCertificate {
    /// The certificate in PEM, without the authority's.
    pub certificate_pem: String,
    /// The private key in PEM (PKCS #8).
    pub key_pem: String,
}

impl Default for TlsAuthority {
    fn default() -> Self {
        Self::new()
    }
}

impl TlsAuthority {
    /// A new authority with a key of its own.
    ///
    /// # Panics
    /// If the operating system gives no random numbers.
    #[must_use]
    pub fn new() -> Self {
        let mut params = parameters("Doorward testkit authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a P-256 key can be generated");
        let issuer =
            CertifiedIssuer::self_signed(params, key).expect("a key can sign its own certificate");
        let pem = issuer.pem();
        Self(Arc::new(Authority { issuer, pem }), None)
    }

    /// The same authority, whose servers take nobody but who shows a certificate of `clients`.
    #[must_use]
    pub fn demanding(&self, clients: &Self) -> Self {
        Self(Arc::clone(&self.0), Some(Arc::clone(&clients.0)))
    }

    /// The authority's certificate in PEM: what a client has to trust.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.0.pem
    }

    /// A server certificate for one host: a DNS name or an IP address.
    ///
    /// # Panics
    /// As [`TlsAuthority::issue_for`].
    #[must_use]
    pub fn issue(&self, host: &str) -> IssuedCertificate {
        self.issue_for(&[host])
    }

    /// A server certificate for several hosts.
    ///
    /// # Panics
    /// If a host is neither a DNS name nor an IP address.
    #[must_use]
    pub fn issue_for(&self, hosts: &[&str]) -> IssuedCertificate {
        self.issue_between(hosts, 2020, 2100)
    }

    /// A server certificate that expired in 2021.
    ///
    /// # Panics
    /// As [`TlsAuthority::issue_for`].
    #[must_use]
    pub fn issue_expired(&self, host: &str) -> IssuedCertificate {
        self.issue_between(&[host], 2020, 2021)
    }

    /// A client certificate whose common name is a user and whose organisations are groups, as Kubernetes reads them.
    ///
    /// # Panics
    /// If the operating system gives no random numbers.
    #[must_use]
    pub fn issue_client(&self, user: &str, groups: &[&str]) -> IssuedCertificate {
        let mut params = parameters(user);
        for &group in groups {
            params
                .distinguished_name
                .push(DnType::OrganizationName, group);
        }
        self.sign(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue_between(&self, hosts: &[&str], from: i32, to: i32) -> IssuedCertificate {
        let mut params = parameters("Doorward testkit server");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        params.subject_alt_names = hosts.iter().map(|host| alternative_name(host)).collect();
        self.sign(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> IssuedCertificate {
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().expect("a P-256 key can be generated");
        let certificate = params
            .signed_by(&key, &self.0.issuer)
            .expect("an authority can sign a certificate");
        IssuedCertificate {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// The configuration of a server on the loopback addresses that speaks HTTP/2 and HTTP/1.1.
    pub(crate) fn loopback_server_config(&self) -> Arc<ServerConfig> {
        let issued = self.issue_for(&["127.0.0.1", "localhost"]);
        let clients = self.1.as_ref().map(|clients| clients.pem.as_str());
        Arc::new(issued.server_config(&[b"h2", b"http/1.1"], clients))
    }
}

impl IssuedCertificate {
    /// A certificate for these hosts that nobody issued: signed with its own key, and an authority by its extensions, as
    /// `openssl req -x509` makes them. It is valid from the beginning of year `from` to that of year `to`.
    ///
    /// # Panics
    /// As [`TlsAuthority::issue_for`].
    #[must_use]
    pub fn self_signed(hosts: &[&str], (from, to): (i32, i32)) -> Self {
        let mut params = parameters("Doorward testkit server");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.subject_alt_names = hosts.iter().map(|host| alternative_name(host)).collect();
        let key = KeyPair::generate().expect("a P-256 key can be generated");
        let certificate = params
            .self_signed(&key)
            .expect("a key can sign its own certificate");
        Self {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }

    /// The configuration of a TLS server that offers these application protocols, and takes only clients of an authority if
    /// one is given in PEM.
    pub(crate) fn server_config(&self, protocols: &[&[u8]], clients: Option<&str>) -> ServerConfig {
        let certificate = CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())
            .expect("an issued certificate is PEM");
        let key =
            PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).expect("an issued key is PEM");
        // Given explicitly: which provider the process has installed is none of a library's business.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let authority = CertificateDer::from_pem_slice(pem.as_bytes());
                let mut roots = rustls::RootCertStore::empty();
                roots
                    .add(authority.expect("an authority is PEM"))
                    .expect("an authority can be believed");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.expect("there is an authority"))
            }
        };
        let mut config = builder
            .with_single_cert(vec![certificate], key)
            .expect("an issued certificate fits its key");
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        config
    }
}

fn parameters(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

fn alternative_name(host: &str) -> rcgen::SanType {
    match host.parse() {
        Ok(address) => rcgen::SanType::IpAddress(address),
        Err(_) => rcgen::SanType::DnsName(
            host.try_into()
                .expect("a host is a DNS name or an IP address"),
        ),
    }
}

impl fmt::Debug for TlsAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsAuthority")
    }
}

impl fmt::Debug for IssuedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedCertificate")
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}
