//! Certificates (transferable public keys, RFC 9580, section 10.1): parsed packet by packet, and merged.
//!
//! A ring is read from all of its sources before any signature in it is tried, and no signature is left out for the
//! place where it stands: key servers shuffle packets, and a revocation comes as a file of its own.

use std::collections::HashMap;

use pgp::packet::SignatureType;
use pgp::types::Tag;

use super::packets::{self, RawPacket};
use super::signature::{Signature, Unreadable, revokes};
use crate::KeyringError;
use crate::limits::KEYRING_PACKETS;

mod attach;
mod judge;
mod key;
mod work;

pub(crate) use attach::attach;
pub(crate) use judge::{Bound, judge};
use key::RawKey;
pub(crate) use work::Work;

/// The packets of all sources of a key ring, put in order. No signature has been checked.
#[derive(Default)]
pub(crate) struct RawRing {
    pub(crate) certificates: Vec<RawCertificate>,
    /// Signatures that stand behind no key of the ring.
    loose: Vec<Loose>,
    /// What was passed over with all its parts, as fragments.
    skipped: Vec<String>,
    by_fingerprint: HashMap<Vec<u8>, usize>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    packets: usize,
    /// Whether this is what is kept beside a ring: private keys may be there, and are passed over.
    beside: bool,
}

/// The packets of one certificate.
pub(crate) struct RawCertificate {
    pub(crate) primary: RawKey,
    users: Vec<Vec<u8>>,
    by_user: HashMap<Vec<u8>, usize>,
    subkeys: Vec<RawKey>,
    /// By fingerprint.
    by_subkey: HashMap<Vec<u8>, usize>,
    /// Everything that was found behind this key, in any copy of it.
    signatures: Vec<Placed>,
}

/// A signature and the part of the certificate behind which it stands.
struct Placed {
    place: Place,
    signature: Result<Signature, Unreadable>,
}

/// A signature that stands behind no key of the ring.
struct Loose {
    signature: Signature,
    /// Whether no key stands in front of it in its block or source: the keeper of the ring put it there on purpose.
    alone: bool,
}

/// A part of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The key itself.
    Primary,
    User(usize),
    Subkey(usize),
    /// None that is looked at.
    Elsewhere,
}

/// What the packets that come next belong to.
#[derive(Clone, Copy)]
enum Context {
    /// No key has come yet.
    Alone,
    /// A key that was passed over.
    Skipped,
    Certificate(usize, Place),
}

impl RawRing {
    /// An empty ring for what is kept beside `ring`. Its packets count with those of that one.
    pub(crate) fn beside(ring: &Self) -> Self {
        Self {
            packets: ring.packets,
            beside: true,
            ..Self::default()
        }
    }

    /// Reads the packets of one binary block or source. What one copy of a key says holds for every copy.
    ///
    /// # Errors
    /// [`KeyringError`] if the bytes do not divide into packets, if a packet is of a type that does not belong there,
    /// if there is neither a key nor a signature, or if a revocation that stands alone cannot be read.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) -> Result<(), KeyringError> {
        let mut context = Context::Alone;
        let (mut any, mut stray) = (false, false);
        while let Some(packet) =
            packets::next(&mut bytes).map_err(|_| KeyringError::MalformedPacket)?
        {
            self.packets += 1;
            if self.packets > KEYRING_PACKETS {
                return Err(KeyringError::TooLarge {
                    limit: KEYRING_PACKETS,
                    unit: "packets",
                });
            }
            any |= matches!(packet.tag, Tag::PublicKey | Tag::Signature)
                || (self.beside && packet.tag == Tag::SecretKey);
            context = match self.add(context, &packet)? {
                Some(context) => context,
                None => {
                    stray = true;
                    context
                }
            };
        }
        match (any, stray) {
            (false, _) => Err(KeyringError::NotAKey),
            // What is skipped could hold a revocation: a compressed packet does, for GnuPG.
            (true, true) => Err(KeyringError::MalformedPacket),
            (true, false) => Ok(()),
        }
    }

    /// Adds a packet, and says what the next ones belong to; `None` if it stands where it must not.
    fn add(
        &mut self,
        context: Context,
        packet: &RawPacket<'_>,
    ) -> Result<Option<Context>, KeyringError> {
        let body = packet.body.as_ref();
        Ok(match packet.tag {
            Tag::PublicKey => Some(self.primary(body)),
            Tag::SecretKey if self.beside => Some(Context::Skipped),
            Tag::SecretSubkey if self.beside => Some(match context {
                Context::Certificate(index, _) => Context::Certificate(index, Place::Elsewhere),
                Context::Alone | Context::Skipped => Context::Skipped,
            }),
            Tag::SecretKey | Tag::SecretSubkey => return Err(KeyringError::SecretKey),
            Tag::Signature => {
                self.signature(context, body)?;
                Some(context)
            }
            tag if packets::means_nothing(tag) => Some(context),
            tag => match context {
                Context::Alone | Context::Skipped => is_part(tag).then_some(context),
                Context::Certificate(index, _) => {
                    let place = self.part(index, tag, body)?;
                    Some(Context::Certificate(index, place))
                }
            },
        })
    }

    fn primary(&mut self, body: &[u8]) -> Context {
        let primary = match RawKey::parse(body) {
            Ok(primary) => primary,
            Err(what) => {
                self.skipped.push(what);
                return Context::Skipped;
            }
        };
        let next = self.certificates.len();
        let index = *self
            .by_fingerprint
            .entry(primary.fingerprint.clone())
            .or_insert(next);
        if index == next {
            let id = primary.key_id.to_vec();
            self.by_key_id.entry(id).or_default().push(index);
            self.certificates.push(RawCertificate {
                primary,
                users: Vec::new(),
                by_user: HashMap::new(),
                subkeys: Vec::new(),
                by_subkey: HashMap::new(),
                signatures: Vec::new(),
            });
        }
        Context::Certificate(index, Place::Primary)
    }

    /// Adds a part of a certificate to which signatures may belong.
    fn part(&mut self, index: usize, tag: Tag, body: &[u8]) -> Result<Place, KeyringError> {
        let certificate = self
            .certificates
            .get_mut(index)
            .ok_or(KeyringError::MalformedPacket)?;
        match tag {
            Tag::UserId => {
                let next = certificate.users.len();
                let index = *certificate.by_user.entry(body.to_vec()).or_insert(next);
                if index == next {
                    certificate.users.push(body.to_vec());
                }
                Ok(Place::User(index))
            }
            Tag::PublicSubkey => Ok(match RawKey::parse(body) {
                Ok(subkey) => {
                    let next = certificate.subkeys.len();
                    let fingerprint = subkey.fingerprint.clone();
                    let index = *certificate.by_subkey.entry(fingerprint).or_insert(next);
                    if index == next {
                        certificate.subkeys.push(subkey);
                    }
                    Place::Subkey(index)
                }
                Err(_) => Place::Elsewhere,
            }),
            tag if is_part(tag) => Ok(Place::Elsewhere),
            _ => Err(KeyringError::MalformedPacket),
        }
    }

    fn signature(&mut self, context: Context, body: &[u8]) -> Result<(), KeyringError> {
        let signature = Signature::parse(body);
        match context {
            Context::Certificate(index, place) => {
                if let Some(certificate) = self.certificates.get_mut(index) {
                    certificate.signatures.push(Placed { place, signature });
                }
            }
            Context::Alone | Context::Skipped => {
                let alone = matches!(context, Context::Alone);
                match signature {
                    Ok(signature) => self.loose.push(Loose { signature, alone }),
                    // Nobody knows whose key it would end.
                    Err(Unreadable { typ: Some(typ) }) if alone && revokes(typ) => {
                        return Err(KeyringError::UnreadableRevocation);
                    }
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Takes over every revocation of `other`, and no key.
    pub(crate) fn add_revocations(&mut self, other: Self) {
        self.packets = self.packets.max(other.packets);
        for certificate in other.certificates {
            let own = self.by_fingerprint.get(&certificate.primary.fingerprint);
            let own = own.and_then(|index| self.certificates.get_mut(*index));
            let revocations = certificate.signatures.into_iter().filter(Placed::revokes);
            match own {
                Some(own) => own.signatures.extend(revocations.map(|placed| Placed {
                    place: Place::Elsewhere,
                    ..placed
                })),
                None => self.loose.extend(revocations.filter_map(|placed| {
                    let signature = placed.signature.ok()?;
                    let alone = false;
                    Some(Loose { signature, alone })
                })),
            }
        }
        let loose = other.loose.into_iter();
        self.loose
            .extend(loose.filter(|loose| loose.signature.is_revocation()));
    }

    /// The certificates whose key may have made `signature`, by whom it names.
    fn candidates(&self, signature: &Signature) -> Vec<usize> {
        if signature.may_be_anybodys() {
            return (0..self.certificates.len()).collect();
        }
        let fingerprints = signature.issuer_fingerprints();
        let mut named: Vec<usize> = fingerprints
            .filter_map(|fingerprint| self.by_fingerprint.get(fingerprint).copied())
            .collect();
        let ids = signature.issuer_ids();
        named.extend(ids.filter_map(|id| self.by_key_id.get(id)).flatten());
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Why there is no certificate.
    pub(crate) fn emptiness(&self) -> KeyringError {
        match self.skipped.first() {
            Some(what) => KeyringError::NoUsableKey {
                why: format!("{what} is not accepted"),
            },
            None if self.loose.is_empty() => KeyringError::NotAKey,
            None => KeyringError::OnlySignatures,
        }
    }
}

impl Placed {
    /// Whether it takes something back, or would if it could be read.
    fn revokes(&self) -> bool {
        match &self.signature {
            Ok(signature) => signature.is_revocation(),
            Err(Unreadable { typ }) => typ.is_some_and(revokes),
        }
    }
}

/// Whether packets of this type may stand behind a key, signatures aside: user IDs, pictures, subkeys, and what may be
/// ignored if it is not known (RFC 9580, section 4.3).
const fn is_part(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::UserId
            | Tag::PublicSubkey
            | Tag::UserAttribute
            | Tag::UnassignedNonCritical(_)
            | Tag::Experimental(_)
    )
}

/// Whether signatures of this type are the key's own statements about itself, which are looked for in other places
/// than their own. Certifications are not among them: others make most of those.
const fn travels(typ: SignatureType) -> bool {
    revokes(typ) || matches!(typ, SignatureType::Key | SignatureType::SubkeyBinding)
}
