//! A whole session about Notary Project signatures, against a registry that holds and answers what somebody put there.
//! It ends, within its bounds, and proves the image only by a signature that was really made for it.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use doorward_core::{
    Answer, Budget, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType, Meter, Pinned,
    Resource, Run, Selector, Timestamp,
};
use doorward_fuzz::disturbed::Disturbed;
use doorward_notation::{
    Level, NotationSession, SessionInput, Statement, StoreType, TrustStore, TrustStores,
    TrustedIdentities,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const IMAGE: &str = "sha256:9a8b9e313047edf731adc03b3c162bed8b3ce4e0374f18bf92c2f4c2bf23277d";
/// 2026-11-21.
const NOW: Timestamp = Timestamp::from_unix(1_795_219_200);
const KNOWN: [(&str, &[u8]); 4] = [
    (
        "application/cose",
        include_bytes!("../seeds/notation_cose/envelopes-cose-ok-ec256.cose"),
    ),
    (
        "application/cose",
        include_bytes!("../seeds/notation_cose/envelopes-cose-ext-noncrit.cose"),
    ),
    (
        "application/jose+json",
        include_bytes!("../seeds/notation_jws/envelopes-jws-ok-ec521.jws"),
    ),
    (
        "application/jose+json",
        include_bytes!("../seeds/notation_jws/envelopes-jws-ok-expiry.jws"),
    ),
];

#[derive(Arbitrary, Debug)]
struct Input {
    attached: Vec<Attached>,
    is_listed_by_tag: bool,
    failures: Vec<u8>,
    answers: Vec<Vec<u8>>,
}

/// Something that refers to the image, and what is wrong with it.
#[derive(Arbitrary, Debug)]
struct Attached {
    envelope: Source,
    flaw: Flaw,
    is_typed: bool,
}

#[derive(Arbitrary, Debug)]
enum Source {
    Bytes(bool, Vec<u8>),
    Changed { known: u8, at: u16, bits: u8 },
    Known(u8),
}

#[derive(Arbitrary, Debug)]
enum Flaw {
    Index,
    Legacy,
    Members(Vec<u8>),
    None,
    OtherSubject,
    Two,
}

static IMAGE_DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| {
    let digest = IMAGE.parse().expect("a digest");
    Descriptor::new(MediaType::OCI_MANIFEST, digest, 401)
});

static TRUST: LazyLock<(Arc<Statement>, Arc<TrustStores>)> = LazyLock::new(|| {
    let acme = || "ca:acme".parse().expect("a store");
    let root = include_bytes!("../../crates/notation/tests/vectors/certs/root.crt");
    let store = TrustStore::read(StoreType::Ca, [root]);
    let statement = Statement::builder("fuzz", Level::Strict)
        .trust_store(acme())
        .identities(TrustedIdentities::any())
        .build()
        .expect("a statement");
    let stores = TrustStores::new().with(acme(), store);
    (Arc::new(statement), Arc::new(stores))
});

#[derive(Default)]
struct Registry {
    held: BTreeMap<Digest, (Option<&'static str>, Vec<u8>)>,
    listed: Vec<Value>,
    /// Whether a signature is among them that was made for the image.
    has_good: bool,
}

impl Registry {
    fn put(&mut self, media_type: Option<&'static str>, bytes: Vec<u8>) -> (Digest, usize) {
        let (digest, size) = (Digest::sha256(&bytes), bytes.len());
        self.held.insert(digest.clone(), (media_type, bytes));
        (digest, size)
    }

    fn attach(&mut self, attached: &Attached) {
        let known = |index: u8| KNOWN[usize::from(index) % KNOWN.len()];
        let (media_type, bytes, is_good) = match &attached.envelope {
            Source::Known(index) => (known(*index).0, known(*index).1.to_vec(), true),
            Source::Bytes(is_cose, bytes) => {
                let kind = KNOWN[if *is_cose { 0 } else { 2 }].0;
                (kind, bytes.clone(), false)
            }
            Source::Changed {
                known: index,
                at,
                bits,
            } => {
                let (kind, bytes) = known(*index);
                let mut bytes = bytes.to_vec();
                let at = usize::from(*at) % bytes.len();
                bytes[at] ^= bits;
                // What is not signed may be changed, so only what it then proves is looked at.
                (kind, bytes, true)
            }
        };
        let (digest, size) = self.put(None, bytes);
        let layer = json!({"mediaType": media_type, "digest": digest.as_str(), "size": size});
        let kind = "application/vnd.cncf.notary.signature";
        let mut subject = json!(*IMAGE_DESCRIPTOR);
        let empty = Digest::sha256(b"{}");
        let config = |kind: &str| json!({"mediaType": kind, "digest": empty.as_str(), "size": 2});
        let mut layers = vec![layer.clone()];
        let mut manifest = json!({"schemaVersion": 2, "artifactType": kind});
        manifest["config"] = config("application/vnd.oci.empty.v1+json");
        match &attached.flaw {
            Flaw::Legacy => {
                manifest = json!({"schemaVersion": 2, "config": config(kind)});
            }
            Flaw::OtherSubject => subject["size"] = json!(402),
            Flaw::Two => layers.push(layer),
            Flaw::Index => {
                manifest = json!({"schemaVersion": 2, "artifactType": kind, "manifests": layers});
            }
            Flaw::Members(_) | Flaw::None => {}
        }
        if !matches!(attached.flaw, Flaw::Index) {
            manifest["layers"] = json!(layers);
        }
        manifest["subject"] = subject;
        let mut text = manifest.to_string().into_bytes();
        if let Flaw::Members(more) = &attached.flaw {
            text.pop();
            text.extend_from_slice(more);
        }
        self.has_good |=
            is_good && !matches!(attached.flaw, Flaw::Index | Flaw::Two | Flaw::OtherSubject);
        let (digest, size) = self.put(Some("application/vnd.oci.image.manifest.v1+json"), text);
        let mut entry = json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest.as_str(),
            "size": size,
        });
        if attached.is_typed {
            entry["artifactType"] = json!(kind);
        }
        self.listed.push(entry);
    }

    fn answer(&self, fetch: &Fetch, by_tag: bool) -> Answer {
        let list = |entries: &[Value]| {
            let text = json!({"schemaVersion": 2, "manifests": entries}).to_string();
            Ok(Fetched::new(text, Some(MediaType::OCI_INDEX), "list"))
        };
        let other = json!({
            "mediaType": "a/b", "artifactType": "a/b", "digest": IMAGE, "size": 1,
        });
        match &fetch.resource {
            Resource::Referrers { .. } if by_tag => list(&[other]),
            Resource::Referrers { .. } => list(&self.listed),
            Resource::Manifest {
                selector: Selector::Tag(_),
                ..
            } => list(&self.listed),
            Resource::Blob { digest, .. }
            | Resource::Manifest {
                selector: Selector::Digest(digest),
                ..
            } => {
                let (media_type, bytes) = self.held.get(digest).ok_or(FetchError::NotFound)?;
                Ok(Fetched::new(
                    bytes.clone(),
                    media_type.map(MediaType::new),
                    "held",
                ))
            }
            _ => Err(FetchError::NotFound),
        }
    }
}

fuzz_target!(|input: Input| {
    let mut registry = Registry::default();
    for attached in input.attached.iter().take(24) {
        registry.attach(attached);
    }
    let (statement, stores) = &*TRUST;
    let repository = "registry.example/app".parse().expect("a repository");
    let pinned = Pinned::new(repository, IMAGE_DESCRIPTOR.digest.clone());
    let session = SessionInput::new(pinned, Arc::clone(statement), Arc::clone(stores), NOW)
        .described(Some(IMAGE_DESCRIPTOR.clone()));
    let mut run = Run::new(NotationSession::new(session));
    let mut meter = Meter::new(Budget::default());
    let mut disturbed = Disturbed::new(&input.failures, &input.answers);
    let verdict = run.to_end(&mut meter, |fetch| {
        disturbed.or(|| registry.answer(fetch, input.is_listed_by_tag))
    });
    if let Ok(proof) = verdict {
        assert!(registry.has_good, "proved without a signature");
        assert_eq!(*proof.digest(), IMAGE_DESCRIPTOR.digest);
        assert!(!proof.evidence().is_empty());
    }
});
