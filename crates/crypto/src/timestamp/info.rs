//! What a time stamp says.

use doorward_core::Timestamp;
use x509_parser::asn1_rs::Oid;

use super::TimestampError;
use crate::der::{Malformed, Reader, Time, small, tag};
use crate::hash::Hash;
use crate::signed::hash_of;

const SECOND: i128 = 1_000_000_000;

/// The best practices policy of ETSI EN 319 421, section 5.2: 0.4.0.2023.1.1. It has an accuracy of a second or better.
const BEST_PRACTICES: &[u8] = &[0x04, 0x00, 0x8f, 0x67, 0x01, 0x01];

/// `TSTInfo` (RFC 3161, section 2.4.2).
pub(super) struct TimestampInfo<'a> {
    policy: &'a [u8],
    pub(super) hash: Hash,
    pub(super) imprint: &'a [u8],
    time: Time,
    /// Nanoseconds.
    accuracy: i128,
}

impl<'a> TimestampInfo<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, TimestampError> {
        let mut info = Reader::whole(bytes, tag::SEQUENCE)?;
        if info.small()? != 1 {
            return Err(TimestampError::Version { of: "TSTInfo" });
        }
        let policy = info.oid()?;
        let mut imprint = info.sequence()?;
        let hash = Hash::from_oid(hash_of(imprint.sequence()?)?)
            .ok_or(TimestampError::Hash { of: "the message" })?;
        let hashed = imprint.take(tag::OCTET_STRING)?;
        imprint.finish()?;
        info.integer()?;
        let time = info.expect(tag::GENERALIZED_TIME)?.time()?;
        let accuracy = match info.optional(tag::SEQUENCE)? {
            None => 0,
            Some(accuracy) => read_accuracy(Reader::new(accuracy))?,
        };
        // Ordering, nonce and the name of the authority: for who asked for the token.
        info.boolean_or_false()?;
        info.optional(tag::INTEGER)?;
        info.optional(tag::constructed(0))?;
        if let Some(extensions) = info.optional(tag::constructed(1))? {
            no_critical_extension(Reader::new(extensions))?;
        }
        info.finish()?;
        // Without one, a time would be taken for exact that the policy says is not.
        let accuracy = if accuracy == 0 && policy == BEST_PRACTICES {
            SECOND
        } else {
            accuracy
        };
        Ok(Self {
            policy,
            hash,
            imprint: hashed,
            time,
            accuracy,
        })
    }

    pub(super) fn policy(&self) -> String {
        Oid::new(self.policy.into()).to_id_string()
    }

    pub(super) const fn generated(&self) -> Timestamp {
        Timestamp::from_unix(self.time.seconds)
    }

    /// The second that had begun at the time itself, and the one that had ended by then.
    pub(super) fn around(&self) -> [Timestamp; 2] {
        [floor(self.exact()), ceiling(self.exact())]
    }

    pub(super) fn earliest(&self) -> Timestamp {
        floor(self.exact() - self.accuracy)
    }

    pub(super) fn latest(&self) -> Timestamp {
        ceiling(self.exact() + self.accuracy)
    }

    /// Nanoseconds since 1970.
    fn exact(&self) -> i128 {
        i128::from(self.time.seconds) * SECOND + i128::from(self.time.nanos)
    }
}

fn floor(nanos: i128) -> Timestamp {
    // Years have four digits and an accuracy has 32 bits of seconds, so that both ends fit.
    Timestamp::from_unix(i64::try_from(nanos.div_euclid(SECOND)).unwrap_or(i64::MIN))
}

fn ceiling(nanos: i128) -> Timestamp {
    let seconds = -(-nanos).div_euclid(SECOND);
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// `Accuracy` in nanoseconds: seconds, then 1 to 999 milliseconds and microseconds.
fn read_accuracy(mut accuracy: Reader<'_>) -> Result<i128, Malformed> {
    let mut nanos = 0;
    if accuracy.is_next(tag::INTEGER) {
        nanos += i128::from(accuracy.small()?) * SECOND;
    }
    for (number, unit) in [(0, 1_000_000), (1, 1_000)] {
        if let Some(part) = accuracy.optional(tag::context(number))? {
            let part = small(part)?;
            if !(1..=999).contains(&part) {
                return Err(Malformed);
            }
            nanos += i128::from(part) * unit;
        }
    }
    accuracy.finish()?;
    Ok(nanos)
}

/// None is known, so that none may be critical (RFC 5280, section 4.2).
fn no_critical_extension(mut extensions: Reader<'_>) -> Result<(), TimestampError> {
    while !extensions.is_empty() {
        let mut extension = extensions.sequence()?;
        extension.oid()?;
        if extension.boolean_or_false()? {
            return Err(TimestampError::Extension);
        }
        extension.take(tag::OCTET_STRING)?;
        extension.finish()?;
    }
    Ok(())
}
