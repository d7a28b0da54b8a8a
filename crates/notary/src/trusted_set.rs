//! The state machine of verified metadata: root, timestamp, snapshot, targets, delegations, in that order.
//!
//! It is the order of the TUF specification, 5.2 to 5.6. Steps name its clauses as *TUF 5.4.2*, of version 1.0.34.

mod root;
mod update;
mod view;

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::{Digest, Timestamp};

pub use self::view::RoleStatus;
use crate::expiry::Header;
use crate::limits::CLOCK_SKEW;
use crate::lineage::Lineage;
use crate::remembered::{Floor, Remembered, Seen, marks};
use crate::root::RootFile;
use crate::signature::RoleKeys;
use crate::snapshot::SnapshotRole;
use crate::targets::Targets;
use crate::timestamp::TimestampRole;
use crate::{Error, Key, RoleName, RootOrigin, Target};

/// What is verified of a collection so far.
///
/// Bytes go in, in the order root, timestamp, snapshot, targets, delegations; each is checked against what was
/// verified before it, at one fixed time. Nothing that failed a check changes the set. What is in it may be relied on,
/// once [`confirm_root`](Self::confirm_root) has succeeded: everything below the root is refused until then.
#[derive(Clone, Debug)]
pub struct TrustedSet {
    gun: String,
    /// The one time that everything is held against (TUF 5.1).
    now: Timestamp,
    root: RootFile,
    /// The accepted root keys that signed it, once it was confirmed.
    root_signed_by: Vec<Key>,
    /// How the root that this one follows from came to be trusted. Nothing at the first contact.
    remembered: Option<RootOrigin>,
    lineage: Lineage,
    confirmed: Option<RootOrigin>,
    timestamp: Option<Verified<TimestampRole>>,
    snapshot: Option<Verified<SnapshotRole>>,
    targets: BTreeMap<RoleName, TargetsOfRole>,
    floors: BTreeMap<RoleName, Floor>,
}

/// A role's content with the bytes it was read from and the keys that signed.
#[derive(Clone, Debug)]
pub(crate) struct Verified<T> {
    pub(crate) content: T,
    pub(crate) bytes: Bytes,
    pub(crate) signed_by: Vec<Key>,
}

/// The content of a role that signs tags, and which tags it may sign.
#[derive(Clone, Debug)]
pub(crate) struct TargetsOfRole {
    pub(crate) verified: Verified<Targets>,
    /// Beginnings of tags. Only for delegations: `targets` may sign every tag.
    pub(crate) paths: Option<Vec<String>>,
    keys: RoleKeys,
}

impl TrustedSet {
    /// A set that begins with a root which nothing vouches for yet (TUF 5.2). Laxer than the clause, which wants a root
    /// that came another way, because a server of Notary v1 offers the first one itself: pins make up for it in
    /// [`confirm_root`](Self::confirm_root).
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::TooLarge`].
    pub fn bootstrap(gun: &str, root: Bytes, now: Timestamp) -> Result<Self, Error> {
        Ok(Self::new(gun, now, RootFile::parse(root)?))
    }

    /// A set that begins where an earlier one ended (TUF 5.2). Stricter than the clause, which looks at no earlier
    /// time, because a clock that was set back brings expired files back to life.
    ///
    /// # Errors
    /// [`Error::ClockSetBack`] if `now` is earlier than the last verification by more than replicas' clocks may
    /// differ.
    pub fn resume(gun: &str, remembered: &Remembered, now: Timestamp) -> Result<Self, Error> {
        if now.plus(CLOCK_SKEW) < remembered.seen {
            return Err(Error::ClockSetBack {
                seen: remembered.seen,
                now,
            });
        }
        let mut set = Self::new(gun, now, remembered.root.clone());
        set.remembered = Some(remembered.origin);
        set.floors.clone_from(&remembered.floors);
        set.lineage.clone_from(&remembered.lineage);
        Ok(set)
    }

    fn new(gun: &str, now: Timestamp, root: RootFile) -> Self {
        Self {
            gun: gun.to_owned(),
            now,
            root,
            root_signed_by: Vec::new(),
            remembered: None,
            lineage: Lineage::default(),
            confirmed: None,
            timestamp: None,
            snapshot: None,
            targets: BTreeMap::new(),
            floors: BTreeMap::new(),
        }
    }

    /// The globally unique name of the collection.
    #[must_use]
    pub fn gun(&self) -> &str {
        &self.gun
    }

    fn require_root(&self) -> Result<(), Error> {
        match self.confirmed {
            Some(_) => Ok(()),
            None => Err(Error::PinRequired {
                gun: self.gun.clone(),
            }),
        }
    }

    /// That a file is neither expired nor older than any that was verified while one of the role's keys was a key of
    /// it, whatever keys the role had in between: a key that comes back does not bring back what it signed before.
    ///
    /// If no key of the role was ever a key of it, its versions start again: anyone who had the former keys may have
    /// driven them as high as they go (TUF 5.3.11). Stricter than the clause, which forgets versions whenever a key
    /// changes, because what a remaining key signed would come back.
    ///
    /// Lists of Notary v1 have no versions. So each file is held against the highest version of its own role, in place
    /// of the versions that TUF 5.4.3.2, 5.5.4, 5.5.5 and 5.6.4 compare. That is laxer for a file that was never read,
    /// because no list says its version.
    fn check(
        &self,
        role: &RoleName,
        keys: &RoleKeys,
        header: Header,
        bytes: &[u8],
    ) -> Result<Floor, Error> {
        let keys = marks(keys);
        let new = Seen {
            version: header.version,
            sha256: Digest::sha256(bytes),
        };
        let known = self.floors.get(role);
        // Rollback: TUF 5.4.3.1, and for the other roles in place of 5.5.5.
        if let Some(floor) = known {
            if let Some(seen) = floor.highest(&keys).filter(|seen| new.version < *seen) {
                return Err(Error::Rollback {
                    role: role.clone(),
                    version: new.version,
                    seen,
                });
            }
            // Which content of a version is current is what the role above says, which is not older either. Nothing
            // is above the timestamp, so a second one of the same version is discarded (TUF 5.4.3.1).
            if *role == RoleName::Timestamp && floor.differs(&keys, &new) {
                return Err(Error::SameVersion {
                    role: role.clone(),
                    version: new.version,
                });
            }
        }
        // Freeze: TUF 5.4.4, 5.5.6, 5.6.5.
        header.check(role, self.now)?;
        let Some(mut floor) = known.cloned() else {
            return Ok(Floor::new(keys, &new));
        };
        floor.record(keys, &new);
        Ok(floor)
    }
}

impl TargetsOfRole {
    /// Whether the role may sign `tag` (TUF 4.5, `paths`).
    pub(crate) fn may_sign(&self, tag: &str) -> bool {
        self.paths
            .as_ref()
            .is_none_or(|paths| paths.iter().any(|path| tag.starts_with(path.as_str())))
    }

    /// The role's entry for `tag`, if it may sign it.
    pub(crate) fn find(&self, tag: &str) -> Result<Option<Target>, Error> {
        if self.may_sign(tag) {
            self.verified.content.find(tag)
        } else {
            Ok(None)
        }
    }
}
