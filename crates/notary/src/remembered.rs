//! What is remembered of a collection between decisions.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{REMEMBERED_BYTES, REMEMBERED_FILES, REMEMBERED_ROLES, SEEN_STEP};
use crate::lineage::Lineage;
use crate::root::Root;
use crate::signature::RoleKeys;
use crate::{RoleName, RootOrigin};

/// What says that a document is of this kind.
const KIND: &str = "doorward-notary-state";
/// The version of the document's form.
const VERSION: u32 = 1;

/// What was verified of a collection before: its root, the highest version of every role, the files themselves so
/// that they need not be fetched again, and when that was.
///
/// Whoever can write it can choose the root of trust, so it is kept where only the verifier writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub(crate) root: Bytes,
    pub(crate) origin: RootOrigin,
    pub(crate) files: BTreeMap<RoleName, Bytes>,
    pub(crate) floors: BTreeMap<RoleName, Floor>,
    pub(crate) lineage: Lineage,
    /// When metadata was last verified. The clock may not be earlier.
    pub(crate) seen: Timestamp,
    /// When a server last said what is current.
    pub(crate) asked: Timestamp,
}

/// Why bytes are not what was remembered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RememberedError {
    /// They are not a document of this kind, or damaged.
    #[error("not a remembered Notary v1 collection: {reason}")]
    Malformed {
        /// What is wrong, a lowercase fragment.
        reason: String,
    },
    /// They are longer than what is ever written.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The bound, in bytes.
        limit: usize,
    },
    /// They were written by another version of this program.
    #[error("of version {version}, expected {VERSION}")]
    Version {
        /// The version found.
        version: u32,
    },
}

/// The highest version of a role, and the keys under which it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) version: u64,
    pub(crate) sha256: Digest,
    /// What tells the role's keys apart, however they are written down.
    keys: Vec<String>,
}

impl Floor {
    pub(crate) fn new(version: u64, sha256: Digest, keys: &RoleKeys) -> Self {
        Self {
            version,
            sha256,
            keys: marks(keys),
        }
    }

    /// Whether a key that could sign what was seen may still sign now.
    pub(crate) fn binds(&self, keys: &RoleKeys) -> bool {
        marks(keys).iter().any(|mark| self.keys.contains(mark))
    }

    fn meets(&self, other: &Self) -> bool {
        self.keys.iter().any(|mark| other.keys.contains(mark))
    }
}

fn marks(keys: &RoleKeys) -> Vec<String> {
    keys.keys
        .iter()
        .map(|key| match key.usable() {
            Ok(public) => public.fingerprint().hex().to_owned(),
            Err(_) => key.id().as_str().to_owned(),
        })
        .collect()
}

/// What there is of each role, the roles that every collection has first: all else hangs on them.
fn most_important<T>(of: &BTreeMap<RoleName, T>) -> impl Iterator<Item = (&RoleName, &T)> {
    let is_delegation = |role: &RoleName| matches!(role, RoleName::Delegation(_));
    let base = of.iter().filter(move |(role, _)| !is_delegation(role));
    base.chain(of.iter().filter(move |(role, _)| is_delegation(role)))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    kind: String,
    version: u32,
    origin: RootOrigin,
    seen: i64,
    asked: i64,
    root: String,
    lineage: Lineage,
    floors: BTreeMap<String, FloorDocument>,
    files: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FloorDocument {
    version: u64,
    sha256: String,
    keys: Vec<String>,
}

impl Remembered {
    /// Begins with a root that a person brought, and files that go with it, as the trust directory of another client
    /// has them. The files are hints that save fetches; each is verified when it is used.
    ///
    /// # Errors
    /// [`RememberedError`], if the root cannot be read.
    pub fn import(
        root: Bytes,
        files: BTreeMap<RoleName, Bytes>,
        now: Timestamp,
    ) -> Result<Self, RememberedError> {
        Root::parse(&root).map_err(|error| RememberedError::Malformed {
            reason: error.to_string(),
        })?;
        Ok(Self {
            root,
            origin: RootOrigin::Imported,
            files,
            floors: BTreeMap::new(),
            lineage: Lineage::default(),
            seen: now,
            asked: Timestamp::from_unix(0),
        })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`RememberedError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RememberedError> {
        if bytes.len() > REMEMBERED_BYTES {
            return Err(RememberedError::TooLong {
                limit: REMEMBERED_BYTES,
            });
        }
        let malformed = |reason: String| RememberedError::Malformed { reason };
        let document: Document =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if document.kind != KIND {
            return Err(malformed("another kind of document".to_owned()));
        }
        if document.version != VERSION {
            return Err(RememberedError::Version {
                version: document.version,
            });
        }
        let role = |name: &str| {
            name.parse::<RoleName>()
                .map_err(|error| malformed(error.to_string()))
        };
        let mut floors = BTreeMap::new();
        for (name, floor) in document.floors {
            let sha256 = floor
                .sha256
                .parse()
                .map_err(|_| malformed("a digest is none".to_owned()))?;
            floors.insert(
                role(&name)?,
                Floor {
                    version: floor.version,
                    sha256,
                    keys: floor.keys,
                },
            );
        }
        let mut files = BTreeMap::new();
        for (name, content) in document.files {
            files.insert(role(&name)?, Bytes::from(content));
        }
        let root = Bytes::from(document.root);
        Root::parse(&root).map_err(|error| malformed(error.to_string()))?;
        Ok(Self {
            root,
            origin: document.origin,
            files,
            floors,
            lineage: document.lineage,
            seen: Timestamp::from_unix(document.seen),
            asked: Timestamp::from_unix(document.asked),
        })
    }

    /// Writes everything into one document. Files that would make it too long are left out; they are fetched again.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut room = REMEMBERED_FILES;
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        let mut files = BTreeMap::new();
        for (role, bytes) in most_important(&self.files) {
            if bytes.len() <= room {
                room -= bytes.len();
                files.insert(role.to_string(), text(bytes));
            }
        }
        let document = Document {
            kind: KIND.to_owned(),
            version: VERSION,
            origin: self.origin,
            seen: self.seen.unix(),
            asked: self.asked.unix(),
            root: text(&self.root),
            lineage: self.lineage.clone(),
            floors: most_important(&self.floors)
                .take(REMEMBERED_ROLES)
                .map(|(role, floor)| {
                    let document = FloorDocument {
                        version: floor.version,
                        sha256: floor.sha256.to_string(),
                        keys: floor.keys.clone(),
                    };
                    (role.to_string(), document)
                })
                .collect(),
            files,
        };
        // A map with string keys and plain values can always be written.
        serde_json::to_vec(&document).unwrap_or_default().into()
    }

    /// How the root came to be trusted.
    #[must_use]
    pub const fn origin(&self) -> RootOrigin {
        self.origin
    }

    /// When metadata was last verified.
    #[must_use]
    pub const fn seen(&self) -> Timestamp {
        self.seen
    }

    /// When a server last said what is current.
    #[must_use]
    pub const fn asked(&self) -> Timestamp {
        self.asked
    }

    /// The remembered `root.json`.
    #[must_use]
    pub const fn root(&self) -> &Bytes {
        &self.root
    }

    /// The highest version of each role below the root.
    #[must_use]
    pub fn versions(&self) -> Vec<(&RoleName, u64)> {
        self.floors
            .iter()
            .map(|(role, floor)| (role, floor.version))
            .collect()
    }

    /// Whether it is worth writing this over `before`: not, if only time went by, and little of it.
    pub(crate) fn is_news(&self, before: &Self) -> bool {
        let content = |state: &Self| {
            (
                state.root.clone(),
                state.origin,
                state.files.clone(),
                state.floors.clone(),
                state.lineage.clone(),
            )
        };
        self.seen.since(before.seen) >= SEEN_STEP
            || self.asked.since(before.asked) >= SEEN_STEP
            || content(self) != content(before)
    }

    /// Puts together what two verifiers learnt that began with the same memory, so that no version that either saw is
    /// forgotten. `self` is what is stored.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let version =
            |state: &Self| Root::parse(&state.root).map_or(0, |(root, _)| root.header.version);
        let (mine, theirs) = (version(&self), version(&other));
        let (seen, asked) = (self.seen.max(other.seen), self.asked.max(other.asked));
        let same_root = self.root == other.root;
        let (base, more) = if theirs > mine || (same_root && other.seen > self.seen) {
            (other, self)
        } else {
            (self, other)
        };
        // Two different roots of the same version cannot both follow from one; the stored one stays alone.
        if !same_root && mine == theirs {
            return Self {
                seen,
                asked,
                ..base
            };
        }
        let origin = if same_root {
            base.origin.max(more.origin)
        } else {
            base.origin
        };
        let mut merged = Self {
            origin,
            seen,
            asked,
            ..base
        };
        for (role, floor) in more.floors {
            let better = merged
                .floors
                .get(&role)
                .is_none_or(|known| known.meets(&floor) && known.version < floor.version);
            if better {
                if let Some(file) = more.files.get(&role) {
                    merged.files.insert(role.clone(), file.clone());
                }
                merged.floors.insert(role, floor);
            }
        }
        merged
    }
}
