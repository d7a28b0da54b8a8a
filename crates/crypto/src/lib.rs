#![doc = include_str!("../README.md")]

mod algorithm;
mod error;
mod key;
mod spki;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm};
pub use error::{KeyError, VerifyError};
pub use key::PublicKey;
