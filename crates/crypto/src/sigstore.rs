//! What the libraries of sigstore calculate with: this one, on account of the decision that they work for.

pub mod prehashed;
mod provider;

pub use provider::{Account, install};
