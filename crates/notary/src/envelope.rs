//! The file of a role: what is signed, and the signatures.

use doorward_core::json::{Limits, Value, parse};

use crate::limits::SIGNATURES;
use crate::members::{Members, base64, take};
use crate::{Error, RoleName, canonical};

/// One signature of a file, unverified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) key_id: String,
    /// In lower case.
    pub(crate) method: String,
    pub(crate) bytes: Vec<u8>,
}

/// The signatures of a file, and what they are about. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// What is signed, in canonical form, however it was spelled.
    pub(crate) message: Vec<u8>,
    pub(crate) signatures: Vec<Signature>,
}

impl Envelope {
    /// Reads the file of `role`, of at most `limit` bytes: what is signed, and its envelope (TUF 4.2). Each signature
    /// has a `method` besides, as Notary v1 writes it.
    pub(crate) fn parse(
        role: &RoleName,
        bytes: &[u8],
        limit: usize,
    ) -> Result<(Value, Self), Error> {
        if bytes.len() > limit {
            return Err(Error::TooLarge {
                what: format!("{role} has {} bytes", bytes.len()),
                limit,
            });
        }
        let malformed = |detail: String| Error::malformed(role, detail);
        let value = parse(bytes, Limits::bytes(limit)).map_err(|e| malformed(e.to_string()))?;
        let members = Members::of(&value, &["signed", "signatures"], role, "the file")?;
        let signed = members.required("signed")?;
        if signed.as_object().is_none() {
            return Err(malformed("what is signed is not an object".to_owned()));
        }
        let list = members.array("signatures")?;
        if list.len() > SIGNATURES {
            return Err(Error::TooLarge {
                what: format!("{role} has {} signatures", list.len()),
                limit: SIGNATURES,
            });
        }
        let signatures = list
            .iter()
            .map(|entry| {
                let entry = Members::of(entry, &["keyid", "method", "sig"], role, "a signature")?;
                // A signature without method, or with one that is not known, counts for nothing but is no reason to
                // refuse the others.
                let method = entry
                    .optional("method")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                Ok(Signature {
                    key_id: entry.text("keyid")?.to_owned(),
                    method: method.to_ascii_lowercase(),
                    bytes: base64(entry.text("sig")?)
                        .ok_or_else(|| entry.malformed("is not in base64"))?,
                })
            })
            .collect::<Result<_, Error>>()?;
        let message = canonical(signed).map_err(|e| malformed(e.to_string()))?;
        // Large files are those of many tags; nothing of them is copied but into the canonical form.
        let signed = take(value, "signed").unwrap_or(Value::Null);
        Ok((
            signed,
            Self {
                message,
                signatures,
            },
        ))
    }
}
