use std::fmt;

/// A repository that something was built from, and at which branch or tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    repository: String,
    reference: Option<String>,
}

impl Source {
    /// The repository at an address, `@` or `#` and a branch, tag or commit behind it (SPDX 2.3, clause 7.7.1, writes
    /// `git+https://host/path@ref`). Of several `@` in the path the one before `refs/` counts, else the last: what is before it
    /// is the address.
    ///
    /// `git+` before it and `.git` behind it count for nothing.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        let (place, fragment) = divided(uri);
        let path = place.get(path_of(place)..).unwrap_or_default();
        let at = path.find("@refs/").or_else(|| path.rfind('@'));
        let Some(at) = at.map(|at| place.len() - path.len() + at) else {
            return Self::at(place, fragment);
        };
        let reference = place
            .get(at + 1..)
            .filter(|reference| !reference.is_empty());
        Self::at(place.get(..at).unwrap_or_default(), reference.or(fragment))
    }

    /// The repository of a context of `BuildKit`, which writes `https://host/path.git#ref:folder`. An `@` in the path is a part of
    /// the path.
    pub(super) fn of_context(uri: &str) -> Self {
        let (place, fragment) = divided(uri);
        Self::at(place, fragment)
    }

    /// A repository, and the branch or tag at which it was read.
    #[must_use]
    pub fn at(repository: &str, reference: Option<&str>) -> Self {
        let place = after_scheme(repository, "git+").unwrap_or(repository);
        let place = place.trim_end_matches('/');
        let place = place.strip_suffix(".git").unwrap_or(place);
        Self {
            repository: place.to_owned(),
            reference: reference.map(str::to_owned),
        }
    }

    /// Something that is in no repository. No pattern means it.
    pub(super) fn nowhere(what: &str) -> Self {
        Self {
            repository: format!("({what})"),
            reference: None,
        }
    }

    /// The repository at a URI that says itself that it is one of git. Returns `None` for others.
    pub(super) fn under_version_control(uri: &str) -> Option<Self> {
        is_git(uri).then(|| Self::of(uri))
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

    /// Whether a pattern may mean it: not, if one program reads the address in another way than the next. `..` leads out of what a
    /// pattern names, also where it is written in another way, and no reference of git has it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_sound = |text: &str| {
            let is_part = |part: &str| part != "." && part != "..";
            text.bytes().all(|byte| {
                byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b'?' | b'(' | b')')
            }) && text.split('/').all(is_part)
        };
        let reference = self.reference.as_deref().unwrap_or_default();
        is_sound(&self.repository) && is_sound(reference) && !reference.contains("..")
    }
}

/// What is before the fragment, and the reference in it: `BuildKit` names a folder behind that.
fn divided(uri: &str) -> (&str, Option<&str>) {
    let Some((place, fragment)) = uri.split_once('#') else {
        return (uri, None);
    };
    let reference = fragment.split(':').next().unwrap_or_default();
    (
        place,
        Some(reference).filter(|reference| !reference.is_empty()),
    )
}

/// Where the path of an address begins. A user's name can stand before the host, behind an `@` too.
fn path_of(place: &str) -> usize {
    let host = place.find("://").map_or(0, |scheme| scheme + 3);
    let slash = place.get(host..).and_then(|rest| rest.find('/'));
    slash.map_or(place.len(), |slash| host + slash)
}

/// What is behind a scheme, whose letters have no case (RFC 3986, section 3.1).
fn after_scheme<'u>(uri: &'u str, scheme: &str) -> Option<&'u str> {
    let (before, after) = uri.split_at_checked(scheme.len())?;
    before.eq_ignore_ascii_case(scheme).then_some(after)
}

/// Whether an address is one of git by its looks: by its scheme, as `user@host:path`, or because its path has `.git` in it.
fn is_git(uri: &str) -> bool {
    let schemes = ["git+", "git://", "ssh://"];
    if schemes
        .iter()
        .any(|scheme| after_scheme(uri, scheme).is_some())
    {
        return true;
    }
    if !uri.contains("://") {
        let host = uri.split('/').next().unwrap_or_default();
        if host
            .split_once('@')
            .is_some_and(|(_, rest)| rest.contains(':'))
        {
            return true;
        }
    }
    let (place, _) = divided(uri);
    let path = place.get(path_of(place)..).unwrap_or_default();
    let ends = path.match_indices(".git").any(|(at, _)| {
        let rest = path.get(at + 4..).unwrap_or_default();
        rest.is_empty() || rest.starts_with(['@', '/', '?'])
    });
    ends || !uri.contains("://") && place.ends_with(".git")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_a_scheme_have_no_case() {
        for uri in [
            "git+https://a.test/app",
            "GIT+https://a.test/app",
            "Git+https://a.test/app.git",
        ] {
            let source = Source::under_version_control(uri).expect("a repository");
            assert_eq!(source.repository(), "https://a.test/app");
        }
        for uri in ["GIT://a.test/app", "SSH://a.test/app", "ssh://a.test/app"] {
            assert!(Source::under_version_control(uri).is_some(), "{uri}");
        }
        for uri in ["gi", "", "gits+https://a.test/app", "https://a.test/git+"] {
            assert!(Source::under_version_control(uri).is_none(), "{uri}");
        }
    }
}
