//! What is known of Notary v1: collections that a real server served, whose private keys exist nowhere, with what the
//! reference client released from them; and one whose keys are here, so that any content can be signed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::json::{self, Limits};
use doorward_core::{
    Budget, Digest, FetchError, Fetched, Meter, Resource, Session, Step, Timestamp,
};
use doorward_notary::{
    KeyId, NotarySession, Pins, Remembered, RoleName, SessionInput, Signer, TrustedSet, Wanted,
    canonical,
};
use doorward_testkit::{Cases, Collection, Delegation, KeyKind, NotaryKey, Publication, Target};
use serde_json::{Value, json};

/// A time at which everything here is good: after the last file was made, before the first timestamp expires.
pub const NOW: Timestamp = Timestamp::from_unix(1_795_233_600);

/// The largest file that a target reads.
const FILE_BYTES: usize = 1 << 16;

/// A collection as a real server served it over time.
pub struct Served {
    /// Its name.
    pub gun: String,
    /// What the server had, the earliest first.
    pub states: Vec<State>,
    /// Every tag that any role has in any state, and one that none has.
    pub tags: Vec<String>,
    /// The IDs of every root key there ever was.
    pub root_keys: Vec<KeyId>,
    /// Delegations whose key is in a certificate.
    pub signers: Vec<Signer>,
    /// What was signed in any file of any state.
    pub messages: BTreeSet<Vec<u8>>,
}

/// What a server has at one moment.
pub struct State {
    /// Names below `_trust/tuf/` and contents.
    pub files: BTreeMap<String, Bytes>,
    /// What is remembered by a client that saw this state alone.
    pub remembered: Remembered,
    /// The tags that are released, by the reference client's account.
    released: BTreeMap<String, Digest>,
    /// The tags of every role, by its account.
    signed: BTreeMap<String, BTreeMap<String, Digest>>,
}

impl State {
    /// What a tag is released as, by the reference client's account.
    pub fn released(&self, tag: &str) -> Option<&Digest> {
        self.released.get(tag)
    }

    /// Whether this is what the tag is released as and what each of the signers signed.
    pub fn vouches(&self, tag: &str, digest: &Digest, signers: &[Signer]) -> bool {
        self.released.get(tag) == Some(digest)
            && signers.iter().all(|signer| {
                let role = format!("targets/{}", signer.name());
                self.signed
                    .get(&role)
                    .is_some_and(|tags| tags.get(tag) == Some(digest))
            })
    }
}

/// Collections with delegations and with rotated roots.
pub static SERVED: LazyLock<[Served; 2]> =
    LazyLock::new(|| ["03-delegations", "04-root-rotation"].map(Served::load));

impl Served {
    fn load(set: &str) -> Self {
        let live = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/notary/tests/live");
        let text = std::fs::read(live.join("live-expected.json")).expect("the list is there");
        // The states are kept in archives.
        let cases = Cases::open(&live);
        let expected: BTreeMap<String, Value> = serde_json::from_slice(&text).expect("JSON");
        let steps: Vec<_> = expected
            .iter()
            .filter(|(step, _)| step.starts_with(set))
            .collect();
        let gun = steps[0].1["gun"].as_str().expect("a name").to_owned();
        let folders: Vec<_> = steps
            .iter()
            .map(|(step, _)| files(&cases.below(step)))
            .collect();
        let root_keys: Vec<KeyId> = folders
            .iter()
            .flat_map(|files| files.iter().filter(|(name, _)| name.starts_with("root.")))
            .flat_map(|(_, bytes)| {
                let root: Value = serde_json::from_slice(bytes).expect("JSON");
                let ids = root["signed"]["roles"]["root"]["keyids"]
                    .as_array()
                    .cloned();
                ids.expect("a list").into_iter()
            })
            .map(|id| KeyId::from(id.as_str().expect("an ID")))
            .collect();
        let messages = folders
            .iter()
            .flat_map(BTreeMap::values)
            .filter_map(|bytes| message(bytes))
            .collect();
        let signers = signers(&folders[0]["targets.json"]);
        let states: Vec<State> = steps
            .iter()
            .zip(folders)
            .map(|((_, expected), files)| State {
                remembered: remember(&gun, &root_keys, &files),
                released: expected["dct_view"]
                    .as_object()
                    .expect("tags")
                    .iter()
                    .filter(|(_, tag)| {
                        ["targets", "targets/releases"]
                            .map(Value::from)
                            .contains(&tag["role"])
                    })
                    .map(|(tag, found)| {
                        let hex = found["sha256"].as_str().expect("a hash");
                        (tag.clone(), format!("sha256:{hex}").parse().expect("hex"))
                    })
                    .collect(),
                signed: serde_json::from_value::<BTreeMap<String, BTreeMap<String, String>>>(
                    expected["per_role"].clone(),
                )
                .expect("tags of roles")
                .into_iter()
                .map(|(role, tags)| {
                    let tags = tags.into_iter().map(|(tag, hash)| (tag, digest(&hash)));
                    (role, tags.collect())
                })
                .collect(),
                files,
            })
            .collect();
        let tags: BTreeSet<String> = states
            .iter()
            .flat_map(|state| state.signed.values().flat_map(BTreeMap::keys).cloned())
            .chain(["none".to_owned()])
            .collect();
        Self {
            gun,
            states,
            tags: tags.into_iter().collect(),
            root_keys,
            signers,
            messages,
        }
    }

    /// Pins that accept every root there ever was.
    pub fn pins(&self) -> Pins {
        Pins::Keys {
            ids: self.root_keys.clone(),
            certificates: std::sync::Arc::default(),
        }
    }
}

fn digest(hash: &str) -> Digest {
    let bytes = STANDARD.decode(hash).expect("base64");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}").parse().expect("hex")
}

/// The files of one published state.
fn files(state: &Cases) -> BTreeMap<String, Bytes> {
    let mut found = BTreeMap::new();
    for path in state.paths().filter(|path| *path != "INDEX.json") {
        let bytes = state.read(path).expect("a file");
        found.insert(path.to_owned(), bytes.clone());
    }
    assert!(!found.is_empty(), "there is such a state");
    found
}

/// The delegations of `targets` whose first key is in a certificate.
fn signers(targets: &[u8]) -> Vec<Signer> {
    let targets: Value = serde_json::from_slice(targets).expect("JSON");
    let delegations = &targets["signed"]["delegations"];
    let roles = delegations["roles"].as_array();
    roles
        .into_iter()
        .flatten()
        .filter_map(|role| {
            let key = &delegations["keys"][role["keyids"][0].as_str()?];
            let pem = STANDARD.decode(key["keyval"]["public"].as_str()?).ok()?;
            let name = role["name"].as_str()?.strip_prefix("targets/")?;
            Signer::new(name, &pem, NOW).ok()
        })
        .collect()
}

fn remember(gun: &str, root_keys: &[KeyId], files: &BTreeMap<String, Bytes>) -> Remembered {
    let mut session = NotarySession::new(SessionInput {
        gun: gun.parse().expect("a repository"),
        servers: vec!["https://trust.example".to_owned()],
        wanted: Wanted::Tag("none".to_owned()),
        signers: Vec::new(),
        pins: Pins::Keys {
            ids: root_keys.to_vec(),
            certificates: std::sync::Arc::default(),
        },
        max_staleness: 0,
        remembered: None,
        now: NOW,
    })
    .surveying();
    let mut meter = Meter::new(Budget::default());
    let mut answers = Vec::new();
    while let Step::Fetch(fetches) = session.advance(answers, &mut meter) {
        answers = fetches
            .iter()
            .map(|fetch| {
                fetch.check(match &fetch.resource {
                    Resource::NotaryMetadata { file, .. } => files
                        .get(file)
                        .map(|bytes| Fetched::new(bytes.clone(), None, "known"))
                        .ok_or(FetchError::NotFound),
                    _ => Err(FetchError::NotSupported),
                })
            })
            .collect();
    }
    session.memory().expect("what was served is good")
}

/// The bytes that the signatures of a file are about, if it is a file at all.
pub fn message(file: &[u8]) -> Option<Vec<u8>> {
    let value = json::parse(file, Limits::bytes(FILE_BYTES)).ok()?;
    canonical(value.get("signed")?).ok()
}

/// The name of the collection whose keys are here.
pub const GUN: &str = "registry.example.com/fuzz/app";

/// The collection whose keys are here, published once. Its keys are those of a seed, so every run has the same.
pub static OWN: LazyLock<(Collection, Publication)> = LazyLock::new(|| {
    let ed25519 = |seed| [NotaryKey::seeded(KeyKind::Ed25519, seed)];
    let mut collection = Collection::builder(GUN, NOW.plus(-3600))
        .targets_keys(&ed25519(2))
        .snapshot_keys(&ed25519(3))
        .timestamp_keys(&ed25519(4))
        .build();
    collection
        .add_target("1.0", Target::content(b"one"))
        .delegate(Delegation::new("targets/releases", &ed25519(5)))
        .delegate(Delegation::new("targets/alice", &ed25519(6)).paths(&["1", "rc/"]))
        .add_target_to("targets/releases", "1.1", Target::content(b"two"))
        .add_target_to("targets/alice", "1.1", Target::content(b"two"));
    let publication = collection.publish();
    (collection, publication)
});

/// A set with the root of the collection whose keys are here, confirmed.
pub static OWN_ROOT: LazyLock<TrustedSet> = LazyLock::new(|| {
    let (collection, publication) = &*OWN;
    let root = publication.role("root").clone();
    let mut set = TrustedSet::bootstrap(GUN, root, NOW).expect("the root is good");
    let pins = Pins::Keys {
        ids: vec![KeyId::from(collection.root_key_id().as_str())],
        certificates: std::sync::Arc::default(),
    };
    set.confirm_root(&pins, &mut meter())
        .expect("the root is pinned");
    set
});

/// A meter at zero.
pub fn meter() -> Meter {
    Meter::new(Budget::default())
}

/// What is signed in `file`, or the whole of it, spelled as it is, under a valid signature of every key of `role` of
/// the collection whose keys are here. Nothing, if it has no canonical form.
pub fn signed(role: &str, file: &[u8]) -> Option<Bytes> {
    let value = json::parse(file, Limits::bytes(FILE_BYTES)).ok()?;
    let content = value.get("signed").unwrap_or(&value);
    let message = canonical(content).ok()?;
    let spelled = serde_json::from_slice::<Value>(file).ok()?;
    let spelled = spelled.get("signed").unwrap_or(&spelled);
    let signatures: Vec<_> = OWN
        .0
        .keys(role)
        .iter()
        .map(|key| {
            json!({
                "keyid": key.id(),
                "method": key.method().name(),
                "sig": STANDARD.encode(key.sign(&message)),
            })
        })
        .collect();
    let file = json!({"signed": spelled, "signatures": signatures});
    Some(file.to_string().into())
}

/// A set whose timestamp lists `snapshot`, whatever it is.
pub fn set_with_timestamp(snapshot: &[u8]) -> TrustedSet {
    let mut set = OWN_ROOT.clone();
    let timestamp = json!({
        "_type": "Timestamp",
        "version": 1,
        "expires": "2026-12-01T00:00:00Z",
        "meta": {"snapshot": listed(snapshot)},
    });
    let timestamp = signed("timestamp", timestamp.to_string().as_bytes()).expect("plain JSON");
    set.update_timestamp(timestamp, &mut meter())
        .expect("the timestamp is good");
    set
}

/// A set whose snapshot lists `files` of roles, whatever they are, beside the root.
pub fn set_with_snapshot(files: &[(&RoleName, &[u8])]) -> TrustedSet {
    let mut meta = serde_json::Map::new();
    meta.insert("root".to_owned(), listed(OWN.1.role("root")));
    for (role, bytes) in files {
        meta.insert(role.to_string(), listed(bytes));
    }
    let snapshot = json!({
        "_type": "Snapshot",
        "version": 1,
        "expires": "2026-12-01T00:00:00Z",
        "meta": meta,
    });
    let snapshot = signed("snapshot", snapshot.to_string().as_bytes()).expect("plain JSON");
    let mut set = set_with_timestamp(&snapshot);
    set.update_snapshot(snapshot, &mut meter())
        .expect("the snapshot is good");
    set
}

fn listed(bytes: &[u8]) -> Value {
    let hex = Digest::sha256(bytes);
    let hash: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex.hex()[at..at + 2], 16).expect("hex"))
        .collect();
    json!({"length": bytes.len(), "hashes": {"sha256": STANDARD.encode(hash)}})
}
