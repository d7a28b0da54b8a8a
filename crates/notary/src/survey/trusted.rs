//! What of a collection was verified.

use std::collections::BTreeMap;

use doorward_core::{Digest, Problem, Rejection};

use super::found::{Collection, Released, Role, Tag};
use super::root_key::RootKey;
use crate::{RoleName, TrustedSet, Wanted, lookup};

/// The most tags that are listed.
const MAX_TAGS: usize = 1000;

/// Takes over what `set` has: its roles, what is released, and what is released as `wanted`.
pub(super) fn fill(set: &TrustedSet, wanted: &Wanted, found: &mut Collection) {
    found.root_keys = RootKey::all(set);
    found.roles = roles(set);
    if !found.roles.iter().any(|role| role.role == "targets") {
        return;
    }
    match lookup(set, wanted, &[]) {
        Ok(released) => {
            found.released = Some(Released {
                tag: released.tag,
                digest: released.digest.to_string(),
                role: released.role.to_string(),
            });
        }
        Err(error) => found.not_released = Some(Problem::from(&Rejection::from(error))),
    }
    tags(set, found);
}

/// Every verified role, each delegation below the role above it.
fn roles(set: &TrustedSet) -> Vec<Role> {
    let mut statuses = set.statuses();
    let place = |role: &RoleName| match role {
        RoleName::Root => (0, Vec::new()),
        RoleName::Timestamp => (1, Vec::new()),
        RoleName::Snapshot => (2, Vec::new()),
        RoleName::Targets | RoleName::Delegation(_) => {
            let name = role.to_string();
            (3, name.split('/').map(str::to_owned).collect())
        }
    };
    statuses.sort_by_key(|status| place(&status.role));
    let texts = |ids: &[crate::KeyId]| ids.iter().map(ToString::to_string).collect();
    statuses
        .iter()
        .map(|status| Role {
            role: status.role.to_string(),
            version: status.version,
            expires: status.expires,
            threshold: status.threshold,
            keys: texts(&status.keys),
            signed_by: texts(&status.signed_by),
            paths: set.paths(&status.role).map(<[String]>::to_vec),
        })
        .collect()
}

/// The released tags, and who else signed what under them.
fn tags(set: &TrustedSet, found: &mut Collection) {
    let signed = |role: &RoleName| -> BTreeMap<String, Digest> {
        set.targets(role)
            .into_iter()
            .filter_map(|(tag, target)| Some((tag.to_owned(), target.ok()?.digest)))
            .collect()
    };
    let releases = RoleName::releases();
    let mut released: BTreeMap<String, (Digest, &RoleName)> = BTreeMap::new();
    for role in [&RoleName::Targets, &releases] {
        for (tag, digest) in signed(role) {
            released.insert(tag, (digest, role));
        }
    }
    let others: Vec<(String, BTreeMap<String, Digest>)> = set
        .statuses()
        .into_iter()
        .filter(|status| matches!(status.role, RoleName::Delegation(_)) && status.role != releases)
        .map(|status| (status.role.to_string(), signed(&status.role)))
        .collect();
    found.tag_count = released.len();
    found.tags = released
        .into_iter()
        .take(MAX_TAGS)
        .map(|(tag, (digest, role))| {
            let who = |same: bool| {
                others
                    .iter()
                    .filter(|(_, signed)| {
                        signed
                            .get(&tag)
                            .is_some_and(|other| (*other == digest) == same)
                    })
                    .map(|(role, _)| role.clone())
                    .collect()
            };
            Tag {
                signers: who(true),
                dissenters: who(false),
                digest: digest.to_string(),
                released_by: role.to_string(),
                tag,
            }
        })
        .collect();
}
