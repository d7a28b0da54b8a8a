//! The roles of a collection and the documents they sign.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Timestamp;
use serde_json::{Map, Value, json};

use super::delegation::Delegation;
use super::key::NotaryKey;
use super::target::{Target, listing};

pub(super) const ROOT: &str = "root";
pub(super) const TARGETS: &str = "targets";
pub(super) const SNAPSHOT: &str = "snapshot";
pub(super) const TIMESTAMP: &str = "timestamp";
/// The roles that every collection has, in the order in which they are signed.
pub(super) const BASE: [&str; 4] = [ROOT, TARGETS, SNAPSHOT, TIMESTAMP];

/// What is common to all roles.
#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) keys: Vec<NotaryKey>,
    pub(super) threshold: i64,
    /// The version last published; 0 before.
    pub(super) version: i64,
    /// Seconds from signing to expiry.
    pub(super) lifetime: i64,
    /// The expiry, where it does not follow from the lifetime.
    pub(super) expires: Option<Timestamp>,
    /// Whether the next publication signs it again.
    pub(super) changed: bool,
    /// The file as last published.
    pub(super) file: Option<Bytes>,
    /// What the roles above say about the file.
    pub(super) listing: Value,
    /// For targets and delegations, what they say.
    pub(super) content: Content,
}

/// What targets or a delegated role says.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) targets: BTreeMap<String, Target>,
    pub(super) delegations: Vec<Delegation>,
}

impl Role {
    pub(super) fn new(keys: Vec<NotaryKey>, threshold: i64, lifetime: i64) -> Self {
        Self {
            keys,
            threshold,
            version: 0,
            lifetime,
            expires: None,
            changed: true,
            file: None,
            listing: Value::Null,
            content: Content::default(),
        }
    }

    /// Members that every document has.
    fn document(&self, kind: &str, now: Timestamp) -> Map<String, Value> {
        let expires = self.expires.unwrap_or_else(|| now.plus(self.lifetime));
        Map::from_iter([
            ("_type".to_owned(), kind.into()),
            ("version".to_owned(), self.version.into()),
            ("expires".to_owned(), expires.to_string().into()),
        ])
    }

    /// A targets document.
    pub(super) fn targets_document(&self, now: Timestamp) -> Value {
        let content = &self.content;
        let targets: Map<_, _> = content
            .targets
            .iter()
            .map(|(name, target)| (name.clone(), target.to_json()))
            .collect();
        let keys = content.delegations.iter().flat_map(|role| &role.keys);
        let roles: Vec<_> = content
            .delegations
            .iter()
            .map(|role| {
                json!({
                    "keyids": key_ids(&role.keys),
                    "name": role.name,
                    "paths": role.paths,
                    "threshold": role.threshold,
                })
            })
            .collect();
        let mut document = self.document("Targets", now);
        document.insert("targets".to_owned(), targets.into());
        let delegations = json!({"keys": key_list(keys), "roles": roles});
        document.insert("delegations".to_owned(), delegations);
        document.into()
    }

    /// A root document. `retired` are keys that are listed although no role uses them any more.
    pub(super) fn root_document(
        &self,
        now: Timestamp,
        roles: &BTreeMap<String, Self>,
        retired: &[NotaryKey],
    ) -> Value {
        let base = || {
            BASE.iter()
                .filter_map(|&name| Some((name, roles.get(name)?)))
        };
        let keys = base().flat_map(|(_, role)| &role.keys).chain(retired);
        let entries: Map<_, _> = base()
            .map(|(name, role)| {
                let entry = json!({"keyids": key_ids(&role.keys), "threshold": role.threshold});
                (name.to_owned(), entry)
            })
            .collect();
        let mut document = self.document("Root", now);
        document.insert("consistent_snapshot".to_owned(), false.into());
        document.insert("keys".to_owned(), key_list(keys));
        document.insert("roles".to_owned(), entries.into());
        document.into()
    }

    /// A snapshot or timestamp document that lists these roles.
    pub(super) fn meta_document<'a>(
        &self,
        kind: &str,
        now: Timestamp,
        listed: impl Iterator<Item = (&'a String, &'a Self)>,
    ) -> Value {
        let meta: Map<_, _> = listed
            .map(|(name, role)| (name.clone(), role.listing.clone()))
            .collect();
        let mut document = self.document(kind, now);
        document.insert("meta".to_owned(), meta.into());
        document.into()
    }

    /// Takes a signed file in. `listed` is what the roles above shall take it for: the file itself, as a rule.
    pub(super) fn publish(&mut self, file: Bytes, listed: &[u8]) {
        self.listing = listing(listed);
        self.file = Some(file);
        self.changed = false;
    }
}

fn key_ids(keys: &[NotaryKey]) -> Vec<String> {
    keys.iter().map(NotaryKey::id).collect()
}

fn key_list<'a>(keys: impl Iterator<Item = &'a NotaryKey>) -> Value {
    keys.map(|key| (key.id(), key.to_json()))
        .collect::<Map<_, _>>()
        .into()
}
