#![doc = include_str!("../README.md")]

mod accepted;
mod authority;
mod candidate;
mod claims;
pub mod codes;
mod discovery;
mod ed25519ph;
mod engine;
mod furthest;
mod given;
mod held;
mod hex;
mod kept;
mod key;
mod leaf;
mod limits;
mod member;
mod multi_arch;
mod session;
mod statement;
mod subject;
mod survey;
mod trusted_root;
mod verify;

pub use accepted::{Accepted, Attested, SignedBytes};
pub use authority::{
    Authority, AuthorityError, CertificateDemand, CertificateIdentity, Demands, KeylessDemand,
    LogDemand, TimestampDemand,
};
pub use candidate::{Candidate, CandidateError, CandidateForm};
pub use claims::WorkflowClaims;
pub use given::{GivenBundles, GivenBundlesError, GivenStatement};
pub use held::{HeldCertificates, HeldError};
pub use key::VerificationKey;
pub use multi_arch::{MultiArch, MultiArchSession};
pub use session::{SessionInput, SigstoreSession};
pub use statement::{GivenBlob, StatementInput, StatementSession};
pub use subject::{PatternError, Subject};
pub use survey::{SigstoreSurvey, SurveyInput};
pub use trusted_root::{TrustedRoot, TrustedRootError};
pub use verify::{COSIGN_SIGNATURE, attested, signed_bytes, verify};
