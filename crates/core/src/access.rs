//! What opens a repository in the place of the caller's own credentials.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::Digest;

/// What opens a repository in the place of the caller's own credentials, such as a pull secret that a policy names.
///
/// Only the transport that made it looks into it. It shows nothing of itself: not in `Debug`, and not in a transcript.
#[derive(Clone)]
pub struct Access {
    id: Digest,
    keys: Arc<dyn Any + Send + Sync>,
}

impl Access {
    /// What a transport keeps as `keys`. Two that could open differently must have different `id`s: answers are shared
    /// between those who have the same one.
    #[must_use]
    pub fn new<K: Any + Send + Sync>(id: Digest, keys: K) -> Self {
        Self {
            id,
            keys: Arc::new(keys),
        }
    }

    /// What tells it from others. It is derived from a secret, so it stays in the memory of one process.
    #[must_use]
    pub const fn id(&self) -> &Digest {
        &self.id
    }

    /// What the transport put into it. Returns `None` if it is of another type, and so of another transport.
    #[must_use]
    pub fn keys<K: Any + Send + Sync>(&self) -> Option<Arc<K>> {
        Arc::clone(&self.keys).downcast().ok()
    }
}

impl PartialEq for Access {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Access {}

impl Hash for Access {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_repository_shows_neither_itself_nor_what_tells_it_from_others() {
        let access = Access::new(Digest::sha256(b"s3cret"), "s3cret".to_owned());
        assert_eq!(format!("{access:?}"), "Access(…)");
    }

    #[test]
    fn only_who_knows_what_is_in_it_gets_it_out() {
        let access = Access::new(Digest::sha256(b"a"), "keys".to_owned());
        assert_eq!(access.keys::<String>().as_deref(), Some(&"keys".to_owned()));
        assert!(access.keys::<Vec<u8>>().is_none());
    }

    #[test]
    fn two_that_open_differently_are_two() {
        let one = |id: &[u8]| Access::new(Digest::sha256(id), ());
        assert_eq!(one(b"a"), one(b"a"));
        assert_ne!(one(b"a"), one(b"b"));
    }
}
