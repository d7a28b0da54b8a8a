//! Key management services: who exports the public half of a key, and through what.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

/// Why a key management service gave no key. A lowercase fragment without content of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyServiceError {
    /// It could not be asked, ended without an answer, or took too long.
    #[error("{detail}")]
    Failed {
        /// What happened: one line, no secrets.
        detail: String,
    },
    /// Its answer is none of the protocol.
    #[error("{detail}")]
    Malformed {
        /// What is wrong with it, without showing it.
        detail: String,
    },
    /// Nothing here asks services of this kind.
    #[error("the program {program} is not installed")]
    NotInstalled {
        /// What would have to be installed.
        program: String,
    },
}

/// The future of a [`KeyService::public_key`].
pub type KeyServiceFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Bytes, KeyServiceError>> + Send + 'a>>;

/// Asks key management services for public keys.
///
/// An implementation has a deadline of its own for each call and a bound for what it reads, and must be safe to drop at any
/// await point. What it answers is not trusted: who asks reads it.
pub trait KeyService: Send + Sync {
    /// The public key at `uri`, such as `awskms:///alias/release`, in PEM.
    fn public_key<'a>(&'a self, uri: &'a str) -> KeyServiceFuture<'a>;
}
