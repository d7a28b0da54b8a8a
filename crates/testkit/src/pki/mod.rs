//! A public-key infrastructure for signatures with X.509 certificates: chains for signing software, time stamps, OCSP
//! responses and revocation lists. Equal inputs give equal bytes, and each can be made with a flaw.

mod asn1;
mod certificate;
mod key;
mod list;
mod ocsp;
mod stamp;

pub use asn1::{asn1, dotted_oid};
#[cfg(all(feature = "servers", feature = "sigstore"))]
pub(crate) use asn1::{integer, octets, sequence, utf8};
pub use certificate::{CertificateBuilder, Certified};
pub use list::{ListBuilder, ListedCertificate};
pub use ocsp::{OcspBuilder, OcspSays};
pub use stamp::{StampBuilder, StampFlaw};
