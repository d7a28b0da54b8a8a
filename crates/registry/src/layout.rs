//! OCI image layouts: a registry in a folder or an archive.

mod archive;
mod compression;
mod contents;
mod folder;
mod names;
mod referrer;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use doorward_core::{
    Answer, Checked, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, MediaType,
    Repository, Resource, Selector, Tag,
};
use oci_spec::image::{Descriptor, OciLayout};
use url::Url;

use crate::client::lookaside::{blocking, read_file};
use crate::listing::Listing;
use archive::Archive;
use folder::Folder;
use names::Names;
use referrer::referrer;

/// The file that marks a layout.
const MARKER: &str = "oci-layout";
/// The only version of the layout there is.
const VERSION: &str = "1.0.0";
/// The list of what is in the layout.
const INDEX: &str = "index.json";
/// The largest marker and list.
const MAX_INDEX: usize = 4 << 20;
/// What other tools write, from which a layout can be made.
const FOREIGN: &str = "manifest.json";

/// An OCI image layout (OCI image specification, "Image Layout"), in a folder or a tar archive, as a [`Fetcher`].
///
/// A layout holds the content of whatever repository it is asked for: digests are looked up in `blobs/`, tags in
/// `index.json`. There a manifest is named by its annotation `org.opencontainers.image.ref.name` (or containerd's
/// `io.containerd.image.name`), which is either a whole reference, and then counts only for its repository, or a
/// bare tag. The only manifest of a layout needs no name: any tag means it. What a digest names is checked like
/// everywhere else, and what a tag names is only where to look: a layout cannot make a signature for another name
/// valid.
///
/// Nothing is unpacked. Paths and links that lead out of the layout are refused, and an archive that has any such
/// member, or the same one twice, is not opened.
///
/// Lookaside stores are read if they are on a `file:` URL. A layout reaches no network: other stores and trust servers
/// are not asked.
#[derive(Clone, Debug)]
pub struct Layout {
    store: Arc<Store>,
    manifests: Arc<Vec<Descriptor>>,
}

#[derive(Debug)]
enum Store {
    Archive(Archive),
    Folder(Folder),
}

impl Store {
    /// Reads a member, by the path that the specification gives it.
    fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, FetchError> {
        match self {
            Self::Archive(archive) => archive.read(path, limit),
            Self::Folder(folder) => folder.read(path, limit),
        }
    }

    fn has(&self, path: &str) -> bool {
        !matches!(self.read(path, MAX_INDEX), Err(FetchError::NotFound))
    }

    fn blob(&self, digest: &Digest, limit: usize) -> Result<Vec<u8>, FetchError> {
        self.read(
            &format!("blobs/{}/{}", digest.algorithm(), digest.hex()),
            limit,
        )
    }
}

/// Why a layout cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// It is not a layout, or one with members that it may not have.
    #[error("{path} is not a usable OCI layout: {detail}")]
    Invalid {
        /// Which one.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// It could not be read.
    #[error("{path} could not be read: {detail}")]
    Unreadable {
        /// Which one.
        path: String,
        /// The system's reason.
        detail: String,
    },
}

impl Layout {
    /// Opens a layout: a folder, or an uncompressed tar archive of one. Blocks while it reads the list of contents.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LayoutError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| LayoutError::Unreadable {
            path: name.clone(),
            detail: error.to_string(),
        };
        let invalid = |detail: String| LayoutError::Invalid {
            path: name.clone(),
            detail,
        };
        let store = if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            Store::Folder(Folder::open(path).map_err(unreadable)?)
        } else {
            Store::Archive(Archive::open(path).map_err(|error| match error {
                archive::OpenError::Invalid(detail) => invalid(detail),
                archive::OpenError::Io(error) => unreadable(error),
            })?)
        };
        let member = |member: &str| {
            store.read(member, MAX_INDEX).map_err(|error| match error {
                FetchError::NotFound => invalid(lacks(member, &store)),
                error => invalid(format!("{member}: {error}")),
            })
        };
        let marker: OciLayout = serde_json::from_slice(&member(MARKER)?)
            .map_err(|_| invalid(format!("{MARKER} is not what it should be")))?;
        if marker.image_layout_version() != VERSION {
            return Err(invalid(format!(
                "version {:?} is not known",
                marker.image_layout_version()
            )));
        }
        let manifests = contents::parse(&member(INDEX)?)
            .map_err(|detail| invalid(format!("{INDEX}: {detail}")))?;
        Ok(Self {
            store: Arc::new(store),
            manifests: Arc::new(manifests),
        })
    }

    fn answer(&self, fetch: &Fetch) -> Answer {
        let limit = fetch.max_bytes;
        match &fetch.resource {
            Resource::Blob { digest, .. } => self.blob(digest, None, limit),
            Resource::Manifest {
                repository,
                selector,
            } => match selector {
                Selector::Digest(digest) => {
                    let media_type = self
                        .manifests
                        .iter()
                        .find(|d| d.digest().to_string() == digest.as_str())
                        .map(|d| MediaType::new(d.media_type().as_ref()));
                    self.blob(digest, media_type, limit)
                }
                Selector::Tag(tag) => {
                    let names = Names(&self.manifests);
                    match names.find(repository, tag.as_str())?.or(names.only()) {
                        Some(descriptor) => self.described(descriptor, limit).map(|(_, it)| it),
                        None => Err(FetchError::NotInLayout {
                            detail: format!(
                                "the layout has no image of this name; {}",
                                names.tell()
                            ),
                        }),
                    }
                }
            },
            Resource::Referrers { repository, digest } => self.referrers(repository, digest, limit),
            // Not an answer: what a trust server says about the image is not known here.
            Resource::NotaryMetadata { .. } => Err(FetchError::NotAsked {
                detail: "because a layout reaches no trust server".to_owned(),
            }),
            Resource::Revocation { .. } => Err(FetchError::NotAsked {
                detail: "because a layout reaches no issuer of certificates".to_owned(),
            }),
            Resource::VulnerabilityStatus { .. } => Err(FetchError::NotAsked {
                detail: "because a layout reaches no vulnerability advisor".to_owned(),
            }),
            Resource::Plugin { .. } | Resource::SignatureExtension { .. } => {
                Err(FetchError::NotSupported)
            }
            other => Err(FetchError::Malformed {
                detail: format!("a layout has nothing of the kind {}", other.kind()),
            }),
        }
    }

    fn blob(&self, digest: &Digest, media_type: Option<MediaType>, limit: usize) -> Answer {
        let bytes = self
            .store
            .blob(digest, limit)
            .map_err(|error| match error {
                FetchError::NotFound => FetchError::NotInLayout {
                    detail: "the layout has nothing with this digest".to_owned(),
                },
                other => other,
            })?;
        Ok(Fetched::new(bytes, media_type, format!("layout {digest}")))
    }

    /// What a descriptor of the list points to, checked against it, and its digest.
    fn described(
        &self,
        descriptor: &Descriptor,
        limit: usize,
    ) -> Result<(Digest, Fetched), FetchError> {
        let digest: Digest =
            descriptor
                .digest()
                .to_string()
                .parse()
                .map_err(|error| FetchError::Malformed {
                    detail: format!("{INDEX} has a digest that is not valid: {error}"),
                })?;
        let media_type = MediaType::new(descriptor.media_type().as_ref());
        let fetched = self.blob(&digest, Some(media_type), limit)?;
        if digest.matches(&fetched.bytes) {
            return Ok((digest, fetched));
        }
        Err(FetchError::DigestMismatch {
            actual: Digest::compute(digest.algorithm(), &fetched.bytes),
            expected: digest,
        })
    }

    /// The manifests of the list that say they refer to `subject`, and those that its fallback tag lists.
    fn referrers(&self, repository: &Repository, subject: &Digest, limit: usize) -> Answer {
        let mut listing = Listing::default();
        for descriptor in self.manifests.iter() {
            if let Ok((digest, fetched)) = self.described(descriptor, MAX_INDEX)
                && let Some(descriptor) = referrer(&fetched, &digest, subject)
            {
                listing.push(descriptor);
            }
        }
        let tag = Tag::of_referrers(subject);
        if let Some(tagged) = Names(&self.manifests).find(repository, tag.as_str())? {
            let (_, fetched) = self.described(tagged, MAX_INDEX)?;
            listing.add(&fetched.bytes, "the list of referrers")?;
        }
        listing.answer(format!("layout referrers of {subject}"), limit)
    }
}

/// What it means that a layout has no such member.
fn lacks(member: &str, store: &Store) -> String {
    if member == MARKER && store.has(FOREIGN) {
        return format!(
            "it has a {FOREIGN} and no file {MARKER}, so it is what `docker save` or `skopeo copy` to `dir:` writes; \
             `skopeo copy` to `oci:` or `oci-archive:` writes a layout"
        );
    }
    format!("it has no file {member}")
}

impl Fetcher for Layout {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let (layout, fetch) = (self.clone(), fetch.clone());
        Box::pin(async move {
            let answer = match &fetch.resource {
                Resource::Lookaside { url, .. } => match Url::parse(url) {
                    Ok(url) if url.scheme() == "file" => read_file(&url, fetch.max_bytes).await,
                    _ => Err(FetchError::NotAsked {
                        detail: "because a layout reaches no network".to_owned(),
                    }),
                },
                _ => {
                    let fetch = fetch.clone();
                    blocking(move || layout.answer(&fetch)).await
                }
            };
            fetch.check(answer).map(Checked::into_fetched)
        })
    }
}
