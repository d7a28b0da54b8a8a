//! Certificates of root keys.

use std::time::Duration;

use doorward_core::Timestamp;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose,
};

use super::YEAR;
use super::key::NotaryKey;
use super::pem::pem;
use super::secret::Secret;
use super::subject::{Subject, signed_with_sha1};

/// Describes a certificate that binds a root key to a collection.
///
/// As a publisher's client makes it: the common name is the collection's name, it may sign code, it is no authority,
/// and it is valid for ten years.
///
/// ```
/// use doorward_testkit::{KeyKind, NotaryKey, RootAuthority, RootCertificate};
///
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let key = NotaryKey::new(KeyKind::P256);
/// let wildcard = RootCertificate::new("registry.example/team/*", now).self_signed(&key);
/// let authority = RootAuthority::new(now);
/// let chained = RootCertificate::new("registry.example/team/app", now).issued_by(&authority, &key);
/// assert_eq!(wildcard.public_pem().matches("BEGIN CERTIFICATE").count(), 1);
/// assert_eq!(chained.public_pem().matches("BEGIN CERTIFICATE").count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct RootCertificate {
    common_name: String,
    from: Timestamp,
    until: Timestamp,
    authority: bool,
    usages: Vec<ExtendedUsage>,
    sha1: bool,
}

/// What a certificate says that its key is for (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtendedUsage {
    /// `anyExtendedKeyUsage`.
    Any,
    /// `clientAuth`.
    ClientAuth,
    /// `codeSigning`.
    CodeSigning,
    /// `serverAuth`.
    ServerAuth,
}

impl RootCertificate {
    /// A certificate with this common name, valid for ten years from `now`.
    #[must_use]
    pub fn new(common_name: &str, now: Timestamp) -> Self {
        Self {
            common_name: common_name.to_owned(),
            from: now,
            until: now.plus(10 * YEAR),
            authority: false,
            usages: vec![ExtendedUsage::CodeSigning],
            sha1: false,
        }
    }

    /// Another time of validity. The bounds have a resolution of one second.
    #[must_use]
    pub const fn valid(mut self, from: Timestamp, until: Timestamp) -> Self {
        self.from = from;
        self.until = until;
        self
    }

    /// Makes it the certificate of an authority.
    #[must_use]
    pub const fn authority(mut self) -> Self {
        self.authority = true;
        self
    }

    /// Other extended key usages; with none, the extension is left out.
    #[must_use]
    pub fn usages(mut self, usages: &[ExtendedUsage]) -> Self {
        self.usages = usages.to_vec();
        self
    }

    /// Signs it over a SHA-1 hash. Only RSA keys can.
    #[must_use]
    pub const fn sha1(mut self) -> Self {
        self.sha1 = true;
        self
    }

    /// `key` presented in this certificate, signed by itself.
    ///
    /// # Panics
    /// If the key is Ed25519 or P-521, for which this crate makes no certificates, or if SHA-1 is asked of a key that
    /// is not RSA.
    #[must_use]
    pub fn self_signed(&self, key: &NotaryKey) -> NotaryKey {
        key.in_certificates(&self.pem(key))
    }

    /// The certificate alone in PEM, signed by `key` itself.
    ///
    /// # Panics
    /// As [`RootCertificate::self_signed`].
    #[must_use]
    pub fn pem(&self, key: &NotaryKey) -> String {
        let subject = Subject::new(key);
        let certificate = self
            .parameters()
            .self_signed(&subject)
            .expect("a key can sign its own certificate");
        self.finish(&certificate, key.secret())
    }

    pub(super) fn pem_by(&self, issuer: &Self, issuer_key: &NotaryKey, key: &NotaryKey) -> String {
        let parameters = issuer.parameters();
        let certificate = self
            .parameters()
            .signed_by(
                &Subject::new(key),
                &Issuer::from_params(&parameters, Subject::new(issuer_key)),
            )
            .expect("an authority can sign a certificate");
        self.finish(&certificate, issuer_key.secret())
    }

    fn finish(&self, certificate: &Certificate, issuer: &Secret) -> String {
        let der = certificate.der();
        if self.sha1 {
            return pem("CERTIFICATE", &signed_with_sha1(der, issuer));
        }
        pem("CERTIFICATE", der)
    }

    fn parameters(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, self.common_name.as_str());
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + elapsed(self.from);
        params.not_after = rcgen::date_time_ymd(1970, 1, 1) + elapsed(self.until);
        if self.authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        } else {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::KeyEncipherment,
            ];
        }
        params.extended_key_usages = self.usages.iter().map(|usage| usage.purpose()).collect();
        params
    }
}

impl ExtendedUsage {
    const fn purpose(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Any => ExtendedKeyUsagePurpose::Any,
            Self::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
            Self::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
            Self::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
        }
    }
}

/// Time since 1970.
fn elapsed(time: Timestamp) -> Duration {
    let seconds = u64::try_from(time.unix()).expect("certificates are younger than 1970");
    Duration::from_secs(seconds)
}
