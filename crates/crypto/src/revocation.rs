//! Revocation: what to ask about a certificate, and what the answers mean. Asking is up to the caller.

mod fold;
mod known;
mod list;
mod ocsp;
mod reason;
mod sources;

pub use fold::{RevocationError, RevocationStatus, fold_given, fold_revocation};
pub use known::known_revocation;
pub use list::{ListError, ListStatus, RevocationList, check_list};
pub use ocsp::{
    OcspError, OcspMade, OcspRequest, OcspResponse, OcspStatus, UnconfirmedOcsp, check_ocsp,
};
pub use reason::{Revocation, RevocationReason};
pub use sources::RevocationSources;

/// How far a clock may be behind that of an authority, in seconds. Only the beginning of an answer gets it; when it
/// ends is exact, so that an old one is not taken for longer.
const CLOCK_SKEW: i64 = 300;
