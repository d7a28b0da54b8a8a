//! What a certified key is for.

/// A purpose of a certified key (extended key usage, RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// `anyExtendedKeyUsage`: any purpose.
    Any,
    /// `id-kp-codeSigning`: signing software.
    CodeSigning,
    /// `id-kp-serverAuth`: being a TLS server.
    ServerAuth,
}

impl Purpose {
    /// The content of the DER object identifier.
    pub(super) const fn oid(self) -> &'static [u8] {
        match self {
            Self::Any => &[0x55, 0x1d, 0x25, 0x00],
            Self::CodeSigning => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03],
            Self::ServerAuth => &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
        }
    }
}
