//! Which of several answers to one request counts.

use doorward_core::{BudgetExceeded, Made, Timestamp};
use doorward_crypto::{ListStatus, OcspMade, OcspStatus, RevocationError, RevocationList};

use super::request::{ReliedOn, RevocationAnswers, RevocationRequest};

/// What a source said, or what must be asked for before it has said anything.
pub(super) enum Heard<T> {
    Answer(Result<Said<T>, RevocationError>),
    Wanted(RevocationRequest),
}

/// What a source said, and the last second for which it said so.
pub(super) struct Said<T> {
    pub(super) status: T,
    pub(super) until: Timestamp,
    /// When the answer was made that it stands in.
    pub(super) made: Made,
    /// The answers that it rests on.
    pub(super) rests_on: Vec<ReliedOn>,
}

/// When a list was made.
pub(super) fn made_of_list(list: &RevocationList<'_>) -> Made {
    let this_update = list.this_update();
    Made::new(list.number(), this_update, this_update)
}

/// When a response was made.
pub(super) const fn made_of_ocsp(made: OcspMade) -> Made {
    Made::new(None, made.this_update, made.produced)
}

/// A status that may be final.
pub(super) trait Status {
    /// Whether no later word of the authority can take it back.
    fn is_final(&self) -> bool;
}

impl Status for ListStatus {
    fn is_final(&self) -> bool {
        matches!(self, Self::Revoked(revocation) if revocation.is_final())
    }
}

impl Status for OcspStatus {
    fn is_final(&self) -> bool {
        matches!(self, Self::Revoked(revocation) if revocation.is_final())
    }
}

/// What the answers to a request say, of which there are two if one was verified before. Of those that say something the
/// one counts that was made last by its own word: nobody can bring an older one back by giving it again. What any of them
/// revokes for good is revoked. The reason is that of the one that arrived last if none says anything.
pub(super) fn newest_good<T: Status>(
    request: &RevocationRequest,
    answers: &RevocationAnswers,
    mut read: impl FnMut(&[u8]) -> Result<Heard<T>, BudgetExceeded>,
) -> Result<Heard<T>, BudgetExceeded> {
    let candidates = match answers.get(request) {
        None => return Ok(Heard::Wanted(request.clone())),
        Some(Err(detail)) => return Ok(Heard::Answer(Err(unavailable(request, detail)))),
        Some(Ok(candidates)) => candidates,
    };
    let (mut counts, mut reason): (Option<Said<T>>, _) = (None, None);
    for candidate in candidates {
        match read(candidate.bytes)? {
            Heard::Answer(Err(error)) => {
                reason.get_or_insert(error);
            }
            Heard::Answer(Ok(mut said)) => {
                // The old one is kept already. What came in its place is not, unless it counts.
                for relied_on in &mut said.rests_on {
                    relied_on.was_known |= candidate.is_old && relied_on.request == *request;
                }
                counts = Some(match counts {
                    Some(before) if !displaces(&said, &before) => before,
                    _ => said,
                });
            }
            wanted @ Heard::Wanted(_) => return Ok(wanted),
        }
    }
    let none = || unavailable(request, "there is no answer");
    Ok(Heard::Answer(
        counts.ok_or_else(|| reason.unwrap_or_else(none)),
    ))
}

/// Whether an answer counts before one that counted so far.
fn displaces<T: Status>(one: &Said<T>, before: &Said<T>) -> bool {
    match (one.status.is_final(), before.status.is_final()) {
        (true, false) => true,
        (false, true) => false,
        (true, true) | (false, false) => before.made.is_before(&one.made),
    }
}

pub(super) fn unavailable(request: &RevocationRequest, detail: &str) -> RevocationError {
    RevocationError::Unavailable {
        source_address: request.to_string(),
        detail: detail.to_owned(),
    }
}
