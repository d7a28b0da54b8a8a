//! One key of a certificate, with everything that decides whether it may sign now.

use std::fmt;
use std::sync::Arc;

use pgp::crypto::hash::HashAlgorithm;

use super::material::Material;

/// A primary key or subkey. Its bindings were checked when the key ring was made; only the time is left.
pub(crate) struct Component {
    /// The certificate it belongs to, by its place in the key ring.
    pub(crate) certificate: usize,
    /// The whole fingerprint.
    pub(crate) fingerprint: Vec<u8>,
    /// The last (version 4) or first (version 6) eight bytes of the fingerprint.
    pub(crate) key_id: [u8; 8],
    /// When the key was made, in seconds since 1970. A signature cannot be older.
    pub(crate) created: i64,
    /// The last second at which the key, and its primary key, are good.
    pub(crate) good_until: Option<i64>,
    /// What it verifies with, or why it may not.
    pub(crate) standing: Result<Arc<Material>, Flaw>,
    /// Whether it or its primary key was revoked, at any time and for any reason.
    pub(crate) revoked: Option<Revocation>,
}

/// How a key came to count as revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// A revocation of it verifies.
    Verified,
    /// A revocation that would be of it cannot be read, or its maker's key cannot check it.
    Unreadable,
    /// A revocation that came alone names it and does not verify.
    Misfit,
}

impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "which was revoked",
            Self::Unreadable => {
                "which counts as revoked: a revocation of it cannot be read or checked"
            }
            Self::Misfit => {
                "which counts as revoked: a revocation among the trusted keys names it, though it \
                 does not verify and may be damaged"
            }
        })
    }
}

/// Why a key may not sign whatever the time is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its algorithm, curve or length is not allowed.
    Algorithm(String),
    /// It is a subkey whose primary key is of an algorithm, curve or length that is not allowed.
    Primary(String),
    /// What binds it has a hash that does not protect.
    Hash(HashAlgorithm),
    /// It has no valid signature of the primary key on it.
    NotBound,
    /// It is a subkey that did not sign back, so it may belong to someone else.
    NoBackSignature,
    /// Its flags do not let it sign.
    NotForSigning,
    /// The certificate has no valid self-signature.
    NoSelfSignature,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm(what) => write!(f, "{what} is not accepted"),
            Self::Primary(what) => write!(f, "its primary key, {what}, is not accepted"),
            Self::Hash(hash) => write!(
                f,
                "the self-signature on it uses {hash}, which is not accepted for its key"
            ),
            Self::NotBound => f.write_str("no valid signature of the primary key binds the subkey"),
            Self::NoBackSignature => f.write_str(
                "the subkey has not signed its binding back, so it may belong to someone else",
            ),
            Self::NotForSigning => f.write_str("its key flags do not allow signing"),
            Self::NoSelfSignature => {
                f.write_str("no valid self-signature says what the key may do")
            }
        }
    }
}
