#![doc = include_str!("../README.md")]

mod admission;
mod attached;
#[cfg(feature = "notation")]
mod blob;
mod break_glass;
mod caught;
#[cfg(any(feature = "notation", feature = "sigstore", feature = "simple-signing"))]
mod clock;
mod compile;
mod context;
mod decision;
mod driver;
mod engine;
mod envelope;
mod excuse;
mod exit;
mod forecast;
mod inputs;
mod inspection;
mod judge;
#[cfg(any(feature = "notation", feature = "sigstore", feature = "simple-signing"))]
mod key_sources;
pub mod manual;
mod materials;
mod memo;
mod memory_state;
mod met;
mod note;
mod outcome;
mod plan;
mod proof_cache;
mod proofs;
mod purse;
mod recorded;
mod remember;
mod report;
mod resolution;
mod resolve;
mod review_budget;
mod rule;
mod rules;
mod secret_reach;
mod secrets;
mod standing;
mod survey;
#[cfg(feature = "trust-roots")]
mod trust_roots;
mod turns;
mod verdict;
mod vouched;

pub use attached::{Candidate, Documents};
#[cfg(feature = "notation")]
pub use blob::{Blob, BlobQuestion, BlobReport, BlobRules, BlobVerdict};
pub use break_glass::BrokenGlass;
#[cfg(any(feature = "notation", feature = "sigstore", feature = "simple-signing"))]
pub use clock::Clock;
pub use compile::{
    CompileUnit, Inspecting, NodeFuture, PolicyEntry, PolicySecret, SurveysFuture, codes,
};
pub use context::Context;
pub use decision::Decision;
pub use driver::{Driven, drive};
pub use engine::{Engine, EngineBuilder};
pub use envelope::{Envelope, GivenEnvelope};
pub use excuse::UsedException;
pub use exit::Exit;
pub use forecast::{Change, Forecast};
pub use inputs::{Inputs, NotRemembered};
pub use inspection::{Inspection, ManifestSummary};
#[cfg(any(feature = "notation", feature = "sigstore", feature = "simple-signing"))]
pub use key_sources::{KeyChange, KeyRenewal, KeySources, SecretsAndKeySources, WatchedKey};
pub use memo::Memo;
pub use memory_state::MemoryState;
pub use note::{Note, NoteKind};
pub use plan::{Attached, Demand, DocumentKind, Governed, Lookup, Node, Opening, Plan};
pub use recorded::{Recorded, RecordedPolicies, ReplayError, Replayed, Replaying};
pub use report::{Cause, ImageReport, Report, RequirementReport, Summary};
pub use review_budget::ReviewBudget;
pub use rule::Rule;
#[cfg(feature = "simple-signing")]
pub use rules::ContainersRules;
#[cfg(feature = "notation")]
pub use rules::NotationRules;
pub use rules::Rules;
pub use secret_reach::SecretReach;
pub use secrets::{
    KeySourceError, KeySourceFuture, Secret, SecretError, SecretFuture, Secrets, StaticSecrets,
    StoreLoginError,
};
pub use survey::{Places, Sighting, Survey};
#[cfg(feature = "trust-roots")]
pub use trust_roots::{NamedTrustRoot, Renewal, SecretsAndTrustRoots, TrustRootError, TrustRoots};
pub use verdict::{Cost, Requirement, RequirementOutcome, Verdict};
pub use vouched::{Vouched, VouchedContent};

pub use doorward_core as core;
#[cfg(feature = "notary")]
pub use doorward_notary as notary;
#[cfg(feature = "notation")]
pub use doorward_notation as notation;
pub use doorward_policy as policy;
pub use doorward_policy::Mode;
#[cfg(feature = "registry")]
pub use doorward_registry as registry;
#[cfg(feature = "simple-signing")]
pub use doorward_simple_signing as simple_signing;
#[cfg(feature = "trust-roots")]
pub use doorward_tuf as tuf;
