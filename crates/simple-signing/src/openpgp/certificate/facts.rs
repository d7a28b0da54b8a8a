//! What the verified signatures on the parts of one certificate say. Sections are those of RFC 9580.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SignatureType;

use super::said::Said;
use super::unfit::tried;
use super::work::{Fit, Work};
use super::{Place, RawCertificate};
use crate::KeyringError;
use crate::openpgp::component::Revocation;
use crate::openpgp::signature::Signature;

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

impl<'a> Facts<'a> {
    pub(super) fn of(certificate: &RawCertificate) -> Self {
        Self {
            users: vec![UserFacts::default(); certificate.users.len()],
            subkeys: vec![SubkeyFacts::default(); certificate.subkeys.len()],
            ..Self::default()
        }
    }

    /// Tries a signature of the primary key on the parts of its certificate, first on the one at `place`, and notes
    /// what it says where it fits.
    pub(super) fn offer(
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
    pub(super) fn doubt(&mut self, typ: Option<SignatureType>, place: Place) {
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
