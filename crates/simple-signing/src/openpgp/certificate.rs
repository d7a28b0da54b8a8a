//! Certificates (transferable public keys, RFC 9580, section 10.1): parsed packet by packet, and merged.

use pgp::errors::Error;
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType, UserId};
use pgp::types::{KeyDetails, KeyVersion, Tag};

use super::packets::{self, RawPacket};
use crate::KeyringError;
use crate::limits::KEYRING_PACKETS;

mod binding;

pub(crate) use binding::{Bound, bind};

/// The packets of one certificate. No signature in it has been checked.
pub(crate) struct RawCertificate {
    pub(crate) primary: PublicKey,
    /// Signatures on the primary key itself: revocations and direct-key signatures.
    pub(crate) signatures: Vec<Signature>,
    pub(crate) users: Vec<(UserId, Vec<Signature>)>,
    pub(crate) subkeys: Vec<(PublicSubkey, Vec<Signature>)>,
}

/// Where the signatures that come next belong.
enum Place {
    /// To something that is skipped.
    Nowhere,
    Primary,
    Subkey,
    User,
}

/// Reads certificates from binary data and merges them into `known`, so that what one copy of a key says, a
/// revocation above all, holds for every copy.
pub(crate) fn read(
    mut bytes: &[u8],
    known: &mut Vec<RawCertificate>,
    packets: &mut usize,
) -> Result<(), KeyringError> {
    let mut current: Option<RawCertificate> = None;
    let mut place = Place::Nowhere;
    while let Some(packet) = packets::next(&mut bytes).map_err(|_| KeyringError::MalformedPacket)? {
        *packets += 1;
        if *packets > KEYRING_PACKETS {
            return Err(KeyringError::TooLarge {
                limit: KEYRING_PACKETS,
                unit: "packets",
            });
        }
        match packet.tag {
            Tag::PublicKey => {
                merge(known, current.take());
                current = primary(&packet)?;
                place = if current.is_some() {
                    Place::Primary
                } else {
                    Place::Nowhere
                };
            }
            Tag::SecretKey | Tag::SecretSubkey => return Err(KeyringError::SecretKey),
            tag => {
                if let Some(certificate) = &mut current {
                    add(certificate, &mut place, tag, &packet)?;
                }
            }
        }
    }
    merge(known, current);
    Ok(())
}

fn add(
    certificate: &mut RawCertificate,
    place: &mut Place,
    tag: Tag,
    packet: &RawPacket<'_>,
) -> Result<(), KeyringError> {
    const MALFORMED: KeyringError = KeyringError::MalformedPacket;
    let header = packet.header().map_err(|_| MALFORMED)?;
    let mut body = packet.body.as_ref();
    match tag {
        Tag::UserId => {
            let user = UserId::try_from_reader(header, body).map_err(|_| MALFORMED)?;
            certificate.users.push((user, Vec::new()));
            *place = Place::User;
        }
        Tag::PublicSubkey => {
            *place = match PublicSubkey::try_from_reader(header, body) {
                Ok(subkey) => {
                    certificate.subkeys.push((subkey, Vec::new()));
                    Place::Subkey
                }
                // A subkey for encryption on a curve that is not known here, for instance.
                Err(_) if is_unsupported_key(packet) => Place::Nowhere,
                Err(_) => return Err(MALFORMED),
            };
        }
        Tag::Signature => {
            let signature = Signature::try_from_reader(header, &mut body).map_err(|_| MALFORMED)?;
            let signatures = match place {
                Place::Nowhere => return Ok(()),
                Place::Primary => &mut certificate.signatures,
                Place::Subkey => last(&mut certificate.subkeys).ok_or(MALFORMED)?,
                Place::User => last(&mut certificate.users).ok_or(MALFORMED)?,
            };
            // A revocation counts wherever somebody put it.
            if signature.typ() == Some(SignatureType::KeyRevocation) {
                certificate.signatures.push(signature);
            } else {
                signatures.push(signature);
            }
        }
        // Pictures and what certifies them.
        Tag::UserAttribute => *place = Place::Nowhere,
        // GnuPG's own notes about trust stand between signatures. They are local and unsigned.
        Tag::Trust | Tag::Marker | Tag::Padding => {}
        // Packets that may be ignored if unknown (RFC 9580, section 4.3).
        Tag::UnassignedNonCritical(_) | Tag::Experimental(_) => *place = Place::Nowhere,
        _ => return Err(MALFORMED),
    }
    Ok(())
}

fn last<T>(items: &mut [(T, Vec<Signature>)]) -> Option<&mut Vec<Signature>> {
    items.last_mut().map(|(_, signatures)| signatures)
}

/// The primary key in `packet`; `None` if it is a key that is skipped with all that belongs to it.
fn primary(packet: &RawPacket<'_>) -> Result<Option<RawCertificate>, KeyringError> {
    const MALFORMED: KeyringError = KeyringError::MalformedPacket;
    let header = packet.header().map_err(|_| MALFORMED)?;
    match PublicKey::try_from_reader(header, packet.body.as_ref()) {
        Ok(key) if matches!(key.version(), KeyVersion::V4 | KeyVersion::V6) => {
            Ok(Some(RawCertificate {
                primary: key,
                signatures: Vec::new(),
                users: Vec::new(),
                subkeys: Vec::new(),
            }))
        }
        // Version 3 keys: their fingerprints can be forged.
        Ok(_) | Err(Error::Unsupported { .. }) => Ok(None),
        Err(_) if is_unsupported_key(packet) => Ok(None),
        Err(_) => Err(MALFORMED),
    }
}

/// Whether a key that cannot be parsed has a version or a kind of algorithm, on curves named by identifier, of which
/// new ones appear.
fn is_unsupported_key(packet: &RawPacket<'_>) -> bool {
    // ECDH, ECDSA, EdDSA (RFC 9580, section 9.1).
    const CURVES: [u8; 3] = [18, 19, 22];
    match packet.body.first() {
        Some(4 | 6) => packet.body.get(5).is_some_and(|a| CURVES.contains(a)),
        version => version.is_some(),
    }
}

fn merge(known: &mut Vec<RawCertificate>, new: Option<RawCertificate>) {
    let Some(new) = new else { return };
    let fingerprint = new.primary.fingerprint();
    let Some(old) = known
        .iter_mut()
        .find(|old| old.primary.fingerprint() == fingerprint)
    else {
        known.push(new);
        return;
    };
    old.signatures.extend(new.signatures);
    for (user, signatures) in new.users {
        match old
            .users
            .iter_mut()
            .find(|(known, _)| known.id() == user.id())
        {
            Some((_, known)) => known.extend(signatures),
            None => old.users.push((user, signatures)),
        }
    }
    for (subkey, signatures) in new.subkeys {
        let fingerprint = subkey.fingerprint();
        let same = |known: &PublicSubkey| known.fingerprint() == fingerprint;
        match old.subkeys.iter_mut().find(|(known, _)| same(known)) {
            Some((_, known)) => known.extend(signatures),
            None => old.subkeys.push((subkey, signatures)),
        }
    }
}
