//! Signatures and attestations as cosign makes them with keys, in every form in which clients store them.

#[cfg(all(feature = "pki", feature = "servers"))]
mod instance;
mod key;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Descriptor, Digest, MediaType};
use serde_json::{Value, json};

use crate::image::{Blob, Image};

#[cfg(all(feature = "pki", feature = "servers"))]
pub use instance::{SigstoreIdentity, SigstoreInstance, SigstoreLog};
pub use key::CosignKey;

const CLAIM: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const STATEMENT: &str = "application/vnd.in-toto+json";
const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const OCI_MANIFEST: MediaType =
    MediaType::from_static("application/vnd.oci.image.manifest.v1+json");

/// The form of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CosignForm {
    /// A bundle with a statement in an envelope, as cosign 3 makes it.
    Bundle,
    /// An envelope with a statement, as older ones attest.
    Envelope,
    /// A claim with its signature in an annotation, as older ones sign.
    Layer,
    /// A bundle with a signature over the manifest itself.
    Message,
}

/// Describes a signature: a layer without annotations, until it is changed.
///
/// ```
/// use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, CosignSignature, Image};
///
/// let (key, image) = (CosignKey::generate(), Image::sample("app"));
/// let layer = CosignBuilder::new(&key, &image).annotation("env", "prod").build();
/// let bundle = CosignBuilder::new(&key, &image).form(CosignForm::Bundle).build();
/// assert_eq!(CosignSignature::manifest(&[layer]).blobs().len(), 2);
/// assert_eq!(bundle.referrer(&image.manifest().descriptor()).blobs().len(), 2);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CosignBuilder<'k> {
    key: &'k CosignKey,
    image: Image,
    form: CosignForm,
    annotations: BTreeMap<String, String>,
    predicate: (String, Value),
    claimed: Digest,
    is_forged: bool,
}

impl<'k> CosignBuilder<'k> {
    /// A signature by `key` of an image.
    pub fn new(key: &'k CosignKey, image: &Image) -> Self {
        Self {
            key,
            image: image.clone(),
            form: CosignForm::Layer,
            annotations: BTreeMap::new(),
            predicate: (SIGNATURE.to_owned(), json!({})),
            claimed: image.digest().clone(),
            is_forged: false,
        }
    }

    /// The form.
    pub const fn form(mut self, form: CosignForm) -> Self {
        self.form = form;
        self
    }

    /// Says something beside the digest, as `cosign sign -a` does. A signature over the manifest cannot.
    pub fn annotation(mut self, name: &str, value: &str) -> Self {
        self.annotations.insert(name.to_owned(), value.to_owned());
        self
    }

    /// States something else than that the image is signed.
    pub fn predicate(mut self, kind: &str, predicate: Value) -> Self {
        self.predicate = (kind.to_owned(), predicate);
        self
    }

    /// Is for another digest than that of the image.
    pub fn claiming(mut self, digest: &Digest) -> Self {
        self.claimed = digest.clone();
        self
    }

    /// With a signature that is not that of the key.
    pub const fn forged(mut self) -> Self {
        self.is_forged = true;
        self
    }

    /// The signature.
    #[must_use]
    pub fn build(self) -> CosignSignature {
        let (kind, bytes) = match self.form {
            CosignForm::Layer => (CLAIM, self.claim()),
            CosignForm::Envelope => (ENVELOPE, self.envelope().to_string()),
            CosignForm::Bundle => (BUNDLE, self.bundle("dsseEnvelope", self.envelope())),
            CosignForm::Message => (BUNDLE, self.bundle("messageSignature", self.message())),
        };
        let blob = Blob::new(MediaType::from_static(kind), bytes);
        let annotations = match self.form {
            CosignForm::Layer => json!({
                "dev.cosignproject.cosign/signature": self.sign(blob.bytes()),
            }),
            // cosign leaves the annotation there, empty.
            CosignForm::Envelope => json!({
                "dev.cosignproject.cosign/signature": "",
                "predicateType": self.predicate.0,
            }),
            CosignForm::Bundle | CosignForm::Message => Value::Null,
        };
        CosignSignature {
            form: self.form,
            predicate_type: self.predicate.0,
            blob,
            annotations,
        }
    }

    /// In base64.
    fn sign(&self, message: &[u8]) -> String {
        let mut signed = message.to_vec();
        if self.is_forged {
            signed.push(0);
        }
        STANDARD.encode(self.key.sign(&signed))
    }

    fn claim(&self) -> String {
        let optional = (!self.annotations.is_empty()).then_some(&self.annotations);
        json!({
            "critical": {
                "identity": {"docker-reference": "registry.example/app"},
                "image": {"docker-manifest-digest": self.claimed},
                "type": "cosign container image signature",
            },
            "optional": optional,
        })
        .to_string()
    }

    fn envelope(&self) -> Value {
        let (kind, predicate) = &self.predicate;
        let mut subject = json!({"digest": {"sha256": self.claimed.hex()}});
        if !self.annotations.is_empty() {
            subject["annotations"] = json!(self.annotations);
        }
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": kind,
            "predicate": predicate,
        })
        .to_string();
        // DSSE, "Protocol": the pre-authentication encoding.
        let signed = format!(
            "DSSEv1 {} {STATEMENT} {} {statement}",
            STATEMENT.len(),
            statement.len()
        );
        json!({
            "payload": STANDARD.encode(statement),
            "payloadType": STATEMENT,
            "signatures": [{"sig": self.sign(signed.as_bytes())}],
        })
    }

    fn message(&self) -> Value {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.image.manifest().bytes());
        json!({
            "messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(digest)},
            "signature": self.sign(self.image.manifest().bytes()),
        })
    }

    fn bundle(&self, member: &str, content: Value) -> String {
        let mut bundle = json!({
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": self.key.hint()}},
        });
        bundle[member] = content;
        bundle.to_string()
    }
}

/// A signature or an attestation, ready to be stored.
#[derive(Clone, Debug)]
pub struct CosignSignature {
    form: CosignForm,
    predicate_type: String,
    blob: Blob,
    annotations: Value,
}

impl CosignSignature {
    /// The tag under which clients keep signatures (`sig`) or attestations (`att`) of a digest.
    #[must_use]
    pub fn tag(digest: &Digest, kind: &str) -> String {
        format!("{}.{kind}", digest.as_str().replace(':', "-"))
    }

    /// The blob.
    #[must_use]
    pub const fn blob(&self) -> &Blob {
        &self.blob
    }

    /// A manifest whose layers they are, for such a tag.
    #[must_use]
    pub fn manifest(signatures: &[Self]) -> Image {
        Self::of_layers(signatures, None)
    }

    /// A manifest with it that refers to the image: a bundle as cosign 3 attaches it, or a layer as cosign writes it when asked
    /// to use OCI 1.1.
    #[must_use]
    pub fn referrer(&self, image: &Descriptor) -> Image {
        Self::of_layers(std::slice::from_ref(self), Some(image))
    }

    fn of_layers(signatures: &[Self], subject: Option<&Descriptor>) -> Image {
        let layers: Vec<Value> = signatures.iter().map(Self::layer).collect();
        let bundle = signatures.iter().find(|one| one.is_bundle());
        let kind = match (subject, bundle) {
            (None, _) => "application/vnd.oci.image.config.v1+json",
            (Some(_), Some(_)) => EMPTY,
            (Some(_), None) => "application/vnd.dev.cosign.artifact.sig.v1+json",
        };
        let config = Blob::new(MediaType::from_static(kind), "{}");
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST.as_str(),
            "config": config.descriptor(),
            "layers": layers,
        });
        if let Some(subject) = subject {
            manifest["subject"] = json!(subject);
        }
        if let Some(bundle) = bundle {
            manifest["artifactType"] = json!(BUNDLE);
            let content = match bundle.form {
                CosignForm::Message => "message-signature",
                _ => "dsse-envelope",
            };
            let mut annotations = json!({"dev.sigstore.bundle.content": content});
            if bundle.form == CosignForm::Bundle {
                annotations["dev.sigstore.bundle.predicateType"] = json!(bundle.predicate_type);
            }
            manifest["annotations"] = annotations;
        }
        let blobs = signatures.iter().map(|one| one.blob.clone());
        Image::from_manifest(
            OCI_MANIFEST,
            manifest.to_string(),
            std::iter::once(config).chain(blobs),
        )
    }

    fn is_bundle(&self) -> bool {
        matches!(self.form, CosignForm::Bundle | CosignForm::Message)
    }

    fn layer(&self) -> Value {
        let mut layer = json!(self.blob.descriptor());
        if !self.annotations.is_null() {
            layer["annotations"] = self.annotations.clone();
        }
        layer
    }
}
