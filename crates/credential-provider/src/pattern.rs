//! Patterns of images: `matchImages` of a configuration, and the keys of an answer.

use std::fmt;

use doorward_core::{Authority, Port, Repository};
use doorward_policy::pattern::glob;

/// The longest pattern, in bytes: more than the longest name of a repository.
const MAX_BYTES: usize = 512;
/// The port that is not written.
const STANDARD_PORT: u16 = 443;

/// A pattern of images: a host, in whose labels `*` stands for any characters, perhaps a port, and the beginning of a path.
///
/// As for the kubelet, `*` never spans two labels, the port must be the same, and the path counts by characters:
/// `r.example/te` is for `r.example/team/app` too. A pattern that has no port is for the standard port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePattern {
    host: Host,
    /// Empty, or from its slash on.
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    One(Authority),
    Many {
        /// Lower case.
        labels: String,
        /// Nothing for the standard port.
        port: Option<Port>,
    },
}

/// Why a text is no pattern of images. A lowercase fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// There is no host in it.
    #[error("it has no host")]
    Empty,
    /// The path has a `*`.
    #[error("`*` stands in the host only; in a port or path it would fit no image")]
    Glob,
    /// The host or port cannot be one.
    #[error("it begins with no host that a registry can have, such as `*.registry.example:5000`")]
    Host,
    /// It begins with `https://` or the like.
    #[error("it has a scheme; write the host alone")]
    Scheme,
    /// It has more than 512 bytes.
    #[error("it is longer than 512 bytes")]
    TooLong,
    /// It has a character that no name of an image has.
    #[error("it has a character that no name of an image has, or white space")]
    Unusual,
}

impl ImagePattern {
    /// Reads one of the `matchImages` of a configuration.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.contains("://") {
            return Err(PatternError::Scheme);
        }
        Self::without_scheme(text)
    }

    /// Reads a key of `auth` in an answer, where a scheme and the name of the API may stand, as Docker writes its keys.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn parse_key(text: &str) -> Result<Self, PatternError> {
        let bare = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text);
        let mut pattern = Self::without_scheme(bare)?;
        if pattern.path.starts_with("/v1/") || pattern.path.starts_with("/v2/") {
            pattern.path.drain(..3);
        }
        if pattern.path == "/" {
            pattern.path.clear();
        }
        Ok(pattern)
    }

    fn without_scheme(text: &str) -> Result<Self, PatternError> {
        if text.len() > MAX_BYTES {
            return Err(PatternError::TooLong);
        }
        let is_usual = |c: char| c.is_ascii_alphanumeric() || "-._:/*[]".contains(c);
        if !text.chars().all(is_usual) {
            return Err(PatternError::Unusual);
        }
        let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        if host.is_empty() {
            return Err(PatternError::Empty);
        }
        if path.contains('*') {
            return Err(PatternError::Glob);
        }
        Ok(Self {
            host: Host::parse(host)?,
            path: path.to_owned(),
        })
    }

    /// Whether it is for the images of a repository.
    #[must_use]
    pub fn matches(&self, repository: &Repository) -> bool {
        self.host.contains(repository.authority())
            && self
                .path
                .strip_prefix('/')
                .is_none_or(|beginning| repository.path().starts_with(beginning))
    }
}

impl fmt::Display for ImagePattern {
    /// The one spelling of it, by which keys are put in order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::One(authority) => write!(f, "{authority}")?,
            Host::Many { labels, port: None } => f.write_str(labels)?,
            Host::Many {
                labels,
                port: Some(port),
            } => write!(f, "{labels}:{}", port.get())?,
        }
        f.write_str(&self.path)
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, PatternError> {
        if !text.contains('*') {
            return text.parse().map(Self::One).map_err(|_| PatternError::Host);
        }
        let (host, port) = match text.split_once(':') {
            None => (text, None),
            Some((_, port)) if port.contains('*') => return Err(PatternError::Glob),
            Some((host, port)) => (
                host,
                Some(port.parse::<Port>().map_err(|_| PatternError::Host)?),
            ),
        };
        let is_label = |label: &str| {
            let is_usual = |c: char| c.is_ascii_alphanumeric() || "-_*".contains(c);
            !label.is_empty() && label.chars().all(is_usual)
        };
        if !host.split('.').all(is_label) {
            return Err(PatternError::Host);
        }
        Ok(Self::Many {
            labels: host.to_ascii_lowercase(),
            port: port.filter(|port| port.get() != STANDARD_PORT),
        })
    }

    fn contains(&self, authority: &Authority) -> bool {
        match self {
            Self::One(own) => own == authority,
            Self::Many { labels, port } => {
                *port == authority.port() && fits(labels, &authority.host().to_string())
            }
        }
    }
}

/// Whether every label of a host fits the pattern's label at the same place, and there are as many.
fn fits(pattern: &str, host: &str) -> bool {
    let (patterns, labels) = (pattern.split('.'), host.split('.'));
    patterns.clone().count() == labels.clone().count()
        && patterns
            .zip(labels)
            .all(|(pattern, label)| glob(pattern, label))
}

#[cfg(test)]
mod tests;
