//! What an inspection found, in the published form.

use serde::Serialize;

use super::found_trust::Trust;
use super::problem::Problem;

/// An `ImageInspection` of `inspect.doorward.dev/v1`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inspection {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    /// As written.
    pub(super) image: String,
    /// Normalised.
    pub(super) reference: String,
    /// Of the manifest or index; computed here. `null`, if there is none to be had.
    pub(super) digest: Option<String>,
    pub(super) manifest: Option<Manifest>,
    /// The stores that were looked in.
    pub(super) stores: Vec<String>,
    pub(super) signatures: Vec<Signature>,
    /// The signed collections that policies demand or --trust-server names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) trust: Vec<Trust>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

/// What the reference names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) media_type: Option<String>,
    /// `image` or `index`.
    pub(super) kind: &'static str,
    pub(super) bytes: usize,
    /// `os/architecture`, of all images if this is an index. As the image itself says.
    pub(super) platforms: Vec<String>,
    /// Layers of an image, manifests of an index.
    pub(super) parts: usize,
}

/// One stored signature. Nothing in it was verified.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signature {
    pub(super) scheme: &'static str,
    pub(super) source: String,
    pub(super) bytes: usize,
    /// What it says about itself, believed by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unverified: Option<Unverified>,
    /// Why it cannot even be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unreadable: Option<String>,
}

/// What a signature says about itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unverified {
    pub(super) reference: String,
    pub(super) digest: String,
    /// Whether that digest is the image's.
    pub(super) digest_is_of_this_image: bool,
    pub(super) key: Option<String>,
    pub(super) signed_at: Option<String>,
    pub(super) creator: Option<String>,
}
