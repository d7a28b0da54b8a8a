//! The written form.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::written::{FloorDocument, FormerFloorDocument};
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

/// The version whose form is read and no longer written.
const FORMER_VERSION: u32 = 1;

/// What says how to read the rest.
#[derive(Deserialize)]
struct Head {
    kind: String,
    version: u32,
}

/// A document whose highest versions are written as `F`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<F> {
    kind: String,
    version: u32,
    origin: RootOrigin,
    seen: i64,
    asked: i64,
    root: String,
    lineage: Lineage,
    floors: BTreeMap<String, F>,
    files: BTreeMap<String, String>,
}

fn malformed(reason: impl ToString) -> RememberedError {
    RememberedError::Malformed {
        reason: reason.to_string(),
    }
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
        let head: Head = serde_json::from_slice(bytes).map_err(malformed)?;
        if head.kind != KIND {
            return Err(malformed("another kind of document"));
        }
        match head.version {
            VERSION => Self::read::<FloorDocument>(bytes),
            FORMER_VERSION => Self::read::<FormerFloorDocument>(bytes),
            version => Err(RememberedError::Version { version }),
        }
    }

    fn read<F>(bytes: &[u8]) -> Result<Self, RememberedError>
    where
        F: DeserializeOwned,
        Floor: TryFrom<F, Error = &'static str>,
    {
        let document: Document<F> = serde_json::from_slice(bytes).map_err(malformed)?;
        let role = |name: &str| name.parse::<RoleName>().map_err(malformed);
        let mut floors = BTreeMap::new();
        for (name, floor) in document.floors {
            floors.insert(role(&name)?, Floor::try_from(floor).map_err(malformed)?);
        }
        let mut files = BTreeMap::new();
        for (name, content) in document.files {
            files.insert(role(&name)?, Bytes::from(content));
        }
        let root = RootFile::parse(Bytes::from(document.root)).map_err(malformed)?;
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
        let mut files = BTreeMap::new();
        for (role, bytes) in most_important(&self.files) {
            if bytes.len() <= room {
                room -= bytes.len();
                files.insert(role.to_string(), text(bytes));
            }
        }
        let written = self.write(files);
        if written.len() > REMEMBERED_BYTES {
            return self.write(BTreeMap::new());
        }
        written
    }

    fn write(&self, files: BTreeMap<String, String>) -> Bytes {
        let document = Document::<FloorDocument> {
            kind: KIND.to_owned(),
            version: VERSION,
            origin: self.origin,
            seen: self.seen.unix(),
            asked: self.asked.unix(),
            root: text(&self.root.bytes),
            lineage: self.lineage.clone(),
            floors: most_important(&self.floors)
                .take(REMEMBERED_ROLES)
                .map(|(role, floor)| (role.to_string(), FloorDocument::from(floor)))
                .collect(),
            files,
        };
        // A map with string keys and plain values can always be written.
        serde_json::to_vec(&document).unwrap_or_default().into()
    }
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
