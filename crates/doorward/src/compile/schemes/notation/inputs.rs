//! What a session of Notary Project signatures is opened with.

use std::sync::Arc;

use doorward_core::{Descriptor, Fingerprint, Pinned, Session, Timestamp};
use doorward_notation::{
    NotationSession, SessionInput, Statement, TrustStores, VerifiedSignatures,
};

use crate::inputs::{Inputs, NotRemembered};

/// What a session is opened with, all but the time.
#[derive(Clone, Debug)]
pub(super) struct NotationInputs {
    pub(super) pinned: Pinned,
    pub(super) manifest: Option<Descriptor>,
    pub(super) statement: Arc<Statement>,
    pub(super) stores: Arc<TrustStores>,
    pub(super) verified: Option<Arc<VerifiedSignatures>>,
    pub(super) wants_latest: bool,
}

impl Inputs for NotationInputs {
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self {
            pinned,
            // The digest says what the manifest is, and the session reads it if it is not given.
            manifest: _,
            statement,
            stores,
            // It decides nothing.
            verified: _,
            wants_latest,
        } = self;
        out.text(pinned.repository().to_string())
            .text(pinned.digest().as_str());
        statement.encode(out);
        stores.encode(out);
        out.number(usize::from(*wants_latest));
        Ok(())
    }

    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session> {
        let Self {
            pinned,
            manifest,
            statement,
            stores,
            verified,
            wants_latest,
        } = *self;
        let input = SessionInput::new(pinned, statement, stores, now)
            .described(manifest)
            .sharing(verified)
            .latest(wants_latest);
        Box::new(NotationSession::new(input))
    }
}
