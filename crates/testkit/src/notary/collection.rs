//! A collection and what its publisher does to it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use doorward_core::Timestamp;

use super::delegation::Delegation;
use super::key::NotaryKey;
use super::role::{BASE, ROOT, Role, SNAPSHOT, TARGETS, TIMESTAMP};
use super::target::Target;

/// A trusted collection of Notary v1: the tags of one repository, signed by its publisher.
///
/// Changes take effect when they are [published](Self::publish), as with a publisher's client: what has changed is
/// signed again with the next version, and the roles above it with it.
///
/// ```
/// use doorward_testkit::{Collection, Delegation, Image, KeyKind, NotaryKey, Target};
///
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let mut collection = Collection::new("registry.example/team/app", now);
/// collection.add_target("1.0", Target::image(&Image::sample("app")));
/// let first = collection.publish();
/// assert!(first.file("1.root.json").is_some());
///
/// // A month later a team takes over the releases, and the targets key is replaced.
/// collection.set_now(now.plus(30 * 86_400));
/// let team = NotaryKey::seeded(KeyKind::P256, 7);
/// collection
///     .delegate(Delegation::new("targets/releases", &[team]))
///     .add_target_to("targets/releases", "1.1", Target::image(&Image::sample("app-1.1")))
///     .rotate_targets_key(&NotaryKey::seeded(KeyKind::Ed25519, 8));
/// let second = collection.publish();
/// assert_eq!(collection.version("root"), 2);
/// assert!(second.file("targets/releases.json").is_some());
/// ```
#[derive(Clone)]
pub struct Collection {
    pub(super) gun: String,
    pub(super) now: Timestamp,
    pub(super) roles: BTreeMap<String, Role>,
    /// Root keys of earlier times, which stay listed.
    pub(super) retired: Vec<NotaryKey>,
    /// The root keys of the root last published.
    pub(super) published_root_keys: Vec<NotaryKey>,
    /// Everything that was ever published, under every name.
    pub(super) files: BTreeMap<String, Bytes>,
    pub(super) lifetime: i64,
}

impl Collection {
    /// The name of the collection.
    #[must_use]
    pub fn gun(&self) -> &str {
        &self.gun
    }

    /// The time at which the next publication is signed.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves to another time.
    pub const fn set_now(&mut self, now: Timestamp) -> &mut Self {
        self.now = now;
        self
    }

    /// The keys that sign a role.
    ///
    /// # Panics
    /// As [`Collection::version`].
    #[must_use]
    pub fn keys(&self, role: &str) -> &[NotaryKey] {
        &self.role(role).keys
    }

    /// The key ID of the first root key: what a pin of certificates names.
    #[must_use]
    pub fn root_key_id(&self) -> String {
        self.keys(ROOT)
            .first()
            .map(NotaryKey::id)
            .unwrap_or_default()
    }

    /// The version of a role that was last published; 0 before.
    ///
    /// # Panics
    /// If there is no such role.
    #[must_use]
    pub fn version(&self, role: &str) -> i64 {
        self.role(role).version
    }

    /// Lets the next publication of a role have this version, which may be any number.
    ///
    /// # Panics
    /// As [`Collection::version`].
    pub fn set_version(&mut self, role: &str, version: i64) -> &mut Self {
        let role = self.change(role);
        role.version = version.saturating_sub(1);
        self
    }

    /// Lets a role expire at this time in every further publication.
    ///
    /// # Panics
    /// As [`Collection::version`].
    pub fn set_expires(&mut self, role: &str, time: Timestamp) -> &mut Self {
        self.change(role).expires = Some(time);
        self
    }

    /// Signs a role again at the next publication although nothing has changed. It publishes a delegation that says
    /// nothing yet.
    ///
    /// # Panics
    /// As [`Collection::version`].
    pub fn touch(&mut self, role: &str) -> &mut Self {
        self.change(role);
        self
    }

    /// Adds or replaces a tag in `targets`.
    pub fn add_target(&mut self, tag: &str, target: Target) -> &mut Self {
        self.add_target_to(TARGETS, tag, target)
    }

    /// Adds or replaces a tag in `targets` or a delegation, whether the delegation's paths cover it or not.
    ///
    /// # Panics
    /// As [`Collection::version`].
    pub fn add_target_to(&mut self, role: &str, tag: &str, target: Target) -> &mut Self {
        let targets = &mut self.change(role).content.targets;
        targets.insert(tag.to_owned(), target);
        self
    }

    /// Removes a tag from `targets`.
    ///
    /// # Panics
    /// If it is not there.
    pub fn remove_target(&mut self, tag: &str) -> &mut Self {
        self.remove_target_from(TARGETS, tag)
    }

    /// Removes a tag from `targets` or a delegation.
    ///
    /// # Panics
    /// If the role or the tag is not there.
    pub fn remove_target_from(&mut self, role: &str, tag: &str) -> &mut Self {
        let removed = self.change(role).content.targets.remove(tag);
        assert!(removed.is_some(), "{role} has the tag {tag}");
        self
    }

    /// Delegates to a role. The role is published once it has a tag or a delegation of its own, or is
    /// [touched](Self::touch).
    ///
    /// # Panics
    /// If the role above it does not exist.
    pub fn delegate(&mut self, delegation: Delegation) -> &mut Self {
        let mut role = Role::new(delegation.keys.clone(), delegation.threshold, self.lifetime);
        role.changed = false;
        let name = delegation.name.clone();
        let listed = &mut self.change(delegation.parent()).content.delegations;
        listed.retain(|known| known.name != name);
        listed.push(delegation);
        self.roles.insert(name, role);
        self
    }

    /// Takes a delegation back, with those below it.
    ///
    /// # Panics
    /// If there is no such delegation.
    pub fn remove_delegation(&mut self, name: &str) -> &mut Self {
        let (above, _) = name
            .rsplit_once('/')
            .expect("a delegation has a role above");
        let listed = &mut self.change(above).content.delegations;
        let before = listed.len();
        listed.retain(|known| known.name != name);
        assert!(listed.len() < before, "{name} is delegated");
        let below = format!("{name}/");
        let gone = |role: &str| role == name || role.starts_with(&below);
        self.roles.retain(|role, _| !gone(role));
        self.files
            .retain(|file, _| !file.strip_suffix(".json").is_some_and(gone));
        self.change(SNAPSHOT);
        self
    }

    /// Replaces the root keys by one. The next root is signed by the old keys as well, and the old certificates stay
    /// listed.
    pub fn rotate_root_key(&mut self, key: &NotaryKey) -> &mut Self {
        self.rotate_keys(ROOT, std::slice::from_ref(key))
    }

    /// Replaces the targets keys by one.
    pub fn rotate_targets_key(&mut self, key: &NotaryKey) -> &mut Self {
        self.rotate_keys(TARGETS, std::slice::from_ref(key))
    }

    /// Replaces the snapshot keys by one.
    pub fn rotate_snapshot_key(&mut self, key: &NotaryKey) -> &mut Self {
        self.rotate_keys(SNAPSHOT, std::slice::from_ref(key))
    }

    /// Replaces the timestamp keys by one.
    pub fn rotate_timestamp_key(&mut self, key: &NotaryKey) -> &mut Self {
        self.rotate_keys(TIMESTAMP, std::slice::from_ref(key))
    }

    /// Replaces the keys of a role, delegations included. The role and the one that lists its keys are signed again.
    ///
    /// # Panics
    /// As [`Collection::version`].
    pub fn rotate_keys(&mut self, role: &str, keys: &[NotaryKey]) -> &mut Self {
        let old = std::mem::replace(&mut self.change(role).keys, keys.to_vec());
        if role == ROOT {
            self.retired.extend(old);
        } else if BASE.contains(&role) {
            self.change(ROOT);
        } else if let Some((above, _)) = role.rsplit_once('/') {
            for listed in &mut self.change(above).content.delegations {
                if listed.name == role {
                    listed.keys = keys.to_vec();
                }
            }
        }
        self
    }

    pub(super) fn role(&self, name: &str) -> &Role {
        self.roles
            .get(name)
            .unwrap_or_else(|| panic!("the collection has a role {name}"))
    }

    pub(super) fn role_mut(&mut self, name: &str) -> &mut Role {
        self.roles
            .get_mut(name)
            .unwrap_or_else(|| panic!("the collection has a role {name}"))
    }

    fn change(&mut self, name: &str) -> &mut Role {
        let role = self.role_mut(name);
        role.changed = true;
        role
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("gun", &self.gun)
            .field("now", &self.now)
            .field("roles", &self.roles.keys())
            .finish_non_exhaustive()
    }
}
