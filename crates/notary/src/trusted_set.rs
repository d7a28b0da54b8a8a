//! The state machine of verified metadata: root, timestamp, snapshot, targets, delegations, in that order.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::{Digest, Meter, Timestamp};

use crate::certificate::may_stand_for;
use crate::envelope::Envelope;
use crate::expiry::Header;
use crate::limits::CLOCK_SKEW;
use crate::lineage::Lineage;
use crate::meta::FileMeta;
use crate::remembered::{Floor, Remembered};
use crate::root::Root;
use crate::signature::{RoleKeys, signers};
use crate::snapshot::SnapshotRole;
use crate::targets::Targets;
use crate::timestamp::TimestampRole;
use crate::{Error, File, Key, KeyId, Pins, RoleName, RootOrigin, Target};

/// What is verified of a collection so far.
///
/// Bytes go in, in the order root, timestamp, snapshot, targets, delegations; each is checked against what was
/// verified before it, at one fixed time. Nothing that failed a check changes the set. What is in it may be relied on,
/// once [`confirm_root`](Self::confirm_root) has succeeded: everything below the root is refused until then.
#[derive(Clone, Debug)]
pub struct TrustedSet {
    gun: String,
    now: Timestamp,
    root: Verified<Root>,
    root_envelope: Envelope,
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

/// What is known of one verified role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleStatus {
    /// The role.
    pub role: RoleName,
    /// Its version.
    pub version: u64,
    /// The first second in which it no longer counts.
    pub expires: Timestamp,
    /// The keys that may sign for it.
    pub keys: Vec<KeyId>,
    /// How many of them must.
    pub threshold: usize,
    /// The keys that did, where they were looked at.
    pub signed_by: Vec<KeyId>,
}

impl TrustedSet {
    /// A set that begins with a root which nothing vouches for yet.
    ///
    /// # Errors
    /// [`Error::Malformed`] or [`Error::TooLarge`].
    pub fn bootstrap(gun: &str, root: Bytes, now: Timestamp) -> Result<Self, Error> {
        let (content, envelope) = Root::parse(&root)?;
        Ok(Self::new(gun, now, content, envelope, root))
    }

    /// A set that begins where an earlier one ended.
    ///
    /// # Errors
    /// [`Error::ClockSetBack`] if `now` is earlier than the last verification by more than replicas' clocks may
    /// differ; [`Error::Malformed`] if the remembered root cannot be read.
    pub fn resume(gun: &str, remembered: &Remembered, now: Timestamp) -> Result<Self, Error> {
        if now.plus(CLOCK_SKEW) < remembered.seen {
            return Err(Error::ClockSetBack {
                seen: remembered.seen,
                now,
            });
        }
        let mut set = Self::bootstrap(gun, remembered.root.clone(), now)?;
        set.remembered = Some(remembered.origin);
        set.floors.clone_from(&remembered.floors);
        set.lineage.clone_from(&remembered.lineage);
        Ok(set)
    }

    fn new(gun: &str, now: Timestamp, content: Root, envelope: Envelope, bytes: Bytes) -> Self {
        Self {
            gun: gun.to_owned(),
            now,
            root: Verified {
                content,
                bytes,
                signed_by: Vec::new(),
            },
            root_envelope: envelope,
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

    /// Checks that the root may be trusted now: it has not expired, its keys are in certificates that may stand for
    /// the collection now and that `pins` accept, and enough of those signed it. Where keys are pinned, the keys of a
    /// root count as well that pinned keys vouched for when they were replaced, as far as that was seen.
    ///
    /// # Errors
    /// [`Error::Expired`], [`Error::PinMismatch`], [`Error::PinRequired`], [`Error::RootCertificate`],
    /// [`Error::Threshold`], [`Error::Budget`].
    pub fn confirm_root(&mut self, pins: &Pins, meter: &mut Meter) -> Result<RootOrigin, Error> {
        self.confirmed = None;
        let origin = pins.origin(self.remembered, &self.gun)?;
        let root = &self.root.content;
        root.header.check(&RoleName::Root, self.now)?;
        let mut refused = None;
        let mut standing = Vec::new();
        for key in &root.root.keys {
            match may_stand_for(key, &self.gun, Some(self.now)) {
                Ok(()) => standing.push(key),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        if standing.is_empty() {
            return Err(Error::RootCertificate {
                gun: self.gun.clone(),
                detail: refused.unwrap_or_else(|| "there is no root key".to_owned()),
            });
        }
        let mut refused = None;
        let mut accepted = Vec::new();
        for &key in &standing {
            match pins.accept(key, self.now) {
                Ok(()) => accepted.push(key),
                Err(reason) => refused = refused.or(Some(reason)),
            }
        }
        if let (true, Some(detail)) = (accepted.is_empty(), refused) {
            if !self.lineage.follows_from(pins) {
                return Err(Error::PinMismatch { detail });
            }
            accepted = standing;
        }
        let signed = signers(&self.root_envelope, &accepted, meter)?;
        if signed.len() < root.root.threshold {
            return Err(Error::Threshold {
                role: RoleName::Root,
                valid: signed.len(),
                threshold: root.root.threshold,
            });
        }
        self.root.signed_by = signed;
        self.confirmed = Some(origin);
        Ok(origin)
    }

    /// Whether the root may be trusted now, and why: the outcome of [`confirm_root`](Self::confirm_root).
    #[must_use]
    pub const fn confirmed(&self) -> Option<RootOrigin> {
        self.confirmed
    }

    /// The version of the root.
    #[must_use]
    pub const fn root_version(&self) -> u64 {
        self.root.content.header.version
    }

    /// Puts a newer root in place of the trusted one. What was verified under the former one must be verified anew,
    /// and the root confirmed: rotated keys stop counting at once. `false`, if it is the same root.
    ///
    /// The new root must be signed by the threshold of the former one, with the former one's certificates whether or
    /// not they are still valid, and by its own. A root several versions ahead may follow directly, as long as keys of
    /// the former one signed it.
    ///
    /// # Errors
    /// [`Error::RootRotation`] if the former root does not vouch for it, in which case the roots between them may
    /// still lead there; [`Error::Rollback`], [`Error::SameVersion`], [`Error::Threshold`], [`Error::Malformed`],
    /// [`Error::TooLarge`], [`Error::Budget`].
    pub fn update_root(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<bool, Error> {
        if bytes == self.root.bytes {
            return Ok(false);
        }
        let (new, envelope) = Root::parse(&bytes)?;
        let old = &self.root.content;
        let (from, to) = (old.header.version, new.header.version);
        let vouching = self.standing(old, &envelope, meter)?;
        if vouching.len() < old.root.threshold {
            return Err(Error::RootRotation {
                from,
                to,
                valid: vouching.len(),
                threshold: old.root.threshold,
            });
        }
        if to < from {
            return Err(Error::Rollback {
                role: RoleName::Root,
                version: to,
                seen: from,
            });
        }
        // Signed once more, a root is still the same: signatures of most kinds differ each time.
        if to == from && envelope.message != self.root_envelope.message {
            return Err(Error::SameVersion {
                role: RoleName::Root,
                version: to,
            });
        }
        let own = self.standing(&new, &envelope, meter)?;
        if own.len() < new.root.threshold {
            return Err(Error::Threshold {
                role: RoleName::Root,
                valid: own.len(),
                threshold: new.root.threshold,
            });
        }
        if to > from {
            self.lineage.rotated(old.root.threshold, &vouching);
        }
        self.root = Verified {
            content: new,
            bytes,
            signed_by: Vec::new(),
        };
        self.root_envelope = envelope;
        self.confirmed = None;
        self.timestamp = None;
        self.snapshot = None;
        self.targets.clear();
        Ok(true)
    }

    /// The root keys of `root` that signed, whatever the dates of their certificates.
    fn standing(&self, root: &Root, file: &Envelope, meter: &mut Meter) -> Result<Vec<Key>, Error> {
        let keys: Vec<&Key> = root
            .root
            .keys
            .iter()
            .filter(|key| may_stand_for(key, &self.gun, None).is_ok())
            .collect();
        signers(file, &keys, meter)
    }

    /// Takes `timestamp.json`.
    ///
    /// # Errors
    /// Among others [`Error::SameVersion`]: the file has the version of the one that was verified before, so that one
    /// is still current.
    pub fn update_timestamp(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<(), Error> {
        self.require_root()?;
        let role = RoleName::Timestamp;
        let (content, envelope) = TimestampRole::parse(&bytes)?;
        let keys = &self.root.content.timestamp;
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

    /// Which snapshot the timestamp lists. Nothing, before there is a timestamp.
    #[must_use]
    pub fn snapshot_file(&self) -> Option<(File, usize)> {
        let timestamp = self.timestamp.as_ref()?;
        Some(by_hash(&RoleName::Snapshot, &timestamp.content.snapshot))
    }

    /// Takes the snapshot that the timestamp lists.
    ///
    /// # Errors
    /// Among others [`Error::HashMismatch`], if it is another one.
    pub fn update_snapshot(&mut self, bytes: Bytes, meter: &mut Meter) -> Result<(), Error> {
        let role = RoleName::Snapshot;
        let Some(timestamp) = &self.timestamp else {
            return Err(Error::malformed(&role, "comes before the timestamp"));
        };
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

    /// Which root the snapshot lists, if it is not the trusted one. Nothing, before there is a snapshot.
    #[must_use]
    pub fn other_root_file(&self) -> Option<(File, usize)> {
        let listed = &self.snapshot.as_ref()?.content.root;
        listed
            .check(&RoleName::Root, &self.root.bytes)
            .is_err()
            .then(|| by_hash(&RoleName::Root, listed))
    }

    /// Which file of `role` the snapshot lists. Nothing, if it lists none.
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

    /// Takes the file of `targets`, or of a delegation whose parent was taken before, that the snapshot lists.
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
    /// If no key of the role was a key of it before, its versions begin anew: whoever had the former keys may have
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

    pub(crate) fn role(&self, role: &RoleName) -> Option<&TargetsOfRole> {
        self.targets.get(role)
    }

    /// The roles that `role` delegates to, once it was taken.
    #[must_use]
    pub fn delegations(&self, role: &RoleName) -> Vec<RoleName> {
        self.role(role).map_or_else(Vec::new, |role| {
            let delegations = &role.verified.content.delegations;
            delegations.iter().map(|child| child.role.clone()).collect()
        })
    }

    /// The tags that a role has signed and may sign, each with its entry, once the role was taken.
    #[must_use]
    pub fn targets(&self, role: &RoleName) -> Vec<(&str, Result<Target, Error>)> {
        self.role(role).map_or_else(Vec::new, |role| {
            let targets = &role.verified.content;
            targets
                .tags()
                .filter(|tag| role.may_sign(tag))
                .filter_map(|tag| Some((tag, targets.find(tag).transpose()?)))
                .collect()
        })
    }

    /// Every role that was verified, root first.
    #[must_use]
    pub fn statuses(&self) -> Vec<RoleStatus> {
        let root = &self.root.content;
        let status =
            |role: &RoleName, header: Header, keys: &RoleKeys, signed: &[Key]| RoleStatus {
                role: role.clone(),
                version: header.version,
                expires: header.expires,
                keys: keys.ids(),
                threshold: keys.threshold,
                signed_by: signed.iter().map(|key| key.id().clone()).collect(),
            };
        let mut all = vec![status(
            &RoleName::Root,
            root.header,
            &root.root,
            &self.root.signed_by,
        )];
        if let Some(verified) = &self.timestamp {
            let header = verified.content.header;
            all.push(status(
                &RoleName::Timestamp,
                header,
                &root.timestamp,
                &verified.signed_by,
            ));
        }
        if let Some(verified) = &self.snapshot {
            let header = verified.content.header;
            all.push(status(
                &RoleName::Snapshot,
                header,
                &root.snapshot,
                &verified.signed_by,
            ));
        }
        for (role, targets) in &self.targets {
            let verified = &targets.verified;
            all.push(status(
                role,
                verified.content.header,
                &targets.keys,
                &verified.signed_by,
            ));
        }
        all
    }

    /// What must be remembered of the set, with the files and versions of `before` that it did not look at. Nothing,
    /// as long as the root was not confirmed.
    pub(crate) fn remember(
        &self,
        before: Option<&Remembered>,
        asked: Timestamp,
    ) -> Option<Remembered> {
        let origin = self.confirmed?;
        let mut files = before
            .map(|before| before.files.clone())
            .unwrap_or_default();
        if let Some(verified) = &self.timestamp {
            files.insert(RoleName::Timestamp, verified.bytes.clone());
        }
        if let Some(verified) = &self.snapshot {
            files.insert(RoleName::Snapshot, verified.bytes.clone());
        }
        for (role, targets) in &self.targets {
            files.insert(role.clone(), targets.verified.bytes.clone());
        }
        Some(Remembered {
            root: self.root.bytes.clone(),
            origin,
            files,
            floors: self.floors.clone(),
            lineage: self.lineage.clone(),
            seen: before.map_or(self.now, |before| before.seen.max(self.now)),
            asked,
        })
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

fn by_hash(role: &RoleName, listed: &FileMeta) -> (File, usize) {
    (
        File::ByHash(role.clone(), listed.sha256.clone()),
        listed.length,
    )
}
