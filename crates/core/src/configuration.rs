//! Configurations of images: as whom and on what an image runs.

mod error;

use std::collections::BTreeMap;

use crate::descriptor::{present, spelled};
use crate::json::{self, Limits, Value};
use crate::{DescriptorError, MediaType, Platform, Timestamp};

pub use self::error::ConfigurationError;

/// The most labels. Builders write some dozens.
const MAX_LABELS: usize = 1024;
/// The most JSON values: histories of a thousand layers.
const MAX_VALUES: usize = 64 << 10;

/// What a configuration says of the image (OCI image specification, "Image Configuration"; Docker's has the same form), as
/// far as rules about images read it.
///
/// Runtimes ignore the case of member names. A configuration in which one that is read here stands in another case would
/// mean one thing to a policy and another to the runtime, so it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageConfiguration {
    /// What it runs on.
    pub platform: Platform,
    /// When it was made. Returns `None` if it does not say.
    pub created: Option<Timestamp>,
    /// As whom it runs: a user name or number, with a group behind a colon. Empty if it does not say, which is root.
    pub user: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl ImageConfiguration {
    /// The largest configuration that is read, in bytes, as for manifests.
    pub const MAX_BYTES: usize = 4 << 20;

    /// Whether a media type is that of a configuration of an image, and not of something else that is kept like one.
    #[must_use]
    pub fn is_of(media_type: &MediaType) -> bool {
        matches!(
            media_type.as_str(),
            "application/vnd.oci.image.config.v1+json"
                | "application/vnd.docker.container.image.v1+json"
        )
    }

    /// Reads a configuration. Members that are not known are ignored.
    ///
    /// # Errors
    /// [`ConfigurationError`], also if an object has a member twice, or one that is read here in another case.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigurationError> {
        let mut limits = Limits::bytes(Self::MAX_BYTES);
        limits.values = MAX_VALUES;
        let json = json::parse(bytes, limits)?;
        let of = |member| move |error| ConfigurationError::Member { member, error };
        let whole = ConfigurationError::Whole;
        let members = json
            .as_object()
            .ok_or_else(|| whole(DescriptorError::NotAnObject))?;
        spelled(members, &["created", "config"]).map_err(whole)?;
        let created = match text(&json, "created").map_err(whole)? {
            None | Some("") => None,
            Some(time) => {
                let wrong = DescriptorError::Form { member: "created" };
                Some(time.parse().map_err(|_| whole(wrong))?)
            }
        };
        let (mut user, mut labels) = (String::new(), BTreeMap::new());
        if let Some(config) = present(&json, "config") {
            let members = config
                .as_object()
                .ok_or_else(|| of("config")(DescriptorError::NotAnObject))?;
            spelled(members, &["User", "Labels"]).map_err(of("config"))?;
            text(config, "User")
                .map_err(of("config"))?
                .unwrap_or_default()
                .clone_into(&mut user);
            labels = read_labels(config).map_err(of("config"))?;
        }
        Ok(Self {
            platform: Platform::of_object(&json).map_err(whole)?,
            created,
            user,
            labels,
        })
    }
}

/// A text that may be there.
fn text<'v>(value: &'v Value, member: &'static str) -> Result<Option<&'v str>, DescriptorError> {
    let Some(value) = present(value, member) else {
        return Ok(None);
    };
    let wrong = DescriptorError::Form { member };
    value.as_str().ok_or(wrong).map(Some)
}

fn read_labels(config: &Value) -> Result<BTreeMap<String, String>, DescriptorError> {
    let Some(labels) = present(config, "Labels") else {
        return Ok(BTreeMap::new());
    };
    let wrong = DescriptorError::Form { member: "Labels" };
    let members = labels.as_object().ok_or_else(|| wrong.clone())?;
    if members.len() > MAX_LABELS {
        return Err(wrong);
    }
    let text = |(name, value): &(String, Value)| {
        let value = value.as_str().ok_or_else(|| wrong.clone())?;
        Ok((name.clone(), value.to_owned()))
    };
    members.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(value: &serde_json::Value) -> Result<ImageConfiguration, ConfigurationError> {
        ImageConfiguration::parse(value.to_string().as_bytes())
    }

    fn usual() -> serde_json::Value {
        json!({
            "architecture": "arm64", "os": "linux", "variant": "v8", "created": "2026-01-01T00:00:00.5Z",
            "config": {"User": "1000:1000", "Labels": {"a": "b"}, "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": []}, "history": [{"created": "x"}],
        })
    }

    #[test]
    fn a_configuration_says_when_it_was_made_as_whom_it_runs_and_on_what() {
        let read = parse(&usual()).expect("a configuration");
        assert_eq!(read.platform.variant.as_deref(), Some("v8"));
        assert_eq!(read.created, Some(Timestamp::from_unix(1_767_225_600)));
        assert_eq!(read.user, "1000:1000");
        assert_eq!(read.labels["a"], "b");
    }

    #[test]
    fn what_it_does_not_say_is_empty() {
        let bare = json!({"architecture": "amd64", "os": "linux", "config": null, "created": ""});
        let read = parse(&bare).expect("a configuration");
        assert_eq!((read.created, read.user.as_str()), (None, ""));
        assert!(read.labels.is_empty());
    }

    #[test]
    fn what_a_runtime_reads_differently_is_refused() {
        let text = usual().to_string();
        for changed in [
            text.replace("\"User\"", "\"user\""),
            text.replace("\"User\"", "\"User\":\"0\",\"User\""),
            text.replace("\"User\"", "\"user\":\"0\",\"User\""),
            text.replace("\"config\"", "\"Config\""),
            text.replace("\"config\"", "\"config\":{},\"config\""),
            text.replace("\"created\":\"2026", "\"Created\":\"2026"),
            text.replace("\"1000:1000\"", "1000"),
            text.replace("\"Labels\"", "\"labels\""),
            text.replace("\"b\"", "7"),
            text.replace("2026-01-01T00:00:00.5Z", "yesterday"),
            text.replace("\"architecture\"", "\"x\""),
            "[]".to_owned(),
        ] {
            assert!(
                ImageConfiguration::parse(changed.as_bytes()).is_err(),
                "{changed}"
            );
        }
    }

    #[test]
    fn what_is_no_configuration_is_called_one_and_neither_manifest_nor_index() {
        let text = usual().to_string();
        for (bytes, expected) in [
            (
                "{".to_owned(),
                "the configuration is not JSON as it is read: ",
            ),
            (
                text.replace("\"os\"", "\"os\":\"linux\",\"os\""),
                "the configuration is not JSON as it is read: ",
            ),
            ("[]".to_owned(), "the configuration: it is not an object"),
            (
                text.replace("\"architecture\"", "\"x\""),
                "the configuration: it has no `architecture`",
            ),
            (
                text.replace("\"linux\"", "7"),
                "the configuration: its member `os` is not of the right form",
            ),
            (
                text.replace("2026-01-01T00:00:00.5Z", "yesterday"),
                "the configuration: its member `created` is not of the right form",
            ),
            (
                text.replace("\"1000:1000\"", "1000"),
                "the configuration, in `config`: its member `User` is not of the right form",
            ),
        ] {
            let error = ImageConfiguration::parse(bytes.as_bytes()).expect_err("no configuration");
            let told = error.to_string();
            assert!(told.starts_with(expected), "{told}");
            assert!(!told.contains("manifest"), "{told}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ImageConfiguration::parse(&bytes);
        }
    }
}
