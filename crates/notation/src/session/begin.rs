//! How a session begins with one envelope.

use doorward_core::{CheckedAnswer, Descriptor, Meter, Rejection};
use doorward_crypto::SignatureChecks;

use super::state::{Held, Refused};
use super::{NotationSession, SessionInput};
use crate::discovery::Located;
use crate::{Artifact, Envelope, Walk};

impl NotationSession {
    /// Makes all validations of one envelope that need no authority.
    pub(super) fn begin(
        &mut self,
        subject: &Descriptor,
        located: &Located,
        answer: CheckedAnswer,
        meter: &mut Meter,
    ) -> Result<Held, Refused> {
        let resource = self.envelope(located).resource;
        let found = answer.map_err(|error| self.lost(resource, &error))?;
        let envelope = Envelope::parse(located.envelope.media_type.as_str(), &found.bytes)
            .map_err(Rejection::from)?;
        let trusted = self.is_worth_verifying(&envelope, subject)?;
        let mut checks = SignatureChecks::new(meter, &mut self.known);
        let signed = envelope.verify(trusted, &mut checks)?;
        let SessionInput {
            statement,
            stores,
            now,
            ..
        } = &self.input;
        let artifact = Artifact::Manifest(subject);
        let made = Some(signed.signing_time().latest());
        let walk = Walk::begin(signed, &artifact, statement, stores, *now, &mut checks).map_err(
            |rejection| Refused {
                rejection: Box::new(rejection),
                made,
            },
        )?;
        Ok(Held {
            walk,
            source: found.into_fetched().source,
            manifest: located.manifest.clone(),
        })
    }
}
