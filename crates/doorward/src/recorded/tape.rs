//! What a decision is written to, or made from.

use doorward_core::transcript::{Recording, Replay};

/// Whether a decision is written down, or made from what was.
#[derive(Clone)]
pub(crate) enum Tape {
    Recording(Recording),
    Replay(Replay),
}
