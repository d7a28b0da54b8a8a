//! What an inspection shows of sigstore signatures.

use bytes::Bytes;
use doorward_core::{Rejection, Scheme, SignatureRepository, SurveySession};
use doorward_sigstore::{SigstoreSurvey, SurveyInput};

use crate::survey::{Sighting, Survey};

/// The signatures and attestations in one repository, whatever a policy demands.
pub(super) struct SignaturesSurvey {
    /// The repository, if it is not the one of the image.
    pub(super) repository: Option<SignatureRepository>,
}

impl Survey for SignaturesSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn open(
        &self,
        sighting: &Sighting<'_>,
        _: Result<Option<Bytes>, Rejection>,
    ) -> Box<dyn SurveySession> {
        Box::new(SigstoreSurvey::new(SurveyInput {
            pinned: sighting.pinned.cloned(),
            repository: self.repository.clone(),
        }))
    }
}
