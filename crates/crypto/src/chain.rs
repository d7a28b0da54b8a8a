//! Certification paths (RFC 5280, section 6): whether one leads to an authority, and the proof that it does.

mod error;
mod path;
mod purpose;
mod verified;

pub use error::ChainError;
pub use path::verify_chain;
pub use purpose::Purpose;
pub use verified::VerifiedChain;

#[cfg(test)]
mod tests;
