//! Keys as Notary v1 knows them: a private key together with the form in which the public one is presented.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;
use serde_json::{Value, json};

use super::canonical::canonical_json;
use super::pem::pem;
use super::secret::{Secret, SignatureMethod};
use crate::key::KeyKind;

/// A key that signs roles of a [`Collection`](super::Collection).
///
/// The same private key has a different key ID in every form that it is presented in: alone, or in each of its
/// certificates.
///
/// ```
/// use doorward_testkit::{KeyKind, NotaryKey, RootCertificate};
///
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let alone = NotaryKey::new(KeyKind::P256);
/// let certified = RootCertificate::new("registry.example/app", now).self_signed(&alone);
/// assert_eq!((alone.key_type(), certified.key_type()), ("ecdsa", "ecdsa-x509"));
/// assert_ne!(alone.id(), certified.id());
/// ```
#[derive(Clone)]
pub struct NotaryKey {
    secret: Arc<Secret>,
    key_type: String,
    public: Arc<[u8]>,
    method: SignatureMethod,
    false_id: Option<String>,
}

impl NotaryKey {
    /// The key of this kind with seed 0, standing alone.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        Self::seeded(kind, 0)
    }

    /// A key standing alone. The same seed gives the same key. There are two RSA keys of each size, and the last bit
    /// of the seed chooses.
    #[must_use]
    pub fn seeded(kind: KeyKind, seed: u64) -> Self {
        Self::alone(Secret::seeded(kind, seed))
    }

    /// An RSA key with 1024 bits, too short for Notary.
    #[must_use]
    pub fn short_rsa(seed: u64) -> Self {
        Self::alone(Secret::generated_rsa(1024, seed))
    }

    /// A key from elsewhere: RSA, P-256, P-384, P-521 or Ed25519, as PKCS #8 in PEM without a passphrase.
    ///
    /// # Panics
    /// If the text is no such key.
    #[must_use]
    pub fn from_pkcs8_pem(text: &str) -> Self {
        Self::alone(Secret::from_pkcs8_pem(text).expect("a test brings a PKCS #8 key in PEM"))
    }

    fn alone(secret: Secret) -> Self {
        let public = match secret {
            Secret::Ed25519(_) => secret.bare_public(),
            _ => secret.spki(),
        };
        Self {
            key_type: secret.key_type().to_owned(),
            public: public.into(),
            method: secret.method(),
            false_id: None,
            secret: Arc::new(secret),
        }
    }

    /// The same key presented in a PEM bundle of certificates, the key's own first in an honest one. Nothing about
    /// the bundle is checked; [`RootCertificate`](super::RootCertificate) makes them.
    ///
    /// # Panics
    /// If the key is an Ed25519 key: Notary v1 has no key type for their certificates.
    #[must_use]
    pub fn in_certificates(&self, bundle: &str) -> Self {
        let key_type = match *self.secret {
            Secret::Ed25519(_) => panic!("Notary has no certificates for Ed25519 keys"),
            Secret::P256(_) | Secret::P384(_) | Secret::P521(_) => "ecdsa-x509",
            Secret::Rsa(_) => "rsa-x509",
        };
        self.presented_as(key_type, bundle.as_bytes())
    }

    /// The same key under any key type, with any bytes for the public key.
    #[must_use]
    pub fn presented_as(&self, key_type: &str, public: &[u8]) -> Self {
        Self {
            key_type: key_type.to_owned(),
            public: public.into(),
            ..self.clone()
        }
    }

    /// The same key, listed and named in signatures under an ID that is not the hash of it.
    #[must_use]
    pub fn under_id(&self, id: &str) -> Self {
        Self {
            false_id: Some(id.to_owned()),
            ..self.clone()
        }
    }

    /// The same key, signing by another method. Only RSA keys have a choice; others say that they used the method
    /// and sign as ever.
    #[must_use]
    pub fn with_method(&self, method: SignatureMethod) -> Self {
        Self {
            method,
            ..self.clone()
        }
    }

    /// `ecdsa`, `ed25519`, `rsa`, `ecdsa-x509` or `rsa-x509`, unless presented otherwise.
    #[must_use]
    pub fn key_type(&self) -> &str {
        &self.key_type
    }

    /// The bytes that stand in base64 in the member `public`: a SubjectPublicKeyInfo, the 32 bytes of an Ed25519 key,
    /// or certificates in PEM.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// How the key signs.
    #[must_use]
    pub const fn method(&self) -> SignatureMethod {
        self.method
    }

    /// The key ID: the hexadecimal SHA-256 hash of the canonical JSON of the key, unless it was given another.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.false_id {
            Some(id) => id.clone(),
            None => Digest::sha256(&canonical_json(&self.to_json()))
                .hex()
                .to_owned(),
        }
    }

    /// The key as `keys` lists it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "keytype": self.key_type,
            "keyval": {"private": null, "public": STANDARD.encode(&self.public)},
        })
    }

    /// What a policy is given to know the key by: the certificates, or the key as `PUBLIC KEY` in PEM.
    #[must_use]
    pub fn public_pem(&self) -> String {
        match std::str::from_utf8(&self.public) {
            Ok(bundle) if bundle.starts_with("-----BEGIN ") => bundle.to_owned(),
            _ => pem("PUBLIC KEY", &self.secret.spki()),
        }
    }

    /// A signature over `message`, as the member `sig` holds it in base64.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.secret.sign(message, self.method)
    }

    /// An entry of `signatures`.
    pub(super) fn signature(&self, message: &[u8]) -> Value {
        self.entry(&self.sign(message))
    }

    /// The same with an ECDSA signature in ASN.1. Keys that have no such form sign as ever.
    pub(super) fn signature_in_der(&self, message: &[u8]) -> Value {
        let made = self.secret.sign_der(message);
        self.entry(&made.unwrap_or_else(|| self.sign(message)))
    }

    fn entry(&self, made: &[u8]) -> Value {
        json!({"keyid": self.id(), "method": self.method.name(), "sig": STANDARD.encode(made)})
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for NotaryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotaryKey")
            .field("key_type", &self.key_type)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
