use std::fmt;

/// A repository that something was built from, and at which branch or tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    repository: String,
    reference: Option<String>,
}

impl Source {
    /// The repository at an address, `@` or `#` and a branch, tag or commit behind it (SPDX 2.3, clause 7.7.1, writes
    /// `git+https://host/path@ref`; BuildKit writes `https://host/path.git#ref:folder`).
    ///
    /// `git+` before it and `.git` behind it count for nothing.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        let uri = uri.strip_prefix("git+").unwrap_or(uri);
        let (place, fragment) = match uri.split_once('#') {
            Some((place, fragment)) => (place, Some(fragment)),
            None => (uri, None),
        };
        // A user's name can stand before the host, behind an `@` too.
        let path = place.find("://").map_or(0, |scheme| scheme + 3);
        let path = place[path..]
            .find('/')
            .map_or(place.len(), |slash| path + slash);
        let (place, at) = match place[path..].find('@') {
            Some(at) => (&place[..path + at], Some(&place[path + at + 1..])),
            None => (place, None),
        };
        // Behind the reference BuildKit names a folder.
        let fragment = fragment.and_then(|fragment| fragment.split(':').next());
        let reference = at.or(fragment).filter(|reference| !reference.is_empty());
        Self::at(place, reference)
    }

    /// A repository, and the branch or tag at which it was read.
    #[must_use]
    pub fn at(repository: &str, reference: Option<&str>) -> Self {
        let place = repository.strip_prefix("git+").unwrap_or(repository);
        let place = place.trim_end_matches('/');
        let place = place.strip_suffix(".git").unwrap_or(place);
        Self {
            repository: place.to_owned(),
            reference: reference.map(str::to_owned),
        }
    }

    /// The repository at a URI that says itself that it is one of git. Returns `None` for others.
    pub(super) fn under_version_control(uri: &str) -> Option<Self> {
        let place = uri.split(['#', '@']).next().unwrap_or_default();
        let is_git =
            uri.starts_with("git+") || uri.starts_with("git://") || place.ends_with(".git");
        is_git.then(|| Self::of(uri))
    }

    /// The address, without `git+` and `.git`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The branch, tag or commit, if it says one.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        match &self.reference {
            Some(reference) => write!(f, "@{reference}"),
            None => Ok(()),
        }
    }
}
