//! Key packets (RFC 9580, section 5.5.2). One that cannot be used still has a fingerprint, so that a refusal can name
//! it.

use std::sync::Arc;

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PacketHeader, PublicKey};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Tag};

use crate::openpgp::material::Material;

/// The algorithm number of DSA (RFC 9580, section 9.1).
const DSA: u8 = 17;

/// A primary key or subkey of version 4 or 6.
pub(crate) struct RawKey {
    pub(crate) version: u8,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) key_id: [u8; 8],
    /// When it was made, in seconds since 1970.
    pub(crate) created: i64,
    /// What of it is hashed when it is signed.
    pub(crate) hashed: Vec<u8>,
    /// What it verifies with, or what it is if that is not accepted: a lowercase fragment such as `an RSA key of 1024
    /// bits`. With a key that is not accepted nothing is ever computed, so what it made cannot be judged.
    pub(crate) material: Result<Arc<Material>, String>,
}

impl RawKey {
    /// Reads the body of a key packet.
    ///
    /// # Errors
    /// What it is, as a lowercase fragment, if it is of a version that is not looked at.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let version = match body.first() {
            Some(version @ (4 | 6)) => *version,
            // The fingerprints of version 3 can be forged (RFC 9580, section 5.5.4).
            Some(other) => return Err(format!("a key of version {other}")),
            None => return Err("an empty key".to_owned()),
        };
        let created = body.get(1..5).ok_or("a key that is cut short")?;
        let created = created
            .iter()
            .fold(0, |n, byte| (n << 8) | i64::from(*byte));
        let key = parse(body);
        // As `pgp`, and GnuPG, write it: integers without leading zeros.
        let canonical = key.as_ref().and_then(|key| key.to_bytes().ok());
        let hashed = hashed(version, canonical.as_deref().unwrap_or(body))
            .ok_or("a key that is too long")?;
        let fingerprint = match &key {
            Some(key) => key.fingerprint().as_bytes().to_vec(),
            None => fingerprint(version, &hashed)?,
        };
        let key_id = match version {
            4 => fingerprint.last_chunk(),
            _ => fingerprint.first_chunk(),
        };
        Ok(Self {
            version,
            key_id: *key_id.ok_or("a key without a fingerprint")?,
            fingerprint,
            created,
            hashed,
            material: match &key {
                Some(key) => Material::new(key).map(Arc::new),
                None => Err(describe(version, body)),
            },
        })
    }
}

/// The key, if `pgp` can read it. Subkeys have the form of primary keys. DSA keys are not read: none is accepted, and
/// `pgp` computes for milliseconds whether one is well made.
fn parse(body: &[u8]) -> Option<PublicKey> {
    if body.get(5) == Some(&DSA) {
        return None;
    }
    let length = u32::try_from(body.len()).ok()?;
    let header = PacketHeader::new_fixed(Tag::PublicKey, length);
    PublicKey::try_from_reader(header, body).ok()
}

/// What is hashed of a key whose packet has this body (RFC 9580, section 5.2.4).
fn hashed(version: u8, body: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(body.len()).ok()?.to_be_bytes();
    match version {
        4 => {
            let length = u16::try_from(body.len()).ok()?.to_be_bytes();
            Some([&[0x99], length.as_slice(), body].concat())
        }
        _ => Some([&[0x9b], length.as_slice(), body].concat()),
    }
}

fn fingerprint(version: u8, hashed: &[u8]) -> Result<Vec<u8>, String> {
    let hash = match version {
        4 => HashAlgorithm::Sha1,
        _ => HashAlgorithm::Sha256,
    };
    hash.digest(hashed)
        .map_err(|error| format!("a key whose fingerprint cannot be had: {error}"))
}

/// What kind of key it is that cannot be read.
fn describe(version: u8, body: &[u8]) -> String {
    // RSA in its three forms (RFC 9580, section 9.1).
    const RSA: [u8; 3] = [1, 2, 3];
    let material = if version == 4 { 6 } else { 10 };
    match body.get(5) {
        Some(algorithm) if RSA.contains(algorithm) => match body.get(material..material + 2) {
            Some(bits) => {
                let bits = bits
                    .iter()
                    .fold(0_u32, |n, byte| (n << 8) | u32::from(*byte));
                format!(
                    "an RSA key of {bits} bits that cannot be read, for its length or exponent,"
                )
            }
            None => "an RSA key that is cut short".to_owned(),
        },
        Some(&DSA) => "a key of algorithm DSA".to_owned(),
        Some(algorithm) => format!("a key of algorithm {algorithm} that cannot be read"),
        None => "a key that is cut short".to_owned(),
    }
}
