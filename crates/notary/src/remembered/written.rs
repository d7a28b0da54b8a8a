//! The written form of a role's highest versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::floor::{Floor, Marks, Seen};
use crate::limits::FORMER_KEYS;

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FloorDocument {
    seen: Vec<SeenDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    others: Option<VersionDocument>,
}

/// A version, with the keys of the role that saw none that is higher.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenDocument {
    version: u64,
    sha256: String,
    /// Those that the role had last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    /// Those that it no longer had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionDocument {
    version: u64,
    sha256: String,
}

/// As version 1 of the document has it: one version, and the keys that the role had when it was seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormerFloorDocument {
    version: u64,
    sha256: String,
    keys: Vec<String>,
}

fn seen(version: u64, sha256: &str) -> Result<Seen, &'static str> {
    let sha256 = sha256.parse().map_err(|_| "a digest is none")?;
    Ok(Seen { version, sha256 })
}

impl TryFrom<FormerFloorDocument> for Floor {
    type Error = &'static str;

    /// Each of the keys has seen that version. One that is written down in two ways is there twice.
    fn try_from(document: FormerFloorDocument) -> Result<Self, Self::Error> {
        if document.keys.is_empty() {
            return Err("a role has no key");
        }
        let seen = seen(document.version, &document.sha256)?;
        Ok(Self::new(document.keys.into_iter().collect(), &seen))
    }
}

impl TryFrom<FloorDocument> for Floor {
    type Error = &'static str;

    fn try_from(document: FloorDocument) -> Result<Self, Self::Error> {
        let mut floor = Self {
            present: Marks::new(),
            seen: BTreeMap::new(),
            others: document
                .others
                .map(|others| seen(others.version, &others.sha256))
                .transpose()?,
        };
        for entry in document.seen {
            if entry.keys.is_empty() && entry.former.is_empty() {
                return Err("a version has no key");
            }
            let seen = seen(entry.version, &entry.sha256)?;
            for key in entry.keys.iter().chain(&entry.former) {
                if floor.seen.insert(key.clone(), seen.clone()).is_some() {
                    return Err("a key of a role is there twice");
                }
            }
            floor.present.extend(entry.keys);
        }
        if floor.present.is_empty() {
            return Err("a role has no key");
        }
        if floor.former().count() > FORMER_KEYS {
            return Err("a role has too many former keys");
        }
        Ok(floor)
    }
}

impl From<&Floor> for FloorDocument {
    fn from(floor: &Floor) -> Self {
        let mut versions: BTreeMap<(u64, String), SeenDocument> = BTreeMap::new();
        for (key, seen) in &floor.seen {
            let sha256 = seen.sha256.to_string();
            let entry = versions
                .entry((seen.version, sha256.clone()))
                .or_insert_with(|| SeenDocument {
                    version: seen.version,
                    sha256,
                    keys: Vec::new(),
                    former: Vec::new(),
                });
            if floor.present.contains(key) {
                entry.keys.push(key.clone());
            } else {
                entry.former.push(key.clone());
            }
        }
        Self {
            seen: versions.into_values().collect(),
            others: floor.others.as_ref().map(|others| VersionDocument {
                version: others.version,
                sha256: others.sha256.to_string(),
            }),
        }
    }
}
