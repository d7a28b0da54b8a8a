//! What a certified key is for.

use std::fmt;

/// A purpose of a certified key (extended key usage, RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// `anyExtendedKeyUsage`: any purpose.
    Any,
    /// `id-kp-clientAuth`: being a TLS client.
    ClientAuth,
    /// `id-kp-codeSigning`: signing software.
    CodeSigning,
    /// `id-kp-emailProtection`: signing and encrypting mail.
    EmailProtection,
    /// `id-kp-OCSPSigning`: signing OCSP responses for the authority.
    OcspSigning,
    /// `id-kp-serverAuth`: being a TLS server.
    ServerAuth,
    /// `id-kp-timeStamping`: signing time stamps.
    TimeStamping,
}

impl fmt::Display for Purpose {
    /// The name that RFC 5280 gives it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "anyExtendedKeyUsage",
            Self::ClientAuth => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::OcspSigning => "OCSPSigning",
            Self::ServerAuth => "serverAuth",
            Self::TimeStamping => "timeStamping",
        })
    }
}

impl Purpose {
    /// Every purpose that is known by name.
    pub(crate) const ALL: [Self; 7] = [
        Self::Any,
        Self::ClientAuth,
        Self::CodeSigning,
        Self::EmailProtection,
        Self::OcspSigning,
        Self::ServerAuth,
        Self::TimeStamping,
    ];

    /// The content of the DER object identifier.
    pub(crate) const fn oid(self) -> &'static [u8] {
        match self {
            Self::Any => &[0x55, 0x1d, 0x25, 0x00],
            Self::ClientAuth => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
            Self::CodeSigning => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03],
            Self::EmailProtection => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04],
            Self::OcspSigning => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09],
            Self::ServerAuth => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
            Self::TimeStamping => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08],
        }
    }
}
