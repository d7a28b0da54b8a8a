//! Building images and indexes.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::{Descriptor, MediaType};
use serde_json::{Map, Value, json};

use super::{Blob, Image, ImageFormat, Layer};

const OCI_CONFIG: MediaType = MediaType::from_static("application/vnd.oci.image.config.v1+json");
const DOCKER_CONFIG: MediaType =
    MediaType::from_static("application/vnd.docker.container.image.v1+json");

/// Builds an [`Image`] with one platform.
///
/// Without further orders it is an OCI image for `linux/amd64` without layers.
#[derive(Clone, Debug)]
pub struct ImageBuilder {
    format: ImageFormat,
    os: String,
    architecture: String,
    layers: Vec<Layer>,
    /// Blobs behind the layers that are none.
    raw: Vec<Blob>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    config: Option<Blob>,
}

impl Default for ImageBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ImageBuilder {
    /// An empty OCI image for `linux/amd64`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            format: ImageFormat::Oci,
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            layers: Vec::new(),
            raw: Vec::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            subject: None,
            artifact_type: None,
            config: None,
        }
    }

    /// Uses the media types of this family.
    #[must_use]
    pub const fn format(mut self, format: ImageFormat) -> Self {
        self.format = format;
        self
    }

    /// The platform, `linux` and `arm64` for example.
    #[must_use]
    pub fn platform(mut self, os: impl Into<String>, architecture: impl Into<String>) -> Self {
        self.os = os.into();
        self.architecture = architecture.into();
        self
    }

    /// Adds a layer with one file.
    ///
    /// # Panics
    /// As [`Layer::files`].
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.layer(Layer::files([(path, content.as_ref())]))
    }

    /// Adds a layer.
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds a blob as it is, in the place of a layer: for artifacts, which have no file systems.
    #[must_use]
    pub fn blob(mut self, blob: Blob) -> Self {
        self.raw.push(blob);
        self
    }

    /// Adds a label to the configuration.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Adds an annotation to the manifest. Docker's format has none; they are left out there.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Makes the manifest refer to another: its `subject`, which the referrers API lists it under.
    #[must_use]
    pub fn subject(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject);
        self
    }

    /// The `artifactType` of a manifest that is not an image.
    #[must_use]
    pub fn artifact_type(mut self, artifact_type: impl Into<String>) -> Self {
        self.artifact_type = Some(artifact_type.into());
        self
    }

    /// Uses this configuration instead of one that describes the layers.
    #[must_use]
    pub fn config(mut self, config: Blob) -> Self {
        self.config = Some(config);
        self
    }

    /// Builds the image.
    #[must_use]
    pub fn build(self) -> Image {
        let (manifest_type, config_type) = match self.format {
            ImageFormat::Oci => (MediaType::OCI_MANIFEST, OCI_CONFIG),
            ImageFormat::Docker => (MediaType::DOCKER_MANIFEST, DOCKER_CONFIG),
        };
        let layers: Vec<_> = self
            .layers
            .iter()
            .map(|l| l.blob(self.format))
            .chain(self.raw.iter().cloned())
            .collect();
        let config = self
            .config
            .clone()
            .unwrap_or_else(|| Blob::new(config_type, self.configuration()));

        let mut manifest = Map::new();
        manifest.insert("schemaVersion".to_owned(), json!(2));
        manifest.insert("mediaType".to_owned(), json!(manifest_type));
        if let Some(artifact_type) = &self.artifact_type {
            manifest.insert("artifactType".to_owned(), json!(artifact_type));
        }
        manifest.insert("config".to_owned(), json!(config.descriptor()));
        let descriptors: Vec<_> = layers.iter().map(Blob::descriptor).collect();
        manifest.insert("layers".to_owned(), json!(descriptors));
        if let Some(subject) = &self.subject {
            manifest.insert("subject".to_owned(), json!(subject));
        }
        if self.format == ImageFormat::Oci && !self.annotations.is_empty() {
            manifest.insert("annotations".to_owned(), json!(self.annotations));
        }
        let mut blobs = vec![config];
        blobs.extend(layers);
        Image {
            manifest: Blob::new(manifest_type, text(manifest)),
            blobs,
            children: Vec::new(),
        }
    }

    /// A configuration that a runtime would take.
    fn configuration(&self) -> Bytes {
        let diff_ids: Vec<_> = self.layers.iter().map(Layer::diff_id).collect();
        let mut config = Map::new();
        config.insert("architecture".to_owned(), json!(self.architecture));
        config.insert("created".to_owned(), json!("1970-01-01T00:00:00Z"));
        config.insert("os".to_owned(), json!(self.os));
        config.insert("config".to_owned(), json!({"Labels": self.labels}));
        config.insert(
            "rootfs".to_owned(),
            json!({"type": "layers", "diff_ids": diff_ids}),
        );
        text(config)
    }
}

/// Builds an [`Image`] that is an index of images for several platforms.
///
/// ```
/// use doorward_testkit::{ImageBuilder, IndexBuilder};
///
/// let index = IndexBuilder::new()
///     .image("linux/amd64", ImageBuilder::new().file("a", "amd").build())
///     .image("linux/arm64/v8", ImageBuilder::new().platform("linux", "arm64").build())
///     .build();
/// assert_eq!(index.children().len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct IndexBuilder {
    format: ImageFormat,
    images: Vec<Listed>,
    annotations: BTreeMap<String, String>,
}

/// An image of an index, and what the index says of it.
#[derive(Clone, Debug)]
struct Listed {
    platform: String,
    image: Image,
    annotations: BTreeMap<String, String>,
}

impl IndexBuilder {
    /// An empty OCI index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses the media types of this family.
    #[must_use]
    pub const fn format(mut self, format: ImageFormat) -> Self {
        self.format = format;
        self
    }

    /// Adds an image for a platform written `os/architecture` or `os/architecture/variant`. An empty platform
    /// leaves it out of the descriptor, as attestation manifests do.
    #[must_use]
    pub fn image(self, platform: impl Into<String>, image: Image) -> Self {
        let none: [(&str, String); 0] = [];
        self.annotated(platform, image, none)
    }

    /// The same with annotations of its descriptor.
    #[must_use]
    pub fn annotated<'a>(
        mut self,
        platform: impl Into<String>,
        image: Image,
        annotations: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Self {
        let annotations = annotations.into_iter();
        self.images.push(Listed {
            platform: platform.into(),
            image,
            annotations: annotations
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        });
        self
    }

    /// Adds an attestation about an image of the index, as BuildKit does: a manifest with a statement in it, for a platform that
    /// no node has.
    #[must_use]
    pub fn attestation(self, about: &Image) -> Self {
        let digest = about.digest();
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{"name": "app", "digest": {"sha256": digest.hex()}}],
            "predicate": {},
        });
        let statement = Blob::new(
            MediaType::from_static("application/vnd.in-toto+json"),
            statement.to_string(),
        );
        let manifest = ImageBuilder::new()
            .platform("unknown", "unknown")
            .blob(statement)
            .build();
        let annotations = [
            (
                "vnd.docker.reference.type",
                "attestation-manifest".to_owned(),
            ),
            ("vnd.docker.reference.digest", digest.to_string()),
        ];
        self.annotated("unknown/unknown", manifest, annotations)
    }

    /// Adds an annotation to the index.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Builds the index.
    #[must_use]
    pub fn build(self) -> Image {
        let media_type = match self.format {
            ImageFormat::Oci => MediaType::OCI_INDEX,
            ImageFormat::Docker => MediaType::DOCKER_LIST,
        };
        let descriptors: Vec<_> = self.images.iter().map(Listed::entry).collect();
        let mut index = Map::new();
        index.insert("schemaVersion".to_owned(), json!(2));
        index.insert("mediaType".to_owned(), json!(media_type));
        index.insert("manifests".to_owned(), json!(descriptors));
        if self.format == ImageFormat::Oci && !self.annotations.is_empty() {
            index.insert("annotations".to_owned(), json!(self.annotations));
        }
        Image {
            manifest: Blob::new(media_type, text(index)),
            blobs: Vec::new(),
            children: self.images.into_iter().map(|one| one.image).collect(),
        }
    }
}

impl Listed {
    fn entry(&self) -> Value {
        let mut entry = json!(self.image.manifest.descriptor());
        let mut parts = self.platform.splitn(3, '/');
        let (os, architecture, variant) = (parts.next(), parts.next(), parts.next());
        let Some(object) = entry.as_object_mut() else {
            return entry;
        };
        if let (Some(os), Some(architecture)) = (os, architecture) {
            let mut value = json!({"architecture": architecture, "os": os});
            if let (Some(variant), Some(value)) = (variant, value.as_object_mut()) {
                value.insert("variant".to_owned(), json!(variant));
            }
            object.insert("platform".to_owned(), value);
        }
        if !self.annotations.is_empty() {
            object.insert("annotations".to_owned(), json!(self.annotations));
        }
        entry
    }
}

/// The document with the members of every object in the order of their names: a digest must not depend on how
/// somebody else in the build configured `serde_json`.
fn text(document: Map<String, Value>) -> Bytes {
    sorted(Value::Object(document)).to_string().into()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            members.into_iter().collect()
        }
        other => other,
    }
}
