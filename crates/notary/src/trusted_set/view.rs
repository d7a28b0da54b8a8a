//! What is verified, for those who decide by it, show it or remember it.

use doorward_core::Timestamp;

use super::{TargetsOfRole, TrustedSet};
use crate::expiry::Header;
use crate::remembered::Remembered;
use crate::signature::RoleKeys;
use crate::{Error, Key, KeyId, RoleName, Target};

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
    pub(crate) fn role(&self, role: &RoleName) -> Option<&TargetsOfRole> {
        self.targets.get(role)
    }

    /// The keys that may sign for the root, whether or not it was [confirmed](Self::confirm_root).
    #[must_use]
    pub fn root_keys(&self) -> &[Key] {
        &self.root.content.root.keys
    }

    /// How the tags begin that a delegation may sign, once it was taken: an empty text stands for every tag, and
    /// without any beginning it may sign none. Nothing for other roles.
    #[must_use]
    pub fn paths(&self, role: &RoleName) -> Option<&[String]> {
        self.role(role)?.paths.as_deref()
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
            &self.root_signed_by,
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

    /// What must be remembered of the set (TUF 5.3.8, 5.4.5, 5.5.7, 5.6.6), with the files and versions of `before`
    /// that it did not look at. Nothing, as long as the root was not confirmed.
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
            root: self.root.clone(),
            origin,
            files,
            floors: self.floors.clone(),
            lineage: self.lineage.clone(),
            seen: before.map_or(self.now, |before| before.seen.max(self.now)),
            asked,
        })
    }
}
