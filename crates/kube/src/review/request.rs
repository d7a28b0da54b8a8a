//! The parts of a review that are read, as they are written in JSON.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::resource::GroupVersionResource;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object", bound = "'de: 'a")]
pub(super) struct ReviewDocument<'a> {
    pub(super) api_version: Option<String>,
    pub(super) kind: Option<String>,
    #[serde(borrow)]
    pub(super) request: Option<Request<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object", bound = "'de: 'a")]
pub(super) struct Request<'a> {
    pub(super) uid: Option<String>,
    pub(super) resource: Option<GroupVersionResource>,
    pub(super) sub_resource: Option<String>,
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) dry_run: Option<bool>,
    #[serde(borrow)]
    pub(super) user_info: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) object: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) old_object: Option<&'a RawValue>,
}

/// Whether the stored object is being deleted. One that cannot be read this far is not.
pub(super) fn is_deleting(stored: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Stored {
        metadata: Option<Metadata>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Metadata {
        deletion_timestamp: Option<String>,
    }
    let stored: Option<Stored> = serde_json::from_str(stored.get()).ok();
    let metadata = stored.and_then(|stored| stored.metadata);
    metadata.is_some_and(|metadata| metadata.deletion_timestamp.is_some())
}
