//! What an image runs on.

use super::{DescriptorError, present, spelled};
use crate::json::Value;

/// The members that are read.
const MEMBERS: [&str; 3] = ["architecture", "os", "variant"];
/// The longest name. Those of the field have up to eight characters.
const MAX_NAME: usize = 64;

/// What an image runs on (OCI image specification, "Image Index", property `platform`). Names are as they were
/// written: visible ASCII characters, at most 64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Platform {
    /// The processor, such as `amd64`.
    pub architecture: String,
    /// The operating system, such as `linux`.
    pub os: String,
    /// The kind of processor, such as `v8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// A platform without a variant.
    #[must_use]
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self {
            architecture: architecture.into(),
            os: os.into(),
            variant: None,
        }
    }

    /// Reads the member `platform` of a descriptor, of which the first two members must be there.
    pub(crate) fn from_json(value: &Value) -> Result<Self, DescriptorError> {
        Self::of_object(value).map_err(|error| match error {
            spelling @ DescriptorError::Member { .. } => spelling,
            _ => DescriptorError::Form { member: "platform" },
        })
    }

    /// Reads the members of an object that says what it runs on, of which the first two must be there.
    pub(crate) fn of_object(value: &Value) -> Result<Self, DescriptorError> {
        let members = value.as_object().ok_or(DescriptorError::NotAnObject)?;
        spelled(members, &MEMBERS)?;
        let name = |member| match present(value, member).map(Value::as_str) {
            None => Ok(None),
            Some(Some(text)) if is_plain(text) => Ok(Some(text.to_owned())),
            Some(_) => Err(DescriptorError::Form { member }),
        };
        let needed = |member| name(member)?.ok_or(DescriptorError::Missing { member });
        Ok(Self {
            architecture: needed("architecture")?,
            os: needed("os")?,
            variant: name("variant")?.filter(|variant| !variant.is_empty()),
        })
    }
}

fn is_plain(name: &str) -> bool {
    name.len() <= MAX_NAME && name.bytes().all(|b| b.is_ascii_graphic())
}
