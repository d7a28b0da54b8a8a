//! Recorded decisions: all that a decision rested on, written down so that it can be made again.
//!
//! A [`Transcript`] says what was decided about, by which policies and keys, and what came of everything that was
//! asked. It is made by a [`Recording`], behind the check of answers, and answers as a [`Replay`] in place of the
//! network, the clock, the cluster and remembered trust.
//!
//! **It holds no credential.** A password never passes the port that is recorded but in
//! [`Resource::Lookaside`](crate::Resource::Lookaside), and [`Asked`] has no field for it; a Secret is written down
//! only if every item of it is [public by its form](SecretRecord::of); what stands in a URL beside its path is [left
//! out](Asked::of). **It proves nothing.** Its digest tells a damaged file from a whole one, not who wrote it. So a
//! replay says what would be decided, and nothing is ever admitted by it; an outage in it is evidence for a replay
//! alone.

mod answer;
mod asked;
mod bundle;
mod decision;
mod error;
mod form;
mod json_form;
mod memory;
mod names;
mod public;
mod read;
mod recorded_memory;
mod recorder;
mod replay;
mod replayed_memory;
mod secret;
mod trusted_root;

#[cfg(test)]
mod tests;

pub use asked::Asked;
pub use decision::{FetchRecord, PolicyText, Transcript};
pub use error::TranscriptError;
pub use memory::{MemoryAnswer, MemoryRecord};
pub use names::NameRecord;
pub use public::is_public;
pub use recorded_memory::RecordedMemory;
pub use recorder::{Recorder, Recording};
pub use replay::Replay;
pub use replayed_memory::ReplayedMemory;
pub use secret::{Found, SecretRecord};
