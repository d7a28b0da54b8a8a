//! What was verified of a repository before, so that it cannot go back.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{StateError, Timestamp};
use serde::{Deserialize, Serialize};
use sigstore_tuf::{Metadata, Root, Snapshot};

use crate::floor::is_rotated;
use crate::{TargetName, TufError};

/// The version of the document's form.
const VERSION: u32 = 1;
/// The longest document that is kept, which is all that one repository may take: every root stays in it, about a third longer than
/// it is. Objects of a cluster have one mebibyte at most.
const MAX_BYTES: usize = 768 << 10;
/// The most bytes of files that are kept beside the metadata. A trusted root has some kilobytes.
const MAX_FILES: usize = 256 << 10;
/// The longest metadata of the targets role that is kept. What is longer is fetched again: timestamp and snapshot say
/// which version it has.
const MAX_TARGETS: usize = 256 << 10;

/// What was verified before: the given root and those after it, the last document of each role, the files, and when that was.
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

    /// The document. What is too large to be kept and can be fetched again, the files and the metadata of the targets role,
    /// is left out.
    pub(crate) fn encode(&self) -> Result<Bytes, TufError> {
        let size: usize = self.files.values().map(Bytes::len).sum();
        let with_files = size <= MAX_FILES;
        let with_targets = self
            .targets
            .as_ref()
            .is_some_and(|t| t.len() <= MAX_TARGETS);
        for (files, targets) in [
            (with_files, with_targets),
            (false, with_targets),
            (false, false),
        ] {
            let bytes = self.document(files, targets)?;
            if bytes.len() <= MAX_BYTES {
                return Ok(Bytes::from(bytes));
            }
        }
        Err(TufError::Memory(StateError::Full {
            detail: format!(
                "the roots and the versions of one repository have more than {MAX_BYTES} bytes"
            ),
        }))
    }

    fn document(&self, with_files: bool, with_targets: bool) -> Result<Vec<u8>, TufError> {
        let encoded = |bytes: &Bytes| STANDARD.encode(bytes);
        let files = self.files.iter().filter(|_| with_files);
        let roots = self.roots.iter();
        let document = Document {
            version: VERSION,
            roots: roots
                .map(|(version, bytes)| (*version, encoded(bytes)))
                .collect(),
            timestamp: self.timestamp.as_ref().map(encoded),
            snapshot: self.snapshot.as_ref().map(encoded),
            targets: self.targets.as_ref().filter(|_| with_targets).map(encoded),
            files: files
                .map(|(name, bytes)| (name.to_string(), encoded(bytes)))
                .collect(),
            seen: self.seen.map(Timestamp::unix),
            asked: self.asked.map(Timestamp::unix),
        };
        serde_json::to_vec(&document).map_err(|error| TufError::Internal {
            detail: error.to_string(),
        })
    }

    /// Nothing that is listed below the roots counts any more.
    pub(crate) fn forget_versions(&mut self) {
        self.timestamp = None;
        self.snapshot = None;
        self.targets = None;
    }

    /// What counts of two memories that began with the same: every root of either, and of each role the document that is
    /// further on. Where a root takes keys away, what was seen under those before it counts no more.
    pub(crate) fn merge(self, other: Self) -> Self {
        let newest = |state: &Self| state.roots.keys().next_back().copied();
        let (mut ahead, behind) = match newest(&other) > newest(&self) {
            true => (other, self),
            false => (self, other),
        };
        let since = newest(&behind);
        for (version, root) in behind.roots {
            ahead.roots.entry(version).or_insert(root);
        }
        ahead.seen = ahead.seen.max(behind.seen);
        if ahead.is_rotated_since(since) {
            return ahead;
        }
        ahead.asked = ahead.asked.max(behind.asked);
        if timestamp_version(&behind.timestamp) > timestamp_version(&ahead.timestamp) {
            ahead.timestamp = behind.timestamp;
        }
        let further = |snapshot: &Option<Bytes>, targets: &Option<Bytes>| {
            (snapshot_version(snapshot), targets.is_some())
        };
        if further(&behind.snapshot, &behind.targets) > further(&ahead.snapshot, &ahead.targets) {
            ahead.snapshot = behind.snapshot;
            ahead.targets = behind.targets;
            // Files are looked at before they are used, so those of either would do.
            if !behind.files.is_empty() {
                ahead.files = behind.files;
            }
        }
        ahead
    }

    /// Whether a root after this version took keys of timestamp or snapshot away. One that cannot be read may have.
    fn is_rotated_since(&self, version: Option<u64>) -> bool {
        let since = version.unwrap_or_default();
        let mut roots = self.roots.range(since..).map(|(_, bytes)| {
            let read = Metadata::<Root>::from_slice(bytes).ok()?;
            Some(read.signed().clone())
        });
        let Some(mut before) = roots.next() else {
            return false;
        };
        for root in roots {
            let is_same = match (&before, &root) {
                (Some(before), Some(now)) => !is_rotated(before, now),
                _ => false,
            };
            if !is_same {
                return true;
            }
            before = root;
        }
        false
    }
}

fn timestamp_version(bytes: &Option<Bytes>) -> Option<u64> {
    let read = Metadata::<sigstore_tuf::Timestamp>::from_slice(bytes.as_deref()?).ok()?;
    Some(read.signed().version)
}

fn snapshot_version(bytes: &Option<Bytes>) -> Option<u64> {
    let read = Metadata::<Snapshot>::from_slice(bytes.as_deref()?).ok()?;
    Some(read.signed().version)
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
