//! What a collection says about one tag.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;
use ring::digest::{SHA256, SHA512, digest};
use serde_json::{Map, Value, json};

use crate::image::Image;

/// The entry of a tag: hashes and length of the manifest, and whatever the publisher adds.
///
/// ```
/// use doorward_testkit::{Image, Target};
///
/// let image = Image::sample("app");
/// let target = Target::image(&image);
/// assert_eq!(target, Target::new(image.digest(), image.manifest().bytes().len() as u64));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    hashes: Map<String, Value>,
    length: u64,
    custom: Option<Value>,
}

impl Target {
    /// A manifest by its digest and its length in bytes.
    #[must_use]
    pub fn new(digest: &Digest, length: u64) -> Self {
        let hash = bytes_of_hex(digest.hex());
        Self {
            hashes: Map::from_iter([(digest.algorithm().to_string(), base64(&hash))]),
            length,
            custom: None,
        }
    }

    /// The manifest of an image.
    #[must_use]
    pub fn image(image: &Image) -> Self {
        Self::new(image.digest(), image.manifest().bytes().len() as u64)
    }

    /// These bytes, hashed by SHA-256.
    #[must_use]
    pub fn content(bytes: &[u8]) -> Self {
        Self::new(&Digest::sha256(bytes), bytes.len() as u64)
    }

    /// Adds the SHA-512 hash of `bytes`, which are the manifest in an honest target.
    #[must_use]
    pub fn with_sha512(self, bytes: &[u8]) -> Self {
        self.with_hash("sha512", digest(&SHA512, bytes).as_ref())
    }

    /// Sets a hash under any name, of any length.
    #[must_use]
    pub fn with_hash(mut self, algorithm: &str, hash: &[u8]) -> Self {
        self.hashes.insert(algorithm.to_owned(), base64(hash));
        self
    }

    /// Adds what the publisher wants to say. Notary v1 takes any value.
    #[must_use]
    pub fn with_custom(mut self, custom: Value) -> Self {
        self.custom = Some(custom);
        self
    }

    pub(super) fn to_json(&self) -> Value {
        let mut entry = json!({"hashes": self.hashes, "length": self.length});
        if let (Some(custom), Value::Object(members)) = (&self.custom, &mut entry) {
            members.insert("custom".to_owned(), custom.clone());
        }
        entry
    }
}

/// How a role lists a file: length, SHA-256 and SHA-512.
pub(super) fn listing(bytes: &[u8]) -> Value {
    json!({
        "hashes": {
            "sha256": base64(digest(&SHA256, bytes).as_ref()),
            "sha512": base64(digest(&SHA512, bytes).as_ref()),
        },
        "length": bytes.len(),
    })
}

fn base64(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
