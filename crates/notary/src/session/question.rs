//! What is asked of the trusted files.

use super::halt::Halt;
use crate::limits::DELEGATIONS;
use crate::lookup::{lookup, needed};
use crate::{Error, Released, RoleName, Signer, TrustedSet, Wanted};

/// What a tag or digest is released as, and who must have signed it.
#[derive(Debug)]
pub(super) struct Question {
    wanted: Wanted,
    signers: Vec<Signer>,
    /// Whether all delegations are read, and those that could not be.
    survey: Option<Vec<(RoleName, Error)>>,
}

impl Question {
    pub(super) const fn new(wanted: Wanted, signers: Vec<Signer>) -> Self {
        Self {
            wanted,
            signers,
            survey: None,
        }
    }

    /// Asks for every delegation besides.
    pub(super) fn survey(&mut self) {
        self.survey = Some(Vec::new());
    }

    /// Delegations that a survey could not verify, and why.
    pub(super) fn unverified(&self) -> &[(RoleName, Error)] {
        self.survey.as_deref().unwrap_or_default()
    }

    /// The roles to take next.
    pub(super) fn roles(&self, set: &TrustedSet) -> Result<Vec<RoleName>, Error> {
        let Some(passed) = &self.survey else {
            return needed(set, &self.wanted, &self.signers);
        };
        if set.role(&RoleName::Targets).is_none() {
            return Ok(vec![RoleName::Targets]);
        }
        let taken: Vec<_> = set
            .statuses()
            .into_iter()
            .map(|status| status.role)
            .collect();
        let left = DELEGATIONS.saturating_sub(taken.len() + passed.len());
        let next = taken.iter().flat_map(|role| set.delegations(role));
        Ok(next
            .filter(|role| !taken.contains(role) && !passed.iter().any(|(known, _)| known == role))
            .take(left)
            .collect())
    }

    /// In a survey, notes that a delegation cannot be verified; else that is the end.
    pub(super) fn pass_over(&mut self, role: RoleName, error: Error) -> Result<(), Halt> {
        match &mut self.survey {
            Some(passed) if role != RoleName::Targets => {
                passed.push((role, error));
                Ok(())
            }
            _ => Err(error.into()),
        }
    }

    /// The answer, once every role that is needed was taken.
    pub(super) fn answer(&self, set: &TrustedSet) -> Result<Released, Error> {
        lookup(set, &self.wanted, &self.signers)
    }
}
