//! What a file of a repository is called.

use std::fmt;
use std::str::FromStr;

use crate::TufError;

/// The most bytes of a name.
const MAX_BYTES: usize = 512;

/// The name of a target: a relative path with forward slashes, of at most 512 bytes.
///
/// TUF lets a name be any text (TUF 1.0.34, 4.5, `TARGETPATH`). Here it is one that means the same as a file, as part
/// of a URL and in a log: no empty, `.` or `..` segment, no backslash and no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetName(String);

impl TargetName {
    /// The name as it is written in metadata.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TargetName {
    type Err = TufError;

    fn from_str(text: &str) -> Result<Self, TufError> {
        let whole = text.len() <= MAX_BYTES
            && !text.chars().any(|c| c.is_control() || c == '\\')
            && text
                .split('/')
                .all(|segment| !matches!(segment, "" | "." | ".."));
        if whole {
            Ok(Self(text.to_owned()))
        } else {
            Err(TufError::NameInvalid)
        }
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_a_name() {
        for name in [
            "trusted_root.json",
            "registry.npmjs.org/keys.json",
            "a b",
            "...",
        ] {
            assert_eq!(name.parse::<TargetName>().expect(name).as_str(), name);
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let long = "a".repeat(MAX_BYTES + 1);
        for name in [
            "",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "a\\b",
            "a\nb",
            "//host/a",
            &long,
        ] {
            assert_eq!(
                name.parse::<TargetName>(),
                Err(TufError::NameInvalid),
                "{name:?}"
            );
        }
    }
}
