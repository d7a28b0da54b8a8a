#![doc = include_str!("../README.md")]

mod accepted;
mod authority;
mod candidate;
mod claims;
pub mod codes;
mod ed25519ph;
mod engine;
mod hex;
mod key;
mod leaf;
mod limits;
mod member;
mod prehashed;
mod subject;
mod trusted_root;
mod verify;

pub use accepted::{Accepted, Attested};
pub use authority::{
    Authority, AuthorityError, CertificateDemand, CertificateIdentity, Demands, KeylessDemand,
    LogDemand, TimestampDemand,
};
pub use candidate::{Candidate, CandidateError, CandidateForm};
pub use claims::WorkflowClaims;
pub use key::VerificationKey;
pub use subject::{PatternError, Subject};
pub use trusted_root::{TrustedRoot, TrustedRootError};
pub use verify::{COSIGN_SIGNATURE, attested, verify};
