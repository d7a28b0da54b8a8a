//! Image references: what a user writes to name an image.

use std::fmt;
use std::str::FromStr;

use crate::authority::{Authority, AuthorityError};
use crate::digest::{Digest, DigestError};
use crate::repository::Repository;

/// The most characters of a path, short names completed. The distribution project's reference package bounds the path
/// and leaves the registry out; the OCI specification only says that some clients count both. What clients pull must
/// not be refused for its length.
const MAX_PATH: usize = 255;
/// The most characters of a registry: a domain name, a colon and a port.
const MAX_REGISTRY: usize = 253 + 6;
/// The most characters of a tag (OCI distribution specification, "Pulling manifests").
const MAX_TAG: usize = 128;
/// The most characters of a whole reference that are looked at: registry, path, tag, sha512 digest and their
/// separators.
const MAX_REFERENCE: usize = MAX_REGISTRY + 1 + MAX_PATH + 1 + MAX_TAG + 1 + 7 + 128;
/// The tag that a reference without tag and digest means.
const DEFAULT_TAG: &str = "latest";

/// A tag that satisfies the grammar `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The tag that lists what refers to a manifest where the registry has no API for that (OCI distribution
    /// specification, "Referrers Tag Schema").
    #[must_use]
    pub fn of_referrers(digest: &Digest) -> Self {
        // The schema cuts the algorithm to 32 and the encoded part to 64 characters.
        let hex = digest.hex();
        Self(format!(
            "{}-{}",
            digest.algorithm(),
            hex.get(..64).unwrap_or(hex)
        ))
    }

    /// The text of the tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let mut bytes = text.bytes();
        let first = bytes.next().ok_or(ReferenceError::InvalidTag)?;
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if text.len() > MAX_TAG || !word(first) || !bytes.all(|b| word(b) || b == b'.' || b == b'-')
        {
            return Err(ReferenceError::InvalidTag);
        }
        Ok(Self(text.to_owned()))
    }
}

/// A reference to an image, normalised: `[registry/]path[:tag][@digest]`.
///
/// Parsing follows the grammar of the distribution project's reference package, familiar names included: `nginx`
/// is `docker.io/library/nginx`. Registries are parsed to [`Authority`]. A reference is what a person wrote, never what
/// was verified; that is [`Pinned`].
///
/// [`Pinned`]: crate::Pinned
///
/// ```
/// use doorward_core::Reference;
///
/// let reference: Reference = "nginx:1.27".parse()?;
/// assert_eq!(reference.to_string(), "docker.io/library/nginx:1.27");
/// # Ok::<(), doorward_core::ReferenceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    repository: Repository,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

impl Reference {
    /// Puts a reference together from its parts.
    #[must_use]
    pub const fn new(repository: Repository, tag: Option<Tag>, digest: Option<Digest>) -> Self {
        Self {
            repository,
            tag,
            digest,
        }
    }

    /// The repository.
    #[must_use]
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag, if one was written.
    #[must_use]
    pub const fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The digest, if one was written.
    #[must_use]
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Whether neither a tag nor a digest was written.
    #[must_use]
    pub const fn is_name_only(&self) -> bool {
        self.tag.is_none() && self.digest.is_none()
    }

    /// The same tag and digest in another repository, such as the one that it is kept in.
    #[must_use]
    pub fn in_repository(&self, repository: Repository) -> Self {
        Self::new(repository, self.tag.clone(), self.digest.clone())
    }

    /// The repository alone.
    #[must_use]
    pub fn into_repository(self) -> Repository {
        self.repository
    }

    /// The reference with `:latest` added if it has neither a tag nor a digest.
    #[must_use]
    pub fn or_latest(mut self) -> Self {
        if self.is_name_only() {
            self.tag = Some(Tag(DEFAULT_TAG.to_owned()));
        }
        self
    }

    /// The reference without its tag if it also has a digest. A runtime pulls such an image by digest and never
    /// looks at the tag, so the tag must not take part in any decision.
    #[must_use]
    pub fn digest_only(mut self) -> Self {
        if self.digest.is_some() {
            self.tag = None;
        }
        self
    }

    /// The reference with [`Repository::canonical`] applied to its repository.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self {
            repository: self.repository.canonical(),
            ..self.clone()
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > MAX_REFERENCE {
            return Err(ReferenceError::TooLong);
        }
        if is_image_id(text) {
            return Err(ReferenceError::ImageId);
        }
        let (name_and_tag, digest) = match text.split_once('@') {
            None => (text, None),
            Some((name, digest)) => (name, Some(digest.parse::<Digest>()?)),
        };
        // A colon after the last slash separates a tag; one before it belongs to the registry's port.
        let last_component = name_and_tag.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name_and_tag
            .get(last_component..)
            .and_then(|component| component.find(':'))
        {
            None => (name_and_tag, None),
            Some(colon) => {
                let (name, tag) = name_and_tag.split_at(last_component + colon);
                (
                    name,
                    Some(tag.strip_prefix(':').unwrap_or(tag).parse::<Tag>()?),
                )
            }
        };
        let repository = parse_name(name)?;
        Ok(Self {
            repository,
            tag,
            digest,
        })
    }
}

// A repository is written as a reference that has only a name.
impl FromStr for Repository {
    type Err = ReferenceError;

    /// Parses a name without tag and digest; short Docker Hub names are completed.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let reference: Reference = text.parse()?;
        if reference.tag().is_some() || reference.digest().is_some() {
            return Err(ReferenceError::NotNameOnly);
        }
        Ok(reference.into_repository())
    }
}

/// Whether a container runtime may take a text for the ID of an image that lies on its node, before it takes it for a
/// name: a whole digest such as `sha256:…`, which by the grammar is a tag of `docker.io/library/sha256`, or the
/// hexadecimal digits alone. Such an image was verified by nobody, whatever is in the repository of that name.
///
/// Stricter than the runtimes, which take lower-case digits only, because case is the least that one should hang on.
fn is_image_id(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let has_hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    has_hex || text.parse::<Digest>().is_ok()
}

/// Splits a name into host and path as the familiar grammar does: the first component is a host if it has a dot or
/// a colon, is `localhost`, or has an upper-case letter (which no path component may have).
fn parse_name(name: &str) -> Result<Repository, ReferenceError> {
    if is_image_id(name) {
        return Err(ReferenceError::ImageId);
    }
    let (host, path) = match name.split_once('/') {
        Some((first, rest)) if Authority::is_written_in(first) => (Some(first), rest),
        _ => (None, name),
    };
    let host = match host {
        None => None,
        Some(host) => Some((host, host.parse::<Authority>()?)),
    };
    if path.is_empty() {
        return Err(ReferenceError::InvalidPath);
    }
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(ReferenceError::UpperCasePath);
    }
    if !path.split('/').all(is_path_component) {
        return Err(ReferenceError::InvalidPath);
    }
    let repository = Repository::normalise(host, path);
    if repository.path().len() > MAX_PATH {
        return Err(ReferenceError::TooLong);
    }
    Ok(repository)
}

/// `[a-z0-9]+ (separator [a-z0-9]+)*`, where a separator is `.`, `_`, `__` or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut rest = component;
    loop {
        let word = rest.trim_start_matches(is_word);
        if word.len() == rest.len() {
            return false;
        }
        if word.is_empty() {
            return true;
        }
        let after = word.trim_start_matches(|c| !is_word(c));
        let separator = word.strip_suffix(after).unwrap_or(word);
        let separator_ok =
            matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
        if !separator_ok {
            return false;
        }
        rest = after;
    }
}

/// Why a text is not an image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// The text is empty.
    #[error("the reference is empty")]
    Empty,
    /// A whole digest, or 64 hexadecimal digits: to a container runtime that is the ID of an image on its node.
    #[error("a digest, or 64 hexadecimal digits, alone is the ID of an image, not a name")]
    ImageId,
    /// What follows `@` is not a digest.
    #[error("the digest is not valid: {0}")]
    InvalidDigest(DigestError),
    /// The registry is not a domain name or address with an optional port.
    #[error("the registry host is not valid: {0}")]
    InvalidHost(AuthorityError),
    /// A path component has a character or separator that the grammar does not allow.
    #[error("the repository path is not valid")]
    InvalidPath,
    /// The tag is empty, longer than 128 characters, or has a character that the grammar does not allow.
    #[error("the tag is not valid")]
    InvalidTag,
    /// A tag or digest stands where only a repository name may.
    #[error("a repository name has neither a tag nor a digest")]
    NotNameOnly,
    /// The path is longer than 255 characters, or the whole reference longer than its parts can be.
    #[error("the reference is too long")]
    TooLong,
    /// A repository path is lower case.
    #[error("the repository path must be lower case")]
    UpperCasePath,
}

impl From<AuthorityError> for ReferenceError {
    fn from(error: AuthorityError) -> Self {
        Self::InvalidHost(error)
    }
}

impl From<DigestError> for ReferenceError {
    fn from(error: DigestError) -> Self {
        Self::InvalidDigest(error)
    }
}

#[cfg(test)]
mod tests;
