//! What documents cost whose parts could multiply each other. Steps and bytes are counted, and no time is measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it cannot read"
)]

mod made;
mod reading;
mod rules;
