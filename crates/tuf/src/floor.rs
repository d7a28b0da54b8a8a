//! What a repository may not go back behind.

use sigstore_tuf::{Metadata, Root, Snapshot, Timestamp};

use crate::TufError;
use crate::remembered::Remembered;

/// The versions that were seen before.
#[derive(Debug, Default)]
pub(crate) struct Floor {
    timestamp: Option<Timestamp>,
    snapshot: Option<Snapshot>,
}

impl Floor {
    /// What is remembered.
    ///
    /// No signature is looked at: what is remembered can make a load fail, and cannot make one succeed.
    pub(crate) fn of(remembered: &Remembered) -> Result<Self, TufError> {
        let foreign = |_| TufError::RememberedInvalid;
        let timestamp = remembered.timestamp.as_deref();
        let timestamp = timestamp.map(Metadata::<Timestamp>::from_slice).transpose();
        let snapshot = remembered.snapshot.as_deref();
        let snapshot = snapshot.map(Metadata::<Snapshot>::from_slice).transpose();
        Ok(Self {
            timestamp: timestamp
                .map_err(foreign)?
                .map(|read| read.signed().clone()),
            snapshot: snapshot.map_err(foreign)?.map(|read| read.signed().clone()),
        })
    }

    /// Whether anything is remembered.
    pub(crate) const fn is_empty(&self) -> bool {
        self.timestamp.is_none() && self.snapshot.is_none()
    }

    /// Whether a timestamp is the one that was seen last.
    pub(crate) fn is_at(&self, timestamp: &Timestamp) -> bool {
        self.timestamp
            .as_ref()
            .is_some_and(|seen| seen.version == timestamp.version)
    }

    /// Neither the timestamp nor the snapshot that it lists is older than before (TUF 1.0.34, 5.4.3).
    pub(crate) fn timestamp(&self, new: &Timestamp) -> Result<(), TufError> {
        let Some(seen) = &self.timestamp else {
            return Ok(());
        };
        not_older("timestamp.json", seen.version, new.version)?;
        if let (Some(seen), Some(new)) = (seen.snapshot_meta(), new.snapshot_meta()) {
            not_older("snapshot.json", seen.version, new.version)?;
        }
        Ok(())
    }

    /// No role that the snapshot listed before is older now, or gone (TUF 1.0.34, 5.5.5).
    pub(crate) fn snapshot(&self, new: &Snapshot) -> Result<(), TufError> {
        let Some(seen) = &self.snapshot else {
            return Ok(());
        };
        not_older("snapshot.json", seen.version, new.version)?;
        for (name, seen) in &seen.meta {
            let Some(new) = new.meta.get(name) else {
                return Err(TufError::Rollback {
                    detail: format!("{} is listed no more", crate::refusal::bounded(name)),
                });
            };
            not_older(name, seen.version, new.version)?;
        }
        Ok(())
    }
}

/// A document has no lower version than was seen before.
pub(crate) fn not_older(document: &str, seen: u64, new: u64) -> Result<(), TufError> {
    if new >= seen {
        return Ok(());
    }
    let document = crate::refusal::bounded(&document);
    Err(TufError::Rollback {
        detail: format!("{document} had version {seen} before, and has version {new} now"),
    })
}

/// Whether timestamp or snapshot have other keys, or another threshold, than before.
pub(crate) fn is_rotated(before: &Root, now: &Root) -> bool {
    has_other_keys(before, now, "timestamp") || has_other_keys(before, now, "snapshot")
}

/// Whether a role has other keys, or another threshold, than before.
fn has_other_keys(before: &Root, now: &Root, role: &str) -> bool {
    let keys = |root: &Root| {
        root.role(role).map(|listed| {
            let mut keys: Vec<_> = listed
                .keyids
                .iter()
                .map(|id| (id.clone(), root.keys.get(id).cloned()))
                .collect();
            keys.sort_by(|(one, _), (other, _)| one.cmp(other));
            (keys, listed.threshold)
        })
    };
    keys(before) != keys(now)
}
