//! What rules make of documents, and what must not get past them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it cannot read"
)]

mod hidden;
mod licences;
mod made;
mod packages;
mod places;
mod scans;
mod statements;
mod words;
