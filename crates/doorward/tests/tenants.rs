//! What the author of a namespaced policy can take and ask: nothing of another namespace, and no Secret that was not
//! made for what the policy does with it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "tenants/influence.rs"]
mod influence;
#[path = "support/taped.rs"]
mod taped;

use doorward::simple_signing::codes as simple_codes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use doorward::core::{
    Basic, Code, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Resource, Timestamp,
};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::{
    Context, Engine, Rules, Secret, SecretError, SecretFuture, Secrets, StaticSecrets, Verdict,
};
use doorward_testkit::{KeyKind, OpenPgpSigner};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const IMAGE: &str = "r.example/team/app:1";
const MANIFEST: &[u8] = br#"{"schemaVersion":2,"layers":[]}"#;
/// The namespace of the policy.
const OWN: &str = "shop";
/// A namespace that is none of its business.
const OTHER: &str = "bank";
/// A namespace that the operator shares.
const SHARED: &str = "keys";

/// A world with one image and nothing beside it. Remembers everything that was asked, credentials included.
#[derive(Default)]
struct Recorder(Mutex<Vec<Resource>>);

impl Fetcher for Recorder {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        self.0.lock().unwrap().push(fetch.resource.clone());
        let answer = match &fetch.resource {
            Resource::Manifest { .. } => Ok(Fetched::new(MANIFEST, None, "r.example")),
            Resource::SignatureExtension { .. } => Err(FetchError::NotSupported),
            _ => Err(FetchError::NotFound),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Remembers which namespaces were looked in.
struct Watched(StaticSecrets, Mutex<Vec<String>>);

impl Secrets for Watched {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        self.1.lock().unwrap().push(namespace.to_owned());
        self.0.secret(namespace, name)
    }
}

fn items(items: &[(&str, &[u8])]) -> Secret {
    let items = items
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_vec()));
    Secret::new(BTreeMap::from_iter(items))
}

fn key(kind: KeyKind) -> Secret {
    let armored = OpenPgpSigner::new(kind).public_key_armored();
    items(&[("key", armored.as_bytes())])
}

fn login(password: &str) -> Secret {
    items(&[("username", b"postgres"), ("password", password.as_bytes())])
}

/// What was decided, what was asked for it, and where Secrets were looked for.
struct Told {
    verdict: Verdict,
    asked: Vec<Resource>,
    looked_in: Vec<String>,
}

impl Told {
    /// Everything that its author can observe.
    fn observable(&self) -> (String, Option<Code>, Vec<Resource>) {
        (
            self.verdict.message(),
            self.verdict.code(),
            self.asked.clone(),
        )
    }

    /// The credentials that were sent anywhere.
    fn sent(&self) -> Vec<Basic> {
        self.asked
            .iter()
            .filter_map(|resource| match resource {
                Resource::Lookaside { access, .. } => access.clone(),
                _ => None,
            })
            .collect()
    }
}

fn decide(kind: &str, body: &Value, secrets: StaticSecrets) -> Told {
    let mut metadata = json!({"name": "p"});
    if kind == "ImagePolicy" {
        metadata["namespace"] = json!(OWN);
    }
    let policy = json!({
        "apiVersion": "doorward.dev/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"repositories": [{"name": "*", "policy": body}]},
    });
    let (documents, problems) = read_documents("p.json", policy.to_string().as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::NotAnObject { .. } | Document::Other { .. } => None,
    });
    let rules = Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0));
    let (recorder, watched) = (
        Arc::new(Recorder::default()),
        Watched(secrets, Mutex::default()),
    );
    let fetcher = Arc::clone(&recorder) as Arc<dyn Fetcher>;
    let verdict = {
        let context = Context::new(&rules, &watched, fetcher, NOW).in_namespace(OWN);
        let engine = Engine::builder().shared_secret_namespaces([SHARED]).build();
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(taped::decide(&engine, IMAGE, &context))
    };
    let asked = recorder.0.lock().unwrap().clone();
    Told {
        verdict,
        asked,
        looked_in: watched.1.into_inner().unwrap(),
    }
}

fn signed_by(namespace: Option<&str>, name: &str) -> Value {
    let mut requirement = json!({"type": "signedBy", "keySecret": name});
    if let Some(namespace) = namespace {
        requirement["keySecretNamespace"] = json!(namespace);
    }
    requirement
}

fn by_key_of(namespace: &str, name: &str) -> Value {
    json!({"simple": {"requirements": [signed_by(Some(namespace), name)]}})
}

/// The Secrets of the own and the shared namespace.
fn secrets() -> StaticSecrets {
    let mut secrets = StaticSecrets::default();
    for namespace in [OWN, SHARED] {
        secrets.insert(namespace, "release", key(KeyKind::Ed25519));
        secrets.insert(namespace, "database", login("hunter2 of the database"));
        secrets.insert(
            namespace,
            "store",
            login("hunter2 of the store").for_stores(),
        );
    }
    secrets
}

#[test]
fn a_secret_of_another_namespace_and_one_that_does_not_exist_are_told_alike() {
    let mut with = secrets();
    with.insert(OTHER, "vault", items(&[("token", b"x")]));
    with.insert(OTHER, "release", key(KeyKind::Ed25519));
    let told: Vec<_> = ["vault", "release", "nosuch"]
        .iter()
        .map(|name| {
            let told = decide("ImagePolicy", &by_key_of(OTHER, name), with.clone());
            assert_eq!(told.verdict.code(), Some(Code::SECRET_NOT_FOUND));
            assert!(
                !told.looked_in.contains(&OTHER.to_owned()),
                "it is not looked for"
            );
            told.verdict.message().replace(name, "NAME")
        })
        .collect();
    assert!(told.iter().all(|message| *message == told[0]), "{told:#?}");
    // Nor does a Secret of the policy's own that is not there read otherwise.
    let own = decide("ImagePolicy", &by_key_of(OWN, "nosuch"), with);
    let own = own.verdict.message().replace("nosuch", "NAME");
    assert_eq!(own.replace("shop/NAME", "bank/NAME"), told[0]);
}

#[test]
fn a_namespaced_policy_reads_its_own_namespace_and_those_that_the_operator_shares() {
    for namespace in [OWN, SHARED] {
        let told = decide("ImagePolicy", &by_key_of(namespace, "release"), secrets());
        assert_eq!(
            told.verdict.code(),
            Some(simple_codes::NO_SIGNATURE),
            "{namespace}"
        );
    }
}

#[test]
fn a_cluster_policy_names_any_namespace() {
    let mut with = secrets();
    with.insert(OTHER, "release", key(KeyKind::Ed25519));
    let told = decide(
        "ClusterImagePolicy",
        &by_key_of(OTHER, "release"),
        with.clone(),
    );
    assert_eq!(told.verdict.code(), Some(simple_codes::NO_SIGNATURE));
    let told = decide("ClusterImagePolicy", &by_key_of(OTHER, "nosuch"), with);
    assert_eq!(told.verdict.code(), Some(Code::SECRET_NOT_FOUND));
    assert!(told.verdict.message().contains("not found"));
}

fn with_store_secret(name: &str) -> Value {
    json!({"simple": {
        "storeURL": "https://evil.test",
        "storeSecret": name,
        "requirements": [signed_by(None, "release")],
    }})
}

#[test]
fn a_secret_with_a_user_name_and_a_password_goes_to_no_store_unless_it_is_marked_for_stores() {
    let told = decide("ImagePolicy", &with_store_secret("database"), secrets());
    assert_eq!(told.verdict.code(), Some(Code::SECRET_INVALID));
    assert_eq!(told.sent(), []);
    let message = told.verdict.message();
    assert!(
        message.contains("doorward.dev/store-credentials"),
        "{message}"
    );
    assert!(!message.contains("postgres") && !message.contains("hunter2 of the database"));

    let told = decide("ImagePolicy", &with_store_secret("store"), secrets());
    let expected = Basic::new("postgres", "hunter2 of the store");
    assert!(!told.sent().is_empty() && told.sent().iter().all(|sent| *sent == expected));
}

#[test]
fn the_operators_own_policy_needs_no_mark() {
    let mut with = secrets();
    with.insert("doorward", "release", key(KeyKind::Ed25519));
    with.insert("doorward", "database", login("hunter2 of the database"));
    let told = decide("ClusterImagePolicy", &with_store_secret("database"), with);
    assert!(!told.sent().is_empty());
}

#[test]
fn an_outage_of_secrets_within_reach_is_still_told_as_one() {
    struct Out;
    impl Secrets for Out {
        fn secret<'a>(&'a self, _: &'a str, _: &'a str) -> SecretFuture<'a> {
            let detail = "the API server did not answer".to_owned();
            Box::pin(std::future::ready(Err(SecretError::Unavailable { detail })))
        }
    }
    let policy = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
        "metadata": {"name": "p", "namespace": OWN},
        "spec": {"repositories": [
            {"name": "r.example/own/*", "policy": by_key_of(OWN, "k")},
            {"name": "r.example/other/*", "policy": by_key_of(OTHER, "k")},
        ]},
    });
    let (documents, _) = read_documents("p.json", policy.to_string().as_bytes());
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::NotAnObject { .. } | Document::Other { .. } => None,
    });
    let rules = Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0));
    let context = Context::new(&rules, &Out, Arc::new(Recorder::default()), NOW).in_namespace(OWN);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    for (image, code) in [
        ("r.example/own/app:1", Code::SECRET_UNAVAILABLE),
        ("r.example/other/app:1", Code::SECRET_NOT_FOUND),
    ] {
        let verdict = runtime.block_on(Engine::default().decide(image, &context));
        assert_eq!(verdict.code(), Some(code), "{image}");
    }
}
