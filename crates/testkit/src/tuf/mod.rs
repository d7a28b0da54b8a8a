//! Repositories of The Update Framework, made on the spot: signed with ring, and written without a library of the kind
//! that reads them.

mod release;
mod role;

pub use release::{Delegation, FAR, PAST, Release, target};
pub use role::{Key, root, root_with, sign};
