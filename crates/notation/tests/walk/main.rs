//! The walk through the validations, with certificates, stamps and answers that are made here.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic"
)]

mod bounds;
mod given;
mod identities;
mod keys;
mod made;
mod newest;
mod revocation;
mod timestamps;
