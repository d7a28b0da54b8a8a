//! Whole sessions against what a registry held: signatures that the reference client made, and what somebody put beside
//! them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files, says how they went and stops at what it cannot read"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::{
    Answer, Budget, Fetch, FetchError, Fetched, MediaType, Meter, Pinned, Rejection, Resource, Run,
    Selector,
};
use doorward_notation::{
    NotationSession, OciTrustPolicy, Selected, SessionInput, Statement, StoreType, TrustStore,
    TrustStores,
};
use doorward_testkit::Cases;
use serde_json::Value;

mod support;

/// A registry without the referrers API, as it was exported.
struct Exported {
    files: Cases,
    repositories: Value,
    expected: Value,
}

impl Exported {
    fn open() -> Self {
        let files = Cases::open(support::cases());
        let read = |path: &str| -> Value {
            let bytes = files.read(path).expect("a document");
            serde_json::from_slice(bytes).expect("JSON")
        };
        Self {
            repositories: read("registry/repos.json"),
            expected: read("registry/expect.json"),
            files,
        }
    }

    fn content(&self, digest: &str) -> Option<&[u8]> {
        let (_, hex) = digest.split_once(':')?;
        self.files
            .read(&format!("registry/blobs/sha256/{hex}"))
            .map(|bytes| &bytes[..])
    }

    /// What the registry answers. Its lists are under tags, as clients left them.
    fn answer(&self, repository: &str, fetch: &Fetch) -> Answer {
        let held = &self.repositories[repository];
        let manifest = |digest: &str| -> Answer {
            let media_type = held["manifests"][digest]["mediaType"].as_str();
            let media_type = media_type.ok_or(FetchError::NotFound)?;
            let bytes = self.content(digest).ok_or(FetchError::NotFound)?.to_vec();
            Ok(Fetched::new(
                bytes,
                Some(MediaType::new(media_type)),
                digest,
            ))
        };
        let tagged = |tag: &str| held["tags"][tag].as_str().map(manifest);
        match &fetch.resource {
            Resource::Blob { digest, .. } => {
                let blobs = held["blobs"].as_array().expect("blobs");
                if !blobs.iter().any(|blob| blob == digest.as_str()) {
                    return Err(FetchError::NotFound);
                }
                let bytes = self.content(digest.as_str()).ok_or(FetchError::NotFound)?;
                Ok(Fetched::new(bytes.to_vec(), None, digest.as_str()))
            }
            Resource::Manifest {
                selector: Selector::Digest(digest),
                ..
            } => manifest(digest.as_str()),
            Resource::Manifest {
                selector: Selector::Tag(tag),
                ..
            } => tagged(tag.as_str()).unwrap_or(Err(FetchError::NotFound)),
            Resource::Referrers { digest, .. } => {
                let tag = digest.as_str().replace(':', "-");
                let empty = br#"{"schemaVersion":2,"manifests":[]}"#.to_vec();
                tagged(&tag).unwrap_or_else(|| {
                    Ok(Fetched::new(empty, Some(MediaType::OCI_INDEX), "no list"))
                })
            }
            other => panic!("nobody asks for {other}"),
        }
    }

    fn stores(&self) -> TrustStores {
        let mut stores = TrustStores::new();
        for (reference, path) in self.expected["truststore"].as_object().expect("stores") {
            let kind = match reference.split_once(':') {
                Some(("ca", _)) => StoreType::Ca,
                _ => StoreType::Tsa,
            };
            let file = self
                .files
                .read(path.as_str().expect("a path"))
                .expect("a certificate");
            let store = TrustStore::read(kind, [file]);
            stores = stores.with(reference.parse().expect("a store"), store);
        }
        stores
    }

    fn judge(&self, case: &Value) -> Result<(), Rejection> {
        let repository = case["repository"].as_str().expect("a repository");
        let digest = case["digest"].as_str().expect("a digest");
        let policy = self
            .files
            .read(case["policy"].as_str().expect("a policy"))
            .expect("a policy");
        let policy = OciTrustPolicy::parse(policy)?;
        let host = self.expected["registryHost"].as_str().expect("a host");
        let Selected::Verify(statement) =
            policy.select(&format!("{host}/{repository}@{digest}"))?
        else {
            panic!("the policies verify");
        };
        let metadata: BTreeMap<String, String> = match &case["userMetadata"] {
            Value::Null => BTreeMap::new(),
            metadata => serde_json::from_value(metadata.clone()).expect("user metadata"),
        };
        let statement = Statement::clone(statement)
            .with_user_metadata(metadata)
            .expect("metadata");
        let now = case["clock"].as_str().unwrap_or(support::NOW);
        let mut input = SessionInput::new(
            Pinned::new(
                format!("{host}/{repository}")
                    .parse()
                    .expect("a repository"),
                digest.parse().expect("a digest"),
            ),
            Arc::new(statement),
            Arc::new(self.stores()),
            now.parse().expect("a time"),
        );
        if let Some(attempts) = case["maxSignatureAttempts"].as_u64() {
            input.max_signatures = usize::try_from(attempts).expect("a few");
        }
        let mut run = Run::new(NotationSession::new(input));
        let mut meter = Meter::new(Budget::default());
        run.to_end(&mut meter, |fetch| self.answer(repository, fetch))
            .map(drop)
    }
}

#[test]
fn vectors() {
    let registry = Exported::open();
    let (mut passed, mut failed) = (0, 0);
    for case in registry.expected["cases"].as_array().expect("cases") {
        let judged = registry.judge(case);
        let expected = case["expect"].as_str().expect("a verdict");
        let is_right = match expected {
            // Where the reference stops at what hides a good signature, the good one counts. What is critical and
            // unknown refuses.
            "either" => judged.is_ok() != (case["repository"] == "t/crit"),
            "accept" => judged.is_ok(),
            _ => judged.is_err(),
        };
        if is_right {
            passed += 1;
        } else {
            failed += 1;
            let (repository, note) = (&case["repository"], &case["note"]);
            println!("FAIL {repository}: expected {expected}, got {judged:?} ({note})");
        }
    }
    println!("{passed} passed, {failed} failed");
    assert_eq!(failed, 0, "cases failed, see above");
    assert_ne!(passed, 0, "no case ran");
}
