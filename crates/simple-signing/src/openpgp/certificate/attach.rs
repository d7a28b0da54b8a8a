//! Which signature is about which part: each is tried where it stands, then where it could belong.
//!
//! A revocation (RFC 9580, sections 5.2.1.11 to 5.2.1.13) counts whatever its reason, date and hash, and whatever it
//! demands: a stolen key can date its signatures as it likes, and to leave a revocation out would let more in. That is
//! stricter than section 5.2.3.31, where what a key signed before it was retired may stay good.
//!
//! One that cannot be read or checked ends that key too, and so does a key revocation that stands alone, names a key
//! and does not fit it.

use super::ended::{Ended, designated};
use super::facts::Facts;
use super::unfit::Unfit;
use super::work::{Fit, Work};
use super::{Place, RawRing, travels};
use crate::KeyringError;

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
