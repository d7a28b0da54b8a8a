//! OCI image layouts: a registry in a folder or an archive.

mod archive;
mod folder;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use doorward_core::{
    Answer, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, MediaType, Repository,
    Resource, Selector,
};
use oci_spec::image::{Descriptor, ImageManifest, OciLayout};
use url::Url;

use crate::client::lookaside::{blocking, read_file};
use crate::index;
use archive::Archive;
use folder::Folder;

/// The file that marks a layout.
const MARKER: &str = "oci-layout";
/// The only version of the layout there is.
const VERSION: &str = "1.0.0";
/// The list of what is in the layout.
const INDEX: &str = "index.json";
/// The largest marker and list.
const MAX_INDEX: usize = 4 << 20;
/// The annotation that names a manifest in the list.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation by which containerd names it, always in full.
const IMAGE_NAME: &str = "io.containerd.image.name";

/// An OCI image layout (OCI image specification, "Image Layout"), in a folder or a tar archive, as a [`Fetcher`].
///
/// A layout holds the content of whatever repository it is asked for: digests are looked up in `blobs/`, tags in
/// `index.json`. There a manifest is named by its annotation `org.opencontainers.image.ref.name` (or containerd's
/// `io.containerd.image.name`), which is either a whole reference, and then counts only for its repository, or a
/// bare tag. What a digest names is checked like everywhere else, and what a tag names is only where to look: a
/// layout cannot make a signature for another name valid.
///
/// Nothing is unpacked. Paths and links that lead out of the layout are refused, and an archive that has any such
/// member, or the same one twice, is not opened.
///
/// Lookaside stores are read if they are on a `file:` URL. A layout reaches no network: other stores and trust servers
/// are unavailable.
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
            store
                .read(member, MAX_INDEX)
                .map_err(|error| invalid(format!("{member}: {error}")))
        };
        let marker: OciLayout = serde_json::from_slice(&member(MARKER)?)
            .map_err(|_| invalid(format!("{MARKER} is not what it should be")))?;
        if marker.image_layout_version() != VERSION {
            return Err(invalid(format!(
                "version {:?} is not known",
                marker.image_layout_version()
            )));
        }
        let manifests = index::parse(&member(INDEX)?, INDEX).map_err(|e| invalid(e.to_string()))?;
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
                    let descriptor = self.named(repository, tag.as_str())?;
                    self.described(descriptor, limit)
                }
            },
            Resource::Referrers {
                repository, digest, ..
            } => self.referrers(repository, digest, limit),
            // Not an answer: what a trust server says about the image is not known here.
            Resource::NotaryMetadata { .. } => Err(FetchError::Unavailable {
                detail: "a layout reaches no trust server".to_owned(),
            }),
            Resource::SignatureExtension { .. } => Err(FetchError::NotSupported),
            other => Err(FetchError::Malformed {
                detail: format!("a layout has nothing of the kind {}", other.kind()),
            }),
        }
    }

    fn blob(&self, digest: &Digest, media_type: Option<MediaType>, limit: usize) -> Answer {
        let bytes = self.store.blob(digest, limit)?;
        Ok(Fetched::new(bytes, media_type, format!("layout {digest}")))
    }

    /// What a descriptor of the list points to, checked against it.
    fn described(&self, descriptor: &Descriptor, limit: usize) -> Answer {
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
            return Ok(fetched);
        }
        Err(FetchError::DigestMismatch {
            actual: Digest::compute(digest.algorithm(), &fetched.bytes),
            expected: digest,
        })
    }

    /// The manifest that a tag names: by its whole reference if one has it, else by the bare tag.
    fn named(&self, repository: &Repository, tag: &str) -> Result<&Descriptor, FetchError> {
        let whole = format!("{}:{tag}", repository.canonical());
        let by = |wanted: &dyn Fn(&str) -> bool| -> Vec<&Descriptor> {
            self.manifests
                .iter()
                .filter(|descriptor| {
                    let annotations = descriptor.annotations().as_ref();
                    [REF_NAME, IMAGE_NAME].iter().any(|key| {
                        annotations
                            .and_then(|annotations| annotations.get(*key))
                            .is_some_and(|name| wanted(name))
                    })
                })
                .collect()
        };
        let in_full = by(&|name| {
            name.contains('/')
                && name
                    .parse::<doorward_core::Reference>()
                    .is_ok_and(|reference| reference.canonical().to_string() == whole)
        });
        let found = if in_full.is_empty() {
            by(&|name| name == tag)
        } else {
            in_full
        };
        let Some((first, rest)) = found.split_first() else {
            return Err(FetchError::NotFound);
        };
        if rest.iter().any(|other| other.digest() != first.digest()) {
            return Err(FetchError::Malformed {
                detail: format!("{INDEX} names different manifests {tag:?}"),
            });
        }
        Ok(first)
    }

    /// The manifests of the list that say they refer to `digest`, and those that its fallback tag lists.
    fn referrers(&self, repository: &Repository, digest: &Digest, limit: usize) -> Answer {
        let mut all = Vec::new();
        for descriptor in self.manifests.iter() {
            let Ok(fetched) = self.described(descriptor, MAX_INDEX) else {
                continue;
            };
            let subject = serde_json::from_slice::<ImageManifest>(&fetched.bytes)
                .ok()
                .and_then(|manifest| manifest.subject().clone());
            if subject.is_some_and(|subject| subject.digest().to_string() == digest.as_str()) {
                all.push(descriptor.clone());
            }
        }
        match self.named(repository, &index::fallback_tag(digest)) {
            Ok(descriptor) => {
                let fetched = self.described(descriptor, MAX_INDEX)?;
                all.extend(index::parse(&fetched.bytes, "the list of referrers")?);
            }
            Err(FetchError::NotFound) => {}
            Err(error) => return Err(error),
        }
        Ok(Fetched::new(
            index::write(all, limit)?,
            Some(MediaType::OCI_INDEX),
            format!("layout referrers of {digest}"),
        ))
    }
}

impl Fetcher for Layout {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let (layout, fetch) = (self.clone(), fetch.clone());
        Box::pin(async move {
            let answer = match &fetch.resource {
                Resource::Lookaside { url, .. } => match Url::parse(url) {
                    Ok(url) if url.scheme() == "file" => read_file(&url, fetch.max_bytes).await,
                    _ => Err(FetchError::Unavailable {
                        detail: "a layout reaches no network".to_owned(),
                    }),
                },
                _ => {
                    let fetch = fetch.clone();
                    blocking(move || layout.answer(&fetch)).await
                }
            };
            answer?.check(&fetch)
        })
    }
}
