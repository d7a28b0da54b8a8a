//! OpenPGP keys and the messages that simple signing stores.

mod attack;
mod certificate;
mod claim;
mod key;
mod message;
mod packet;
mod signer;
#[cfg(test)]
mod tests;

pub use attack::Attack;
pub use certificate::CertificateFlaw;
pub use claim::Claim;
pub use message::{Compression, Hash, SignOptions};
pub use signer::{OpenPgpSigner, OpenPgpSignerBuilder};
