//! Describing a collection before anything is signed.

use std::collections::BTreeMap;

use doorward_core::Timestamp;

use super::certificate::RootCertificate;
use super::collection::Collection;
use super::key::NotaryKey;
use super::role::{ROOT, Role, SNAPSHOT, TARGETS, TIMESTAMP};
use super::{DAY, YEAR};
use crate::key::KeyKind;

/// Seconds that delegations live, as publishers' clients have it.
const DELEGATION_LIFETIME: i64 = 3 * YEAR;

/// Describes a [`Collection`].
///
/// Without further orders it is what a publisher's client sets up: a P-256 root key in a certificate of its own, P-256
/// keys for targets and snapshot, an Ed25519 timestamp key of the server; every threshold is 1; root lives for ten
/// years, targets, delegations and snapshot for three, timestamp for fourteen days.
#[derive(Clone, Debug)]
pub struct CollectionBuilder {
    gun: String,
    now: Timestamp,
    seed: u64,
    keys: BTreeMap<String, Vec<NotaryKey>>,
    thresholds: BTreeMap<String, i64>,
    lifetimes: BTreeMap<String, i64>,
}

impl Collection {
    /// A collection as a publisher's client sets it up, without tags. Its keys come from the seed 0.
    #[must_use]
    pub fn new(gun: &str, now: Timestamp) -> Self {
        Self::builder(gun, now).build()
    }

    /// Starts to describe a collection. `gun` is its name: the repository with the registry's host, without a tag.
    #[must_use]
    pub fn builder(gun: &str, now: Timestamp) -> CollectionBuilder {
        CollectionBuilder::new(gun, now)
    }
}

impl CollectionBuilder {
    fn new(gun: &str, now: Timestamp) -> Self {
        Self {
            gun: gun.to_owned(),
            now,
            seed: 0,
            keys: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            lifetimes: BTreeMap::new(),
        }
    }

    /// Other keys of its own. Two collections with the same seed have the same private keys.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Root keys as they are, each in a certificate if it is to be accepted.
    #[must_use]
    pub fn root_keys(self, keys: &[NotaryKey]) -> Self {
        self.keys(ROOT, keys)
    }

    /// Targets keys.
    #[must_use]
    pub fn targets_keys(self, keys: &[NotaryKey]) -> Self {
        self.keys(TARGETS, keys)
    }

    /// Snapshot keys.
    #[must_use]
    pub fn snapshot_keys(self, keys: &[NotaryKey]) -> Self {
        self.keys(SNAPSHOT, keys)
    }

    /// Timestamp keys.
    #[must_use]
    pub fn timestamp_keys(self, keys: &[NotaryKey]) -> Self {
        self.keys(TIMESTAMP, keys)
    }

    fn keys(mut self, role: &str, keys: &[NotaryKey]) -> Self {
        self.keys.insert(role.to_owned(), keys.to_vec());
        self
    }

    /// The number of keys that must sign `root`, `targets`, `snapshot` or `timestamp`. All keys of a role sign it,
    /// whatever the number.
    #[must_use]
    pub fn threshold(mut self, role: &str, threshold: i64) -> Self {
        self.thresholds.insert(role.to_owned(), threshold);
        self
    }

    /// The seconds from signing to expiry of `root`, `targets`, `snapshot` or `timestamp`.
    #[must_use]
    pub fn lifetime(mut self, role: &str, seconds: i64) -> Self {
        self.lifetimes.insert(role.to_owned(), seconds);
        self
    }

    /// The collection, with nothing published yet.
    #[must_use]
    pub fn build(self) -> Collection {
        let own = |kind, place: u64| NotaryKey::seeded(kind, (self.seed << 8) + place);
        let roles = [
            (ROOT, 10 * YEAR),
            (TARGETS, 3 * YEAR),
            (SNAPSHOT, 3 * YEAR),
            (TIMESTAMP, 14 * DAY),
        ]
        .into_iter()
        .map(|(name, lifetime)| {
            let keys = self.keys.get(name).cloned().unwrap_or_else(|| {
                vec![match name {
                    ROOT => RootCertificate::new(&self.gun, self.now)
                        .self_signed(&own(KeyKind::P256, 1)),
                    TARGETS => own(KeyKind::P256, 2),
                    SNAPSHOT => own(KeyKind::P256, 3),
                    _ => own(KeyKind::Ed25519, 4),
                }]
            });
            let threshold = self.thresholds.get(name).copied().unwrap_or(1);
            let lifetime = self.lifetimes.get(name).copied().unwrap_or(lifetime);
            (name.to_owned(), Role::new(keys, threshold, lifetime))
        })
        .collect();
        Collection {
            gun: self.gun,
            now: self.now,
            roles,
            retired: Vec::new(),
            published_root_keys: Vec::new(),
            files: BTreeMap::new(),
            lifetime: DELEGATION_LIFETIME,
        }
    }
}
