//! What a list says about a certificate.

use std::cmp::Ordering;

use doorward_core::{BudgetExceeded, Timestamp};

use super::entry;
use super::{ListError, RevocationList};
use crate::checks::Stop;
use crate::revocation::{CLOCK_SKEW, Revocation, RevocationReason};
use crate::{Certificate, KeyUse, SignatureChecks};

/// What the issuer's lists say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListStatus {
    /// The certificate is not revoked.
    Good,
    /// The certificate is revoked, perhaps for the time being.
    Revoked(Revocation),
}

/// Looks a certificate up in the list of its issuer at the time `now`, together with the list of changes, if there is
/// one (RFC 5280, section 6.3.3):
///
/// 1. Both are the issuer's, by name and signature, and its key is for lists. Indirect lists are not taken.
/// 2. The complete list covers the certificate; the list of changes covers the same, and was made for this list or an
///    older one. One that was made for a newer list counts for what it revokes and for nothing else. One that is not
///    newer than the complete list only adds what it revokes: laxer than section 5.2.4, which has it not combined at
///    all, because two lists that are had one after the other may have been made either way round, and the complete one
///    then says all that the other does.
/// 3. They were made for now: the time of this update is not later than five minutes from now, and the time of the next
///    update is given and not past.
/// 4. An entry means that the certificate is revoked, unless it was put on hold and that was ended since.
///
/// An entry in a list that is past its next update still means so, unless it is on hold (Notary Project, Trust Store
/// and Trust Policy Specification, "Revocation Checking with CRL", step 3.2): revocation has no end.
///
/// # Errors
/// [`BudgetExceeded`]. Within the result any [`ListError`]. If the complete list names a list of changes,
/// [`ListError::NoDelta`] without it; also if only the certificate names one, which is not asked for.
pub fn check_list(
    certificate: &Certificate,
    issuer: &Certificate,
    base: &RevocationList<'_>,
    delta: Option<&RevocationList<'_>>,
    now: Timestamp,
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<ListStatus, ListError>, BudgetExceeded> {
    Stop::settle(check(certificate, issuer, base, delta, now, checks))
}

fn check(
    certificate: &Certificate,
    issuer: &Certificate,
    base: &RevocationList<'_>,
    delta: Option<&RevocationList<'_>>,
    now: Timestamp,
    checks: &mut SignatureChecks<'_>,
) -> Result<ListStatus, Stop<ListError>> {
    if base.base_number.is_some() {
        return Err(ListError::DeltaAlone.into());
    }
    base.scope.covers(certificate)?;
    base.verify(issuer, checks)?;
    let mut found = entry::of_serial(base.entries, certificate.serial())?;
    // Before the dates: it needs none.
    if let Some(revocation) = found.iter().find(|entry| entry.is_final()) {
        return Ok(ListStatus::Revoked(revocation.clone()));
    }
    base.made_for(now)?;
    match delta {
        Some(delta) => {
            delta.goes_with(base)?;
            delta.verify(issuer, checks)?;
            let changes = entry::of_serial(delta.entries, certificate.serial())?;
            if let Some(revocation) = changes.iter().find(|entry| entry.is_final()) {
                return Ok(ListStatus::Revoked(revocation.clone()));
            }
            delta.is_not_for_newer(base)?;
            delta.made_for(now)?;
            // RFC 5280, section 5.2.4: what has the number of the complete list says the same, and what has a lower one
            // says less. That something was taken off hold is then in the complete list, or was undone again.
            if delta.is_newer_than(base) {
                found.extend(changes);
            }
        }
        None if base.names_delta || certificate.names_delta_lists() => {
            return Err(ListError::NoDelta.into());
        }
        None => {}
    }
    // What is left was put on hold, or let go; the newest entry counts, the later one of two at the same time.
    let newest = found.into_iter().max_by_key(|entry| entry.time);
    Ok(match newest {
        Some(entry) if entry.reason != Some(RevocationReason::RemoveFromCrl) => {
            ListStatus::Revoked(entry)
        }
        _ => ListStatus::Good,
    })
}

/// What a list, complete or of changes, says of a certificate if it revokes it for good.
pub(in crate::revocation) fn revoked_for_good(
    list: &RevocationList<'_>,
    certificate: &Certificate,
    issuer: &Certificate,
    checks: &mut SignatureChecks<'_>,
) -> Result<Option<Revocation>, BudgetExceeded> {
    if list.scope.covers(certificate).is_err() {
        return Ok(None);
    }
    let entries = entry::of_serial(list.entries, certificate.serial()).unwrap_or_default();
    let Some(revocation) = entries.into_iter().find(Revocation::is_final) else {
        return Ok(None);
    };
    let verified = Stop::settle(list.verify(issuer, checks))?;
    Ok(verified.is_ok().then_some(revocation))
}

impl RevocationList<'_> {
    fn verify(
        &self,
        issuer: &Certificate,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<(), Stop<ListError>> {
        if self.issuer != issuer.subject_der() {
            return Err(ListError::Issuer.into());
        }
        // RFC 5280, section 6.3.3 (f).
        if issuer
            .key_usage()
            .is_some_and(|usage| !usage.contains(KeyUse::CrlSign))
        {
            return Err(ListError::IssuerKeyUsage.into());
        }
        let signed = self
            .scheme
            .verify(issuer.key(), self.signed, self.signature, checks)?;
        Ok(signed.map_err(ListError::Signature)?)
    }

    fn made_for(&self, now: Timestamp) -> Result<(), ListError> {
        let this_update = self.this_update;
        if this_update > now.plus(CLOCK_SKEW) {
            return Err(ListError::NotYet { this_update });
        }
        let next_update = self.next_update.ok_or(ListError::NoNextUpdate)?;
        if next_update < now {
            return Err(ListError::Expired { next_update });
        }
        Ok(())
    }

    /// Whether the list was made after another one of its issuer and scope: complete lists and lists of changes share one
    /// sequence of numbers (RFC 5280, section 5.2.3). One without a number is newer than none.
    #[must_use]
    pub fn is_newer_than(&self, base: &Self) -> bool {
        match (self.number, base.number) {
            (Some(newer), Some(number)) => compare(newer, number).is_gt(),
            _ => false,
        }
    }

    /// RFC 5280, section 5.2.4 (c): between the complete list and the one that the changes are for, something may have
    /// been revoked that neither has.
    fn is_not_for_newer(&self, base: &Self) -> Result<(), ListError> {
        match (self.base_number, base.number) {
            (Some(made_for), Some(number)) if compare(made_for, number).is_gt() => {
                let detail = "it is for a newer one";
                Err(ListError::Delta { detail })
            }
            _ => Ok(()),
        }
    }

    /// Whether both are of the same kind of certificates, in one sequence (RFC 5280, sections 5.2.4 and 6.3.3 (c)).
    fn goes_with(&self, base: &Self) -> Result<(), ListError> {
        let detail = match (self.base_number, self.number, base.number) {
            (None, ..) => "it is no list of changes",
            (_, None, _) | (.., None) => "one has no number",
            _ if self.scope != base.scope => "it covers something else",
            _ => return Ok(()),
        };
        Err(ListError::Delta { detail })
    }
}

/// Compares two integers in DER that are not negative.
fn compare(left: &[u8], right: &[u8]) -> Ordering {
    // Without needless bytes in front, the longer one is the larger one.
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
