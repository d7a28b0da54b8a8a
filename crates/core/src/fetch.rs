//! What a decision may ask of the outside world, and the one port it asks through.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::{
    Access, Authority, Basic, Digest, FetchError, MediaType, PluginCommand, PluginName, Repository,
    Tag,
};

/// Names one manifest of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// By digest: the answer is checked against it.
    Digest(Digest),
    /// By tag: whatever the registry says it is now.
    Tag(Tag),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => digest.fmt(f),
            Self::Tag(tag) => tag.fmt(f),
        }
    }
}

/// A resource that a verification needs.
///
/// Repositories are *logical*: what policy and identity speak of. A [`Fetcher`] maps them to where the bytes are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// A blob of a repository, by digest.
    Blob {
        /// The repository.
        repository: Repository,
        /// The digest that the bytes must have.
        digest: Digest,
    },
    /// An object in a store beside the registry, such as a lookaside signature. `file`, `http` and `https` only.
    Lookaside {
        /// The whole URL, without user information.
        url: String,
        /// What to authenticate with, if the store demands it.
        access: Option<Basic>,
    },
    /// A manifest or index.
    Manifest {
        /// The repository.
        repository: Repository,
        /// Which one.
        selector: Selector,
    },
    /// A file of Notary v1 metadata, from the trust server of a collection.
    NotaryMetadata {
        /// The base URLs of the servers that have the collection, `https` or `http`, the preferred one first. A later
        /// one stands in only while those before it are [unavailable](FetchError::is_unavailable): any other answer,
        /// also [`NotFound`](FetchError::NotFound) and [`Unauthorized`](FetchError::Unauthorized), is final.
        servers: Vec<String>,
        /// The globally unique name (GUN) of the collection.
        gun: Repository,
        /// The path of the file below `_trust/tuf/`, such as `timestamp.json`.
        file: String,
    },
    /// What a verification plug-in of the Notary Project answers to a request. Which plug-ins are asked is the policy's
    /// word. [`FetchError::NotSupported`] where there is no such plug-in.
    Plugin {
        /// The plug-in.
        name: PluginName,
        /// What it is asked for.
        command: PluginCommand,
        /// The request, in JSON.
        request: Bytes,
    },
    /// The index of all manifests that refer to a digest (OCI distribution specification, "Listing Referrers"), by
    /// the API or by the fallback tag.
    ///
    /// It names no artifact type, so that all schemes of a review share one list. Each picks what is its own: a list
    /// that a registry has filtered is no more than its claim that nothing was left out.
    Referrers {
        /// The repository.
        repository: Repository,
        /// The digest referred to.
        digest: Digest,
    },
    /// What an issuer of certificates says about what it took back: a revocation list (RFC 5280, section 5), or the
    /// answer to one question of OCSP (RFC 6960). Certificates name where it is, so it is asked on `http` only, without
    /// any credential, and never on a private network that the operator does not allow.
    Revocation {
        /// The whole URL, without user information.
        url: String,
        /// The question in DER, to be posted. Without one the URL is all there is to ask.
        request: Option<Bytes>,
    },
    /// The list of simple signatures that a registry with `X-Registry-Supports-Signatures: 1` keeps itself.
    /// [`FetchError::NotSupported`] where the registry does not say so.
    SignatureExtension {
        /// The repository.
        repository: Repository,
        /// The digest that was signed.
        digest: Digest,
    },
    /// What the vulnerability advisor of a registry says about an image (version 3 of IBM Vulnerability Advisor). It is
    /// asked at the registry that the name says, wherever the image is fetched from, with the caller's credentials for
    /// that name and never without one.
    VulnerabilityStatus {
        /// The repository, under the name that the advisor knows it by.
        repository: Repository,
        /// The image. A tag is no name for one: what was looked at under it need not be what runs.
        digest: Digest,
        /// The account whose exemptions apply.
        account: Option<String>,
    },
}

impl Resource {
    /// A fixed word for metrics and transcripts.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Blob { .. } => "blob",
            Self::Lookaside { .. } => "lookaside",
            Self::Manifest { .. } => "manifest",
            Self::NotaryMetadata { .. } => "notary-metadata",
            Self::Plugin { .. } => "plugin",
            Self::Referrers { .. } => "referrers",
            Self::Revocation { .. } => "revocation",
            Self::SignatureExtension { .. } => "signature-extension",
            Self::VulnerabilityStatus { .. } => "vulnerability-status",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blob { repository, digest } => write!(f, "blob {repository}@{digest}"),
            // A query may hold a credential.
            Self::Lookaside { url, .. } => {
                let bare = url.split('?').next().unwrap_or_default();
                write!(f, "lookaside {bare}")
            }
            Self::Manifest {
                repository,
                selector: Selector::Digest(digest),
            } => write!(f, "manifest {repository}@{digest}"),
            Self::Manifest {
                repository,
                selector: Selector::Tag(tag),
            } => write!(f, "manifest {repository}:{tag}"),
            Self::NotaryMetadata { gun, file, .. } => write!(f, "trust metadata {file} of {gun}"),
            Self::Plugin { name, command, .. } => write!(f, "{command} of the plug-in {name}"),
            Self::Referrers {
                repository, digest, ..
            } => write!(f, "referrers of {repository}@{digest}"),
            Self::Revocation { url, .. } => {
                let bare = url.split('?').next().unwrap_or_default();
                write!(f, "revocation status at {bare}")
            }
            Self::SignatureExtension { repository, digest } => {
                write!(f, "signature extension {repository}@{digest}")
            }
            Self::VulnerabilityStatus {
                repository, digest, ..
            } => write!(f, "vulnerability status of {repository}@{digest}"),
        }
    }
}

/// One request: a resource and the most bytes that will be taken for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fetch {
    /// What is wanted.
    pub resource: Resource,
    /// The largest answer accepted, in bytes. A longer one is [`FetchError::TooLarge`], never a prefix.
    pub max_bytes: usize,
    /// Whose answer is wanted, where several may answer under one address: a digest of their name and key. It is not asked
    /// for; what was kept of another one's answers is none.
    pub authority: Option<Digest>,
    /// What opens the repository, in the place of the caller's own credentials: they are not shown then. `None` where they
    /// count. What is in no repository is asked for without either.
    pub access: Option<Access>,
}

impl Fetch {
    /// A request for `resource` of at most `max_bytes` bytes.
    #[must_use]
    pub const fn new(resource: Resource, max_bytes: usize) -> Self {
        Self {
            resource,
            max_bytes,
            authority: None,
            access: None,
        }
    }

    /// The same, of which the answer of this authority is wanted.
    #[must_use]
    pub fn by(mut self, authority: Digest) -> Self {
        self.authority = Some(authority);
        self
    }

    /// The same, opened with this in the place of the caller's own credentials.
    #[must_use]
    pub fn opened_by(mut self, access: Option<Access>) -> Self {
        self.access = access;
        self
    }
}

/// The bytes that answered a [`Fetch`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The bytes, all of them.
    pub bytes: Bytes,
    /// The media type that the server claimed. Never trusted, only compared.
    pub media_type: Option<MediaType>,
    /// Where the bytes came from, for people.
    pub source: String,
    /// An older answer to the same question that still counts: an earlier session verified it. Where the new one turns
    /// out to be none, it has displaced nothing.
    pub verified_before: Option<Bytes>,
    /// Answers of the same authority that an earlier session verified and that revoke something for good, also those that
    /// have ended, and answers to other questions about the same. They serve to refuse and for nothing else.
    pub revoked_before: Vec<Bytes>,
}

impl Fetched {
    /// An answer from `source`.
    #[must_use]
    pub fn new(
        bytes: impl Into<Bytes>,
        media_type: Option<MediaType>,
        source: impl Into<String>,
    ) -> Self {
        Self {
            bytes: bytes.into(),
            media_type,
            source: source.into(),
            verified_before: None,
            revoked_before: Vec::new(),
        }
    }

    /// With an older answer that still counts.
    #[must_use]
    pub fn beside(mut self, verified_before: Bytes) -> Self {
        self.verified_before = Some(verified_before);
        self
    }

    /// With what is known to revoke for good.
    #[must_use]
    pub fn knowing(mut self, revoked_before: Vec<Bytes>) -> Self {
        self.revoked_before = revoked_before;
        self
    }

    /// How many bytes it holds, with all that is given beside the answer.
    pub(crate) fn held_bytes(&self) -> usize {
        let beside = self.verified_before.iter().chain(&self.revoked_before);
        beside
            .map(Bytes::len)
            .fold(self.bytes.len(), usize::saturating_add)
    }
}

/// What came of a [`Fetch`], as it came. Nothing of it was checked.
pub type Answer = Result<Fetched, FetchError>;

/// The future of a [`Fetcher::fetch`].
pub type FetchFuture<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// The one port through which a decision reaches the outside.
///
/// Implementations bound every answer by [`Fetch::max_bytes`], bring their own deadlines, and must be safe to drop
/// at any await point. The engine calls [`Fetched::check`] on whatever they return, once for all who share it.
pub trait Fetcher: Send + Sync {
    /// Fetches one resource.
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a>;

    /// Where a logical repository is kept. Stores beside the registry (lookaside) are laid out by this name.
    fn locate(&self, repository: &Repository) -> Repository {
        repository.clone()
    }

    /// The name that the registry of a logical repository goes by here, if that is another one than is written, though
    /// the same server would be asked. Such an image is refused: policy would be asked about a name that it does not
    /// know the server by.
    fn other_name(&self, _repository: &Repository) -> Option<Authority> {
        None
    }
}

impl<T: Fetcher + ?Sized> Fetcher for std::sync::Arc<T> {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        (**self).fetch(fetch)
    }

    fn locate(&self, repository: &Repository) -> Repository {
        (**self).locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        (**self).other_name(repository)
    }
}
