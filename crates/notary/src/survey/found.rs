//! What is published of a signed collection.

use std::collections::BTreeMap;

use doorward_core::{Class, Code, Item, Problem, Repository, Timestamp};
use serde::Serialize;

use super::root_key::RootKey;
use crate::RootOrigin;

/// A collection. Everything in it was verified down from `root`, except what is called unverified; whether
/// that root may be believed is what `trusted` says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collection {
    /// The policy entry that demands it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<Item>,
    pub(super) gun: String,
    pub(super) servers: Vec<String>,
    /// How the root comes to be trusted: `pinned`, `imported` or `first-use`. `null`, if it is not.
    pub(super) trusted: Option<RootOrigin>,
    /// Why a decision would not begin with this root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) untrusted: Option<Problem>,
    pub(super) root_keys: Vec<RootKey>,
    /// Root first, delegations below the role that delegates to them.
    pub(super) roles: Vec<Role>,
    /// What the image is released as.
    pub(super) released: Option<Released>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_released: Option<Problem>,
    /// How many tags are released in all.
    pub(super) tag_count: usize,
    /// The first of them, in their order.
    pub(super) tags: Vec<Tag>,
    /// Delegations that could not be verified.
    pub(super) unverified: Vec<Unverified>,
    pub(super) remembered: Option<Memory>,
    /// Why the verification ended before everything was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<Problem>,
}

impl Collection {
    /// A collection of which nothing is known.
    pub(super) fn new(gun: &Repository, servers: &[String]) -> Self {
        Self {
            rule: None,
            gun: gun.to_string(),
            servers: servers.to_vec(),
            trusted: None,
            untrusted: None,
            root_keys: Vec::new(),
            roles: Vec::new(),
            released: None,
            not_released: None,
            tag_count: 0,
            tags: Vec::new(),
            unverified: Vec::new(),
            remembered: None,
            problem: None,
        }
    }

    /// Whether a server could not be asked.
    pub(super) fn is_incomplete(&self) -> bool {
        let problem = self.problem.as_ref();
        problem.is_some_and(|problem| problem.class() == Class::Unavailable)
    }
}

/// A verified role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Role {
    pub(super) role: String,
    pub(super) version: u64,
    pub(super) expires: Timestamp,
    pub(super) threshold: usize,
    pub(super) keys: Vec<String>,
    pub(super) signed_by: Vec<String>,
    /// How the tags begin that a delegation may sign; an empty text stands for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) paths: Option<Vec<String>>,
}

/// What a reference is released as.
#[derive(Debug, Serialize)]
pub(super) struct Released {
    pub(super) tag: String,
    pub(super) digest: String,
    pub(super) role: String,
}

/// A released tag.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tag {
    pub(super) tag: String,
    pub(super) digest: String,
    pub(super) released_by: String,
    /// Other roles that signed the same digest under this tag.
    pub(super) signers: Vec<String>,
    /// Other roles that signed another digest under it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dissenters: Vec<String>,
}

/// A delegation that could not be verified.
#[derive(Debug, Serialize)]
pub(super) struct Unverified {
    pub(super) role: String,
    pub(super) code: Code,
    pub(super) message: String,
}

/// What is remembered in the state directory.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memory {
    /// Whose policies it is for.
    #[serde(rename = "for")]
    pub(super) scope: String,
    /// How the root came to be trusted.
    pub(super) origin: RootOrigin,
    /// When metadata was last verified.
    pub(super) last_verified: Timestamp,
    /// When a server last said what is current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_asked: Option<Timestamp>,
    /// The highest version of each role that was seen.
    pub(super) versions: BTreeMap<String, u64>,
}
