//! Where to ask about a certificate.

use crate::{Certificate, CertificateError};

/// Where a certificate says that its revocation can be asked for, in the order of the certificate.
///
/// Only `http` is taken (Notary Project, Trust Store and Trust Policy Specification, "CRLs"): what is asked for is
/// signed, and a certificate of the server would have to be asked about in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationSources {
    ocsp: Vec<String>,
    lists: Vec<String>,
    declared: bool,
}

impl RevocationSources {
    /// Reads the sources of a certificate: at most 8 of each kind, of at most 2048 bytes.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`]; then nothing is known about revocation.
    pub fn of(certificate: &Certificate) -> Result<Self, CertificateError> {
        let usable = |addresses: Vec<String>| -> Vec<String> {
            addresses
                .into_iter()
                .filter(|address| is_http(address))
                .collect()
        };
        let (ocsp, declares_ocsp) = certificate.ocsp_sources()?;
        Ok(Self {
            declared: declares_ocsp || certificate.has_distribution_points(),
            lists: usable(certificate.list_addresses()?),
            ocsp: usable(ocsp),
        })
    }

    /// The addresses of OCSP responders (RFC 5280, section 4.2.2.1).
    #[must_use]
    pub fn ocsp(&self) -> &[String] {
        &self.ocsp
    }

    /// The addresses of revocation lists (RFC 5280, section 4.2.1.13).
    #[must_use]
    pub fn lists(&self) -> &[String] {
        &self.lists
    }

    /// Whether the certificate names a source at all, one that cannot be used too. If not, it cannot be revoked.
    #[must_use]
    pub const fn are_declared(&self) -> bool {
        self.declared
    }
}

/// Whether an address is one of `http`, in visible ASCII, with a host and without a user.
pub(super) fn is_http(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http")
        && !host.is_empty()
        && !host.contains('@')
        && address.bytes().all(|byte| byte.is_ascii_graphic())
}
