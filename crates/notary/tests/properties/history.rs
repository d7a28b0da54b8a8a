//! Random histories of a publisher.

use std::collections::BTreeSet;

use doorward_core::Digest;
use doorward_testkit::{Collection, Delegation, Publication};
use proptest::prelude::*;

use crate::support::client::{RELEASES, builder, digest, key, root_key, target};

/// The tag that clients ask for.
pub const TAG: &str = "1.0";

/// What a publisher does between one publication and the next.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Another tag than the one that is asked for.
    Bystander,
    /// Takes the tag out of targets.
    Remove,
    /// Releases the tag again by its delegation, which it makes if there is none.
    ReleaseByDelegation,
    /// Releases the tag again by targets.
    Release,
    /// Replaces all keys of a role, and lets its versions start again if it may.
    Replace(usize),
    /// Takes a further key to those of a role.
    Share(usize),
    /// Signs a role once more.
    Touch(usize),
}

/// The roles whose keys are replaced.
const ROLES: [&str; 5] = ["root", "targets", "snapshot", "timestamp", RELEASES];

pub fn acts() -> impl Strategy<Value = Vec<Act>> {
    let role = 0..ROLES.len();
    let act = prop_oneof![
        1 => Just(Act::Bystander),
        1 => Just(Act::Remove),
        2 => Just(Act::ReleaseByDelegation),
        4 => Just(Act::Release),
        3 => role.clone().prop_map(Act::Replace),
        1 => role.clone().prop_map(Act::Share),
        2 => role.prop_map(Act::Touch),
    ];
    prop::collection::vec(act, 1..6)
}

/// One publication, and what is true of it.
#[derive(Clone)]
pub struct State {
    pub publication: Publication,
    /// What the tag is released as.
    pub released: Option<Digest>,
    pub root_version: i64,
    /// The roles whose keys were all replaced up to here.
    pub replaced: BTreeSet<&'static str>,
}

/// Everything that a publisher published, in order: the timestamp of the state with index `i` has the version `i + 1`.
#[derive(Clone)]
pub struct History {
    pub states: Vec<State>,
    /// The IDs of all root keys that there ever were.
    pub root_keys: Vec<String>,
}

impl History {
    /// The history that these acts make. `name` tells what it releases, and its keys, from those of others.
    pub fn new(name: &str, seed: u64, acts: &[Act]) -> Self {
        let mut history = Self {
            states: Vec::new(),
            root_keys: Vec::new(),
        };
        let mut publisher = Publisher {
            name: name.to_owned(),
            seed: seed * 1000,
            collection: builder().seed(seed).build(),
            delegates: false,
            by_targets: None,
            by_releases: None,
            replaced: BTreeSet::new(),
        };
        publisher.act(Act::Release);
        publisher.publish(&mut history);
        for act in acts {
            publisher.act(*act);
            publisher.publish(&mut history);
        }
        history
    }

    /// The state whose timestamp has this version.
    pub fn at(&self, timestamp: u64) -> Option<&State> {
        let index = usize::try_from(timestamp).ok()?.checked_sub(1)?;
        self.states.get(index)
    }
}

struct Publisher {
    name: String,
    /// Grows with each key and each content.
    seed: u64,
    collection: Collection,
    delegates: bool,
    by_targets: Option<String>,
    by_releases: Option<String>,
    replaced: BTreeSet<&'static str>,
}

impl Publisher {
    fn act(&mut self, act: Act) {
        self.seed += 1;
        let content = format!("{} {}", self.name, self.seed);
        match act {
            Act::Bystander => {
                self.collection.add_target("2.0", target(&content));
            }
            Act::Remove => {
                if self.by_targets.take().is_some() {
                    self.collection.remove_target(TAG);
                }
            }
            Act::ReleaseByDelegation => {
                if !self.delegates {
                    self.delegates = true;
                    let keys = [key(self.seed)];
                    self.collection.delegate(Delegation::new(RELEASES, &keys));
                }
                self.collection
                    .add_target_to(RELEASES, TAG, target(&content));
                self.by_releases = Some(content);
            }
            Act::Release => {
                self.collection.add_target(TAG, target(&content));
                self.by_targets = Some(content);
            }
            Act::Replace(role) => {
                let Some(role) = self.role(role) else { return };
                let new = [self.new_key(role)];
                self.collection.rotate_keys(role, &new);
                self.replaced.insert(role);
                // The root's versions go on, as do those of the timestamp, by which states are told apart here.
                if role != "root" && role != "timestamp" {
                    self.collection.set_version(role, 1);
                }
            }
            Act::Share(role) => {
                let Some(role) = self.role(role) else { return };
                let mut keys = self.collection.keys(role).to_vec();
                keys.push(self.new_key(role));
                self.collection.rotate_keys(role, &keys);
            }
            Act::Touch(role) => {
                if let Some(role) = self.role(role) {
                    self.collection.touch(role);
                }
            }
        }
    }

    fn role(&self, role: usize) -> Option<&'static str> {
        Some(ROLES[role]).filter(|role| self.delegates || *role != RELEASES)
    }

    fn new_key(&self, role: &str) -> doorward_testkit::NotaryKey {
        match role {
            "root" => root_key(self.seed),
            _ => key(self.seed),
        }
    }

    fn publish(&mut self, history: &mut History) {
        let publication = self.collection.publish();
        for key in self.collection.keys("root") {
            history.root_keys.push(key.id());
        }
        let released = self.by_releases.as_ref().or(self.by_targets.as_ref());
        history.states.push(State {
            publication,
            released: released.map(|content| digest(content)),
            root_version: self.collection.version("root"),
            replaced: self.replaced.clone(),
        });
    }
}
