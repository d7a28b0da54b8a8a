//! Signatures by keys that the policy has.

use doorward_core::{BudgetExceeded, Digest, Fact, Meter, Rejection, Timestamp};

use super::keyless::logged_at;
use super::made::{Made, Message, made_by};
use super::{signed, time, told_apart};
use crate::accepted::Signer;
use crate::authority::{LogDemand, TimestampDemand};
use crate::candidate::{Candidate, Chosen};
use crate::{Authority, VerificationKey, codes};

/// That a key of the policy made the signature.
pub(super) struct Maker<'a> {
    key: &'a VerificationKey,
    made: Made,
}

impl<'a> Maker<'a> {
    pub(super) fn of(
        candidate: &Candidate,
        digest: &Digest,
        keys: &'a [VerificationKey],
        meter: &mut Meter,
    ) -> Result<Self, Rejection> {
        let message = Message::of(candidate, digest)?;
        let found = signed_by(candidate, &message, keys, meter)?;
        let (key, made) = found.ok_or_else(|| unknown(candidate, keys))?;
        Ok(Self { key, made })
    }

    /// The digest of the key.
    pub(super) fn fingerprint(&self) -> Digest {
        self.key.fingerprint()
    }

    /// What vouches for the signature.
    pub(super) fn vouched(
        self,
        candidate: &Candidate,
        digest: &Digest,
        authority: &Authority,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Signer, Rejection> {
        let Self { key, made } = self;
        let demands = &authority.demands;
        let log = demands.log == LogDemand::Required;
        let stamp = demands.timestamp == TimestampDemand::Required;
        let mut signer = Signer {
            key: Some(key.fingerprint()),
            ..Signer::default()
        };
        if !log && !stamp {
            return Ok(signer);
        }
        if log {
            time::logged(candidate, now)?;
        }
        if stamp {
            time::stamped(candidate)?;
        }
        let Some(root) = authority.trusted_root() else {
            let detail =
                "there is no trusted root that a log or a time stamp could be held against";
            return Err(Rejection::new(codes::TRUST_ROOT_INVALID, detail));
        };
        let chosen = Chosen {
            certificates: &[],
            log,
            timestamps: stamp,
            function: made.for_engine()?,
        };
        let bundle = candidate.rebuilt(&chosen);
        let signed = signed(candidate, digest);
        let engine = root.engine();
        let vouched = engine.verify_key(&bundle, signed, key.spki_der(), log, meter);
        let vouched = vouched.map_err(told_apart)?;
        signer.signed_at = time::proven(&vouched.times, now)?;
        if stamp && signer.signed_at.is_none() {
            let detail = "no time stamp is over the signature";
            return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
        }
        signer.log_index = logged_at(candidate, log);
        Ok(signer)
    }
}

/// The key that made the signature, and how. One that the candidate hints at is tried first.
fn signed_by<'k>(
    candidate: &Candidate,
    message: &Message<'_>,
    keys: &'k [VerificationKey],
    meter: &mut Meter,
) -> Result<Option<(&'k VerificationKey, Made)>, BudgetExceeded> {
    let hint = candidate.unverified_key_hint();
    let (hinted, others): (Vec<_>, Vec<_>) = keys
        .iter()
        .partition(|key| hint.is_some_and(|hint| key.hint() == hint));
    for key in hinted.into_iter().chain(others) {
        if let Some(made) = made_by(message, candidate.signature(), key, meter)? {
            return Ok(Some((key, made)));
        }
    }
    Ok(None)
}

/// That no key of the policy made the signature. A bundle that hints at one of them has a signature that does not hold.
fn unknown(candidate: &Candidate, keys: &[VerificationKey]) -> Rejection {
    let hint = candidate.unverified_key_hint();
    let hinted = keys.iter().find(|key| hint == Some(key.hint().as_str()));
    match hinted {
        Some(key) => {
            let fingerprint = key.fingerprint();
            let detail = format!("the signature does not match, with the key {fingerprint}");
            Rejection::new(codes::BAD_SIGNATURE, detail)
                .with_fact(Fact::Key(fingerprint.to_string()))
        }
        None => {
            let detail = match keys {
                [key] => format!("the signature is not by the key {}", key.fingerprint()),
                _ => format!("the signature is by none of the {} keys", keys.len()),
            };
            Rejection::new(codes::UNKNOWN_KEY, detail)
        }
    }
}
