//! Media types, and the ones a registry serves an image under.

use std::fmt;

/// The media type of a manifest, index, configuration, layer or artifact.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct MediaType(std::borrow::Cow<'static, str>);

impl MediaType {
    /// An OCI image manifest.
    pub const OCI_MANIFEST: Self = Self::from_static("application/vnd.oci.image.manifest.v1+json");
    /// An OCI image index.
    pub const OCI_INDEX: Self = Self::from_static("application/vnd.oci.image.index.v1+json");
    /// A Docker schema 2 manifest.
    pub const DOCKER_MANIFEST: Self =
        Self::from_static("application/vnd.docker.distribution.manifest.v2+json");
    /// A Docker schema 2 manifest list.
    pub const DOCKER_LIST: Self =
        Self::from_static("application/vnd.docker.distribution.manifest.list.v2+json");

    /// An artifact manifest of the release candidates of OCI 1.1. Tools of 2023 wrote them, and registries keep them.
    pub const OCI_ARTIFACT: Self =
        Self::from_static("application/vnd.oci.artifact.manifest.v1+json");
    /// An artifact manifest of ORAS, from before OCI had one. It is recognised and not read.
    pub const ORAS_ARTIFACT: Self =
        Self::from_static("application/vnd.cncf.oras.artifact.manifest.v1+json");

    /// The manifest types Doorward asks a registry for, in order of preference.
    pub const ACCEPTED_MANIFESTS: [Self; 5] = [
        Self::OCI_MANIFEST,
        Self::OCI_INDEX,
        Self::DOCKER_MANIFEST,
        Self::DOCKER_LIST,
        Self::OCI_ARTIFACT,
    ];

    /// A media type known when the program is written.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(text))
    }

    /// A media type as it is written, with any parameters, which make it another one: for descriptors, where the
    /// specification has none (OCI image specification, "Descriptors", `mediaType`; RFC 6838, section 4.2).
    #[must_use]
    pub fn as_written(text: &str) -> Self {
        Self(std::borrow::Cow::Owned(text.to_owned()))
    }

    /// A media type read from a header or from what says what a document is; parameters such as `; charset=utf-8` are
    /// dropped.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let essence = text.split(';').next().unwrap_or_default().trim();
        Self(std::borrow::Cow::Owned(essence.to_owned()))
    }

    /// The text of the media type.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is one of the two index types.
    #[must_use]
    pub fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_LIST
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
