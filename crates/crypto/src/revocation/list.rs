//! Certificate revocation lists (RFC 5280, section 5).

mod check;
mod entry;
mod error;
mod read;
mod scope;

pub(super) use check::revoked_for_good;
pub use check::{ListStatus, check_list};
pub use error::ListError;
pub use read::RevocationList;
