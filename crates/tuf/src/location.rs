//! Where a repository is.

use std::path::Path;

use url::Url;

use crate::{TargetName, TufError};

/// The two base URLs of a repository: `http`, `https` or `file`, without user information, query and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    metadata: Url,
    targets: Url,
}

impl Location {
    /// A repository whose metadata is below one URL and whose files are below another, or the same.
    ///
    /// # Errors
    /// [`TufError::LocationInvalid`] if one of them cannot be a base.
    pub fn new(metadata: &str, targets: &str) -> Result<Self, TufError> {
        Ok(Self {
            metadata: base(metadata)?,
            targets: base(targets)?,
        })
    }

    /// A repository with its metadata at one URL and its files below `targets` there, as those of sigstore are.
    ///
    /// # Errors
    /// [`TufError::LocationInvalid`] if it cannot be a base.
    pub fn at(url: &str) -> Result<Self, TufError> {
        let metadata = base(url)?;
        let mut targets = metadata.clone();
        targets.set_path(&format!("{}targets/", metadata.path()));
        Ok(Self { metadata, targets })
    }

    /// The base URL of the metadata.
    #[must_use]
    pub fn metadata(&self) -> &str {
        self.metadata.as_str()
    }

    /// An offline copy: a folder that holds `metadata` and `targets`, with the files named as on the server. The
    /// path must be absolute.
    ///
    /// # Errors
    /// [`TufError::LocationInvalid`] if the path is relative.
    pub fn offline_copy(folder: &Path) -> Result<Self, TufError> {
        let below = |name: &str| {
            Url::from_directory_path(folder.join(name)).map_err(|()| TufError::LocationInvalid {
                detail: "the path of an offline copy is absolute".to_owned(),
            })
        };
        Ok(Self {
            metadata: below("metadata")?,
            targets: below("targets")?,
        })
    }

    /// The URL of a document of metadata, whose name is percent-encoded.
    pub(crate) fn document(&self, name: &str) -> Url {
        let mut url = self.metadata.clone();
        url.set_path(&format!("{}{name}", self.metadata.path()));
        url
    }

    /// The URL of a target, with its digest before the last segment where the repository keeps consistent snapshots
    /// (TUF 1.0.34, 6.2: `PATH/HASH.NAME`).
    pub(crate) fn target(&self, name: &TargetName, digest: Option<&str>) -> Url {
        let mut url = self.targets.clone();
        // A base always has segments: `base` refuses what has none.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            let mut segments = name.as_str().split('/').peekable();
            while let Some(segment) = segments.next() {
                match digest {
                    Some(digest) if segments.peek().is_none() => {
                        path.push(&format!("{digest}.{segment}"));
                    }
                    _ => {
                        path.push(segment);
                    }
                }
            }
        }
        url
    }
}

fn base(text: &str) -> Result<Url, TufError> {
    // The text is not quoted: it may hold a password.
    let invalid = |detail: &str| TufError::LocationInvalid {
        detail: detail.to_owned(),
    };
    let mut url = Url::parse(text).map_err(|_| invalid("it is not an absolute URL"))?;
    if !matches!(url.scheme(), "file" | "http" | "https") {
        return Err(invalid("it is on none of file, http and https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it has user information in it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it has a query or a fragment"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base: &str, name: &str, digest: Option<&str>) -> String {
        let location = Location::new(base, base).expect("a location");
        location
            .target(&name.parse().expect("a name"), digest)
            .to_string()
    }

    #[test]
    fn the_digest_stands_before_the_last_segment() {
        assert_eq!(
            target("https://t.example/x", "a/b.json", Some("00")),
            "https://t.example/x/a/00.b.json"
        );
        assert_eq!(
            target("https://t.example/x/", "b.json", Some("00")),
            "https://t.example/x/00.b.json"
        );
        assert_eq!(
            target("https://t.example", "a/b.json", None),
            "https://t.example/a/b.json"
        );
    }

    #[test]
    fn a_name_cannot_leave_the_base() {
        for (name, url) in [
            ("a?b#c", "https://t.example/x/a%3Fb%23c"),
            ("https:", "https://t.example/x/https:"),
            ("%2e%2e/a", "https://t.example/x/%252e%252e/a"),
        ] {
            assert_eq!(target("https://t.example/x/", name, None), url);
        }
    }

    #[test]
    fn an_address_that_cannot_be_a_base_is_refused_without_showing_it() {
        for url in [
            "",
            "/srv/tuf",
            "ftp://t.example/",
            "data:,x",
            "https://u:s3cret@t.example/",
            "https://s3cret@t.example/",
            "https://t.example/?token=s3cret",
            "https://t.example/#s3cret",
        ] {
            let error = Location::new(url, "https://t.example/").expect_err(url);
            assert!(matches!(error, TufError::LocationInvalid { .. }), "{url}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_relative_folder_is_no_offline_copy() {
        assert!(matches!(
            Location::offline_copy(Path::new("copy")),
            Err(TufError::LocationInvalid { .. })
        ));
    }
}
