//! What was verified of a repository before, so that it cannot go back.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::Timestamp;
use serde::{Deserialize, Serialize};
use sigstore_tuf::{Metadata, Root};

use crate::{TargetName, TufError};

/// The version of the document's form.
const VERSION: u32 = 1;
/// The longest document that is kept. Objects of a cluster have one mebibyte at most.
const MAX_BYTES: usize = 768 << 10;
/// The most bytes of files that are kept beside the metadata. A trusted root has some kilobytes.
const MAX_FILES: usize = 256 << 10;

/// What was verified before: the roots after the given one, the last document of each role, the files, and when that was.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) roots: BTreeMap<u64, Bytes>,
    pub(crate) timestamp: Option<Bytes>,
    pub(crate) snapshot: Option<Bytes>,
    pub(crate) targets: Option<Bytes>,
    pub(crate) files: BTreeMap<TargetName, Bytes>,
    /// When metadata was last verified.
    pub(crate) seen: Option<Timestamp>,
    /// When a server last said what is current.
    pub(crate) asked: Option<Timestamp>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    roots: BTreeMap<u64, String>,
    timestamp: Option<String>,
    snapshot: Option<String>,
    targets: Option<String>,
    files: BTreeMap<String, String>,
    seen: Option<i64>,
    asked: Option<i64>,
}

impl Remembered {
    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, TufError> {
        if bytes.len() > MAX_BYTES {
            return Err(TufError::RememberedInvalid);
        }
        let read: Document =
            serde_json::from_slice(bytes).map_err(|_| TufError::RememberedInvalid)?;
        if read.version != VERSION {
            return Err(TufError::RememberedInvalid);
        }
        let one = |text: Option<String>| text.map(|text| decoded(&text)).transpose();
        let mut files = BTreeMap::new();
        for (name, text) in read.files {
            let name = name.parse().map_err(|_| TufError::RememberedInvalid)?;
            files.insert(name, decoded(&text)?);
        }
        let mut roots = BTreeMap::new();
        for (version, text) in read.roots {
            roots.insert(version, decoded(&text)?);
        }
        Ok(Self {
            roots,
            timestamp: one(read.timestamp)?,
            snapshot: one(read.snapshot)?,
            targets: one(read.targets)?,
            files,
            seen: read.seen.map(Timestamp::from_unix),
            asked: read.asked.map(Timestamp::from_unix),
        })
    }

    /// The document. Files that are too large to be kept are left out: they are fetched again.
    pub(crate) fn encode(&self) -> Result<Bytes, TufError> {
        let encoded = |bytes: &Bytes| STANDARD.encode(bytes);
        let size: usize = self.files.values().map(Bytes::len).sum();
        let files = match size {
            ..=MAX_FILES => self
                .files
                .iter()
                .map(|(name, bytes)| (name.to_string(), encoded(bytes)))
                .collect(),
            _ => BTreeMap::new(),
        };
        let document = Document {
            version: VERSION,
            roots: self
                .roots
                .iter()
                .map(|(version, bytes)| (*version, encoded(bytes)))
                .collect(),
            timestamp: self.timestamp.as_ref().map(encoded),
            snapshot: self.snapshot.as_ref().map(encoded),
            targets: self.targets.as_ref().map(encoded),
            files,
            seen: self.seen.map(Timestamp::unix),
            asked: self.asked.map(Timestamp::unix),
        };
        let bytes = serde_json::to_vec(&document).map_err(|error| TufError::Internal {
            detail: error.to_string(),
        })?;
        if bytes.len() > MAX_BYTES {
            return Err(TufError::TooLarge {
                document: "what is remembered".to_owned(),
                limit: u64::try_from(MAX_BYTES).unwrap_or(u64::MAX),
            });
        }
        Ok(Bytes::from(bytes))
    }

    /// The newest root, if there is one after the given one.
    pub(crate) fn newest_root(&self) -> Option<Root> {
        let (_, bytes) = self.roots.iter().next_back()?;
        Some(Metadata::<Root>::from_slice(bytes).ok()?.signed().clone())
    }

    /// What counts of two memories that began with the same: every root of either, and the state that is further on.
    pub(crate) fn merge(self, other: Self) -> Self {
        let further = |state: &Self| {
            let root = state.roots.keys().next_back().copied();
            let version = state.timestamp.as_deref().and_then(|bytes| {
                let read = Metadata::<sigstore_tuf::Timestamp>::from_slice(bytes).ok()?;
                Some(read.signed().version)
            });
            (root, version, state.snapshot.is_some(), state.asked)
        };
        let seen = self.seen.max(other.seen);
        let (mut ahead, behind) = match further(&other) > further(&self) {
            true => (other, self),
            false => (self, other),
        };
        for (version, root) in behind.roots {
            ahead.roots.entry(version).or_insert(root);
        }
        ahead.seen = seen;
        ahead
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered")
            .field("roots", &self.roots.keys())
            .field("files", &self.files.keys())
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}

fn decoded(text: &str) -> Result<Bytes, TufError> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| TufError::RememberedInvalid)?;
    Ok(Bytes::from(bytes))
}
