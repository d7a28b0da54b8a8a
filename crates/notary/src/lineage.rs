//! Which roots the trusted one follows from.

use serde::{Deserialize, Serialize};

use crate::{Key, KeyId, Pins};

/// The most rotations remembered; older ones are forgotten first.
const MAX_LINKS: usize = 256;

/// The rotations that led to a root, oldest first: which keys of each root vouched for the next one.
///
/// A pin names a key that is trusted to say what comes after it. So a root counts as pinned if it follows, rotation by
/// rotation, from one whose pinned keys alone were enough to vouch for its successor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Lineage(Vec<Link>);

/// One rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    /// How many keys the former root demands.
    threshold: usize,
    /// Its keys that signed the next one.
    keys: Vec<Vouching>,
}

/// A key that signed, by the two ways in which it can be pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vouching {
    id: String,
    certificate: String,
}

impl Lineage {
    /// Adds the rotation away from a root with this threshold, vouched for by these of its keys.
    pub(crate) fn rotated(&mut self, threshold: usize, signed_by: &[Key]) {
        if self.0.len() == MAX_LINKS {
            self.0.remove(0);
        }
        self.0.push(Link {
            threshold,
            keys: signed_by
                .iter()
                .filter_map(|key| {
                    Some(Vouching {
                        id: key.id().to_string(),
                        certificate: key.certificates().first()?.fingerprint().to_string(),
                    })
                })
                .collect(),
        });
    }

    /// Whether this goes on where `former` ended, with a root that had these keys.
    pub(crate) fn continues(&self, former: &Self, keys: &[Key]) -> bool {
        let next = self.0.strip_prefix(former.0.as_slice());
        next.and_then(<[Link]>::first).is_some_and(|link| {
            let known =
                |vouching: &Vouching| keys.iter().any(|key| key.id().as_str() == vouching.id);
            !link.keys.is_empty() && link.keys.iter().all(known)
        })
    }

    /// Whether the root follows from one that is pinned. Authorities vouch for keys and not for what follows from them:
    /// a new key needs a certificate of its own.
    pub(crate) fn follows_from(&self, pins: &Pins) -> bool {
        let Pins::Keys { ids, certificates } = pins else {
            return false;
        };
        let pinned = |key: &&Vouching| {
            ids.contains(&KeyId::from(key.id.as_str()))
                || certificates
                    .iter()
                    .any(|pinned| pinned.fingerprint().as_str() == key.certificate)
        };
        self.0.iter().any(|link| {
            link.threshold > 0 && link.keys.iter().filter(pinned).count() >= link.threshold
        })
    }
}
