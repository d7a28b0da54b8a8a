//! Signed collections of Notary v1, outside of decisions: servers named by hand, and roots looked at.

mod root;
mod server;

pub(crate) use root::Root;
pub(crate) use server::{MAX_ROOT, ServerArgs, ask_root, named};
