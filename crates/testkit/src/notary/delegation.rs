//! Roles that targets hands a part of its names to.

use super::key::NotaryKey;

/// Describes a delegated role: its name, the keys that sign it, and the names it may speak about.
///
/// ```
/// use doorward_testkit::{Delegation, KeyKind, NotaryKey};
///
/// let alice = NotaryKey::seeded(KeyKind::P256, 1);
/// let everything = Delegation::new("targets/alice", &[alice.clone()]);
/// let some = Delegation::new("targets/alice/ci", &[alice]).paths(&["nightly-"]);
/// # let _ = (everything, some);
/// ```
#[derive(Clone, Debug)]
pub struct Delegation {
    pub(super) name: String,
    pub(super) keys: Vec<NotaryKey>,
    pub(super) threshold: i64,
    pub(super) paths: Vec<String>,
}

impl Delegation {
    /// A role with the threshold 1 that may speak about every name. `targets/alice` is listed by `targets`,
    /// `targets/alice/ci` by `targets/alice`.
    #[must_use]
    pub fn new(name: &str, keys: &[NotaryKey]) -> Self {
        Self {
            name: name.to_owned(),
            keys: keys.to_vec(),
            threshold: 1,
            paths: vec![String::new()],
        }
    }

    /// The number of keys that must sign; any number at all can be written.
    #[must_use]
    pub const fn threshold(mut self, threshold: i64) -> Self {
        self.threshold = threshold;
        self
    }

    /// The beginnings of the names that the role may speak about. The empty one stands for every name; with none, the
    /// role may speak about nothing.
    #[must_use]
    pub fn paths(mut self, prefixes: &[&str]) -> Self {
        self.paths = prefixes.iter().map(|&prefix| prefix.to_owned()).collect();
        self
    }

    /// The role that lists this one.
    pub(super) fn parent(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(parent, _)| parent)
    }
}
