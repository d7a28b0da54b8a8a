//! The files below the root, in their order.

use bytes::Bytes;
use doorward_core::Meter;

use super::{TargetsOfRole, TrustedSet, Verified};
use crate::meta::FileMeta;
use crate::snapshot::SnapshotRole;
use crate::targets::Targets;
use crate::timestamp::TimestampRole;
use crate::{Error, File, RoleName};

impl TrustedSet {
    /// Takes `timestamp.json` (TUF 5.4).
    ///
    /// # Errors
    /// Among others [`Error::SameVersion`]: the file has the version of the one that was verified before, so that one
    /// is still current.
    pub fn update_timestamp(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<(), Error> {
        self.require_root()?;
        let role = RoleName::Timestamp;
        let (content, envelope) = TimestampRole::parse(&bytes)?;
        let keys = &self.root.content.timestamp;
        // TUF 5.4.2, then 5.4.3 and 5.4.4.
        let signed_by = keys.verify(&role, &envelope, meter)?;
        let floor = self.check(&role, keys, content.header, &bytes)?;
        self.floors.insert(role, floor);
        self.timestamp = Some(Verified {
            content,
            bytes,
            signed_by,
        });
        self.snapshot = None;
        self.targets.clear();
        Ok(())
    }

    /// Which snapshot the timestamp lists (TUF 5.5.1, by its hash and not by its version). Nothing, before there is a
    /// timestamp.
    #[must_use]
    pub fn snapshot_file(&self) -> Option<(File, usize)> {
        let timestamp = self.timestamp.as_ref()?;
        Some(by_hash(&RoleName::Snapshot, &timestamp.content.snapshot))
    }

    /// Takes the snapshot that the timestamp lists (TUF 5.5).
    ///
    /// Laxer than TUF 5.5.5 where a delegation is no longer listed, because a publisher of Notary v1 may withdraw one;
    /// one that a decision needs is missed all the same.
    ///
    /// # Errors
    /// Among others [`Error::HashMismatch`], if it is another one.
    pub fn update_snapshot(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<(), Error> {
        let role = RoleName::Snapshot;
        let Some(timestamp) = &self.timestamp else {
            return Err(Error::malformed(&role, "comes before the timestamp"));
        };
        // TUF 5.5.2, then 5.5.3, then 5.5.6 with what stands for 5.5.4 and 5.5.5.
        timestamp.content.snapshot.check(&role, &bytes)?;
        let (content, envelope) = SnapshotRole::parse(&bytes)?;
        let keys = &self.root.content.snapshot;
        let signed_by = keys.verify(&role, &envelope, meter)?;
        let floor = self.check(&role, keys, content.header, &bytes)?;
        self.floors.insert(role, floor);
        self.snapshot = Some(Verified {
            content,
            bytes,
            signed_by,
        });
        self.targets.clear();
        Ok(())
    }

    /// Whether there is a timestamp.
    pub(crate) const fn has_timestamp(&self) -> bool {
        self.timestamp.is_some()
    }

    /// Whether there is a snapshot.
    pub(crate) const fn has_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    /// Which root the snapshot lists, if it is not the trusted one. Nothing, before there is a snapshot. Stricter than
    /// TUF 4.4, whose snapshots list no root, because those of Notary v1 do: one that does not fit shows a mixture.
    #[must_use]
    pub fn other_root_file(&self) -> Option<(File, usize)> {
        let listed = &self.snapshot.as_ref()?.content.root;
        listed
            .check(&RoleName::Root, &self.root.bytes)
            .is_err()
            .then(|| by_hash(&RoleName::Root, listed))
    }

    /// Which file of `role` the snapshot lists (TUF 5.6.1, by hash). Returns `None` if it lists none.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::TooLarge`], if its entry cannot be used.
    pub fn targets_file(&self, role: &RoleName) -> Result<Option<(File, usize)>, Error> {
        let Some(snapshot) = &self.snapshot else {
            return Ok(None);
        };
        let listed = match role {
            RoleName::Targets => Some(snapshot.content.targets.clone()),
            other => snapshot.content.meta.find(other)?,
        };
        Ok(listed.map(|listed| by_hash(role, &listed)))
    }

    /// Takes the file of `targets`, or of a delegation whose parent was taken before, that the snapshot lists (TUF
    /// 5.6.2 to 5.6.5).
    ///
    /// # Errors
    /// Among others [`Error::DelegationMissing`] if the snapshot does not list it, and [`Error::Missing`] if its
    /// parent does not delegate to it.
    pub fn update_targets(
        &mut self,
        role: &RoleName,
        bytes: Bytes,
        meter: &mut Meter,
    ) -> Result<(), Error> {
        self.require_root()?;
        let Some(snapshot) = &self.snapshot else {
            return Err(Error::malformed(role, "comes before the snapshot"));
        };
        if self.other_root_file().is_some() {
            // Which keys count for the targets is what the root says that the snapshot lists.
            return Err(Error::HashMismatch {
                role: RoleName::Root,
                what: "sha256",
            });
        }
        let (listed, keys, paths) = match role.parent() {
            None => (
                snapshot.content.targets.clone(),
                self.root.content.targets.clone(),
                None,
            ),
            Some(parent) => {
                let missing = || Error::Missing {
                    list: parent.clone(),
                    role: role.clone(),
                };
                let above = self.targets.get(&parent).ok_or_else(missing)?;
                let delegation = above
                    .verified
                    .content
                    .delegation(role)
                    .ok_or_else(missing)?;
                // A tag must be in a path of every role above, not only of this one (TUF 4.5, `paths`).
                let everything = [String::new()];
                let outer = above.paths.as_deref().unwrap_or(&everything);
                let listed = snapshot.content.meta.find(role)?;
                (
                    listed.ok_or_else(|| Error::DelegationMissing { role: role.clone() })?,
                    delegation.keys.clone(),
                    Some(delegation.paths_below(outer)),
                )
            }
        };
        // TUF 5.6.2, then 5.6.3 by the keys that the root or the delegating role lists, then 5.6.5.
        listed.check(role, &bytes)?;
        let (content, envelope) = Targets::parse(role, &bytes)?;
        let signed_by = keys.verify(role, &envelope, meter)?;
        let floor = self.check(role, &keys, content.header, &bytes)?;
        self.floors.insert(role.clone(), floor);
        self.targets.insert(
            role.clone(),
            TargetsOfRole {
                verified: Verified {
                    content,
                    bytes,
                    signed_by,
                },
                paths,
                keys,
            },
        );
        Ok(())
    }
}

fn by_hash(role: &RoleName, listed: &FileMeta) -> (File, usize) {
    (
        File::ByHash(role.clone(), listed.sha256.clone()),
        listed.length,
    )
}
