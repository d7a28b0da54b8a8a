//! What is asked about the revocation of the certificates of one signature, and what the answers came to.

use doorward_core::{Action, BudgetExceeded, Rejection, Timestamp};
use doorward_crypto::{SignatureChecks, VerifiedTimestamp};

use super::revocation::{self, Inquiry};
use super::{ReliedOn, RevocationAnswers, RevocationRequest, Walk};
use crate::{InvalidityDate, SigningScheme, ValidationKind, codes};

impl Walk {
    /// Whether nobody is asked about the signer, because no failure of that would change anything: the statement only
    /// logs that it is not trusted, and would only log what authorities say. Strangers choose what stands in their
    /// certificates, and whom to ask is a part of it.
    fn leaves_signer_unasked(&self) -> bool {
        self.trusted.is_none() && self.statement.action(ValidationKind::Revocation) == Action::Log
    }

    /// Whether there is a certificate of the signer whose revocation is asked about.
    fn inquires_after_signer(&self) -> bool {
        let mut kinds = self.inquiries.iter().map(Inquiry::kind);
        kinds.any(|kind| kind == ValidationKind::Revocation)
    }

    /// One inquiry for each certificate whose revocation counts: all but the roots (Trust Store and Trust Policy
    /// Specification, "Certificate Revocation Evaluation").
    pub(super) fn inquire(&self) -> Vec<Inquiry> {
        let signer = (
            ValidationKind::Revocation,
            (!self.leaves_signer_unasked()).then(|| self.signed.chain()),
            self.verified_time(),
        );
        // A time of its own does not vouch for a certificate of the authority that gave it.
        let authority = (
            ValidationKind::TimestampRevocation,
            self.stamped.as_ref().map(VerifiedTimestamp::chain),
            None,
        );
        [signer, authority]
            .into_iter()
            .filter(|(kind, ..)| self.statement.action(*kind) != Action::Skip)
            .filter_map(|(kind, chain, signed_at)| {
                chain.map(|chain| Inquiry::of_chain(kind, chain, signed_at))
            })
            .flatten()
            .collect()
    }

    /// The last second at which the signature is known to have been made, if the statement lets it count against the
    /// invalidity date of a revocation.
    fn verified_time(&self) -> Option<Timestamp> {
        let of_authority = match self.signed.scheme() {
            SigningScheme::SigningAuthority => Some(self.signed.signing_time().latest()),
            SigningScheme::X509 => None,
        };
        match self.statement.invalidity_date() {
            InvalidityDate::Ignored => None,
            InvalidityDate::OfSigningAuthority => of_authority,
            InvalidityDate::OfAnyVerifiedTime => {
                of_authority.or_else(|| self.stamped.as_ref().map(VerifiedTimestamp::latest))
            }
        }
    }

    /// What must be asked for next, all of it at once. Empty if nothing more can decide.
    ///
    /// Give it all answers so far each time. It asks each source of a certificate only if those before it did not
    /// decide, and nothing more once a failure is certain that is enforced.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if checking the answers would take more signatures than are left.
    pub fn wants(
        &mut self,
        answers: &RevocationAnswers,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Vec<RevocationRequest>, BudgetExceeded> {
        let mut wanted = Vec::new();
        for inquiry in &mut self.inquiries {
            if let Some(request) = inquiry.advance(&self.given, answers, self.at, checks)?
                && !wanted.contains(&request)
            {
                wanted.push(request);
            }
        }
        let kinds = [
            ValidationKind::Revocation,
            ValidationKind::TimestampRevocation,
        ];
        if self.lacks_verdict() || kinds.into_iter().any(|kind| self.has_failed(kind)) {
            wanted.clear();
        }
        Ok(wanted)
    }

    /// Whether it is certain that a validation fails which is enforced.
    pub(super) fn has_failed(&self, kind: ValidationKind) -> bool {
        self.statement.action(kind) == Action::Enforce
            && self
                .inquiries
                .iter()
                .any(|inquiry| inquiry.kind() == kind && inquiry.has_failed())
    }

    /// The answers that said something about revocation.
    pub fn relied_on(&self) -> impl Iterator<Item = &ReliedOn> {
        self.inquiries.iter().flat_map(Inquiry::relied_on)
    }

    pub(super) fn conclude_revocation(&mut self) -> Result<(), Rejection> {
        let mut kinds = [
            ValidationKind::Revocation,
            ValidationKind::TimestampRevocation,
        ];
        // Once one failure was certain, nothing more was asked, so it comes before what is not known.
        if self.has_failed(ValidationKind::TimestampRevocation)
            && !self.has_failed(ValidationKind::Revocation)
        {
            kinds.reverse();
        }
        for kind in kinds {
            if kind == ValidationKind::TimestampRevocation && self.stamped.is_none() {
                continue;
            }
            let is_of_signer = kind == ValidationKind::Revocation;
            let concluded = if is_of_signer && self.leaves_revocation_to_plugin() {
                Ok(())
            } else if is_of_signer && self.leaves_signer_unasked() && !self.inquires_after_signer()
            {
                // What was not asked has not passed.
                let detail = "nobody was asked whether the certificates of a signer were revoked who is not trusted";
                Err(Rejection::new(codes::REVOCATION_UNKNOWN, detail))
            } else {
                let inquiries = self.inquiries.iter();
                revocation::conclude(inquiries.filter(|inquiry| inquiry.kind() == kind))
            };
            let by_plugin = if is_of_signer {
                self.revocation_by_plugin()
            } else {
                Ok(())
            };
            self.record(kind, concluded.and(by_plugin))?;
        }
        Ok(())
    }
}
