//! What an answer revokes for good, whenever it was made.

use doorward_core::BudgetExceeded;

use super::{Revocation, RevocationList, list, ocsp};
use crate::{Certificate, SignatureChecks};

/// What a revocation list, complete or of changes, or an OCSP response says of a certificate that `issuer` issued, if it
/// revokes it for good. That has no end, so the dates of the answer do not matter: it serves to refuse, and nothing that it
/// leaves out is good for that.
///
/// Whether a delegate who signed a response was revoked itself is for the session to know that verified it first.
///
/// Returns `None` also for what is no answer, is not the issuer's, or is about another certificate. That costs no signature
/// unless the answer names the certificate.
///
/// # Errors
/// [`BudgetExceeded`].
pub fn known_revocation(
    answer: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    checks: &mut SignatureChecks<'_>,
) -> Result<Option<Revocation>, BudgetExceeded> {
    match RevocationList::from_der(answer) {
        Ok(list) => list::revoked_for_good(&list, certificate, issuer, checks),
        Err(_) => ocsp::revoked_for_good(answer, certificate, issuer, checks),
    }
}
