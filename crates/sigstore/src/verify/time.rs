//! When a signature was made, as far as somebody beside the signer vouches for it.

use doorward_core::{Fact, Rejection, Timestamp};

use crate::candidate::{Candidate, CandidateForm, Entry};
use crate::codes;

/// How far a clock may be behind that of a time-stamping authority, in seconds.
const SKEW: i64 = 300;

/// The earliest of the times, none of which may be in the future. Returns `None` if there is none.
pub(super) fn proven(times: &[Timestamp], now: Timestamp) -> Result<Option<Timestamp>, Rejection> {
    if let Some(future) = times.iter().find(|time| time.since(now) > SKEW) {
        return Err(self::future(*future, now));
    }
    Ok(times.iter().min().copied())
}

fn future(time: Timestamp, now: Timestamp) -> Rejection {
    let detail = format!("the signature is said to be made at {time}, and it is {now} now");
    Rejection::new(codes::TIMESTAMP_INVALID, detail).with_fact(Fact::Time(time))
}

/// That there are entries of a log, each with what the log must vouch for it by and none from the future. The engine goes by the
/// clock of the machine there, and takes no second more.
pub(super) fn logged(candidate: &Candidate, now: Timestamp) -> Result<(), Rejection> {
    if candidate.entries.is_empty() {
        let detail = "the signature has no entry of a log";
        return Err(Rejection::new(codes::LOG_MISSING, detail));
    }
    if !candidate.entries_are_vouched_for() {
        let detail = "an entry has no proof that the log includes it";
        return Err(Rejection::new(codes::LOG_MISSING, detail));
    }
    let times = candidate.entries.iter().map(Entry::time);
    match times.max().filter(|time| *time > now) {
        None => Ok(()),
        Some(time) => Err(future(time, now)),
    }
}

/// That there is a time stamp which can be over the signature.
pub(super) fn stamped(candidate: &Candidate) -> Result<(), Rejection> {
    if !can_be_stamped(candidate) {
        let detail = "a time stamp beside an attestation layer is over the envelope, and proves nothing of the signature";
        return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
    }
    if candidate.timestamps.is_empty() {
        let detail = "the signature has no time stamp";
        return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
    }
    Ok(())
}

/// Whether a time stamp of the candidate is over its signature. Beside an attestation layer it is over the envelope.
pub(super) fn can_be_stamped(candidate: &Candidate) -> bool {
    candidate.form() != CandidateForm::Attestation
}
