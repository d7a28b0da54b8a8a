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
mod ended;
mod facts;
mod judge;
mod key;
mod names;
mod said;
mod unfit;
mod work;

pub(crate) use attach::attach;
pub(crate) use judge::{Bound, judge};
use key::RawKey;
use names::Names;
pub(crate) use work::Work;

/// The packets of all sources of a key ring, put in order. No signature has been checked.
#[derive(Default)]
pub(crate) struct RawRing {
    pub(crate) certificates: Vec<RawCertificate>,
    /// Signatures that stand behind no key of the ring.
    loose: Vec<Loose>,
    /// What was passed over with all its parts, as fragments.
    skipped: Vec<String>,
    primaries: Names,
    /// Each subkey once, however many primary keys bind it, and where it came first.
    subkeys: Names,
    places: Vec<(usize, usize)>,
    /// The fingerprints of subkeys behind which, as keys of their own beside the ring, something stands that cannot be
    /// read and would revoke.
    doubted: Vec<Vec<u8>>,
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
        let (index, new) = self.primaries.add(&primary);
        if new {
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
    fn part(&mut self, number: usize, tag: Tag, body: &[u8]) -> Result<Place, KeyringError> {
        let certificate = self
            .certificates
            .get_mut(number)
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
                        if self.subkeys.add(&subkey).1 {
                            self.places.push((number, index));
                        }
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
            let fingerprint = certificate.primary.fingerprint;
            let own = self.primaries.get(&fingerprint);
            let own = own.and_then(|index| self.certificates.get_mut(index));
            let revocations = certificate.signatures.into_iter().filter(Placed::revokes);
            if let Some(own) = own {
                own.signatures.extend(revocations.map(|placed| Placed {
                    place: Place::Elsewhere,
                    ..placed
                }));
                continue;
            }
            for placed in revocations {
                match placed.signature {
                    Ok(signature) => self.loose.push(Loose {
                        signature,
                        alone: false,
                    }),
                    Err(Unreadable { typ }) if typ != Some(SignatureType::CertRevocation) => {
                        self.doubted.push(fingerprint.clone());
                    }
                    Err(_) => {}
                }
            }
        }
        let loose = other.loose.into_iter();
        self.loose
            .extend(loose.filter(|loose| loose.signature.is_revocation()));
    }

    /// The certificates whose primary key may have made `signature`, by whom it names.
    fn primaries_named(
        &self,
        signature: &Signature,
    ) -> impl Iterator<Item = (usize, &RawCertificate)> {
        let named = self.primaries.candidates(signature).into_iter();
        named.filter_map(|index| Some((index, self.certificates.get(index)?)))
    }

    /// The keys that are subkeys and may have made `signature`, by whom it names; not those that have a certificate of
    /// their own besides.
    fn subkeys_named(&self, signature: &Signature) -> impl Iterator<Item = &RawKey> {
        let named = self.subkeys.candidates(signature).into_iter();
        named
            .filter_map(|number| self.subkey(number))
            .filter(|subkey| self.primaries.get(&subkey.fingerprint).is_none())
    }

    fn subkey(&self, number: usize) -> Option<&RawKey> {
        let (certificate, index) = *self.places.get(number)?;
        self.certificates.get(certificate)?.subkeys.get(index)
    }

    /// The key with this fingerprint, wherever it hangs.
    fn key(&self, fingerprint: &[u8]) -> Option<&RawKey> {
        let primary = self.primaries.get(fingerprint);
        match primary.and_then(|index| self.certificates.get(index)) {
            Some(certificate) => Some(&certificate.primary),
            None => self.subkey(self.subkeys.get(fingerprint)?),
        }
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
