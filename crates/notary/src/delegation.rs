//! Delegations: which other roles may sign which tags.

use std::collections::BTreeMap;

use doorward_core::json::Value;

use crate::members::Members;
use crate::signature::RoleKeys;
use crate::{Error, RoleName};

/// A role that another one delegates to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delegation {
    pub(crate) role: RoleName,
    pub(crate) keys: RoleKeys,
    /// Beginnings of the tags that it may sign; an empty one is all.
    pub(crate) paths: Vec<String>,
}

impl Delegation {
    /// Reads the `delegations` of `file` (TUF 4.5). Each must be to a child of it: stricter than the clause, where a
    /// role may delegate to any other, because the names of Notary v1 make a tree. The first of two for the same role
    /// counts: laxer than the clause, which allows no second one, because the original reads them so.
    pub(crate) fn read_all(value: &Value, file: &RoleName) -> Result<Vec<Self>, Error> {
        let members = Members::of(value, &["keys", "roles"], file, "the list of delegations")?;
        let keys: BTreeMap<&str, &Value> = match members.optional("keys") {
            None => BTreeMap::new(),
            Some(_) => members
                .object("keys")?
                .iter()
                .map(|(id, key)| (id.as_str(), key))
                .collect(),
        };
        let roles = match members.optional("roles") {
            None => return Ok(Vec::new()),
            Some(_) => members.array("roles")?,
        };
        let mut delegations: Vec<Self> = Vec::new();
        for role in roles {
            let known = ["name", "keyids", "threshold", "paths"];
            let members = Members::of(role, &known, file, "a delegation")?;
            let role: RoleName = members
                .text("name")?
                .parse()
                .map_err(|error| members.malformed(&format!("has a name that is {error}")))?;
            if role.parent().as_ref() != Some(file) {
                return Err(members.malformed("is not to a child of the role"));
            }
            let read = Self {
                keys: RoleKeys::read(&members, &keys, file)?,
                paths: paths(&members)?,
                role,
            };
            if !delegations.iter().any(|known| known.role == read.role) {
                delegations.push(read);
            }
        }
        Ok(delegations)
    }

    /// The paths that count below a role that may sign `above`: those that are inside one of its own. A path that is
    /// wider is dropped, not cut to fit: stricter than TUF 4.5, where what both cover counts, because the original
    /// drops it too. Paths are beginnings, where TUF has patterns.
    pub(crate) fn paths_below(&self, above: &[String]) -> Vec<String> {
        self.paths
            .iter()
            .filter(|path| above.iter().any(|outer| path.starts_with(outer.as_str())))
            .cloned()
            .collect()
    }
}

fn paths(members: &Members<'_>) -> Result<Vec<String>, Error> {
    if members.optional("paths").is_none() {
        return Ok(Vec::new());
    }
    members
        .array("paths")?
        .iter()
        .map(|path| {
            path.as_str()
                .map(str::to_owned)
                .ok_or_else(|| members.malformed("has a path that is not a string"))
        })
        .collect()
}
