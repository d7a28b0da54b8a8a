//! Why a resource could not be had.

use crate::{Digest, Handshake, Outage};

/// Why a resource could not be had.
///
/// "The answer was no" ([`NotFound`](Self::NotFound), [`NotSupported`](Self::NotSupported)) and "could not ask"
/// (everything of class [`Unavailable`](crate::Class::Unavailable)) are different variants, so that no later code
/// can take one for the other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server has an address that may not be asked: of this machine or this network link, where nobody allowed it.
    #[error("not asked: {detail}")]
    AddressNotAllowed {
        /// Which server, and how it came to be asked.
        detail: String,
    },
    /// The server refused every credential that there was, and a credential provider that may have had the right one
    /// failed. So it is not known whether the server would have refused that one as well. Never an outage.
    #[error("access refused, and a credential provider failed: {detail}")]
    CredentialProvider {
        /// What was tried, and how the provider failed, without secrets.
        detail: String,
    },
    /// The bytes do not have the digest they were asked by.
    #[error("the content has digest {actual}, expected {expected}")]
    DigestMismatch {
        /// The digest asked for.
        expected: Digest,
        /// The digest of what came.
        actual: Digest,
    },
    /// The TLS of the server is not what it should be.
    #[error("unavailable: {0}")]
    Handshake(Handshake),
    /// The server would have to be asked without transport security, which nothing allows.
    #[error("transport security is demanded: {detail}")]
    Insecure {
        /// Which server, without secrets.
        detail: String,
    },
    /// A fault of this process: it failed while it was asking, or it has no file or port left to ask with.
    #[error("a fault here: {detail}")]
    Internal {
        /// What failed.
        detail: String,
    },
    /// The server answered with something that its protocol does not allow.
    #[error("the answer is malformed: {detail}")]
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
    /// Nothing was asked, because this run allows no network. That is nobody's failure and says nothing about the
    /// image.
    #[error("not asked for, {detail}")]
    NotAsked {
        /// What forbids to ask, such as `because …`.
        detail: String,
    },
    /// The server answered that there is no such thing.
    #[error("not found")]
    NotFound,
    /// The layout that stands in for the registry has no such thing. No registry was asked.
    #[error("{detail}")]
    NotInLayout {
        /// What it has instead.
        detail: String,
    },
    /// The transcript that is replayed has no answer to this. Nobody was asked, and nothing is known. Never an outage.
    #[error("not in the transcript that is replayed")]
    NotRecorded,
    /// The server does not offer this kind of resource.
    #[error("not supported by the server")]
    NotSupported,
    /// The server is out, and there is evidence of it in which nothing was chosen by the one who asks.
    #[error("unavailable: {}", .0.detail())]
    Outage(Outage),
    /// The answer is larger than the bound of the request.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// The server refused every credential that was offered, or none was and it wants one.
    #[error("access refused: {detail}")]
    Unauthorized {
        /// What was tried, without secrets.
        detail: String,
    },
    /// The server could not be asked, or failed to answer in time. Whether it is out is not known: what was asked, with
    /// which credential, how much or how often may have been the cause.
    #[error("unavailable: {detail}")]
    Unavailable {
        /// What happened, without secrets.
        detail: String,
    },
}

impl FetchError {
    /// The evidence that the server is out, if there is any.
    #[must_use]
    pub const fn outage(&self) -> Option<&Outage> {
        match self {
            Self::Outage(outage) => Some(outage),
            _ => None,
        }
    }

    /// What happened, for a sentence which says already that something could not be had.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::AddressNotAllowed { detail }
            | Self::NotAsked { detail }
            | Self::Unavailable { detail } => detail.clone(),
            Self::Handshake(handshake) => handshake.to_string(),
            Self::Outage(outage) => outage.detail().to_owned(),
            other => other.to_string(),
        }
    }

    /// Whether the server could not be asked, for whatever reason. Nothing is known about the resource then.
    #[must_use]
    pub const fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Handshake(_) | Self::Outage(_) | Self::Unavailable { .. }
        )
    }
}
