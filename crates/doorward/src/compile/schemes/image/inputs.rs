//! What a session about an image's own words is opened with.

use std::sync::Arc;

use doorward_core::{Fingerprint, Pinned, Session, Timestamp};

use super::rules::Rules;
use super::session::ImageSession;
use crate::inputs::{Inputs, NotRemembered};

/// What a session is opened with, all but the time.
#[derive(Clone, Debug)]
pub(super) struct ImageInputs {
    pub(super) pinned: Pinned,
    pub(super) rules: Arc<Rules>,
}

impl Inputs for ImageInputs {
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self { pinned, rules } = self;
        out.text(pinned.repository().to_string())
            .text(pinned.digest().as_str());
        rules.encode(out);
        Ok(())
    }

    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session> {
        let Self { pinned, rules } = *self;
        Box::new(ImageSession::new(pinned, rules, now))
    }
}
