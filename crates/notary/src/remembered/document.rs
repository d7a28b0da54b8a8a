//! The written form.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Floor, Remembered, RememberedError, VERSION};
use crate::limits::{REMEMBERED_BYTES, REMEMBERED_FILES, REMEMBERED_ROLES};
use crate::lineage::Lineage;
use crate::root::RootFile;
use crate::{RoleName, RootOrigin};

/// What says that a document is of this kind.
const KIND: &str = "doorward-notary-state";

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
        let root = RootFile::parse(Bytes::from(document.root))
            .map_err(|error| malformed(error.to_string()))?;
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
            root: text(&self.root.bytes),
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
}
