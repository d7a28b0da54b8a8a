//! Who signed what cannot be read.

use doorward_core::{Code, Digest, Fact, Meter, Rejection};

use super::Maker;
use crate::Authority;
use crate::candidate::{Candidate, Content};
use crate::discovery::is_signature;
use crate::furthest::Furthest;

/// What is asked about something that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The image.
    pub(crate) digest: &'a Digest,
    /// Whose word counts.
    pub(crate) authorities: &'a [Authority],
    /// What it should say.
    pub(crate) whether: Whether<'a>,
}

/// What something should say of an image.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whether<'a> {
    /// That it is signed.
    Signed,
    /// A statement of one of these types.
    Stated(&'a [String]),
}

impl Asked<'_> {
    /// The refusal of something that cannot be read further, and holds these candidates: `reason`, if somebody whom one of the
    /// authorities accepts signed one that may say what is asked, for it may be what counts. `nothing`, if none may say it. Else
    /// why nobody signed it.
    pub(crate) fn unread(
        &self,
        candidates: &[Candidate],
        reason: Rejection,
        nothing: Rejection,
        meter: &mut Meter,
    ) -> Rejection {
        let mut candidates = candidates.iter().filter(|one| self.may_be(one)).peekable();
        if candidates.peek().is_none() {
            return nothing;
        }
        let mut furthest = Furthest::default();
        for candidate in candidates {
            for authority in self.authorities {
                match Maker::of(candidate, self.digest, authority, meter) {
                    Ok(maker) => {
                        let maker = maker.fingerprint();
                        let signature = candidate.signature_by(&maker, self.digest);
                        return reason.with_fact(Fact::Signature(signature));
                    }
                    Err(refused) if refused.code() == Code::BUDGET_EXCEEDED => return refused,
                    Err(refused) => furthest.keep(refused),
                }
            }
        }
        let nobody = furthest.told();
        let why = reason.to_string();
        nobody.adding(&format!("it cannot be read either: {why}"))
    }

    /// Whether what is signed may say what is asked. What somebody who is trusted signed about another image, or as a statement of
    /// another type, is that in a wrapper that cannot be read too, and anybody can put it into one.
    fn may_be(&self, candidate: &Candidate) -> bool {
        match (&candidate.content, self.whether) {
            (Content::Claim { .. }, Whether::Signed) => candidate.unverified_is_for(self.digest),
            (Content::Claim { .. }, Whether::Stated(_)) | (Content::Bytes { .. }, _) => false,
            (Content::Statement(envelope), whether) => match &envelope.statement {
                Ok(statement) => {
                    let named = &statement.predicate_type;
                    let is_of_type = match whether {
                        Whether::Signed => is_signature(named),
                        Whether::Stated(types) => types.contains(named),
                    };
                    is_of_type && statement.subjects.iter().any(|one| one.is(self.digest))
                }
                // Nobody knows what it says.
                Err(_) => envelope.holds_statement(),
            },
        }
    }
}
