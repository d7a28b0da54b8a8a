//! The programs of the Notary Project: `notation` signs, `oras` attaches, openssl is every authority, and `notation` and
//! `doorward` judge the same images by the same trust.
//!
//! `notation` and `oras` are in no stable release of Debian yet, so these tests say so and pass where one is missing,
//! whatever is required.

mod attached;
mod lists;
mod oras;
mod responders;
mod revocable;
mod signatures;
mod site;
mod stamps;
