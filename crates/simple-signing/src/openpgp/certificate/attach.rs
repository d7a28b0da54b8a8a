//! Which signature is about which part: each is tried where it stands, then where it could belong.
//!
//! A revocation (RFC 9580, sections 5.2.1.11 to 5.2.1.13) counts whatever its reason, date and hash, and whatever it
//! demands: a stolen key can date its signatures as it likes, and to leave a revocation out would let more in. That is
//! stricter than section 5.2.3.31, where what a key signed before it was retired may stay good.
//!
//! One that cannot be read or checked ends that key too, and so does a key revocation that stands alone, names a key
//! and does not fit it.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureType;

use super::ended::{Ended, designated};
use super::said::Said;
use super::work::{Fit, Work};
use super::{Place, RawCertificate, RawKey, RawRing, travels};
use crate::KeyringError;
use crate::openpgp::component::Revocation;
use crate::openpgp::signature::{Named, Signature};

/// What the verified signatures on the parts of one certificate say.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    /// Direct-key signatures of the key on itself.
    pub(super) direct: Said<'a>,
    /// One entry for each user ID.
    pub(super) users: Vec<UserFacts<'a>>,
    /// One entry for each subkey.
    pub(super) subkeys: Vec<SubkeyFacts<'a>>,
    /// Whether, and how, the primary key was revoked.
    pub(super) revoked: Option<Revocation>,
    /// The fingerprints of the keys that may revoke this one.
    pub(super) revokers: Vec<Vec<u8>>,
    /// The hash of a self-signature that fits and does not count for it.
    pub(super) weak: Option<HashAlgorithm>,
}

#[derive(Clone, Default)]
pub(super) struct UserFacts<'a> {
    pub(super) said: Said<'a>,
    /// When its certification was last taken back.
    pub(super) taken_back: Option<i64>,
}

#[derive(Clone, Default)]
pub(super) struct SubkeyFacts<'a> {
    pub(super) said: Said<'a>,
    /// Bindings behind it by a primary key with which nothing is computed.
    pub(super) unchecked: Vec<&'a Signature>,
    /// The hash of a binding that fits and does not count for it.
    pub(super) weak: Option<HashAlgorithm>,
    pub(super) revoked: Option<Revocation>,
}

/// Tries every signature of the ring, and says for each certificate what was found.
///
/// # Errors
/// [`KeyringError::TooLarge`] if that takes more work than is spent on one ring.
pub(crate) fn attach<'a>(
    ring: &'a RawRing,
    work: &mut Work,
) -> Result<Vec<Facts<'a>>, KeyringError> {
    let certificates = &ring.certificates;
    let mut facts: Vec<_> = certificates.iter().map(Facts::of).collect();
    let mut unfit = Vec::new();
    for (origin, (certificate, facts)) in certificates.iter().zip(&mut facts).enumerate() {
        for placed in &certificate.signatures {
            match &placed.signature {
                Ok(signature) => {
                    let fit = facts.offer(certificate, signature, placed.place, work)?;
                    if fit == Fit::Unknown {
                        facts.doubt(Some(signature.typ()), placed.place);
                    }
                    if fit != Fit::Yes && travels(signature.typ()) {
                        unfit.push(Unfit::new(signature, Some(origin), false));
                    }
                }
                Err(unreadable) => facts.doubt(unreadable.typ, placed.place),
            }
        }
    }
    let loose = ring.loose.iter();
    unfit.extend(loose.map(|loose| Unfit::new(&loose.signature, None, loose.alone)));
    for unfit in &mut unfit {
        for (index, certificate) in ring.primaries_named(unfit.signature) {
            work.hash(unfit.signature.weight())?;
            if let Some(facts) = facts.get_mut(index)
                && unfit.origin != Some(index)
            {
                let fit = facts.offer(certificate, unfit.signature, Place::Elsewhere, work)?;
                if fit == Fit::Unknown {
                    facts.doubt(Some(unfit.signature.typ()), Place::Elsewhere);
                }
                unfit.fits |= fit == Fit::Yes;
            }
        }
    }
    let mut ended = Ended::of_subkeys(ring, &mut unfit, work)?;
    designated(ring, &mut facts, &mut unfit, work)?;
    ended.misfits(ring, &unfit, work)?;
    ended.everywhere(ring, &mut facts, work)?;
    Ok(facts)
}

/// A signature that fits nothing in the certificate it stands in.
pub(super) struct Unfit<'a> {
    pub(super) signature: &'a Signature,
    pub(super) origin: Option<usize>,
    pub(super) alone: bool,
    pub(super) fits: bool,
}

impl<'a> Unfit<'a> {
    const fn new(signature: &'a Signature, origin: Option<usize>, alone: bool) -> Self {
        Self {
            signature,
            origin,
            alone,
            fits: false,
        }
    }
}

/// Whether `signature` is tried on `key` for whom it names, and if it is, whether the beginning of the hash that it
/// announces is not asked first.
pub(super) fn tried(signature: &Signature, key: &RawKey) -> Option<bool> {
    let revocation = signature.is_revocation();
    match signature.named(&key.fingerprint, &key.key_id) {
        Named::This => Some(revocation),
        Named::Nobody => Some(false),
        // Whom a revocation names in the part that anybody can change does not keep it from being tried.
        Named::Other if revocation => Some(false),
        Named::Other | Named::OtherForSure => None,
    }
}

impl<'a> Facts<'a> {
    fn of(certificate: &RawCertificate) -> Self {
        Self {
            users: vec![UserFacts::default(); certificate.users.len()],
            subkeys: vec![SubkeyFacts::default(); certificate.subkeys.len()],
            ..Self::default()
        }
    }

    /// Tries a signature of the primary key on the parts of its certificate, first on the one at `place`, and notes
    /// what it says where it fits.
    fn offer(
        &mut self,
        certificate: &RawCertificate,
        signature: &'a Signature,
        place: Place,
        work: &mut Work,
    ) -> Result<Fit, KeyringError> {
        let primary = &certificate.primary;
        let revocation = signature.is_revocation();
        let Some(thorough) = tried(signature, primary) else {
            return Ok(Fit::No);
        };
        let key = primary.hashed.as_slice();
        match signature.typ() {
            // Section 5.2.1.11: over the key.
            SignatureType::KeyRevocation => {
                let fit = work.fits(signature, primary, &[key], thorough)?;
                if fit == Fit::Yes {
                    self.revoked = Some(Revocation::Verified);
                }
                Ok(fit)
            }
            // Section 5.2.1.10, a direct-key signature: over the key.
            SignatureType::Key => {
                let fit = work.fits(signature, primary, &[key], false)?;
                if fit == Fit::Yes {
                    // From every one, whatever else it says: more revokers never let more in.
                    self.revokers
                        .extend(signature.revokers().map(<[u8]>::to_vec));
                    self.direct.note(signature, primary, &mut self.weak);
                }
                Ok(fit)
            }
            // Sections 5.2.1.4 to 5.2.1.7 and 5.2.1.13: over the key and a user ID.
            SignatureType::CertGeneric
            | SignatureType::CertPersona
            | SignatureType::CertCasual
            | SignatureType::CertPositive
            | SignatureType::CertRevocation => {
                let home = match place {
                    Place::User(index) => index,
                    _ => 0,
                };
                let mut nearest = Fit::No;
                for index in from(home, certificate.users.len()) {
                    let (Some(id), Some(user)) =
                        (certificate.users.get(index), self.users.get_mut(index))
                    else {
                        continue;
                    };
                    let prefix = user_id_prefix(signature, id);
                    let fit = work.fits(signature, primary, &[key, &prefix, id], thorough)?;
                    if fit == Fit::Unknown {
                        nearest = fit;
                    }
                    if fit == Fit::Yes {
                        if revocation {
                            let when = signature.created().unwrap_or(i64::MAX);
                            user.taken_back = user.taken_back.max(Some(when));
                        } else {
                            self.revokers
                                .extend(signature.revokers().map(<[u8]>::to_vec));
                            user.said.note(signature, primary, &mut self.weak);
                        }
                        return Ok(fit);
                    }
                }
                Ok(nearest)
            }
            // Sections 5.2.1.8 and 5.2.1.12: over the key and a subkey.
            SignatureType::SubkeyBinding | SignatureType::SubkeyRevocation => {
                let home = match place {
                    Place::Subkey(index) => index,
                    _ => 0,
                };
                let mut nearest = Fit::No;
                for index in from(home, certificate.subkeys.len()) {
                    let (Some(subkey), Some(found)) =
                        (certificate.subkeys.get(index), self.subkeys.get_mut(index))
                    else {
                        continue;
                    };
                    let fit = work.fits(signature, primary, &[key, &subkey.hashed], thorough)?;
                    if fit == Fit::Unknown {
                        nearest = fit;
                        if !revocation && index == home {
                            found.unchecked.push(signature);
                        }
                    }
                    if fit == Fit::Yes {
                        if revocation {
                            found.revoked = Some(Revocation::Verified);
                        } else {
                            found.said.note(signature, primary, &mut found.weak);
                        }
                        return Ok(fit);
                    }
                }
                Ok(nearest)
            }
            _ => Ok(Fit::No),
        }
    }

    /// Notes a signature that cannot be read or checked. If it would be a revocation it counts as one of what it stands
    /// behind.
    fn doubt(&mut self, typ: Option<SignatureType>, place: Place) {
        let doubted = match (typ, place) {
            (Some(SignatureType::CertRevocation), Place::User(index)) => {
                if let Some(user) = self.users.get_mut(index) {
                    user.taken_back = Some(i64::MAX);
                }
                return;
            }
            (Some(SignatureType::SubkeyRevocation), Place::Subkey(index)) => self
                .subkeys
                .get_mut(index)
                .map(|subkey| &mut subkey.revoked),
            (Some(SignatureType::KeyRevocation | SignatureType::SubkeyRevocation), _) => {
                Some(&mut self.revoked)
            }
            _ => None,
        };
        if let Some(doubted) = doubted {
            doubted.get_or_insert(Revocation::Unreadable);
        }
    }
}

/// What is hashed between the key and a user ID (RFC 9580, section 5.2.4).
fn user_id_prefix(signature: &Signature, id: &[u8]) -> Vec<u8> {
    if signature.version() < 4 {
        return Vec::new();
    }
    // A packet's length fits 32 bits.
    let length = u32::try_from(id.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0xb4], length.as_slice()].concat()
}

/// All indices below `count`, `first` first.
fn from(first: usize, count: usize) -> impl Iterator<Item = usize> {
    std::iter::once(first)
        .chain(0..first.min(count))
        .chain(first + 1..count)
        .filter(move |index| *index < count)
}
