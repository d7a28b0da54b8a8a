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
    /// The share is full of which it would take: nothing that is remembered is forgotten for something new.
    #[error("no more can be remembered: {detail}")]
    Full {
        /// Whose share it is, and how large.
        detail: String,
    },
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

/// How much one share of a [`StateStore`] may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateQuota {
    /// The bytes of all that is remembered in it.
    pub bytes: u64,
    /// What each remembered thing counts at least, however short it is: it has a name, a file, and room to grow.
    ///
    /// Something remembered can therefore always be replaced by something of up to this length.
    pub least: u64,
}

impl Default for StateQuota {
    /// The metadata of a collection has some ten kilobytes. This is room for four thousand collections.
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            least: 16 << 10,
        }
    }
}

impl StateQuota {
    /// What something of this length counts.
    #[must_use]
    pub fn charge(&self, length: usize) -> u64 {
        u64::try_from(length).unwrap_or(u64::MAX).max(self.least)
    }

    /// Whether something that counted `before` may come to count `after`, where all else of its share counts `others`.
    /// What does not grow always may.
    #[must_use]
    pub const fn admits(&self, others: u64, before: u64, after: u64) -> bool {
        after <= before || others.saturating_add(after) <= self.bytes
    }

    /// The error of a share that does not admit something.
    #[must_use]
    pub fn exceeded(&self, scope: &str, namespace: &str) -> StateError {
        let whose = if namespace.is_empty() {
            scope.to_owned()
        } else {
            format!("{scope}, for workloads of namespace {namespace}")
        };
        StateError::Full {
            detail: format!(
                "the share of {whose} has {} bytes, and each remembered thing counts {} of them or more",
                self.bytes, self.least
            ),
        }
    }
}

/// The future of a call to a [`StateStore`].
pub type StateFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StateError>> + Send + 'a>>;

/// Keeps what verifications remember. Several processes may share one.
///
/// What is remembered is never forgotten to make room: forgetting it would let it be rolled back. So a store has a
/// share for each scope, and within a scope for each namespace whose workloads made it remember something. Who fills
/// their own share meets nothing new any more ([`StateError::Full`]), and nobody else is touched.
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

    /// The same, where what is new counts for the share of `namespace` within the scope of the key.
    ///
    /// The policies of the cluster are one scope, and the workloads of all namespaces are judged by them. By default
    /// there are no such shares, and this is [`replace`](StateStore::replace).
    fn replace_for<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        let _ = namespace;
        self.replace(key, expected, new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_have_the_same_digest() {
        let key = |scope: &str, servers: &[&str], name: &str| {
            let servers = servers.iter().map(|&server| server.to_owned()).collect();
            StateKey::new(scope, Scheme::custom("toy"), servers, name)
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
