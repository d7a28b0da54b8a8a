//! Descriptors: a pointer to content by digest.

mod annotations;
mod error;
mod platform;

use std::collections::BTreeMap;

use crate::json::Value;
use crate::spelling::taken_for;
use crate::{Digest, MediaType};

pub use error::DescriptorError;
pub use platform::Platform;

pub(crate) use annotations::annotations;

/// The members of a descriptor that are read.
const MEMBERS: [&str; 6] = [
    "mediaType",
    "digest",
    "size",
    "artifactType",
    "platform",
    "annotations",
];
/// The longest media type: two names of 127 characters each (RFC 6838, section 4.2) and what is between them.
const MAX_MEDIA_TYPE: usize = 255;

/// An OCI content descriptor (OCI image specification, "Descriptors").
///
/// The members `urls` and `data` are not read: content comes through a [`Fetch`](crate::Fetch), which counts it and
/// checks its digest.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// What the content is.
    pub media_type: MediaType,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes.
    pub size: u64,
    /// The type of the artifact, on descriptors of manifests that are not images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// What the content runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Free annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A descriptor of `size` bytes with that digest, without anything optional.
    #[must_use]
    pub const fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            artifact_type: None,
            platform: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Reads a descriptor. Members that are not known are ignored, as the specification demands; those that some
    /// programs would take for known ones are refused.
    ///
    /// A media type has 1 to 255 visible characters, a size at most 2^63 - 1. There are at most 256 annotations, with
    /// keys of at most 1 KiB and values of at most 64 KiB.
    ///
    /// # Errors
    /// [`DescriptorError`].
    pub fn from_json(value: &Value) -> Result<Self, DescriptorError> {
        Ok(Self {
            platform: present(value, "platform")
                .map(Platform::from_json)
                .transpose()?,
            annotations: annotations(value)?,
            ..Self::core(value)?
        })
    }

    /// What the content is called and of which type it is, without what else a malformed descriptor says of it. Returns
    /// `None` if that cannot be read.
    pub(crate) fn named(value: &Value) -> Option<Self> {
        Self::core(value).ok()
    }

    /// The type of the artifact, of a malformed descriptor too. Returns `None` if programs could read it differently.
    pub(crate) fn artifact_type_of(value: &Value) -> Option<MediaType> {
        spelled(value.as_object()?, &["artifactType"]).ok()?;
        artifact_type(value).ok()?
    }

    /// All but the platform and the annotations.
    fn core(value: &Value) -> Result<Self, DescriptorError> {
        let members = value.as_object().ok_or(DescriptorError::NotAnObject)?;
        spelled(members, &MEMBERS)?;
        let required = |member| present(value, member).ok_or(DescriptorError::Missing { member });
        let digest = required("digest")?
            .as_str()
            .ok_or(DescriptorError::Form { member: "digest" })?;
        Ok(Self {
            media_type: media_type(required("mediaType")?, "mediaType")?
                .map(MediaType::as_written)
                .ok_or(DescriptorError::Missing {
                    member: "mediaType",
                })?,
            digest: digest.parse()?,
            size: size(required("size")?)?,
            artifact_type: artifact_type(value)?,
            platform: None,
            annotations: BTreeMap::new(),
        })
    }
}

/// Refuses an object with a member that some programs, and not all, take for one of `known`.
pub(crate) fn spelled(
    members: &[(String, Value)],
    known: &[&'static str],
) -> Result<(), DescriptorError> {
    let twin = members
        .iter()
        .find_map(|(name, _)| taken_for(name, known).filter(|member| name != member));
    match twin {
        Some(member) => Err(DescriptorError::Member { member }),
        None => Ok(()),
    }
}

/// A member that is there. Programs agree that `null` says nothing in the place of something optional.
pub(crate) fn present<'v>(value: &'v Value, member: &str) -> Option<&'v Value> {
    value.get(member).filter(|value| **value != Value::Null)
}

/// The artifact type. An empty one is how some writers say that there is none.
pub(crate) fn artifact_type(value: &Value) -> Result<Option<MediaType>, DescriptorError> {
    let member = "artifactType";
    let text = present(value, member).map_or(Ok(None), |value| media_type(value, member))?;
    Ok(text.map(MediaType::new))
}

/// The text of a media type. Returns `None` if it is empty.
fn media_type<'v>(
    value: &'v Value,
    member: &'static str,
) -> Result<Option<&'v str>, DescriptorError> {
    let wrong = DescriptorError::Form { member };
    let text = value.as_str().ok_or_else(|| wrong.clone())?;
    let is_plain = |b: u8| b.is_ascii_graphic() || b == b' ';
    if text.len() > MAX_MEDIA_TYPE || !text.bytes().all(is_plain) {
        return Err(wrong);
    }
    let names_nothing = MediaType::new(text).as_str().is_empty();
    match (text.is_empty(), names_nothing) {
        (true, _) => Ok(None),
        (false, true) => Err(wrong),
        (false, false) => Ok(Some(text)),
    }
}

/// A size: a whole number written as one. The specification has it fit a signed 64-bit integer.
fn size(value: &Value) -> Result<u64, DescriptorError> {
    let size = match value {
        Value::Number(digits) => digits.parse::<i64>().ok(),
        _ => None,
    };
    size.and_then(|size| u64::try_from(size).ok())
        .ok_or(DescriptorError::Form { member: "size" })
}

#[cfg(test)]
mod tests;
