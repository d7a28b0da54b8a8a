//! The annotation that keeps what the author of an object wrote.

use std::collections::BTreeMap;

use crate::document::Metadata;
use crate::image_use::{ImageUse, Slot};
use crate::patch::PatchOperation;
use crate::pointer::escaped;

/// The annotation that holds the references that pinning replaced: a JSON object from `<list>/<name>`, for example
/// `containers/app`, to the reference as it was written. In a custom resource the pointer to the pod specification comes
/// before that, and a field has its own pointer as its key.
///
/// It is for people and tools that want to know where an image came from. Nothing is ever decided by it: anyone who can
/// create the object can write it.
pub const ORIGINAL_IMAGES: &str = "doorward.dev/original-images";

/// Where the annotation goes and what is there.
///
/// It is kept with the pod: in the metadata of a Pod, and in the pod template of everything else. There the pods made
/// from the template inherit it, and it changes exactly when the images in the template do, so it never causes a
/// roll-out of its own. Of a custom resource only the metadata of the object itself are known to be such, and there it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Annotated {
    /// The object has no place for it, or the API server would drop it.
    Nowhere,
    /// There is no metadata at this pointer yet.
    NoMetadata { metadata: String },
    /// There are no annotations in the metadata at this pointer yet.
    NoAnnotations { metadata: String },
    /// There are annotations, perhaps with this one among them.
    Annotations {
        metadata: String,
        present: Option<String>,
    },
}

impl Annotated {
    pub(crate) fn found(pointer: String, metadata: Option<&Metadata>) -> Self {
        match metadata {
            None => Self::NoMetadata { metadata: pointer },
            Some(Metadata {
                annotations: None, ..
            }) => Self::NoAnnotations { metadata: pointer },
            Some(Metadata {
                annotations: Some(annotations),
                ..
            }) => Self::Annotations {
                metadata: pointer,
                present: annotations.original_images.clone(),
            },
        }
    }

    /// The operation that records `replaced`, where `all` are the images of the object.
    ///
    /// What an earlier pass recorded is kept for containers that are still there and still pinned, and forgotten for
    /// all others. A value that is not such a record is overwritten.
    pub(crate) fn record(
        &self,
        all: &[ImageUse],
        replaced: &[&ImageUse],
    ) -> Option<PatchOperation> {
        if replaced.is_empty() {
            return None;
        }
        let mut record = BTreeMap::new();
        if let Self::Annotations {
            present: Some(text),
            ..
        } = self
        {
            let earlier: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
            let still_pinned = |key: &String| {
                all.iter()
                    .any(|image| key_of(image) == *key && image.image.contains('@'))
            };
            record.extend(earlier.into_iter().filter(|(key, _)| still_pinned(key)));
        }
        record.extend(
            replaced
                .iter()
                .map(|image| (key_of(image), image.image.clone())),
        );
        let text = serde_json::Value::from_iter(record).to_string();
        let own = serde_json::Value::from_iter([(ORIGINAL_IMAGES, text.as_str())]);
        match self {
            Self::Nowhere => None,
            Self::NoMetadata { metadata } => Some(PatchOperation::Add {
                path: metadata.clone(),
                value: serde_json::Value::from_iter([("annotations", own)]),
            }),
            Self::NoAnnotations { metadata } => Some(PatchOperation::Add {
                path: format!("{metadata}/annotations"),
                value: own,
            }),
            // Adding a member that exists replaces it (RFC 6902 section 4.1).
            Self::Annotations { metadata, .. } => Some(PatchOperation::Add {
                path: format!("{metadata}/annotations/{}", escaped(ORIGINAL_IMAGES)),
                value: text.into(),
            }),
        }
    }
}

/// The key of an image. Indices would shift when another webhook inserts a container; names stay.
fn key_of(image: &ImageUse) -> String {
    if image.name.is_empty() || image.slot == Slot::Field {
        return image.pointer.clone();
    }
    let key = format!("{}/{}", image.slot.list(), image.name);
    if image.pod.is_empty() {
        return key;
    }
    format!("{}/{key}", image.pod)
}
