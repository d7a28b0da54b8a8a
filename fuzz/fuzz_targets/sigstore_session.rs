//! A whole session about sigstore signatures, against a registry that holds and answers what somebody put there. It ends,
//! within its bounds, and proves the image only by a signature that was really made for it.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use doorward_core::{
    Answer, Budget, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType, Meter, Pinned,
    Resource, Run, Selector,
};
use doorward_fuzz::disturbed::Disturbed;
use doorward_fuzz::sigstore::{NOW, authorities};
use doorward_sigstore::{SessionInput, SigstoreSession};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const LAYER: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
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
    let pinned = Pinned::new(repository, IMAGE_DESCRIPTOR.digest.clone());
    let session =
        SessionInput::new(pinned, authorities(), NOW).described(Some(IMAGE_DESCRIPTOR.clone()));
    let mut run = Run::new(SigstoreSession::new(session));
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
