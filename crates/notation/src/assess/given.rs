//! What lists and responses say about a certificate that were given.

use doorward_core::{BudgetExceeded, Timestamp};
use doorward_crypto::{
    Certificate, ListError, ListStatus, OcspResponse, OcspStatus, RevocationList, RevocationReason,
    RevocationStatus, SignatureChecks, check_list, check_ocsp, fold_given,
};

use crate::GivenRevocation;

/// What is given says of a certificate, and until when it does.
pub(super) struct Told {
    pub(super) status: RevocationStatus,
    pub(super) until: Timestamp,
}

/// A certificate, its issuer, and the time.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) issuer: &'a Certificate,
    pub(super) signed_at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// What `given` says. Returns `None` if nothing in it holds for the certificate: then its authorities are asked.
pub(super) fn consult(
    given: &GivenRevocation,
    about: About<'_>,
    checks: &mut SignatureChecks<'_>,
) -> Result<Option<Told>, BudgetExceeded> {
    let lists: Vec<_> = given
        .lists
        .iter()
        .filter_map(|bytes| RevocationList::from_der(bytes).ok())
        .filter(|list| list.issuer_der() == about.issuer.subject_der())
        .collect();
    let mut found = listed(&lists, about.certificate, about, checks)?;
    for response in &given.responses {
        let About {
            certificate,
            issuer,
            now,
            ..
        } = about;
        let (status, until) = match check_ocsp(response, certificate, issuer, now, checks)? {
            Err(_) => continue,
            Ok(OcspResponse::Confirmed {
                status,
                next_update,
                ..
            }) => (status, next_update),
            Ok(OcspResponse::Unconfirmed(unconfirmed)) => {
                let responder = listed(&lists, unconfirmed.responder(), about, checks)?;
                let ends = responder.iter().map(|(_, until)| *until);
                let until = ends.chain([unconfirmed.next_update()]).min();
                let statuses: Vec<_> = responder
                    .into_iter()
                    .map(|(status, _)| Ok(status))
                    .collect();
                match (unconfirmed.confirm(&statuses), until) {
                    (Ok(status), Some(until)) => (status, until),
                    _ => continue,
                }
            }
        };
        match status {
            OcspStatus::Good => found.push((ListStatus::Good, until)),
            OcspStatus::Revoked(revocation) => {
                found.push((ListStatus::Revoked(revocation), until));
            }
            OcspStatus::Unknown => {}
        }
    }
    let until = found.iter().map(|(_, until)| *until).min();
    let statuses: Vec<_> = found.into_iter().map(|(status, _)| status).collect();
    let status = fold_given(&statuses, about.signed_at);
    Ok(status
        .zip(until)
        .map(|(status, until)| Told { status, until }))
}

/// What lists of the issuer say of a certificate, each with the last second for which it does.
fn listed(
    lists: &[RevocationList<'_>],
    certificate: &Certificate,
    about: About<'_>,
    checks: &mut SignatureChecks<'_>,
) -> Result<Vec<(ListStatus, Timestamp)>, BudgetExceeded> {
    let About { issuer, now, .. } = about;
    let end = |list: &RevocationList<'_>| list.next_update().unwrap_or(now);
    let mut found = Vec::new();
    for base in lists {
        match check_list(certificate, issuer, base, None, now, checks)? {
            Ok(status) => found.push((status, end(base))),
            Err(ListError::NoDelta) => {
                let mut newest: Option<(&RevocationList<'_>, ListStatus)> = None;
                for changes in lists {
                    let changed = Some(changes);
                    let Ok(status) = check_list(certificate, issuer, base, changed, now, checks)?
                    else {
                        continue;
                    };
                    // No other list takes that back.
                    if is_final(&status) {
                        found.push((status, end(base).min(end(changes))));
                        continue;
                    }
                    if newest
                        .as_ref()
                        .is_none_or(|(known, _)| changes.is_newer_than(known))
                    {
                        newest = Some((changes, status));
                    }
                }
                found.extend(newest.map(|(changes, status)| (status, end(base).min(end(changes)))));
            }
            Err(_) => {}
        }
    }
    Ok(found)
}

/// Whether a certificate is revoked, and not only for the time being.
fn is_final(status: &ListStatus) -> bool {
    match status {
        ListStatus::Good => false,
        ListStatus::Revoked(revocation) => {
            revocation.reason != Some(RevocationReason::CertificateHold)
        }
    }
}
