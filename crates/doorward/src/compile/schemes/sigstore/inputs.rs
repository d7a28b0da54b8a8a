//! What a session of sigstore signatures is opened with.

use std::sync::Arc;

use doorward_core::{Descriptor, Fingerprint, Pinned, Session, SignatureRepository, Timestamp};
use doorward_sigstore::{Authority, GivenBundles, MultiArch, MultiArchSession, SessionInput};

use crate::inputs::{Inputs, NotRemembered};

/// What a session is opened with, all but the time.
#[derive(Clone, Debug)]
pub(super) struct SigstoreInputs {
    pub(super) pinned: Pinned,
    pub(super) manifest: Option<Descriptor>,
    pub(super) kept_in: Option<SignatureRepository>,
    pub(super) given: Vec<Arc<GivenBundles>>,
    pub(super) authorities: Arc<[Authority]>,
    pub(super) multi_arch: MultiArch,
    pub(super) wants_latest: bool,
}

impl Inputs for SigstoreInputs {
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self {
            pinned,
            // The digest says what the manifest is, and the session reads it if it is not given.
            manifest: _,
            kept_in,
            given,
            authorities,
            multi_arch,
            wants_latest,
        } = self;
        let repository = kept_in.as_ref().map(|one| one.repository.to_string());
        let access = kept_in.as_ref().and_then(|one| one.access.as_ref());
        out.text(pinned.repository().to_string())
            .text(pinned.digest().as_str())
            .optional(repository.as_deref())
            .optional(access.map(|one| one.id().as_str()))
            .number(given.len());
        for bundles in given {
            out.text(bundles.fingerprint().as_str());
        }
        out.number(authorities.len());
        for authority in authorities.iter() {
            authority.encode(out);
        }
        let which = match multi_arch {
            MultiArch::Index => 0,
            MultiArch::EveryChild => 1,
            MultiArch::AnyChild => 2,
            _ => return Err(NotRemembered),
        };
        out.number(which).number(usize::from(*wants_latest));
        Ok(())
    }

    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session> {
        let Self {
            pinned,
            manifest,
            kept_in,
            given,
            authorities,
            multi_arch,
            wants_latest,
        } = *self;
        let input = SessionInput::new(pinned, authorities, now)
            .described(manifest)
            .kept_in(kept_in)
            .beside(given)
            .latest(wants_latest);
        Box::new(MultiArchSession::new(input, multi_arch))
    }
}
