//! Entries of a list.

use super::ListError;
use crate::der::{Reader, tag};
use crate::revocation::reason::{INVALIDITY_DATE, invalidity_date, next_extension};
use crate::revocation::{Revocation, RevocationReason};

/// `id-ce-cRLReasons` (RFC 5280, section 5.3.1).
const REASON_CODE: &[u8] = &[0x55, 0x1d, 0x15];

/// Goes over all entries and collects those with a serial number: none, or one if the list is as it should be. An entry
/// with a critical extension that is not understood makes the whole list useless (RFC 5280, section 5.3); so does that
/// of another issuer, which such an extension names.
pub(super) fn of_serial(entries: &[u8], serial: &[u8]) -> Result<Vec<Revocation>, ListError> {
    let mut entries = Reader::new(entries);
    let mut found = Vec::new();
    while !entries.is_empty() {
        let mut entry = entries.sequence()?;
        let matches = entry.take(tag::INTEGER)? == serial;
        let time = entry.element()?;
        let (mut reason, mut invalid_since) = (None, None);
        if let Some(extensions) = entry.optional(tag::SEQUENCE)? {
            let mut extensions = Reader::new(extensions);
            while let Some(extension) = next_extension(&mut extensions)? {
                let twice = match extension.oid {
                    REASON_CODE => {
                        let number = Reader::whole_content(extension.value, tag::ENUMERATED)?;
                        reason.replace(RevocationReason::read(number)?).is_some()
                    }
                    INVALIDITY_DATE => {
                        let date = invalidity_date(extension.value)?;
                        invalid_since.replace(date).is_some()
                    }
                    _ if extension.critical => return Err(ListError::CriticalExtension),
                    _ => false,
                };
                if twice {
                    return Err(ListError::Malformed);
                }
            }
        }
        entry.finish()?;
        if matches {
            found.push(Revocation {
                time: time.time()?.whole()?,
                reason,
                invalid_since,
            });
        }
    }
    Ok(found)
}
