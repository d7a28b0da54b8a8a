//! Certification paths (RFC 5280, section 6): whether one leads to an authority, and the proof that it does.

mod error;
mod ordered;
mod ordered_error;
mod path;
mod profile;
mod purpose;
mod verified;

pub use error::ChainError;
pub use ordered::{OrderedChain, verify_ordered};
pub use ordered_error::{ChainPosition, NotValidAt, OrderedChainError, OrderedRule};
pub use path::verify_chain;
pub use profile::Profile;
pub use purpose::Purpose;
pub use verified::VerifiedChain;

#[cfg(test)]
mod tests;
