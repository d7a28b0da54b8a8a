//! What the readers refuse, and what a hostile document must not make of itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it cannot read"
)]

mod findings;
mod formats;
mod made;
mod parts;
mod severities;
