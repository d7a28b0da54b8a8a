//! Revocations from other places than the certificate of the key they end, and what they end besides.
//!
//! A key is a key wherever it hangs: the same one can be the primary key of one certificate and a subkey of others.
//! What revoked it in one place ends it in all.

use std::collections::HashMap;

use pgp::packet::SignatureType;

use super::facts::{Facts, SubkeyFacts};
use super::unfit::{Unfit, tried};
use super::work::{Fit, Work};
use super::{RawCertificate, RawKey, RawRing};
use crate::KeyringError;
use crate::openpgp::component::Revocation;
use crate::openpgp::signature::Named;

/// How keys came to count as revoked, by fingerprint.
#[derive(Default)]
pub(super) struct Ended(HashMap<Vec<u8>, Revocation>);

impl Ended {
    /// Notes that a key is revoked; that a revocation verifies says more than that one cannot be read.
    fn note(&mut self, key: &RawKey, revocation: Revocation) {
        let known = self.0.entry(key.fingerprint.clone()).or_insert(revocation);
        if revocation == Revocation::Verified {
            *known = revocation;
        }
    }

    /// Tries what fits no primary key on the subkeys: a key that is nothing but a subkey in this ring may have a
    /// revocation certificate of its own.
    pub(super) fn of_subkeys(
        ring: &RawRing,
        unfit: &mut [Unfit<'_>],
        work: &mut Work,
    ) -> Result<Self, KeyringError> {
        let mut ended = Self::default();
        for key in ring.doubted.iter().filter_map(|doubted| ring.key(doubted)) {
            ended.note(key, Revocation::Unreadable);
        }
        for unfit in unfit {
            let signature = unfit.signature;
            if unfit.fits || signature.typ() != SignatureType::KeyRevocation {
                continue;
            }
            for subkey in ring.subkeys_named(signature) {
                work.hash(signature.weight())?;
                let Some(thorough) = tried(signature, subkey) else {
                    continue;
                };
                match work.fits(signature, subkey, &[&subkey.hashed], thorough)? {
                    Fit::Yes => {
                        unfit.fits = true;
                        ended.note(subkey, Revocation::Verified);
                    }
                    Fit::Unknown => ended.note(subkey, Revocation::Unreadable),
                    Fit::No => {}
                }
            }
        }
        Ok(ended)
    }

    /// Takes a revocation that was put among the keys alone, names one of them and fits none for one that was meant and
    /// is damaged.
    pub(super) fn misfits(
        &mut self,
        ring: &RawRing,
        unfit: &[Unfit<'_>],
        work: &mut Work,
    ) -> Result<(), KeyringError> {
        for unfit in unfit {
            let signature = unfit.signature;
            if unfit.fits || !unfit.alone || signature.typ() != SignatureType::KeyRevocation {
                continue;
            }
            let primaries = ring
                .primaries_named(signature)
                .map(|(_, found)| &found.primary);
            for key in primaries.chain(ring.subkeys_named(signature)) {
                work.hash(signature.weight())?;
                if signature.named(&key.fingerprint, &key.key_id) == Named::This {
                    self.note(key, Revocation::Misfit);
                }
            }
        }
        Ok(())
    }

    /// Ends each key in all places where it hangs if it was revoked in one of them. One pass over the ring to collect,
    /// and one to tell.
    pub(super) fn everywhere(
        mut self,
        ring: &RawRing,
        facts: &mut [Facts<'_>],
        work: &mut Work,
    ) -> Result<(), KeyringError> {
        for (certificate, facts) in ring.certificates.iter().zip(facts.iter()) {
            if let Some(revocation) = facts.revoked {
                self.note(&certificate.primary, revocation);
            }
            for (subkey, facts) in certificate.subkeys.iter().zip(&facts.subkeys) {
                if let Some(revocation) = facts.revoked
                    && holds(certificate, subkey, facts, work)?
                {
                    self.note(subkey, revocation);
                }
            }
        }
        for (certificate, facts) in ring.certificates.iter().zip(facts) {
            let tell = |key: &RawKey, revoked: &mut Option<Revocation>| {
                *revoked = self.0.get(&key.fingerprint).copied().or(*revoked);
            };
            tell(&certificate.primary, &mut facts.revoked);
            for (subkey, facts) in certificate.subkeys.iter().zip(&mut facts.subkeys) {
                tell(subkey, &mut facts.revoked);
            }
        }
        Ok(())
    }
}

/// Whether a certificate holds this subkey, so that what it says about it counts for others: its primary key binds it,
/// by a signature that grants something or not. Where nothing is computed with that key, the subkey itself says so with
/// its signature back, without which anybody could attach it there.
fn holds(
    certificate: &RawCertificate,
    subkey: &RawKey,
    facts: &SubkeyFacts<'_>,
    work: &mut Work,
) -> Result<bool, KeyringError> {
    if facts.said.all().next().is_some() {
        return Ok(true);
    }
    let parts = [certificate.primary.hashed.as_slice(), &subkey.hashed];
    for binding in &facts.unchecked {
        for signature in binding.back_signatures() {
            if work.fits(&signature, subkey, &parts, false)? == Fit::Yes {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Revocations by keys that the owner named for it (RFC 9580, section 5.2.3.23). Their keys must be in the ring, as for
/// GnuPG.
pub(super) fn designated(
    ring: &RawRing,
    facts: &mut [Facts<'_>],
    unfit: &mut [Unfit<'_>],
    work: &mut Work,
) -> Result<(), KeyringError> {
    for (index, (certificate, facts)) in ring.certificates.iter().zip(facts).enumerate() {
        let named = facts.revokers.iter();
        let revokers: Vec<&RawKey> = named.filter_map(|named| ring.key(named)).collect();
        if revokers.is_empty() {
            continue;
        }
        for unfit in unfit.iter_mut() {
            let signature = unfit.signature;
            if unfit.fits || signature.typ() != SignatureType::KeyRevocation {
                continue;
            }
            for revoker in &revokers {
                work.hash(signature.weight())?;
                let named = signature.named(&revoker.fingerprint, &revoker.key_id);
                let parts = [certificate.primary.hashed.as_slice()];
                if named == Named::OtherForSure {
                    continue;
                }
                match work.fits(signature, revoker, &parts, named == Named::This)? {
                    Fit::Yes => {
                        unfit.fits = true;
                        facts.revoked = Some(Revocation::Verified);
                    }
                    // The owner named this revoker, and the revocation names it or was put where it is about this key.
                    Fit::Unknown
                        if named == Named::This || unfit.alone || unfit.origin == Some(index) =>
                    {
                        facts.revoked.get_or_insert(Revocation::Unreadable);
                    }
                    Fit::No | Fit::Unknown => {}
                }
            }
        }
    }
    Ok(())
}
