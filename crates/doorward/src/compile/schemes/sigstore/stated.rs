//! What a session about a statement is opened with.

use std::sync::Arc;

use doorward_core::{Fingerprint, Pinned, Session, SignatureRepository, Timestamp};
use doorward_sigstore::{Authority, StatementInput, StatementSession};

use crate::envelope::Envelope;
use crate::inputs::{Inputs, NotRemembered};

/// What a session about a statement is opened with, all but the time.
#[derive(Clone, Debug)]
pub(super) struct StatedInputs {
    pub(super) pinned: Pinned,
    pub(super) envelope: Envelope,
    /// Whether it is in a registry, or was given for these authorities.
    pub(super) is_ours: bool,
    pub(super) kept_in: Option<SignatureRepository>,
    pub(super) authorities: Arc<[Authority]>,
}

impl Inputs for StatedInputs {
    /// Statements are large, and which is the newest is asked again each time.
    fn encode(&self, _: &mut Fingerprint) -> Result<(), NotRemembered> {
        Err(NotRemembered)
    }

    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session> {
        let Self {
            pinned,
            envelope,
            is_ours,
            kept_in,
            authorities,
        } = *self;
        let Envelope {
            repository,
            blob,
            predicate_types,
            given,
        } = envelope;
        let mut input = StatementInput::new(pinned, blob, predicate_types, authorities, now)
            .held_in(repository)
            .kept_in(kept_in);
        if let Some(given) = given {
            input = input.given(given.name.clone(), is_ours.then(|| given.bytes.clone()));
        }
        Box::new(StatementSession::new(input))
    }
}
