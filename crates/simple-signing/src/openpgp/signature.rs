//! Signature packets (RFC 9580, section 5.2), read as far as they decide something here.
//!
//! What is hashed is kept as it came, never written out again: a subpacket that nobody here knows takes no part in
//! whether the signature verifies. What is not hashed can be changed by anybody who passes a key on, so nothing that
//! stands there makes a signature unreadable.

use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::packet::{PacketHeader, SignatureType};
use pgp::types::{SignatureBytes, Tag};

mod subpackets;

pub(crate) use subpackets::Use;
use subpackets::{Area, kind};

/// A signature packet of version 3, 4 or 6. Nothing about it has been verified.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    version: u8,
    typ: SignatureType,
    pub(crate) public_key: PublicKeyAlgorithm,
    pub(crate) hash: HashAlgorithm,
    /// The fields that are hashed after what is signed.
    fields: Vec<u8>,
    /// Hashed before what is signed (version 6).
    salt: Vec<u8>,
    /// The first two bytes of the hash, as the packet announces them.
    announced: [u8; 2],
    pub(crate) bytes: SignatureBytes,
    hashed: Area,
    unhashed: Area,
    /// Version 3 has no subpackets: when the signature was made, and by whom.
    old: Option<(i64, [u8; 8])>,
}

/// A signature packet that cannot be evaluated: its version, hash or algorithm is not known, or its parts do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What the signature would be, as far as that can be told.
    pub(crate) typ: Option<SignatureType>,
}

/// Whom a signature names as its maker, seen from one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// This key.
    This,
    /// Nobody.
    Nobody,
    /// Another key, in the part that is not protected.
    Other,
    /// Another key, in the part that is.
    OtherForSure,
}

impl Signature {
    /// Reads the body of a signature packet. Bytes behind the signature itself are ignored.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        Self::read(body).ok_or_else(|| Unreadable {
            typ: body
                .get(if matches!(body.first(), Some(2 | 3)) {
                    2
                } else {
                    1
                })
                .map(|typ| SignatureType::from(*typ)),
        })
    }

    fn read(body: &[u8]) -> Option<Self> {
        let mut rest = body;
        let version = take(&mut rest, 1)?.first().copied()?;
        let (typ, public_key, hash, fields, hashed, unhashed, old);
        match version {
            3 => {
                let [5] = take(&mut rest, 1)? else {
                    return None;
                };
                fields = take(&mut rest, 5)?;
                typ = *fields.first()?;
                let issuer = take(&mut rest, 8)?.try_into().ok()?;
                old = Some((number(fields.get(1..)?), issuer));
                public_key = *take(&mut rest, 1)?.first()?;
                hash = *take(&mut rest, 1)?.first()?;
                (hashed, unhashed) = (Area::default(), Area::default());
            }
            4 | 6 => {
                let width = if version == 4 { 2 } else { 4 };
                let [t, p, h] = take(&mut rest, 3)? else {
                    return None;
                };
                (typ, public_key, hash, old) = (*t, *p, *h, None);
                let length = usize::try_from(number(take(&mut rest, width)?)).ok()?;
                hashed = Area::protected(take(&mut rest, length)?)?;
                fields = body.get(..body.len().checked_sub(rest.len())?)?;
                let length = usize::try_from(number(take(&mut rest, width)?)).ok()?;
                unhashed = Area::open(take(&mut rest, length)?);
            }
            _ => return None,
        }
        let announced = take(&mut rest, 2)?.try_into().ok()?;
        let salt = if version == 6 {
            let length = *take(&mut rest, 1)?.first()?;
            take(&mut rest, usize::from(length))?
        } else {
            &[]
        };
        let hash = HashAlgorithm::from(hash);
        // Without this the signature can never be verified.
        hash.digest_size()?;
        if version == 6 && hash.salt_len() != Some(salt.len()) {
            return None;
        }
        Some(Self {
            version,
            typ: SignatureType::from(typ),
            public_key: PublicKeyAlgorithm::from(public_key),
            hash,
            fields: fields.to_vec(),
            salt: salt.to_vec(),
            announced,
            bytes: signature_bytes(public_key, rest)?,
            hashed,
            unhashed,
            old,
        })
    }

    pub(crate) const fn version(&self) -> u8 {
        self.version
    }

    pub(crate) const fn typ(&self) -> SignatureType {
        self.typ
    }

    /// Whether it takes something back: a key, a subkey or a certification.
    pub(crate) const fn is_revocation(&self) -> bool {
        revokes(self.typ)
    }

    /// The bytes that are walked to see whom it names.
    pub(crate) fn weight(&self) -> usize {
        self.hashed.len() + self.unhashed.len()
    }

    /// All bytes that the signer of `parts` hashed, in order (RFC 9580, section 5.2.4).
    pub(crate) fn hashed_with(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = [&[self.salt.as_slice()], parts, &[&self.fields]]
            .concat()
            .concat();
        if self.version > 3 {
            // The fields came out of a packet whose length fits 32 bits.
            let length = u32::try_from(self.fields.len()).unwrap_or(u32::MAX);
            bytes.extend([self.version, 0xff]);
            bytes.extend(length.to_be_bytes());
        }
        bytes
    }

    /// Whether `digest` begins as the packet announces: a hint, which is not protected (RFC 9580, section 5.2.3).
    pub(crate) fn announces(&self, digest: &[u8]) -> bool {
        digest.starts_with(&self.announced)
    }

    /// What the signer computed, to tell one signature from another.
    pub(crate) fn integers(&self) -> Vec<u8> {
        match &self.bytes {
            SignatureBytes::Native(bytes) => bytes.to_vec(),
            SignatureBytes::Mpis(integers) => integers
                .iter()
                .flat_map(|integer| {
                    let bytes: &[u8] = integer.as_ref();
                    [&bytes.len().to_be_bytes(), bytes].concat()
                })
                .collect(),
        }
    }

    /// When it was made, in seconds since 1970 (RFC 9580, section 5.2.3.11).
    pub(crate) fn created(&self) -> Option<i64> {
        self.old
            .map(|(created, _)| created)
            .or_else(|| self.hashed.number(kind::CREATED))
    }

    /// When it ends, in seconds since 1970 (RFC 9580, section 5.2.3.18).
    pub(crate) fn expires(&self) -> Option<i64> {
        let lifetime = self.hashed.number(kind::EXPIRES)?;
        (lifetime != 0).then_some(self.created()?.saturating_add(lifetime))
    }

    /// The lifetime that it gives the key it binds, in seconds (RFC 9580, section 5.2.3.13); `None` if it gives none.
    /// Of a number that is too long the beginning counts, as for GnuPG, and one that is cut short ends the key at once:
    /// a signature with such a one does not bind, and only forbids.
    pub(crate) fn key_lifetime(&self) -> Option<i64> {
        let body = self.hashed.first(kind::KEY_EXPIRES)?;
        let Some(seconds) = body.first_chunk::<4>() else {
            return Some(0);
        };
        Some(number(seconds)).filter(|seconds| *seconds != 0)
    }

    /// Whether it lets the key it binds sign (RFC 9580, section 5.2.3.29); `None` if it does not say.
    pub(crate) fn may_sign(&self) -> Option<bool> {
        const SIGN: u8 = 0x02;
        let flags = self.hashed.first(kind::KEY_FLAGS)?;
        Some(flags.first().is_some_and(|flags| flags & SIGN != 0))
    }

    /// Whether it says that the user ID it binds is the main one (RFC 9580, section 5.2.3.27).
    pub(crate) fn is_primary(&self) -> bool {
        self.hashed
            .first(kind::PRIMARY_USER_ID)
            .and_then(<[u8]>::first)
            .is_some_and(|value| *value != 0)
    }

    /// The fingerprints of the keys that may revoke the key that made it on itself (RFC 9580, section 5.2.3.23). That
    /// way is deprecated; it is heard all the same, because to hear it never lets more in.
    pub(crate) fn revokers(&self) -> impl Iterator<Item = &[u8]> {
        // A class, an algorithm, and the fingerprint of a version 4 key.
        self.hashed
            .all(kind::REVOCATION_KEY)
            .filter_map(|body| body.get(2..22))
    }

    /// The back signatures in a subkey's binding (RFC 9580, sections 5.2.1.9 and 5.2.3.34). They protect themselves, so
    /// they may stand in either area.
    pub(crate) fn back_signatures(&self) -> impl Iterator<Item = Self> {
        self.hashed
            .all(kind::EMBEDDED)
            .chain(self.unhashed.all(kind::EMBEDDED))
            .filter_map(Self::read)
            .filter(|signature| signature.typ == SignatureType::KeyBinding)
    }

    /// Whether it demands of its readers something that is not evaluated here (RFC 9580, section 5.2.3.7).
    pub(crate) fn demands_unknown(&self, purpose: Use) -> bool {
        self.hashed.demands_unknown(purpose)
    }

    /// The fingerprints that it names as its maker's (RFC 9580, section 5.2.3.35).
    pub(crate) fn issuer_fingerprints(&self) -> impl Iterator<Item = &[u8]> {
        // The version of the key, and its fingerprint.
        let hashed = self.hashed.all(kind::ISSUER_FINGERPRINT);
        hashed
            .chain(self.unhashed.all(kind::ISSUER_FINGERPRINT))
            .filter_map(|body| body.get(1..))
    }

    /// The key IDs that it names as its maker's (RFC 9580, section 5.2.3.12).
    pub(crate) fn issuer_ids(&self) -> impl Iterator<Item = &[u8]> {
        let old = self.old.as_ref().map(|(_, issuer)| issuer.as_slice());
        old.into_iter()
            .chain(self.hashed.all(kind::ISSUER))
            .chain(self.unhashed.all(kind::ISSUER))
    }

    /// Whom it names as its maker, seen from the key with this fingerprint and key ID. A name is a hint; only the
    /// mathematics decides.
    pub(crate) fn named(&self, fingerprint: &[u8], key_id: &[u8]) -> Named {
        if self.issuer_fingerprints().any(|named| named == fingerprint)
            || self.issuer_ids().any(|named| named == key_id)
        {
            return Named::This;
        }
        if self.names_for_sure() {
            Named::OtherForSure
        } else if self.names_loosely() {
            Named::Other
        } else {
            Named::Nobody
        }
    }

    /// Whether it names a maker in the part that is protected.
    fn names_for_sure(&self) -> bool {
        names(&self.hashed)
    }

    /// Whether it names a maker in the part that is not: version 3 signs nothing but its type and date.
    fn names_loosely(&self) -> bool {
        self.old.is_some() || names(&self.unhashed)
    }

    /// Whether only trying can tell whose it is: it names nobody, or it takes something back and names its maker where
    /// anybody could have changed that.
    pub(crate) fn may_be_anybodys(&self) -> bool {
        !self.names_for_sure() && (self.is_revocation() || !self.names_loosely())
    }
}

/// Whether an area names the maker of its signature.
fn names(area: &Area) -> bool {
    area.first(kind::ISSUER).is_some() || area.first(kind::ISSUER_FINGERPRINT).is_some()
}

/// Whether signatures of this type take something back (RFC 9580, sections 5.2.1.11 to 5.2.1.13).
pub(crate) const fn revokes(typ: SignatureType) -> bool {
    matches!(
        typ,
        SignatureType::KeyRevocation
            | SignatureType::SubkeyRevocation
            | SignatureType::CertRevocation
    )
}

/// The hashes that may protect a claim: no collision can be made for them. Stricter than GnuPG, which takes SHA-1 and
/// RIPEMD-160 as well, because who can have a claim signed can choose what it says (RFC 9580, section 9.5).
pub(crate) const fn protects_data(hash: HashAlgorithm) -> bool {
    matches!(
        hash,
        HashAlgorithm::Sha224
            | HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512
    )
}

/// The hashes that may bind the parts of a certificate. Laxer than RFC 9580, section 9.5, which wants no SHA-1, because
/// many old certificates are bound with it; what is hashed was made by the key's owner, so a collision helps nobody
/// else, and `pgp` detects known collisions.
pub(crate) const fn protects_binding(hash: HashAlgorithm) -> bool {
    protects_data(hash) || matches!(hash, HashAlgorithm::Sha1)
}

/// The integers or bytes at the end of a signature packet, read by `pgp` as those of a packet without subpackets.
fn signature_bytes(algorithm: u8, rest: &[u8]) -> Option<SignatureBytes> {
    let packet = [&[4, 0, algorithm, 8, 0, 0, 0, 0, 0, 0], rest].concat();
    let length = u32::try_from(packet.len()).ok()?;
    let header = PacketHeader::new_fixed(Tag::Signature, length);
    pgp::packet::Signature::try_from_reader(header, packet.as_slice())
        .ok()?
        .signature()
        .cloned()
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |n, byte| (n << 8) | i64::from(*byte))
}

#[cfg(test)]
mod tests;
