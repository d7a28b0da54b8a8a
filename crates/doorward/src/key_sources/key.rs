//! A public key as it is served.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;
use doorward_policy::KeyPin;
use doorward_sigstore::VerificationKey;

use crate::secrets::{KeySourceError, Secret};

/// The largest file that is read. A key has some hundred bytes.
pub(super) const MAX_BYTES: usize = 16 << 10;
/// What the beginning of every kind of private key in PEM has.
const PRIVATE: &[u8] = b"PRIVATE KEY";
/// What a public key in PEM begins and ends with (RFC 7468, section 13).
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// The item that a key is in.
const ITEM: &str = "key";

/// How many characters of base64 a line of PEM has (RFC 7468, section 2).
const LINE: usize = 64;

/// A public key, and the file that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The key in the one way in which it is written here. What stands around it in the file must not tell one use of it from
    /// another.
    pub(super) secret: Arc<Secret>,
    pub(super) fingerprint: Digest,
    /// The file as it was served, of which a pin may be.
    file: String,
}

impl Key {
    /// Reads what is served, which must be one public key in PEM and what is pinned. No error shows anything of it.
    pub(super) fn read(file: &[u8], pin: Option<&KeyPin>) -> Result<Self, KeySourceError> {
        let invalid = |detail: &str| KeySourceError::Invalid {
            detail: detail.to_owned(),
        };
        if file.len() > MAX_BYTES {
            return Err(invalid(&format!(
                "what is served is larger than {MAX_BYTES} bytes"
            )));
        }
        if file.windows(PRIVATE.len()).any(|window| window == PRIVATE) {
            return Err(invalid(
                "a private key is served, with which everybody who can fetch it can sign",
            ));
        }
        if let Some(KeyPin::File(pinned)) = pin {
            held_to(pinned, &Digest::sha256(file))?;
        }
        let text = std::str::from_utf8(file).map_err(|_| invalid("what is served is no text"))?;
        // What is remembered is public from the first byte to the last.
        let trimmed = text.trim_end();
        if !(trimmed.starts_with(BEGIN) && trimmed.ends_with(END)) {
            return Err(invalid(
                "what is served is not one public key in PEM and nothing else",
            ));
        }
        let key = VerificationKey::from_pem(file).map_err(|error| KeySourceError::Invalid {
            detail: format!("what is served is not one public key in PEM: {error}"),
        })?;
        let fingerprint = key.fingerprint();
        if let Some(KeyPin::Key(pinned)) = pin {
            held_to(pinned, &fingerprint)?;
        }
        let items = BTreeMap::from([(ITEM.to_owned(), pem(&key).into_bytes())]);
        Ok(Self {
            secret: Arc::new(Secret::new(items)),
            fingerprint,
            file: text.to_owned(),
        })
    }

    /// The file that it is in.
    pub(super) fn file(&self) -> &str {
        &self.file
    }
}

/// A key as OpenSSL writes it.
fn pem(key: &VerificationKey) -> String {
    let mut text = format!("{BEGIN}\n");
    let base64 = STANDARD.encode(key.spki_der());
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
    text.push_str(END);
    text.push('\n');
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
