//! Reads a signed collection without deciding anything.

use doorward::notary::codes as notary_codes;
use std::collections::BTreeMap;
use std::sync::Mutex;

use doorward::notary::{
    NotarySession, Pins, Remembered, RoleName, SessionInput, TrustedSet, Wanted, lookup,
};
use doorward::{Rule, drive, trust_state_key};
use doorward_core::{
    Budget, Code, Digest, Fetcher, Meter, Reference, Rejection, StateError, StateStore, Stored,
    Timestamp,
};
use doorward_state::DirectoryState;

use super::collection::Collection;
use super::found_trust::{Memory, Released, Role, Tag, Trust, Unverified};
use super::problem::Problem;
use crate::trust::{RootKey, named};

/// The most tags that are listed.
const MAX_TAGS: usize = 1000;

/// What a collection is read with.
pub(super) struct Survey<'a> {
    pub(super) reference: &'a Reference,
    pub(super) state: Option<&'a DirectoryState>,
    pub(super) fetcher: &'a dyn Fetcher,
    pub(super) now: Timestamp,
}

impl Survey<'_> {
    /// Reads one collection.
    pub(super) async fn read(&self, collection: &Collection) -> Trust {
        let gun = self.reference.repository();
        let (remembered, unreadable) = match self.remembered(collection).await {
            Ok(remembered) => (remembered, None),
            Err(rejection) => (None, Some(problem(&rejection))),
        };
        let mut found = Trust {
            rule: collection.rule.as_ref().map(|rule| Rule {
                kind: rule.kind.to_string(),
                namespace: rule.namespace.clone(),
                name: rule.name.clone(),
                entry: rule.entry.clone(),
            }),
            gun: gun.to_string(),
            servers: named(&collection.servers, gun),
            trusted: None,
            untrusted: None,
            root_keys: Vec::new(),
            roles: Vec::new(),
            released: None,
            not_released: None,
            tag_count: 0,
            tags: Vec::new(),
            unverified: Vec::new(),
            remembered: remembered
                .as_ref()
                .map(|remembered| memory(collection, remembered)),
            problem: None,
        };
        let pins = collection.pins.clone();
        let (mut session, mut result) = self.drive(&found.servers, pins, remembered.clone()).await;
        if let Err(rejection) = &result
            && is_about_the_root(rejection.code())
        {
            // What there is, is shown all the same, as what a server says.
            found.untrusted = Some(problem(rejection));
            (session, result) = self.drive(&found.servers, Pins::FirstUse, remembered).await;
        }
        if let Some(set) = session.trusted_set() {
            if found.untrusted.is_none() {
                found.trusted = set.confirmed();
            }
            self.fill(set, &mut found);
        }
        found.unverified = session
            .unverified()
            .iter()
            .map(|(role, error)| Unverified {
                role: role.to_string(),
                code: error.code(),
                message: error.to_string(),
            })
            .collect();
        let was_read = found.released.is_some() || found.not_released.is_some();
        found.problem = match result {
            Err(rejection) if !was_read => Some(problem(&rejection)),
            _ => None,
        };
        found.problem = unreadable.or(found.problem);
        found
    }

    async fn drive(
        &self,
        servers: &[String],
        pins: Pins,
        remembered: Option<Remembered>,
    ) -> (NotarySession, Result<(), Rejection>) {
        let mut session = NotarySession::new(SessionInput {
            gun: self.reference.repository().clone(),
            servers: servers.to_vec(),
            wanted: Wanted::of(self.reference),
            signers: Vec::new(),
            pins,
            max_staleness: 0,
            remembered,
            now: self.now,
        })
        .surveying();
        let meter = Mutex::new(Meter::new(Budget::default()));
        let driven = drive(&mut session, self.fetcher, &meter).await;
        (session, driven.result.map(|_| ()))
    }

    async fn remembered(&self, collection: &Collection) -> Result<Option<Remembered>, Rejection> {
        let Some(state) = self.state else {
            return Ok(None);
        };
        let gun = self.reference.repository();
        let key = trust_state_key(collection.scope(), &collection.servers, gun);
        match state.load(&key).await {
            Ok(Stored::Found(bytes)) => Remembered::from_bytes(&bytes)
                .map(Some)
                .map_err(|error| Rejection::new(Code::STATE_INVALID, error.to_string())),
            Ok(Stored::Lost | Stored::Nothing) => Ok(None),
            Err(error @ StateError::Invalid { .. }) => {
                Err(Rejection::new(Code::STATE_INVALID, error.to_string()))
            }
            Err(error) => Err(Rejection::new(Code::STATE_UNAVAILABLE, error.to_string())),
        }
    }

    fn fill(&self, set: &TrustedSet, found: &mut Trust) {
        found.root_keys = RootKey::all(set);
        found.roles = roles(set);
        if !found.roles.iter().any(|role| role.role == "targets") {
            return;
        }
        match lookup(set, &Wanted::of(self.reference), &[]) {
            Ok(released) => {
                found.released = Some(Released {
                    tag: released.tag,
                    digest: released.digest.to_string(),
                    role: released.role.to_string(),
                });
            }
            Err(error) => found.not_released = Some(problem(&error.into())),
        }
        tags(set, found);
    }
}

/// Whether a decision ended because of what it would have had to begin with.
fn is_about_the_root(code: Code) -> bool {
    matches!(
        code,
        notary_codes::PIN_MISMATCH | notary_codes::PIN_REQUIRED
    )
}

fn problem(rejection: &Rejection) -> Problem {
    Problem {
        code: rejection.code(),
        message: rejection.to_string(),
        class: rejection.class(),
    }
}

fn memory(collection: &Collection, remembered: &Remembered) -> Memory {
    let asked = remembered.asked();
    Memory {
        scope: collection.scope().to_string(),
        origin: remembered.origin(),
        last_verified: remembered.seen(),
        last_asked: (asked > Timestamp::from_unix(0)).then_some(asked),
        versions: remembered
            .versions()
            .into_iter()
            .map(|(role, version)| (role.to_string(), version))
            .collect(),
    }
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
    let texts = |ids: &[doorward::notary::KeyId]| ids.iter().map(ToString::to_string).collect();
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
fn tags(set: &TrustedSet, found: &mut Trust) {
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
