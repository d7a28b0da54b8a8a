//! What an inspection shows of what refers to an image.

use bytes::Bytes;
use doorward_core::{MediaType, Rejection, Scheme, SurveySession};
use doorward_notation::{NotationSurvey, SurveyInput};

use crate::survey::{Sighting, Survey};

/// What refers to the image, whatever a policy demands.
pub(super) struct ReferrersSurvey {
    /// Only what has this type, with what is attached to that.
    pub(super) artifact_type: Option<MediaType>,
}

impl Survey for ReferrersSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn open(
        &self,
        sighting: &Sighting<'_>,
        _: Result<Option<Bytes>, Rejection>,
    ) -> Box<dyn SurveySession> {
        Box::new(NotationSurvey::new(SurveyInput {
            pinned: sighting.pinned.cloned(),
            artifact_type: self.artifact_type.clone(),
        }))
    }
}
