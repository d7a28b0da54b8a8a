//! Signed documents that are attached to images: what they must say, who must have signed them, and what somebody may try.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod alternatives;
mod attacks;
mod attestations;
mod bounds;
mod doubt;
#[path = "../support/namespace.rs"]
mod namespace;
mod newest;
mod properties;
mod reports;
mod revoked;
mod round_trips;
mod site;
mod texts;
mod times;
mod unread;
mod unreadable;
mod vex;
