//! What a response says about a certificate.

use doorward_core::{BudgetExceeded, Timestamp};

use super::OcspError;
use super::responder::{self, Responder};
use super::response::BasicResponse;
use crate::checks::Stop;
use crate::revocation::{CLOCK_SKEW, ListStatus, Revocation, RevocationError};
use crate::{Certificate, SignatureChecks};

/// When a response was made, by its own signed word. The later one of two is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OcspMade {
    /// The first second for which it says something about the certificate (RFC 6960, section 4.2.2.1).
    pub this_update: Timestamp,
    /// When it was signed.
    pub produced: Timestamp,
}

/// What a responder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OcspStatus {
    /// The certificate is not revoked.
    Good,
    /// The certificate is revoked, perhaps for the time being.
    Revoked(Revocation),
    /// The responder does not know the certificate.
    Unknown,
}

/// A response that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum OcspResponse {
    /// The status can be relied on.
    Confirmed {
        /// What the responder says.
        status: OcspStatus,
        /// The last second for which it says so.
        next_update: Timestamp,
        /// When it was made.
        made: OcspMade,
    },
    /// The status is that of a delegate that must be asked about first.
    Unconfirmed(UnconfirmedOcsp),
}

/// A response of a delegate whose certificate lacks `id-pkix-ocsp-nocheck`. The status in it comes out only by
/// [`UnconfirmedOcsp::confirm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnconfirmedOcsp {
    status: OcspStatus,
    next_update: Timestamp,
    made: OcspMade,
    responder: Box<Certificate>,
}

impl UnconfirmedOcsp {
    /// The certificate of the responder, whose issuer is that of the certificate asked about.
    #[must_use]
    pub const fn responder(&self) -> &Certificate {
        &self.responder
    }

    /// The last second for which the responder says what it says.
    #[must_use]
    pub const fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// When the response was made.
    #[must_use]
    pub const fn made(&self) -> OcspMade {
        self.made
    }

    /// What the responder said, if the revocation lists that its certificate names say that it may (Notary Project,
    /// Trust Store and Trust Policy Specification, "Revocation Checking with OCSP", step 4; RFC 6960, section
    /// 4.2.2.2.1). One list that could be had is enough, but none of them may have the responder. A certificate that
    /// names no list is never confirmed: stricter than the RFC, which leaves it to the client, because nobody could
    /// take the responder's authority back.
    ///
    /// # Errors
    /// [`OcspError::ResponderRevoked`], [`OcspError::ResponderUnknown`].
    pub fn confirm(
        self,
        lists: &[Result<ListStatus, RevocationError>],
    ) -> Result<OcspStatus, OcspError> {
        let mut confirmed = false;
        for list in lists.iter().flatten() {
            match list {
                ListStatus::Good => confirmed = true,
                ListStatus::Revoked(_) => return Err(OcspError::ResponderRevoked),
            }
        }
        if confirmed {
            Ok(self.status)
        } else {
            Err(OcspError::ResponderUnknown)
        }
    }
}

/// Checks an OCSP response about `certificate`, which `issuer` issued, at the time `now` (RFC 6960, section 3.2):
///
/// 1. It is about this certificate, by serial number and by the hashes of the issuer's name and key, exactly once.
/// 2. It is signed by the issuer, or by a delegate that the issuer certified for it (section 4.2.2.2).
/// 3. It was made for now: the time of this update, and the one of its making, are not later than five minutes from
///    now, and the time of the next update is given and not past (section 4.2.2.1).
///
/// Whether `issuer` is the issuer, and trusted, is for the caller to know: see [`crate::verify_ordered`].
///
/// # Errors
/// [`BudgetExceeded`]. Within the result, any [`OcspError`].
pub fn check_ocsp(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<OcspResponse, OcspError>, BudgetExceeded> {
    Stop::settle(check(response, certificate, issuer, now, checks))
}

/// What a response says of a certificate if it revokes it for good, as of the time of its making.
pub(in crate::revocation) fn revoked_for_good(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    checks: &mut SignatureChecks<'_>,
) -> Result<Option<Revocation>, BudgetExceeded> {
    let Ok(BasicResponse { produced, .. }) = BasicResponse::read(response) else {
        return Ok(None);
    };
    let checked = check_ocsp(response, certificate, issuer, produced, checks)?;
    let status = match checked {
        Ok(OcspResponse::Confirmed { status, .. }) => status,
        Ok(OcspResponse::Unconfirmed(UnconfirmedOcsp { status, .. })) => status,
        Err(_) => return Ok(None),
    };
    Ok(match status {
        OcspStatus::Revoked(revocation) if revocation.is_final() => Some(revocation),
        OcspStatus::Good | OcspStatus::Revoked(_) | OcspStatus::Unknown => None,
    })
}

fn check(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
    checks: &mut SignatureChecks<'_>,
) -> Result<OcspResponse, Stop<OcspError>> {
    let response = BasicResponse::read(response)?;
    let mut about = response
        .answers
        .iter()
        .filter(|answer| answer.identifier.is(certificate, issuer));
    let (Some(answer), None) = (about.next(), about.next()) else {
        return Err(OcspError::NotAboutIt.into());
    };
    let responder = responder::verify(&response, issuer, now, checks)?;
    for from in [response.produced, answer.this_update] {
        if from > now.plus(CLOCK_SKEW) {
            return Err(OcspError::NotYet { from }.into());
        }
    }
    let next_update = answer.next_update.ok_or(OcspError::NoNextUpdate)?;
    if next_update < now {
        return Err(OcspError::Expired { next_update }.into());
    }
    let status = match &answer.status {
        None => OcspStatus::Unknown,
        Some(Ok(())) => OcspStatus::Good,
        Some(Err(revocation)) => OcspStatus::Revoked(revocation.clone()),
    };
    let made = OcspMade {
        this_update: answer.this_update,
        produced: response.produced,
    };
    Ok(match responder {
        Responder::Delegate(responder) if !responder.is_never_revoked() => {
            OcspResponse::Unconfirmed(UnconfirmedOcsp {
                status,
                next_update,
                made,
                responder,
            })
        }
        Responder::Delegate(_) | Responder::Issuer => OcspResponse::Confirmed {
            status,
            next_update,
            made,
        },
    })
}
