//! One state of a repository, from the timestamp down.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::role::{Key, root, sign};

/// An expiry that no test lives to see.
pub const FAR: &str = "2096-01-01T00:00:00Z";
/// An expiry that has passed.
pub const PAST: &str = "2020-01-01T00:00:00Z";

/// What a release is made of. Its roles are signed by the keys 1 (root), 2 (targets), 3 (snapshot), 4 (timestamp).
#[derive(Debug)]
pub struct Release {
    /// Whether file names begin with versions and digests.
    pub consistent: bool,
    /// The roles that the targets role delegates to.
    pub delegations: Vec<Delegation>,
    /// Expiry: of targets, snapshot and timestamp.
    pub expires: [&'static str; 3],
    /// The numbers of the keys that sign, in the same order.
    pub signers: [u8; 3],
    /// Entry and content of each target, entry `a.json` included.
    pub targets: Vec<(String, Value, Vec<u8>)>,
    /// Versions, in the same order.
    pub versions: [u64; 3],
}

/// A delegated role: what it is called, what it may speak for and what it says.
#[derive(Debug)]
pub struct Delegation {
    /// What it is called.
    pub name: String,
    /// The patterns of the paths that it may speak for.
    pub paths: Vec<String>,
    /// Entry and content of each target.
    pub targets: Vec<(String, Value, Vec<u8>)>,
    /// When it expires.
    pub expires: &'static str,
    /// To whom it delegates in turn.
    pub below: Vec<Self>,
    /// The number of the key that its delegator names, and that signs it.
    pub key: u8,
    /// Whether the search ends with it.
    pub terminating: bool,
    /// How many signatures its delegator demands.
    pub threshold: u64,
    /// Its version.
    pub version: u64,
}

impl Delegation {
    /// One for the paths of a pattern, in its first version, that expires late, does not end the search and is signed by
    /// key 5.
    #[must_use]
    pub fn new(name: &str, path: &str, targets: Vec<(String, Value, Vec<u8>)>) -> Self {
        Self {
            name: name.to_owned(),
            paths: vec![path.to_owned()],
            targets,
            expires: FAR,
            below: Vec::new(),
            key: 5,
            terminating: false,
            threshold: 1,
            version: 1,
        }
    }
}

/// The entry of a target in metadata, with its name and content.
#[must_use]
pub fn target(name: &str, content: &[u8]) -> (String, Value, Vec<u8>) {
    let entry = json!({ "length": content.len(), "hashes": { "sha256": sha256(content) } });
    (name.to_owned(), entry, content.to_vec())
}

fn sha256(bytes: &[u8]) -> String {
    doorward_core::Digest::sha256(bytes).hex().to_owned()
}

impl Release {
    /// One that keeps consistent snapshots and has `a.json` in it.
    #[must_use]
    pub fn new(version: u64) -> Self {
        Self {
            consistent: true,
            delegations: Vec::new(),
            expires: [FAR; 3],
            signers: [2, 3, 4],
            targets: vec![target("a.json", b"material")],
            versions: [version; 3],
        }
    }

    /// The first root of these repositories.
    #[must_use]
    pub fn first_root(consistent: bool) -> Vec<u8> {
        let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
        sign(
            &root(1, consistent, [&[&one], &[&two], &[&three], &[&four]]),
            &[&one],
        )
    }

    /// The files by path, as in an offline copy.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut meta = serde_json::Map::new();
        self.put_targets(&mut files, &self.targets);

        let delegations = self.put_delegations(&mut files, &mut meta, &self.delegations);
        let [of_targets, of_snapshot, of_timestamp] = self.versions;
        let [targets_key, snapshot_key, timestamp_key] = self.signers.map(Key::new);
        let mut top = targets(of_targets, self.expires[0], &self.targets);
        if let Some(delegations) = delegations {
            top["delegations"] = delegations;
        }
        let document = sign(&top, &[&targets_key]);
        self.put(&mut files, &mut meta, "targets", of_targets, document);

        let snapshot = sign(
            &head(
                "snapshot",
                of_snapshot,
                self.expires[1],
                "meta",
                meta.into(),
            ),
            &[&snapshot_key],
        );
        let mut meta = serde_json::Map::new();
        self.put(&mut files, &mut meta, "snapshot", of_snapshot, snapshot);
        let timestamp = head(
            "timestamp",
            of_timestamp,
            self.expires[2],
            "meta",
            meta.into(),
        );
        files.insert(
            "metadata/timestamp.json".to_owned(),
            sign(&timestamp, &[&timestamp_key]),
        );
        files
    }

    fn put(
        &self,
        files: &mut BTreeMap<String, Vec<u8>>,
        meta: &mut serde_json::Map<String, Value>,
        role: &str,
        version: u64,
        document: Vec<u8>,
    ) {
        meta.insert(
            format!("{role}.json"),
            json!({
                "version": version,
                "length": document.len(),
                "hashes": { "sha256": sha256(&document) },
            }),
        );
        let prefix = if self.consistent {
            format!("{version}.")
        } else {
            String::new()
        };
        files.insert(format!("metadata/{prefix}{role}.json"), document);
    }

    fn put_delegations(
        &self,
        files: &mut BTreeMap<String, Vec<u8>>,
        meta: &mut serde_json::Map<String, Value>,
        delegations: &[Delegation],
    ) -> Option<Value> {
        let mut keys = serde_json::Map::new();
        let mut roles = Vec::new();
        for role in delegations {
            let key = Key::new(role.key);
            self.put_targets(files, &role.targets);
            let mut signed = targets(role.version, role.expires, &role.targets);
            if let Some(below) = self.put_delegations(files, meta, &role.below) {
                signed["delegations"] = below;
            }
            self.put(
                files,
                meta,
                &role.name,
                role.version,
                sign(&signed, &[&key]),
            );
            roles.push(json!({
                "name": role.name, "paths": role.paths, "terminating": role.terminating,
                "keyids": [key.id()], "threshold": role.threshold,
            }));
            keys.insert(key.id(), key.json());
        }
        (!roles.is_empty()).then(|| json!({ "keys": keys, "roles": roles }))
    }

    fn put_targets(
        &self,
        files: &mut BTreeMap<String, Vec<u8>>,
        targets: &[(String, Value, Vec<u8>)],
    ) {
        for (name, entry, content) in targets {
            let (folder, file) = name
                .rsplit_once('/')
                .map_or(("", name.as_str()), |(a, b)| (a, b));
            let folder = if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            };
            let digest = entry["hashes"]["sha256"].as_str().expect("a digest");
            let path = if self.consistent {
                format!("targets/{folder}{digest}.{file}")
            } else {
                format!("targets/{name}")
            };
            files.insert(path, content.clone());
        }
    }
}

fn targets(version: u64, expires: &str, targets: &[(String, Value, Vec<u8>)]) -> Value {
    let entries: serde_json::Map<_, _> = targets
        .iter()
        .map(|(name, entry, _)| (name.clone(), entry.clone()))
        .collect();
    head("targets", version, expires, "targets", entries.into())
}

fn head(role: &str, version: u64, expires: &str, member: &str, value: Value) -> Value {
    json!({
        "_type": role,
        "spec_version": "1.0.31",
        "version": version,
        "expires": expires,
        member: value,
    })
}
