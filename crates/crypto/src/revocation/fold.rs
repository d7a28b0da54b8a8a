//! What all answers about a certificate mean together.

use doorward_core::Timestamp;

use super::{ListError, ListStatus, OcspError, OcspStatus, Revocation, RevocationSources};

/// Whether a certificate is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationStatus {
    /// It is not.
    Good,
    /// The certificate does not say where to ask.
    NotRevocable,
    /// It is, perhaps for the time being.
    Revoked(Revocation),
    /// Nobody could say.
    Unknown {
        /// Why each source could not, in the order in which they were asked.
        reasons: Vec<RevocationError>,
    },
}

/// Why a source could not say whether a certificate is revoked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// The revocation list says nothing.
    #[error(transparent)]
    List(#[from] ListError),
    /// The certificate names no source that is asked, such as one of `https`.
    #[error("the certificate names no source of revocation that can be asked")]
    NoSource,
    /// The response of the OCSP responder says nothing.
    #[error(transparent)]
    Ocsp(#[from] OcspError),
    /// The source could not be had.
    #[error("{source_address} could not be asked: {detail}")]
    Unavailable {
        /// Which one.
        source_address: String,
        /// Why.
        detail: String,
    },
    /// The OCSP responder does not know the certificate.
    #[error("the OCSP responder does not know the certificate")]
    UnknownToResponder,
}

/// Folds the answers about one certificate, in the order of its sources (Notary Project, Trust Store and Trust Policy
/// Specification, "Certificate Revocation Evaluation"). OCSP comes first, and the first responder that knows the
/// certificate decides. If none does, the lists decide: one that could be had is enough (same clause, "CRL
/// Download"), but a certificate that is on any list which is given here is revoked.
///
/// Responders need not have been asked further than to the first that decides. While the outcome is
/// [`RevocationStatus::Unknown`] and responders are left, the next one is to be asked, and after them the lists in
/// turn.
///
/// If `signed_at` is given, a certificate that was revoked because it is invalid since a later time is good for this
/// signature (same specification, "Revocation Checking with CRL", step 3.1; RFC 5280, section 5.3.2). Only a time that
/// was verified may stand there: the latest one of a time stamp, or that of a signing authority.
#[must_use]
pub fn fold_revocation(
    sources: &RevocationSources,
    ocsp: &[Result<OcspStatus, RevocationError>],
    lists: &[Result<ListStatus, RevocationError>],
    signed_at: Option<Timestamp>,
) -> RevocationStatus {
    if !sources.are_declared() {
        return RevocationStatus::NotRevocable;
    }
    let mut reasons = Vec::new();
    for answer in ocsp {
        match answer {
            Ok(OcspStatus::Good) => return RevocationStatus::Good,
            Ok(OcspStatus::Revoked(revocation)) => return weigh(revocation, signed_at),
            Ok(OcspStatus::Unknown) => reasons.push(RevocationError::UnknownToResponder),
            Err(error) => reasons.push(error.clone()),
        }
    }
    let mut listed = None;
    for answer in lists {
        match answer {
            Ok(ListStatus::Good) => listed = Some(RevocationStatus::Good),
            Ok(ListStatus::Revoked(revocation)) => match weigh(revocation, signed_at) {
                RevocationStatus::Good => listed = Some(RevocationStatus::Good),
                revoked => return revoked,
            },
            Err(error) => reasons.push(error.clone()),
        }
    }
    if let Some(status) = listed {
        return status;
    }
    if sources.ocsp().is_empty() && sources.lists().is_empty() {
        reasons.push(RevocationError::NoSource);
    }
    RevocationStatus::Unknown { reasons }
}

/// Folds answers that were given and not asked for, each of which says something: a certificate that is revoked by any
/// of them is, and else one that is enough. Returns `None` if there is none. What the certificate says of sources does
/// not matter: these are there.
#[must_use]
pub fn fold_given(given: &[ListStatus], signed_at: Option<Timestamp>) -> Option<RevocationStatus> {
    let mut folded = None;
    for status in given {
        match status {
            ListStatus::Good => folded = Some(RevocationStatus::Good),
            ListStatus::Revoked(revocation) => match weigh(revocation, signed_at) {
                RevocationStatus::Good => folded = Some(RevocationStatus::Good),
                revoked => return Some(revoked),
            },
        }
    }
    folded
}

/// Whether a revocation concerns a signature of that time.
fn weigh(revocation: &Revocation, signed_at: Option<Timestamp>) -> RevocationStatus {
    match (revocation.invalid_since, signed_at) {
        (Some(since), Some(signed)) if signed < since => RevocationStatus::Good,
        _ => RevocationStatus::Revoked(revocation.clone()),
    }
}
