//! What an operator says about trusted roots.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use doorward_core::{Fetcher, Scheme, StateKey, StateStore};
use doorward_tuf::{Location, Repository, Shipped, TufError};

use super::TrustRoots;
use crate::clock::Clock;

/// The names that are known without being given, and what they stand for.
const SHIPPED: [(&str, Shipped); 2] =
    [("github", Shipped::GitHub), ("sigstore", Shipped::Sigstore)];
/// The largest file that is read: a trusted root, or the root of a repository.
const MAX_FILE: u64 = 1 << 20;
/// The longest name: that of a label of Kubernetes.
const MAX_NAME: usize = 63;

/// One instance of sigstore, as an operator names it: `NAME=[ROOT@]WHERE`.
///
/// `WHERE` is the URL of a TUF repository, a folder with a copy of one (`metadata` and `targets`), or a file that is the
/// `trusted_root.json` itself. `ROOT` is a file with the root of the repository that is trusted to begin with; for `sigstore` and
/// `github` it ships with Doorward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTrustRoot {
    name: String,
    root: Option<PathBuf>,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Path(PathBuf),
    Url(String),
}

/// Why an instance cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustRootError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is larger than what is read.
    #[error("{} is larger than {MAX_FILE} bytes", path.display())]
    FileTooLarge {
        /// Which one.
        path: PathBuf,
    },
    /// The form of what was said.
    #[error(
        "expected NAME=WHERE or NAME=ROOT@WHERE, such as `sigstore=https://mirror.example/tuf`: {0}"
    )]
    Form(&'static str),
    /// The address of the repository.
    #[error(transparent)]
    Location(#[from] TufError),
    /// A private repository without a root to begin with.
    #[error(
        "`{name}` is no instance that ships with a root: name the one to begin with, as in `{name}=ROOT@WHERE`"
    )]
    NoRoot {
        /// The name.
        name: String,
    },
}

impl FromStr for NamedTrustRoot {
    type Err = TrustRootError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text
            .split_once('=')
            .ok_or(TrustRootError::Form("there is no `=`"))?;
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_word) {
            return Err(TrustRootError::Form(
                "a name has lower-case letters, digits and `-`, and 63 of them at most",
            ));
        }
        let is_url = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        // A URL has no user information, so an `@` before it is ours.
        let (root, place) = match rest.split_once('@') {
            Some((root, place)) if !is_url(root) => (Some(root), place),
            _ => (None, rest),
        };
        if place.is_empty() || root.is_some_and(str::is_empty) {
            return Err(TrustRootError::Form("something is empty"));
        }
        let place = match is_url(place) {
            true => {
                Location::at(place)?;
                Place::Url(place.to_owned())
            }
            false => Place::Path(PathBuf::from(place)),
        };
        Ok(Self {
            name: name.to_owned(),
            root: root.map(PathBuf::from),
            place,
        })
    }
}

impl NamedTrustRoot {
    /// The same, with relative paths taken from this folder.
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        self.root = self.root.map(|root| folder.join(root));
        if let Place::Path(path) = &mut self.place {
            *path = folder.join(&*path);
        }
        self
    }
}

impl fmt::Display for NamedTrustRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.name)?;
        if let Some(root) = &self.root {
            write!(f, "{}@", root.display())?;
        }
        match &self.place {
            Place::Path(path) => write!(f, "{}", path.display()),
            Place::Url(url) => f.write_str(url),
        }
    }
}

impl TrustRoots {
    /// The public instance and GitHub's own, and those that `named` adds or puts in their place.
    ///
    /// Repositories are asked through `fetcher`, which must be one that reads local stores where a folder is named, and are
    /// remembered in `memory`. Files are read here; nobody is asked before a policy names an instance.
    ///
    /// # Errors
    /// [`TrustRootError`].
    pub fn of(
        named: &[NamedTrustRoot],
        fetcher: &Arc<dyn Fetcher>,
        memory: &Arc<dyn StateStore>,
        clock: Clock,
    ) -> Result<Self, TrustRootError> {
        let repository = |name: &str, location: Location, root: Vec<u8>| {
            let servers = vec![location.metadata().to_owned()];
            let key = StateKey::new("cluster", Scheme::SIGSTORE, servers, name);
            Repository::new(Arc::clone(fetcher), location, root, Arc::clone(memory), key)
        };
        let mut roots = Self::new(clock);
        for (name, shipped) in SHIPPED {
            let location = shipped.location()?;
            roots =
                roots.with_repository(name, repository(name, location, shipped.root().to_vec()));
        }
        for one in named {
            let name = &one.name;
            let location = match &one.place {
                Place::Url(url) => Location::at(url)?,
                Place::Path(path) if path.is_dir() => Location::offline_copy(&absolute(path)?)?,
                // Nothing in a file is signed by a root. To pass over one would trust more than was said.
                Place::Path(_) if one.root.is_some() => {
                    return Err(TrustRootError::Form(
                        "a root belongs to a repository, and this place is a file or is not there",
                    ));
                }
                Place::Path(path) => {
                    roots = roots.with_file(name, read(path)?);
                    continue;
                }
            };
            let shipped = SHIPPED.iter().find(|(known, _)| known == name);
            let root = match (&one.root, shipped) {
                (Some(path), _) => read(path)?,
                (None, Some((_, shipped))) => shipped.root().to_vec(),
                (None, None) => return Err(TrustRootError::NoRoot { name: name.clone() }),
            };
            roots = roots.with_repository(name, repository(name, location, root));
        }
        Ok(roots)
    }
}

fn absolute(path: &Path) -> Result<PathBuf, TrustRootError> {
    std::path::absolute(path).map_err(|source| TrustRootError::File {
        path: path.to_owned(),
        source,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TrustRootError> {
    let failed = |source| TrustRootError::File {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_FILE.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(TrustRootError::FileTooLarge {
            path: path.to_owned(),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_says_is_read_and_shown_as_it_was_written() {
        for text in [
            "sigstore=https://mirror.example/tuf",
            "corp=/etc/corp/root.json@https://tuf.corp.example/",
            "corp=root.json@/srv/copy",
            "corp=/etc/corp/trusted_root.json",
        ] {
            let read: NamedTrustRoot = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name_or_no_place_is_refused() {
        for text in [
            "",
            "sigstore",
            "=https://tuf.example/",
            "Corp=https://tuf.example/",
            "a/b=https://tuf.example/",
            "corp=",
            "corp=@https://tuf.example/",
            "corp=root.json@",
            "corp=https://user:password@tuf.example/",
            "corp=https://tuf.example/?token=x",
        ] {
            assert!(text.parse::<NamedTrustRoot>().is_err(), "{text}");
        }
    }
}
