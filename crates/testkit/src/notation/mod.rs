//! Signatures of the Notary Project: envelopes in both formats, and the manifests that attach them to images.

mod cose;
mod jws;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::{Descriptor, MediaType, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::image::{Blob, Image, ImageBuilder};
use crate::key::KeyKind;
use crate::pki::Certified;

const PAYLOAD: &str = "application/vnd.cncf.notary.payload.v1+json";
const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
const THUMBPRINTS: &str = "io.cncf.notary.x509chain.thumbprint#S256";

/// The format of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// `COSE_Sign1` (RFC 9052).
    Cose,
    /// Flattened JSON of JWS (RFC 7515, section 7.2.2).
    Jws,
}

/// Describes an envelope: JWS, by the scheme `notary.x509`, signed on 2024-06-01, until it is changed.
///
/// ```
/// use doorward_testkit::{CertificateBuilder, EnvelopeBuilder, EnvelopeKind, Image};
///
/// let root = CertificateBuilder::authority("root").self_signed();
/// let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
/// let image = Image::sample("app").manifest().descriptor();
/// let envelope = EnvelopeBuilder::new(&[&leaf, &root], &image).kind(EnvelopeKind::Cose).build();
/// assert_eq!(envelope.media_type().as_str(), "application/cose");
/// ```
#[derive(Clone)]
#[must_use]
pub struct EnvelopeBuilder {
    chain: Vec<Certified>,
    target: Descriptor,
    kind: EnvelopeKind,
    signed_at: Timestamp,
    expiry: Option<Timestamp>,
    is_authority: bool,
    metadata: BTreeMap<String, String>,
    attributes: Vec<(String, bool, String)>,
    stamp: Option<Stamp>,
    is_forged: bool,
}

/// Makes a token over a signature.
type Stamp = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

impl EnvelopeBuilder {
    /// An envelope that the first certificate signs for what `target` describes. The others follow in order, each of
    /// which issued the one before.
    pub fn new(chain: &[&Certified], target: &Descriptor) -> Self {
        Self {
            chain: chain.iter().map(|&one| one.clone()).collect(),
            target: target.clone(),
            kind: EnvelopeKind::Jws,
            // 2024-06-01T00:00:00Z.
            signed_at: Timestamp::from_unix(1_717_200_000),
            expiry: None,
            is_authority: false,
            metadata: BTreeMap::new(),
            attributes: Vec::new(),
            stamp: None,
            is_forged: false,
        }
    }

    /// The format.
    pub const fn kind(mut self, kind: EnvelopeKind) -> Self {
        self.kind = kind;
        self
    }

    /// The time at which the signer says that it signed.
    pub const fn signed_at(mut self, at: Timestamp) -> Self {
        self.signed_at = at;
        self
    }

    /// From when on the signature no longer counts.
    pub const fn expires(mut self, at: Timestamp) -> Self {
        self.expiry = Some(at);
        self
    }

    /// By the scheme `notary.x509.signingAuthority`, in which the signer vouches for the time.
    pub const fn signing_authority(mut self) -> Self {
        self.is_authority = true;
        self
    }

    /// Says something about the image.
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Adds an extended attribute.
    pub fn attribute(mut self, name: &str, is_critical: bool, value: &str) -> Self {
        let attribute = (name.to_owned(), is_critical, value.to_owned());
        self.attributes.push(attribute);
        self
    }

    /// With a signature that is not that of the key.
    pub const fn forged(mut self) -> Self {
        self.is_forged = true;
        self
    }

    /// Has the signature stamped: `stamp` makes a token over its bytes.
    pub fn stamped(mut self, stamp: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.stamp = Some(Arc::new(stamp));
        self
    }

    /// Signs.
    ///
    /// # Panics
    /// If there is no certificate, or one of a kind that signs no envelopes.
    #[must_use]
    pub fn build(&self) -> SignedEnvelope {
        let (media_type, bytes) = match self.kind {
            EnvelopeKind::Cose => ("application/cose", cose::encode(self)),
            EnvelopeKind::Jws => ("application/jose+json", jws::encode(self)),
        };
        let thumbprints = self.chain.iter().map(|certificate| {
            let hash = digest(&SHA256, certificate.der());
            hash.as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        });
        SignedEnvelope {
            media_type: MediaType::from_static(media_type),
            bytes,
            thumbprints: thumbprints.collect(),
        }
    }

    fn signer(&self) -> &Certified {
        self.chain.first().expect("an envelope has a signer")
    }

    /// The payload (Signature Specification, "Payload").
    fn payload(&self) -> Vec<u8> {
        let mut target = Map::new();
        target.insert("mediaType".to_owned(), json!(self.target.media_type));
        target.insert("digest".to_owned(), json!(self.target.digest.as_str()));
        target.insert("size".to_owned(), json!(self.target.size));
        if !self.metadata.is_empty() {
            target.insert("annotations".to_owned(), json!(self.metadata));
        }
        Value::from(Map::from_iter([(
            "targetArtifact".to_owned(),
            Value::from(target),
        )]))
        .to_string()
        .into_bytes()
    }

    const fn scheme(&self) -> &'static str {
        if self.is_authority {
            "notary.x509.signingAuthority"
        } else {
            "notary.x509"
        }
    }

    const fn time_header(&self) -> &'static str {
        if self.is_authority {
            "io.cncf.notary.authenticSigningTime"
        } else {
            "io.cncf.notary.signingTime"
        }
    }

    /// The headers that are critical.
    fn critical(&self) -> Vec<&str> {
        let mut critical = vec!["io.cncf.notary.signingScheme"];
        if self.is_authority {
            critical.push(self.time_header());
        }
        if self.expiry.is_some() {
            critical.push("io.cncf.notary.expiry");
        }
        let attributes = self.attributes.iter().filter(|(_, critical, _)| *critical);
        critical.extend(attributes.map(|(name, ..)| name.as_str()));
        critical
    }

    fn sign(&self, message: &[u8]) -> Signed {
        let mut signature = self.signer().sign_envelope(message);
        if self.is_forged
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        let token = self.stamp.as_ref().map(|stamp| stamp(&signature));
        Signed { signature, token }
    }
}

impl std::fmt::Debug for EnvelopeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvelopeBuilder").finish_non_exhaustive()
    }
}

struct Signed {
    signature: Vec<u8>,
    token: Option<Vec<u8>>,
}

/// The names of the algorithm that goes with a kind of key (Signature Specification, "Signature Algorithm
/// Requirements"): in JWS, and in COSE.
fn algorithm(kind: KeyKind) -> (&'static str, i64) {
    match kind {
        KeyKind::P256 => ("ES256", -7),
        KeyKind::P384 => ("ES384", -35),
        KeyKind::P521 => ("ES512", -36),
        KeyKind::Rsa2048 => ("PS256", -37),
        KeyKind::Rsa3072 => ("PS384", -38),
        KeyKind::Rsa4096 => ("PS512", -39),
        other => panic!("keys of the kind {other:?} sign no envelopes"),
    }
}

/// An envelope.
#[derive(Clone, Debug)]
pub struct SignedEnvelope {
    media_type: MediaType,
    bytes: Vec<u8>,
    thumbprints: Vec<String>,
}

impl SignedEnvelope {
    /// The media type of its format.
    #[must_use]
    pub const fn media_type(&self) -> &MediaType {
        &self.media_type
    }

    /// The envelope itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The manifest that attaches it to `subject`, with everything in it (Signature Specification, "OCI Signatures").
    #[must_use]
    pub fn attached_to(&self, subject: &Descriptor) -> Image {
        let empty = MediaType::from_static("application/vnd.oci.empty.v1+json");
        ImageBuilder::new()
            .artifact_type(SIGNATURE)
            .config(Blob::new(empty, "{}"))
            .blob(Blob::new(self.media_type.clone(), self.bytes.clone()))
            .annotation(THUMBPRINTS, json!(self.thumbprints).to_string())
            .subject(subject.clone())
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::CertificateBuilder;

    #[test]
    fn an_envelope_of_each_kind_of_key_and_format_is_made_and_equal_inputs_give_equal_bytes() {
        let root = CertificateBuilder::authority("root").self_signed();
        let target = Image::sample("app").manifest().descriptor();
        for key in [
            KeyKind::P256,
            KeyKind::P384,
            KeyKind::P521,
            KeyKind::Rsa2048,
        ] {
            let leaf = CertificateBuilder::code_signer("leaf")
                .key(key, 1)
                .issued_by(&root);
            for kind in [EnvelopeKind::Cose, EnvelopeKind::Jws] {
                let builder = EnvelopeBuilder::new(&[&leaf, &root], &target).kind(kind);
                let (one, two) = (builder.build(), builder.build());
                assert_eq!(one.bytes(), two.bytes(), "{key:?} {kind:?}");
            }
        }
    }
}
