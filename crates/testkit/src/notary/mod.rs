//! Notary v1 (Docker Content Trust): collections as a publisher signs them, and a server that hands them out.

mod builder;
mod canonical;
mod certificate;
mod collection;
mod delegation;
mod flaw;
mod key;
mod pem;
mod publication;
mod publish;
mod role;
mod secret;
mod serve;
mod server;
mod tampering;
mod target;

pub use builder::CollectionBuilder;
pub use canonical::canonical_json;
pub use certificate::{ExtendedUsage, RootAuthority, RootCertificate};
pub use collection::Collection;
pub use delegation::Delegation;
pub use flaw::RootCertificateFlaw;
pub use key::NotaryKey;
pub use publication::Publication;
pub use secret::SignatureMethod;
pub use server::{NotaryServer, NotaryServerBuilder};
pub use tampering::Tampering;
pub use target::Target;

/// One day in seconds.
const DAY: i64 = 24 * 60 * 60;
/// One year of 365 days in seconds, as publishers' clients count it.
const YEAR: i64 = 365 * DAY;
