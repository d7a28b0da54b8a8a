//! Keys as roles list them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;
use doorward_core::json::Value;
use doorward_crypto::{Certificate, KeyAlgorithm, PublicKey, SignatureAlgorithm};

use crate::limits::BUNDLE_CERTIFICATES;
use crate::members::{Members, base64};
use crate::{Error, RoleName, canonical};

/// The ID of a key: 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The ID that a key has: the SHA-256 of its canonical description, private part `null`.
    fn of(kind: &str, public: &[u8]) -> Self {
        let text = |text: &str| Value::String(text.to_owned());
        let description = Value::Object(vec![
            ("keytype".to_owned(), text(kind)),
            (
                "keyval".to_owned(),
                Value::Object(vec![
                    ("private".to_owned(), Value::Null),
                    ("public".to_owned(), text(&STANDARD.encode(public))),
                ]),
            ),
        ]);
        // There is no number in it, so it has a canonical form.
        let bytes = canonical(&description).unwrap_or_default();
        Self(Digest::sha256(&bytes).hex().to_owned())
    }

    /// The ID as text. It need not have the form of one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for KeyId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How a key is written down (`keytype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// `ecdsa`: a `SubjectPublicKeyInfo`.
    Ecdsa,
    /// `ecdsa-x509`: a PEM certificate, with the certificates of its issuers behind it.
    EcdsaX509,
    /// `ed25519`: 32 bytes.
    Ed25519,
    /// `rsa`: a `SubjectPublicKeyInfo`.
    Rsa,
    /// `rsa-x509`: as `ecdsa-x509`.
    RsaX509,
}

impl KeyKind {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "ecdsa" => Self::Ecdsa,
            "ecdsa-x509" => Self::EcdsaX509,
            "ed25519" => Self::Ed25519,
            "rsa" => Self::Rsa,
            "rsa-x509" => Self::RsaX509,
            _ => return None,
        })
    }

    /// The text of `keytype`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ecdsa => "ecdsa",
            Self::EcdsaX509 => "ecdsa-x509",
            Self::Ed25519 => "ed25519",
            Self::Rsa => "rsa",
            Self::RsaX509 => "rsa-x509",
        }
    }

    /// Whether a certified or bare key of this algorithm is what the kind says.
    const fn fits(self, algorithm: KeyAlgorithm) -> bool {
        match self {
            Self::Ecdsa | Self::EcdsaX509 => matches!(
                algorithm,
                KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521
            ),
            Self::Ed25519 => matches!(algorithm, KeyAlgorithm::Ed25519),
            Self::Rsa | Self::RsaX509 => matches!(algorithm, KeyAlgorithm::Rsa { .. }),
        }
    }
}

/// A key of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    id: KeyId,
    kind: Option<KeyKind>,
    public: Vec<u8>,
    certificates: Vec<Certificate>,
    usable: Result<PublicKey, String>,
}

impl Key {
    /// Reads an entry of `keys`. A key of an unknown kind, or one that cannot be used, is read all the same: it
    /// verifies nothing.
    pub(crate) fn read(value: &Value, role: &RoleName) -> Result<Self, Error> {
        let members = Members::of(value, &["keytype", "keyval"], role, "a key")?;
        let kind = members.text("keytype")?;
        let values = Members::of(
            members.required("keyval")?,
            &["private", "public"],
            role,
            "a key",
        )?;
        let public =
            base64(values.text("public")?).ok_or_else(|| values.malformed("is not in base64"))?;
        Ok(Self::new(kind, public))
    }

    fn new(kind: &str, public: Vec<u8>) -> Self {
        let id = KeyId::of(kind, &public);
        let Some(known) = KeyKind::read(kind) else {
            let kind: String = kind.chars().take(32).collect();
            return Self {
                id,
                kind: None,
                public,
                certificates: Vec::new(),
                usable: Err(format!("the key type {kind:?} is not known")),
            };
        };
        let (certificates, found) = match known {
            KeyKind::Ecdsa | KeyKind::Rsa => (
                Vec::new(),
                PublicKey::from_spki_der(&public).map_err(|e| e.to_string()),
            ),
            KeyKind::Ed25519 => (
                Vec::new(),
                PublicKey::ed25519(&public).map_err(|e| e.to_string()),
            ),
            KeyKind::EcdsaX509 | KeyKind::RsaX509 => match Certificate::from_pem(&public) {
                Ok(certificates) if certificates.len() > BUNDLE_CERTIFICATES => (
                    Vec::new(),
                    Err(format!(
                        "more than {BUNDLE_CERTIFICATES} certificates in one key"
                    )),
                ),
                Ok(certificates) => {
                    let key = certified(&certificates);
                    (certificates, key)
                }
                Err(error) => (Vec::new(), Err(error.to_string())),
            },
        };
        let usable = found.and_then(|key| {
            if known.fits(key.algorithm()) {
                Ok(key)
            } else {
                Err(format!("a {} key under the type {kind}", key.algorithm()))
            }
        });
        Self {
            id,
            kind: Some(known),
            public,
            certificates,
            usable,
        }
    }

    /// The ID, computed here.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// How the key is written down. Returns `None` if in no way that is known.
    #[must_use]
    pub const fn kind(&self) -> Option<KeyKind> {
        self.kind
    }

    /// The certificates of the key, its own first; none for a bare key.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The key itself.
    ///
    /// # Errors
    /// Why it cannot be used, a lowercase fragment.
    pub fn usable(&self) -> Result<&PublicKey, &str> {
        self.usable.as_ref().map_err(String::as_str)
    }

    /// Whether the certificates are spelled as the original spells them. It computes the IDs of root keys from its
    /// own spelling, so a key that is spelled otherwise never matches there, and does not here.
    pub(crate) fn is_plainly_spelled(&self) -> bool {
        let mut pem = String::new();
        for certificate in &self.certificates {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            let text = STANDARD.encode(certificate.der());
            for line in text.as_bytes().chunks(64) {
                pem.extend(line.iter().copied().map(char::from));
                pem.push('\n');
            }
            pem.push_str("-----END CERTIFICATE-----\n");
        }
        pem.as_bytes() == self.public
    }

    /// The algorithm that a signature method means for this key. Returns `None` if it is not known or for other keys.
    pub(crate) fn algorithm(&self, method: &str) -> Option<SignatureAlgorithm> {
        let key = self.usable.as_ref().ok()?;
        let algorithm = match (method, key.algorithm()) {
            ("ecdsa", KeyAlgorithm::EcP256) => SignatureAlgorithm::EcdsaP256Sha256Fixed,
            ("ecdsa", KeyAlgorithm::EcP384) => SignatureAlgorithm::EcdsaP384Sha256Fixed,
            ("ecdsa", KeyAlgorithm::EcP521) => SignatureAlgorithm::EcdsaP521Sha256Fixed,
            ("eddsa", KeyAlgorithm::Ed25519) => SignatureAlgorithm::Ed25519,
            ("rsapss", KeyAlgorithm::Rsa { .. }) => SignatureAlgorithm::RsaPssSha256,
            ("rsapkcs1v15", KeyAlgorithm::Rsa { .. }) => SignatureAlgorithm::RsaPkcs1Sha256,
            _ => return None,
        };
        Some(algorithm)
    }
}

/// The key of the first certificate, unless that or any other of them was signed with a broken hash.
fn certified(certificates: &[Certificate]) -> Result<PublicKey, String> {
    if certificates.iter().any(Certificate::is_weakly_signed) {
        return Err("a certificate is signed with a hash that no longer protects".to_owned());
    }
    match certificates.first() {
        Some(leaf) => leaf.key().cloned().map_err(|error| error.to_string()),
        None => Err("there is no certificate".to_owned()),
    }
}
