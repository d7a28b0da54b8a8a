//! Why there is no trust store.

use doorward_core::text::one_line;
use doorward_crypto::CertificateError;

/// How many characters of a name are shown.
const SHOWN: usize = 100;

/// Why a trust store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustStoreError {
    /// It has no certificate.
    #[error("it has no certificate")]
    Empty,
    /// Something in it is not a certificate.
    #[error("a file of it is {0}")]
    Malformed(CertificateError),
    /// There is none of this type and name.
    #[error("it does not exist")]
    Missing,
    /// A certificate is one of a signer.
    #[error(
        "its certificate {} is neither that of an authority nor self-signed",
        one_line(name, SHOWN)
    )]
    NeitherAuthorityNorSelfSigned {
        /// The common name.
        name: String,
    },
    /// A certificate of a store of time-stamping authorities is not a root.
    #[error("its certificate {} is not a self-signed root", one_line(name, SHOWN))]
    NotARoot {
        /// The common name.
        name: String,
    },
    /// It has more certificates than are read.
    #[error("it has more than {limit} certificates")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// Its files have more bytes than are read.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// The caller could not read it: a link in place of a file, a missing permission, a Secret without the item.
    #[error("it cannot be read: {detail}")]
    Unreadable {
        /// What stands in the way, as a lowercase fragment.
        detail: String,
    },
}

impl From<CertificateError> for TrustStoreError {
    fn from(error: CertificateError) -> Self {
        Self::Malformed(error)
    }
}
