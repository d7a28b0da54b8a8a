//! The Online Certificate Status Protocol (RFC 6960).

mod check;
mod error;
mod identifier;
mod request;
mod responder;
mod response;

pub(super) use check::revoked_for_good;
pub use check::{OcspMade, OcspResponse, OcspStatus, UnconfirmedOcsp, check_ocsp};
pub use error::OcspError;
pub use request::OcspRequest;
