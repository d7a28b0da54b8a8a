//! Memory that another client brought along.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::{Digest, Meter, Timestamp};

use super::floor::{Floor, Seen, marks};
use super::{Remembered, RememberedError};
use crate::envelope::Envelope;
use crate::limits::DELEGATIONS;
use crate::lineage::Lineage;
use crate::root::{Root, RootFile};
use crate::signature::RoleKeys;
use crate::snapshot::SnapshotRole;
use crate::targets::Targets;
use crate::timestamp::TimestampRole;
use crate::{Error, RoleName, RootOrigin};

impl Remembered {
    /// Begins with a root that a person brought, and files that go with it, as the trust directory of another client
    /// has them.
    ///
    /// Files that the root's keys signed say which versions that client has seen: nothing older is believed from now
    /// on. It does not matter whether they have expired. Files that nobody signed who may are kept as well, because
    /// what is kept is verified when it is used, and say nothing. Signatures are counted by `meter`; once it is full,
    /// the remaining files say nothing either.
    ///
    /// # Errors
    /// [`RememberedError`], if the root cannot be read.
    pub fn import(
        root: Bytes,
        files: BTreeMap<RoleName, Bytes>,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Self, RememberedError> {
        let root = RootFile::parse(root).map_err(|error| RememberedError::Malformed {
            reason: error.to_string(),
        })?;
        Ok(Self {
            floors: Signed {
                files: &files,
                meter,
            }
            .floors(&root.content),
            root,
            origin: RootOrigin::Imported,
            files,
            lineage: Lineage::default(),
            seen: now,
            asked: Timestamp::from_unix(0),
        })
    }
}

/// Files, of which those count that are signed.
struct Signed<'a> {
    files: &'a BTreeMap<RoleName, Bytes>,
    meter: &'a mut Meter,
}

impl Signed<'_> {
    fn floors(mut self, root: &Root) -> BTreeMap<RoleName, Floor> {
        let mut floors = BTreeMap::new();
        self.take(
            RoleName::Timestamp,
            &root.timestamp,
            &mut floors,
            |_, bytes| {
                TimestampRole::parse(bytes).map(|(role, file)| (role.header.version, file, ()))
            },
        );
        self.take(
            RoleName::Snapshot,
            &root.snapshot,
            &mut floors,
            |_, bytes| {
                SnapshotRole::parse(bytes).map(|(role, file)| (role.header.version, file, ()))
            },
        );
        // Roles form a tree, so each comes up once.
        let mut next = vec![(RoleName::Targets, root.targets.clone())];
        let mut left = DELEGATIONS;
        while let Some((role, keys)) = next.pop() {
            let targets = self.take(role, &keys, &mut floors, |role, bytes| {
                Targets::parse(role, bytes).map(|(role, file)| (role.header.version, file, role))
            });
            for delegation in targets.into_iter().flat_map(|targets| targets.delegations) {
                if left > 0 {
                    left -= 1;
                    next.push((delegation.role, delegation.keys));
                }
            }
        }
        floors
    }

    /// The content of a role's file and its version, if enough of its keys signed it.
    fn take<T>(
        &mut self,
        role: RoleName,
        keys: &RoleKeys,
        floors: &mut BTreeMap<RoleName, Floor>,
        parse: impl FnOnce(&RoleName, &[u8]) -> Result<(u64, Envelope, T), Error>,
    ) -> Option<T> {
        let bytes = self.files.get(&role)?;
        let (version, file, content) = parse(&role, bytes).ok()?;
        keys.verify(&role, &file, self.meter).ok()?;
        let sha256 = Digest::sha256(bytes);
        floors.insert(role, Floor::new(marks(keys), &Seen { version, sha256 }));
        Some(content)
    }
}
