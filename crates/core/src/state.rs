//! What outlives a decision, and the port through which it is kept.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::{Digest, Scheme};

/// Names one remembered thing: whose it is, which scheme remembers it, and about what.
///
/// What one tenant's policies led to believe never decides for another tenant, and what one server said never for
/// another: both are part of the key. Two keys are equal if and only if all parts are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey {
    scope: String,
    scheme: Scheme,
    servers: Vec<String>,
    name: String,
}

impl StateKey {
    /// The key for `name`, as `servers` serve it, remembered by `scheme` for the policies of `scope`.
    #[must_use]
    pub fn new(
        scope: impl Into<String>,
        scheme: Scheme,
        servers: Vec<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            scope: scope.into(),
            scheme,
            servers,
            name: name.into(),
        }
    }

    /// Whose policies it is remembered for.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The scheme that remembers it.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The servers it is remembered about.
    #[must_use]
    pub fn servers(&self) -> &[String] {
        &self.servers
    }

    /// What it is called there, such as the globally unique name of a collection.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A digest over all parts, whose hexadecimal digits are fit to name a file or an object.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut text = Vec::new();
        let parts = [
            self.scope.as_str(),
            self.scheme.as_str(),
            self.name.as_str(),
        ];
        // Each part with its length, so that no two lists of parts make the same text.
        for part in parts
            .into_iter()
            .chain(self.servers.iter().map(String::as_str))
        {
            text.extend_from_slice(part.len().to_string().as_bytes());
            text.push(b':');
            text.extend_from_slice(part.as_bytes());
        }
        Digest::sha256(&text)
    }
}

impl fmt::Display for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} of {} for {}",
            self.scheme,
            self.name,
            self.servers.join(", "),
            self.scope
        )
    }
}

/// What a store has under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// This.
    Found(Bytes),
    /// Nothing, although there was something once: it was deleted, and with it the knowledge of what is too old.
    Lost,
    /// Nothing, and there never was.
    Nothing,
}

impl Stored {
    /// The bytes, if there are any.
    #[must_use]
    pub const fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Found(bytes) => Some(bytes),
            Self::Lost | Self::Nothing => None,
        }
    }
}

/// Why remembered state could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// What is stored is not what was written: damaged, or put there by something else.
    #[error("what is remembered is damaged: {detail}")]
    Invalid {
        /// What is wrong, without contents.
        detail: String,
    },
    /// The store could not be asked.
    #[error("what is remembered cannot be had: {detail}")]
    Unavailable {
        /// What happened, without contents.
        detail: String,
    },
}

/// The future of a call to a [`StateStore`].
pub type StateFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StateError>> + Send + 'a>>;

/// Keeps what verifications remember. Several processes may share one.
pub trait StateStore: Send + Sync {
    /// What is stored under `key`.
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored>;

    /// Puts `new` in the place of `expected`, whole or not at all, also if the process ends in the middle of it.
    /// `false`, if something else is stored by now: the caller loads that and tries again.
    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_have_the_same_digest() {
        let key = |scope: &str, servers: &[&str], name: &str| {
            let servers = servers.iter().map(|&server| server.to_owned()).collect();
            StateKey::new(scope, Scheme::NOTARY, servers, name)
        };
        let keys = [
            key("cluster", &["https://a"], "r.example/x"),
            key("namespace/a", &["https://a"], "r.example/x"),
            key("cluster", &["https://b"], "r.example/x"),
            key("cluster", &["https://a", "https://b"], "r.example/x"),
            key("cluster", &["https://b", "https://a"], "r.example/x"),
            key("cluster", &["https://a"], "r.example/y"),
            key("cluster", &[], "r.example/x"),
            key("cluster", &["https://ahttps://b"], "r.example/x"),
        ];
        for (index, one) in keys.iter().enumerate() {
            for other in &keys[index + 1..] {
                assert_ne!(one.digest(), other.digest());
            }
        }
    }
}
