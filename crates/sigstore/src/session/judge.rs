//! Whether something that was found counts.

use bytes::Bytes;
use doorward_core::{CheckedAnswer, Code, Descriptor, Meter, Rejection, Scheme};

use super::SigstoreSession;
use crate::discovery::{Form, Located};
use crate::furthest::Furthest;
use crate::verify::{Asked, Whether};
use crate::{Accepted, Candidate, verify};

impl SigstoreSession {
    pub(super) fn judge(
        &self,
        located: &Located,
        answer: CheckedAnswer,
        meter: &mut Meter,
    ) -> Result<Accepted, Rejection> {
        let found = match answer {
            Ok(found) => found.into_fetched(),
            Err(error) => return Err(self.lost(&self.blob(located)?.resource, &error)),
        };
        let candidate = match candidate(located, found.bytes.clone()) {
            Ok(candidate) => candidate.found_at(found.source),
            // Which signature is the last is not known where somebody who is trusted made one that cannot be read.
            Err(reason) if self.input.wants_latest => {
                return Err(self.unread(&located.bare(&found.bytes), reason, meter));
            }
            Err(reason) => return Err(reason),
        };
        self.judge_candidate(&candidate, meter)
    }

    /// The refusal of what cannot be read for this reason, and has this in it.
    pub(super) fn unread(
        &self,
        bare: &[Candidate],
        reason: Rejection,
        meter: &mut Meter,
    ) -> Rejection {
        let asked = Asked {
            digest: self.input.pinned.digest(),
            authorities: &self.input.authorities,
            whether: Whether::Signed,
        };
        asked.unread(bare, reason.clone(), reason, meter)
    }

    /// Holds something that was found against the authorities.
    pub(super) fn judge_candidate(
        &self,
        candidate: &Candidate,
        meter: &mut Meter,
    ) -> Result<Accepted, Rejection> {
        let digest = self.input.pinned.digest();
        let mut furthest = Furthest::default();
        for authority in self.input.authorities.iter() {
            match verify(candidate, digest, authority, self.input.now, meter) {
                Ok(accepted) => return Ok(accepted),
                Err(rejection) if rejection.code() == Code::BUDGET_EXCEEDED => {
                    return Err(rejection);
                }
                Err(rejection) => furthest.keep(rejection),
            }
        }
        Err(furthest.told())
    }

    /// Keeps why something does not count.
    pub(super) fn keep(&mut self, rejection: Rejection, located: &Located) {
        let source = Self::source_of(located.form.as_str(), &located.blob.digest);
        let rejection = rejection.in_scheme(Scheme::SIGSTORE).with_fact(source);
        self.refusals.push(rejection);
    }
}

/// What a blob is, read.
pub(crate) fn candidate(located: &Located, bytes: Bytes) -> Result<Candidate, Rejection> {
    let Descriptor { annotations, .. } = &located.blob;
    Ok(match located.form {
        Form::Attestation => Candidate::attestation(bytes, annotations)?,
        Form::Bundle => Candidate::bundle(bytes)?,
        Form::Layer => Candidate::layer(bytes, annotations)?,
    })
}
