//! A whole session about sigstore signatures, against a registry that holds and answers what somebody put there, with bundles
//! beside that somebody gave. It ends, within its bounds, and proves the image only by a signature that was really made for it,
//! and an index that lists it by the same and only if it lists nothing else that could run, unless one is to be enough.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use doorward_core::{
    Answer, Budget, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType, Meter, Pinned,
    Resource, Run, Selector,
};
use doorward_fuzz::disturbed::Disturbed;
use doorward_fuzz::sigstore::{NOW, authorities};
use doorward_sigstore::{GivenBundles, MultiArch, MultiArchSession, SessionInput};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const STATEMENT: &str = "application/vnd.in-toto+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The manifest of the image.
const IMAGE_MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":"sha256:8ce24efd98984094a528c51ec19d4ee6c241c87f610534e1c1e8d1c9dc302502","size":282,"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[{"digest":"sha256:f28e871a09a77e0726d5269943a41b468624ce98e457b3c7834cda45bd960015","size":113,"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip"}]}"#;
/// What the first bundle is for. The others are for other images.
const IMAGE: &str = "sha256:cb9776780056583cf226b9dffb00b7441d45a1c8c0948612463819c543b846a8";
const BUNDLES: [&[u8]; 3] = [
    include_bytes!("../seeds/sigstore_bundle/bundle-key.json"),
    include_bytes!("../seeds/sigstore_bundle/v1-email.json"),
    include_bytes!("../seeds/sigstore_bundle/attest-bundle.json"),
];
const LAYERS: [&[u8]; 2] = [
    include_bytes!("../seeds/sigstore_layer/legacy-key.json"),
    include_bytes!("../seeds/sigstore_layer/legacy-email.json"),
];

#[derive(Arbitrary, Debug)]
struct Input {
    attached: Vec<Attached>,
    tagged: Vec<Tagged>,
    is_listed_by_tag: bool,
    failures: Vec<u8>,
    answers: Vec<Vec<u8>>,
    given: Vec<Source>,
    /// What the index lists, if the image is in one.
    index: Option<Vec<Listed>>,
    one_is_enough: bool,
}

/// An entry of an index.
#[derive(Arbitrary, Debug)]
struct Listed {
    child: Child,
    platform: Option<(String, String)>,
    /// Whether it says that it is an attestation about the image.
    is_claimed: bool,
}

#[derive(Arbitrary, Debug)]
enum Child {
    Image,
    /// A manifest with layers of this type.
    Other(String),
    Statement,
    Unknown(u8),
}

/// Something that refers to the image, and what is wrong with it.
#[derive(Arbitrary, Debug)]
struct Attached {
    bundle: Source,
    flaw: Flaw,
    kind: u8,
}

/// A layer of the manifest that the tag for signatures leads to.
#[derive(Arbitrary, Debug)]
struct Tagged {
    layer: Source,
    more: BTreeMap<u8, String>,
}

#[derive(Arbitrary, Debug)]
enum Source {
    Bytes(Vec<u8>),
    Changed { known: u8, at: u16, bits: u8 },
    Known(u8),
}

#[derive(Arbitrary, Debug)]
enum Flaw {
    Index,
    Members(Vec<u8>),
    None,
    OtherSubject,
    Several(u8),
}

static IMAGE_DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| {
    let digest = IMAGE.parse().expect("a digest");
    Descriptor::new(MediaType::OCI_MANIFEST, digest, 401)
});

impl Source {
    /// The bytes, and whether they may be a signature for the image.
    fn of(&self, known: &[&[u8]]) -> (Vec<u8>, bool) {
        let place = |index: u8| usize::from(index) % known.len();
        match self {
            Self::Bytes(bytes) => (bytes.clone(), false),
            Self::Known(index) => (known[place(*index)].to_vec(), place(*index) == 0),
            Self::Changed {
                known: index,
                at,
                bits,
            } => {
                let mut bytes = known[place(*index)].to_vec();
                let at = usize::from(*at) % bytes.len();
                bytes[at] ^= bits;
                // What is not signed may be changed.
                (bytes, place(*index) == 0)
            }
        }
    }
}

#[derive(Default)]
struct Registry {
    held: BTreeMap<Digest, (Option<&'static str>, Vec<u8>)>,
    listed: Vec<Value>,
    tagged: Option<Vec<u8>>,
    /// Whether a signature is among them that was made for the image.
    has_good: bool,
    /// Whether an index lists something that could run and that nobody signed.
    has_strange: bool,
}

impl Registry {
    fn put(&mut self, media_type: Option<&'static str>, bytes: Vec<u8>) -> (Digest, usize) {
        let (digest, size) = (Digest::sha256(&bytes), bytes.len());
        self.held.insert(digest.clone(), (media_type, bytes));
        (digest, size)
    }

    fn config(&mut self) -> Value {
        let (digest, size) = self.put(None, b"{}".to_vec());
        json!({"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest.as_str(), "size": size})
    }

    /// The index with these entries.
    fn index(&mut self, listed: &[Listed]) -> Descriptor {
        self.put(Some(MANIFEST), IMAGE_MANIFEST.as_bytes().to_vec());
        let mut entries = Vec::new();
        for one in listed {
            let layers = |media_type: &str| json!([{"mediaType": media_type, "digest": Digest::sha256(b"x").as_str(), "size": 1}]);
            let config = self.config();
            let manifest = |registry: &mut Self, media_type: &str| {
                let text = json!({
                    "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers(media_type),
                });
                registry
                    .put(Some(MANIFEST), text.to_string().into_bytes())
                    .0
            };
            let digest = match &one.child {
                Child::Image => IMAGE_DESCRIPTOR.digest.clone(),
                Child::Other(media_type) => manifest(self, media_type),
                Child::Statement => manifest(self, STATEMENT),
                Child::Unknown(seed) => Digest::sha256(&[*seed]),
            };
            let mut entry = json!({"mediaType": MANIFEST, "digest": digest.as_str(), "size": 401});
            if let Some((os, architecture)) = &one.platform {
                entry["platform"] = json!({"os": os, "architecture": architecture});
            }
            if one.is_claimed {
                entry["annotations"] = json!({
                    "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": IMAGE,
                });
            }
            let is_nowhere = one
                .platform
                .as_ref()
                .is_some_and(|(os, architecture)| os == "unknown" && architecture == "unknown");
            let is_statement = match &one.child {
                Child::Other(media_type) => media_type == STATEMENT,
                Child::Statement => true,
                Child::Image | Child::Unknown(_) => false,
            };
            let is_attestation = is_statement && is_nowhere && one.is_claimed;
            self.has_strange |= !matches!(one.child, Child::Image) && !is_attestation;
            entries.push(entry);
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
        let text = index.to_string().into_bytes();
        let (digest, size) = self.put(Some(INDEX), text);
        Descriptor::new(MediaType::OCI_INDEX, digest, size as u64)
    }

    fn attach(&mut self, attached: &Attached) {
        let (bytes, is_good) = attached.bundle.of(&BUNDLES);
        let (digest, size) = self.put(None, bytes);
        let kind =
            [BUNDLE, "application/vnd.oci.empty.v1+json", "a/b"][usize::from(attached.kind % 3)];
        let layer = json!({"mediaType": BUNDLE, "digest": digest.as_str(), "size": size});
        let times = match attached.flaw {
            Flaw::Several(times) => usize::from(times % 8),
            _ => 1,
        };
        let mut subject = json!(*IMAGE_DESCRIPTOR);
        if let Flaw::OtherSubject = attached.flaw {
            subject["size"] = json!(402);
        }
        let config = self.config();
        let mut manifest =
            json!({"schemaVersion": 2, "artifactType": kind, "config": config, "subject": subject});
        let member = match attached.flaw {
            Flaw::Index => "manifests",
            _ => "layers",
        };
        manifest[member] = json!(vec![layer; times]);
        let mut text = manifest.to_string().into_bytes();
        if let Flaw::Members(more) = &attached.flaw {
            text.pop();
            text.extend_from_slice(more);
        }
        self.has_good |= is_good;
        let (digest, size) = self.put(Some(MANIFEST), text);
        self.listed.push(json!({
            "mediaType": MANIFEST, "digest": digest.as_str(), "size": size, "artifactType": kind,
        }));
    }

    fn tag(&mut self, tagged: &[Tagged]) {
        let mut layers = Vec::new();
        for one in tagged {
            // None of the layers is for this image.
            let (bytes, _) = one.layer.of(&LAYERS);
            let mut annotations: BTreeMap<String, Value> =
                serde_json::from_slice(&bytes).unwrap_or_default();
            let payload = annotations.remove("payload");
            let payload = payload.as_ref().and_then(Value::as_str).unwrap_or_default();
            for (index, text) in &one.more {
                let name =
                    ["certificate", "chain", "bundle", "rfc3161timestamp"][usize::from(index % 4)];
                annotations.insert(format!("dev.sigstore.cosign/{name}"), json!(text));
            }
            let (digest, size) = self.put(None, payload.as_bytes().to_vec());
            layers.push(json!({
                "mediaType": LAYER, "digest": digest.as_str(), "size": size, "annotations": annotations,
            }));
        }
        let config = self.config();
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.tagged = Some(manifest.to_string().into_bytes());
    }

    fn answer(&self, fetch: &Fetch, by_tag: bool) -> Answer {
        let list = |entries: &[Value]| {
            let text = json!({"schemaVersion": 2, "manifests": entries}).to_string();
            Ok(Fetched::new(text, Some(MediaType::OCI_INDEX), "list"))
        };
        match &fetch.resource {
            Resource::Referrers { .. } if by_tag => Err(FetchError::NotSupported),
            Resource::Referrers { .. } => list(&self.listed),
            Resource::Manifest {
                selector: Selector::Tag(tag),
                ..
            } => match (&self.tagged, tag.to_string().ends_with(".sig")) {
                (Some(bytes), true) => Ok(Fetched::new(
                    bytes.clone(),
                    Some(MediaType::new(MANIFEST)),
                    "tag",
                )),
                (_, true) => Err(FetchError::NotFound),
                (_, false) => list(&self.listed),
            },
            Resource::Blob { digest, .. }
            | Resource::Manifest {
                selector: Selector::Digest(digest),
                ..
            } => {
                let (media_type, bytes) = self.held.get(digest).ok_or(FetchError::NotFound)?;
                let media_type = media_type.map(MediaType::new);
                Ok(Fetched::new(bytes.clone(), media_type, "held"))
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
    let tagged = input
        .tagged
        .get(..input.tagged.len().min(24))
        .unwrap_or_default();
    if !tagged.is_empty() {
        registry.tag(tagged);
    }
    let repository = "registry.example/app".parse().expect("a repository");
    let subject = match &input.index {
        None => IMAGE_DESCRIPTOR.clone(),
        Some(listed) => registry.index(listed.get(..listed.len().min(64)).unwrap_or_default()),
    };
    let given: Vec<_> = input
        .given
        .iter()
        .take(24)
        .map(|one| one.of(&BUNDLES))
        .collect();
    registry.has_good |= given.iter().any(|(_, is_good)| *is_good);
    let files = given.iter().map(|(bytes, _)| ("given", bytes.as_slice()));
    let given = GivenBundles::read(files).expect("they are few");
    let pinned = Pinned::new(repository, subject.digest.clone());
    let session = SessionInput::new(pinned, authorities(), NOW)
        .described(Some(subject.clone()))
        .beside(vec![Arc::new(given)]);
    let which = match (&input.index, input.one_is_enough) {
        (None, _) => MultiArch::Index,
        (Some(_), true) => MultiArch::AnyChild,
        (Some(_), false) => MultiArch::EveryChild,
    };
    let mut run = Run::new(MultiArchSession::new(session, which));
    let mut meter = Meter::new(Budget::default());
    let mut disturbed = Disturbed::new(&input.failures, &input.answers);
    let verdict = run.to_end(&mut meter, |fetch| {
        disturbed.or(|| registry.answer(fetch, input.is_listed_by_tag))
    });
    if let Ok(proof) = verdict {
        assert!(registry.has_good, "proved without a signature");
        assert!(
            which != MultiArch::EveryChild || !registry.has_strange,
            "proved with something beside it that nobody signed"
        );
        assert_eq!(*proof.digest(), subject.digest);
        assert!(!proof.evidence().is_empty());
    }
});
