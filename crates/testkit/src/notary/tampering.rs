//! Ways to make one role's file wrong, before, while or after it is signed.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::Timestamp;
use serde_json::{Value, json};

use super::canonical::{canonical_json, wire_json};
use super::key::NotaryKey;
use super::pointer::{escaped, list, remove, set};

type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;
type Rewrite = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

/// What [`Collection::forge`](super::Collection::forge) does to the file of one role.
///
/// Four things happen in this order, whatever the order of the calls: what is to be signed is edited, signatures are
/// made, the signed document is edited, its bytes are rewritten. The roles above then list the result, so that only
/// what was tampered with is wrong, unless [`keeping_the_listing`](Self::keeping_the_listing) leaves them with what an
/// honest publisher would have listed.
///
/// ```
/// use doorward_testkit::{Collection, KeyKind, NotaryKey, Tampering, Target};
///
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let mut collection = Collection::new("registry.example/app", now);
/// collection.add_target("1.0", Target::content(b"manifest"));
/// let stranger = NotaryKey::seeded(KeyKind::P256, 99);
///
/// // Somebody else signs targets.
/// let forged = collection.forge(&[Tampering::of("targets").signed_by(&[stranger])]);
/// // One signature counts twice against a threshold of two.
/// let evaded = collection.forge(&[
///     Tampering::of("root").threshold("targets", 2),
///     Tampering::of("targets").repeat_signatures(),
/// ]);
/// // The snapshot lists a length that is too small.
/// let mixed = collection.forge(&[Tampering::of("snapshot").listed_length("targets", 10)]);
/// # let _ = (forged, evaded, mixed);
/// ```
#[derive(Clone)]
pub struct Tampering {
    pub(super) role: String,
    pub(super) keeps_listing: bool,
    signed: Vec<Edit>,
    signers: Option<Vec<NotaryKey>>,
    further: Vec<NotaryKey>,
    payload: Vec<Edit>,
    der: bool,
    envelope: Vec<Edit>,
    bytes: Vec<Rewrite>,
}

impl Tampering {
    /// Starts to tamper with a role: `root`, `targets`, `snapshot`, `timestamp` or a delegation. The role is signed
    /// again even if nothing else is called.
    #[must_use]
    pub fn of(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            keeps_listing: false,
            signed: Vec::new(),
            signers: None,
            further: Vec::new(),
            payload: Vec::new(),
            der: false,
            envelope: Vec::new(),
            bytes: Vec::new(),
        }
    }

    // --- before signing ---

    /// Edits the value of `signed` before it is signed.
    #[must_use]
    pub fn edit(mut self, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.signed.push(Arc::new(edit));
        self
    }

    /// Sets a member by its JSON pointer (RFC 6901), `/version` for example. The last step may be new.
    ///
    /// # Panics
    /// Later, if what the pointer leads through is not there.
    #[must_use]
    pub fn set(self, pointer: &str, value: impl Into<Value>) -> Self {
        let (pointer, value) = (pointer.to_owned(), value.into());
        self.edit(move |signed| set(signed, &pointer, value.clone()))
    }

    /// Takes a member away.
    ///
    /// # Panics
    /// Later, if it is not there.
    #[must_use]
    pub fn remove(self, pointer: &str) -> Self {
        let pointer = pointer.to_owned();
        self.edit(move |signed| remove(signed, &pointer))
    }

    /// Another version.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.set("/version", version)
    }

    /// Another time of expiry.
    #[must_use]
    pub fn expires(self, time: Timestamp) -> Self {
        self.set("/expires", time.to_string())
    }

    /// In root, another threshold of a role; any number at all can be written.
    #[must_use]
    pub fn threshold(self, role: &str, threshold: i64) -> Self {
        self.set(&format!("/roles/{role}/threshold"), threshold)
    }

    /// In root, each key ID of a role listed twice.
    #[must_use]
    pub fn repeat_key_ids(self, role: &str) -> Self {
        let pointer = format!("/roles/{role}/keyids");
        self.edit(move |signed| {
            let ids = list(signed, &pointer);
            ids.extend(ids.clone());
        })
    }

    /// In root, a further key of a role.
    #[must_use]
    pub fn add_key(self, role: &str, key: &NotaryKey) -> Self {
        let (pointer, key) = (format!("/roles/{role}/keyids"), key.clone());
        self.edit(move |signed| {
            list(signed, &pointer).push(key.id().into());
            set(signed, &format!("/keys/{}", key.id()), key.to_json());
        })
    }

    /// In targets or a delegation, a member of the entry of a delegation: `name`, `paths`, `threshold` or `keyids`.
    #[must_use]
    pub fn delegation(self, name: &str, member: &str, value: impl Into<Value>) -> Self {
        let (name, member, value) = (name.to_owned(), member.to_owned(), value.into());
        self.edit(move |signed| {
            let entry = list(signed, "/delegations/roles")
                .iter_mut()
                .find(|entry| entry["name"] == name.as_str())
                .unwrap_or_else(|| panic!("{name} is delegated"));
            entry[&member] = value.clone();
        })
    }

    /// In a snapshot or timestamp, a role no longer listed.
    #[must_use]
    pub fn unlisted(self, role: &str) -> Self {
        self.remove(&format!("/meta/{}", escaped(role)))
    }

    /// In a snapshot or timestamp, another length of a role in bytes.
    #[must_use]
    pub fn listed_length(self, role: &str, length: i64) -> Self {
        self.set(&format!("/meta/{}/length", escaped(role)), length)
    }

    /// In a snapshot or timestamp, another hash of a role, by the algorithm's name.
    #[must_use]
    pub fn listed_hash(self, role: &str, algorithm: &str, hash: &[u8]) -> Self {
        let pointer = format!("/meta/{}/hashes/{algorithm}", escaped(role));
        self.set(&pointer, STANDARD.encode(hash))
    }

    // --- signing ---

    /// Only these keys sign, no matter who the role belongs to.
    #[must_use]
    pub fn signed_by(mut self, keys: &[NotaryKey]) -> Self {
        self.signers = Some(keys.to_vec());
        self
    }

    /// These keys sign as well.
    #[must_use]
    pub fn also_signed_by(mut self, keys: &[NotaryKey]) -> Self {
        self.further.extend_from_slice(keys);
        self
    }

    /// The signatures are made over content that was edited so, and attached to content that was not.
    #[must_use]
    pub fn signed_over(mut self, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.payload.push(Arc::new(edit));
        self
    }

    /// ECDSA signatures are written in ASN.1, which Notary v1 does not take. Other keys sign as ever.
    #[must_use]
    pub const fn signatures_in_der(mut self) -> Self {
        self.der = true;
        self
    }

    // --- after signing ---

    /// Edits the whole document, `{"signed": …, "signatures": […]}`, after it was signed.
    #[must_use]
    pub fn edit_envelope(mut self, edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.envelope.push(Arc::new(edit));
        self
    }

    /// Nobody signs.
    #[must_use]
    pub fn without_signatures(self) -> Self {
        self.edit_envelope(|envelope| envelope["signatures"] = json!([]))
    }

    /// Every signature is there twice.
    #[must_use]
    pub fn repeat_signatures(self) -> Self {
        self.edit_envelope(|envelope| {
            let signatures = list(envelope, "/signatures");
            signatures.extend(signatures.clone());
        })
    }

    /// Every signature claims to be made by this method.
    #[must_use]
    pub fn method(self, name: &str) -> Self {
        let name = name.to_owned();
        self.edit_envelope(move |envelope| {
            for signature in list(envelope, "/signatures") {
                signature["method"] = name.as_str().into();
            }
        })
    }

    /// One bit of every signature is flipped, counted from the highest bit of the first byte.
    #[must_use]
    pub fn flip_signature_bit(self, bit: usize) -> Self {
        self.edit_envelope(move |envelope| {
            for signature in list(envelope, "/signatures") {
                let text = signature["sig"].as_str().unwrap_or_default();
                let bytes = STANDARD.decode(text).unwrap_or_default();
                signature["sig"] = STANDARD.encode(crate::flip_bit(&bytes, bit)).into();
            }
        })
    }

    /// Rewrites the bytes of the file.
    #[must_use]
    pub fn rewrite(mut self, rewrite: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.bytes.push(Arc::new(rewrite));
        self
    }

    /// Serves these bytes instead.
    #[must_use]
    pub fn bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.rewrite(move |_| bytes.clone())
    }

    /// Replaces the first occurrence of a text in the file: another spelling of the same value, or a second member of
    /// the same name.
    ///
    /// # Panics
    /// Later, if the text is not there.
    #[must_use]
    pub fn respell(self, from: &str, to: &str) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.rewrite(move |bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(text.contains(&from), "the file holds {from}");
            text.replacen(&from, &to, 1).into_bytes()
        })
    }

    /// Leaves the roles above with the length and the hashes of what would have been published without the tampering.
    /// Under the name made of that hash, what was tampered with is served.
    #[must_use]
    pub const fn keeping_the_listing(mut self) -> Self {
        self.keeps_listing = true;
        self
    }

    /// The file, given what an honest publisher would sign and with which keys.
    pub(super) fn apply(&self, mut signed: Value, honest: &[NotaryKey]) -> Bytes {
        for edit in &self.signed {
            edit(&mut signed);
        }
        let mut content = signed.clone();
        for edit in &self.payload {
            edit(&mut content);
        }
        let payload = canonical_json(&content);
        let signers = self.signers.as_deref().unwrap_or(honest);
        let signatures: Vec<_> = signers
            .iter()
            .chain(&self.further)
            .map(|key| {
                if self.der {
                    key.signature_in_der(&payload)
                } else {
                    key.signature(&payload)
                }
            })
            .collect();
        let mut envelope = json!({"signed": signed, "signatures": signatures});
        for edit in &self.envelope {
            edit(&mut envelope);
        }
        let bytes = wire_json(&envelope);
        let rewritten = self
            .bytes
            .iter()
            .fold(bytes, |bytes, rewrite| rewrite(bytes));
        rewritten.into()
    }
}

impl fmt::Debug for Tampering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tampering")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
