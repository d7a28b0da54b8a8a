#![doc = include_str!("../README.md")]

mod algorithm;
mod certificate;
mod chain;
mod ecdsa;
mod error;
mod key;
mod spki;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm};
pub use certificate::{Certificate, CertificateError};
pub use chain::{ChainError, Purpose, VerifiedChain, verify_chain};
pub use error::{KeyError, VerifyError};
pub use key::PublicKey;
