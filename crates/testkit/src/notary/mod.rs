//! Notary v1 (Docker Content Trust): collections as a publisher signs them, and a server that hands them out.

mod attack;
mod authority;
mod builder;
mod canonical;
mod certificate;
mod collection;
mod delegation;
mod flaw;
mod forgery;
mod key;
#[cfg(test)]
mod key_tests;
mod pem;
mod pointer;
mod publication;
mod publish;
mod role;
mod secret;
#[cfg(feature = "servers")]
mod serve;
#[cfg(feature = "servers")]
mod server;
#[cfg(feature = "servers")]
#[cfg(test)]
mod server_tests;
mod subject;
mod tampering;
mod target;
#[cfg(test)]
mod tests;

pub use attack::NotaryAttack;
pub use authority::RootAuthority;
pub use builder::CollectionBuilder;
pub use canonical::canonical_json;
pub use certificate::{ExtendedUsage, RootCertificate};
pub use collection::Collection;
pub use delegation::Delegation;
pub use flaw::RootCertificateFlaw;
pub use key::NotaryKey;
#[cfg(feature = "pki")]
pub(crate) use pem::pem;
pub use publication::Publication;
pub use secret::SignatureMethod;
#[cfg(feature = "pki")]
pub(crate) use secret::{Secret, p521_signature};
#[cfg(feature = "servers")]
pub use server::{NotaryServer, NotaryServerBuilder};
pub use tampering::Tampering;
pub use target::Target;

/// One day in seconds.
const DAY: i64 = 24 * 60 * 60;
/// One year of 365 days in seconds, as publishers' clients count it.
const YEAR: i64 = 365 * DAY;
