//! A public key, a ring of keys or certificates as they are served.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::Digest;
use doorward_policy::{KeyForm, KeyPin, KeySource};

use crate::secrets::{KeySourceError, Secret};

/// What the beginning of every kind of private key in PEM and in armor has.
const PRIVATE: &[u8] = b"PRIVATE KEY";
/// The item that a key or a ring of keys is in.
#[cfg(any(feature = "sigstore", feature = "simple-signing"))]
pub(crate) const ITEM: &str = "key";

/// The largest file that is read. A key has some hundred bytes; a ring or a store has a few of some thousand each, and what is
/// remembered of all sources has to fit into the memory.
pub(super) const fn max_bytes(form: KeyForm) -> usize {
    match form {
        KeyForm::PublicKey => 16 << 10,
        KeyForm::Certificates | KeyForm::OpenPgp => 64 << 10,
    }
}

/// What is in a file, and the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// A key or certificates in the one way in which they are written here: what stands around them in the file must not tell one
    /// use of them from another. Of OpenPGP, what is in the file.
    pub(super) secret: Arc<Secret>,
    /// The digest of the key, or else of the file.
    pub(super) fingerprint: Digest,
    /// The keys in it that were revoked, by their fingerprints: of OpenPGP alone.
    pub(super) revoked: BTreeSet<String>,
    /// The file as it was served, of which a pin may be.
    file: Vec<u8>,
}

/// What a file holds.
struct Held {
    items: BTreeMap<String, Vec<u8>>,
    /// The digest that it is named by.
    fingerprint: Digest,
    revoked: BTreeSet<String>,
}

impl Held {
    const fn of(items: BTreeMap<String, Vec<u8>>, fingerprint: Digest) -> Self {
        Self {
            items,
            fingerprint,
            revoked: BTreeSet::new(),
        }
    }
}

impl Key {
    /// Reads what is served, which must be what is pinned, in the form that the policy says and nothing else. No error shows
    /// anything of it but digests and fingerprints.
    pub(super) fn read(file: &[u8], source: &KeySource) -> Result<Self, KeySourceError> {
        let most = max_bytes(source.form());
        if file.len() > most {
            return Err(invalid(format!(
                "what is served is larger than {most} bytes"
            )));
        }
        if file.windows(PRIVATE.len()).any(|window| window == PRIVATE) {
            return Err(invalid(
                "a private key is served, with which everybody who can fetch it can sign",
            ));
        }
        let pin = source.pin();
        if let Some(KeyPin::File(pinned)) = &pin {
            held_to(pinned, &Digest::sha256(file))?;
        }
        let Held {
            items,
            fingerprint,
            revoked,
        } = match source.form() {
            KeyForm::Certificates => certificates(file)?,
            KeyForm::OpenPgp => keyring(file, pin.as_ref())?,
            KeyForm::PublicKey => public_key(file, pin.as_ref())?,
        };
        Ok(Self {
            secret: Arc::new(Secret::new(items)),
            fingerprint,
            revoked,
            file: file.to_vec(),
        })
    }

    /// The file that it is in.
    pub(super) fn file(&self) -> &[u8] {
        &self.file
    }
}

fn invalid(detail: impl Into<String>) -> KeySourceError {
    KeySourceError::Invalid {
        detail: detail.into(),
    }
}

/// One public key in PEM.
#[cfg(feature = "sigstore")]
fn public_key(file: &[u8], pin: Option<&KeyPin>) -> Result<Held, KeySourceError> {
    /// What it begins and ends with (RFC 7468, section 13).
    const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
    const END: &str = "-----END PUBLIC KEY-----";
    let text = std::str::from_utf8(file).map_err(|_| invalid("what is served is no text"))?;
    // What is remembered is public from the first byte to the last.
    let trimmed = text.trim_end();
    if !(trimmed.starts_with(BEGIN) && trimmed.ends_with(END)) {
        return Err(invalid(
            "what is served is not one public key in PEM and nothing else",
        ));
    }
    let key = doorward_sigstore::VerificationKey::from_pem(file).map_err(|error| {
        invalid(format!(
            "what is served is not one public key in PEM: {error}"
        ))
    })?;
    let fingerprint = key.fingerprint();
    if let Some(KeyPin::Key(pinned)) = pin {
        held_to(pinned, &fingerprint)?;
    }
    let pem = pem("PUBLIC KEY", key.spki_der());
    let items = BTreeMap::from([(ITEM.to_owned(), pem.into_bytes())]);
    Ok(Held::of(items, fingerprint))
}

#[cfg(not(feature = "sigstore"))]
fn public_key(_: &[u8], _: Option<&KeyPin>) -> Result<Held, KeySourceError> {
    Err(invalid("this program reads no keys of sigstore"))
}

/// OpenPGP public keys, armored or binary.
#[cfg(feature = "simple-signing")]
fn keyring(file: &[u8], pin: Option<&KeyPin>) -> Result<Held, KeySourceError> {
    /// How many keys that are not pinned a refusal names.
    const SHOWN: usize = 4;
    let ring = doorward_simple_signing::Keyring::parse([file]).map_err(|error| {
        invalid(format!(
            "what is served are not usable OpenPGP public keys: {error}"
        ))
    })?;
    // What is remembered is public from the first byte to the last.
    if !doorward_core::transcript::is_public(file) {
        return Err(invalid(
            "what is served are not OpenPGP public keys and nothing else: something stands beside them",
        ));
    }
    if let Some(KeyPin::OpenPgp(pinned)) = pin {
        let others: Vec<_> = ring.fingerprints().filter(|key| key != pinned).collect();
        if !others.is_empty() {
            let shown: Vec<_> = others.iter().copied().take(SHOWN).collect();
            let mut found = shown.join(", ");
            if others.len() > SHOWN {
                found.push_str(", ...");
            }
            return Err(KeySourceError::PinMismatch {
                expected: pinned.clone(),
                found,
            });
        }
    }
    // Who serves the file could put one there. The owner's own verify, and of a file that is pinned byte by byte somebody
    // said that it is right.
    if matches!(pin, Some(KeyPin::OpenPgp(_))) && ring.has_doubtful_revocation() {
        return Err(invalid(
            "a revocation of the key stands in what is served that cannot be read or does not verify",
        ));
    }
    let items = BTreeMap::from([(ITEM.to_owned(), file.to_vec())]);
    Ok(Held {
        revoked: ring.revoked().collect(),
        ..Held::of(items, Digest::sha256(file))
    })
}

#[cfg(not(feature = "simple-signing"))]
fn keyring(_: &[u8], _: Option<&KeyPin>) -> Result<Held, KeySourceError> {
    Err(invalid("this program reads no OpenPGP keys"))
}

/// Certificates in PEM or DER: each is an item.
#[cfg(feature = "notation")]
fn certificates(file: &[u8]) -> Result<Held, KeySourceError> {
    /// What tells PEM from DER (RFC 7468, section 2).
    const BEGIN: &[u8] = b"-----BEGIN";
    let read = doorward_notation::TrustStore::certificates_in(file).map_err(|error| {
        invalid(format!(
            "what is served is no file of certificates: {error}"
        ))
    })?;
    // As of key rings: what is remembered is public from the first byte to the last.
    let is_text = file.windows(BEGIN.len()).any(|window| window == BEGIN);
    if is_text && !doorward_core::transcript::is_public(file) {
        return Err(invalid(
            "what is served are not certificates and nothing else: something stands beside them",
        ));
    }
    let items = read.iter().enumerate().map(|(number, certificate)| {
        let pem = pem("CERTIFICATE", certificate.der());
        (format!("certificate-{number:04}.pem"), pem.into_bytes())
    });
    Ok(Held::of(items.collect(), Digest::sha256(file)))
}

#[cfg(not(feature = "notation"))]
fn certificates(_: &[u8]) -> Result<Held, KeySourceError> {
    Err(invalid("this program reads no trust stores"))
}

/// PEM as OpenSSL writes it.
#[cfg(any(feature = "notation", feature = "sigstore"))]
fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// How many characters of base64 a line has (RFC 7468, section 2).
    const LINE: usize = 64;
    let mut text = format!("-----BEGIN {label}-----\n");
    let base64 = STANDARD.encode(der);
    let mut left = base64.as_str();
    while let Some((line, rest)) = left.split_at_checked(LINE) {
        text.push_str(line);
        text.push('\n');
        left = rest;
    }
    if !left.is_empty() {
        text.push_str(left);
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn held_to(pinned: &Digest, found: &Digest) -> Result<(), KeySourceError> {
    if pinned == found {
        return Ok(());
    }
    Err(KeySourceError::PinMismatch {
        expected: pinned.to_string(),
        found: found.to_string(),
    })
}
