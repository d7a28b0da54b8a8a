//! A public key as it is served.

use std::collections::BTreeMap;
use std::sync::Arc;

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

/// A public key, and the file that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) secret: Arc<Secret>,
    pub(super) fingerprint: Digest,
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
        // What is recorded of a decision is public from the first byte to the last.
        let text = text.trim_end();
        if !(text.starts_with(BEGIN) && text.ends_with(END)) {
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
        let items = BTreeMap::from([(ITEM.to_owned(), file.to_vec())]);
        Ok(Self {
            secret: Arc::new(Secret::new(items)),
            fingerprint,
        })
    }

    /// The file that it is in.
    pub(super) fn text(&self) -> &str {
        let file = self.secret.item(ITEM).unwrap_or_default();
        std::str::from_utf8(file).unwrap_or_default()
    }
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
