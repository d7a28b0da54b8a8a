//! The state machine of verified metadata: root, timestamp, snapshot, targets, delegations, in that order.

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
use crate::remembered::{Floor, Remembered};
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
    /// A set that begins with a root which nothing vouches for yet.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::TooLarge`].
    pub fn bootstrap(gun: &str, root: Bytes, now: Timestamp) -> Result<Self, Error> {
        Ok(Self::new(gun, now, RootFile::parse(root)?))
    }

    /// A set that begins where an earlier one ended.
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

    /// That a file is neither expired nor older than one that was verified before under keys that still count.
    ///
    /// If no key of the role was a key of it before, its versions start again: anyone who had the former keys may have
    /// driven them as high as they go (TUF 1.0, section 5.3.11).
    fn check(
        &self,
        role: &RoleName,
        keys: &RoleKeys,
        header: Header,
        bytes: &[u8],
    ) -> Result<Floor, Error> {
        let sha256 = Digest::sha256(bytes);
        if let Some(floor) = self.floors.get(role).filter(|floor| floor.binds(keys)) {
            if header.version < floor.version {
                return Err(Error::Rollback {
                    role: role.clone(),
                    version: header.version,
                    seen: floor.version,
                });
            }
            // Which content of a version is current is what the role above says, which is not older either. Nothing
            // is above the timestamp.
            if *role == RoleName::Timestamp
                && header.version == floor.version
                && sha256 != floor.sha256
            {
                return Err(Error::SameVersion {
                    role: role.clone(),
                    version: header.version,
                });
            }
        }
        header.check(role, self.now)?;
        Ok(Floor::new(header.version, sha256, keys))
    }
}

impl TargetsOfRole {
    /// Whether the role may sign `tag`.
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
