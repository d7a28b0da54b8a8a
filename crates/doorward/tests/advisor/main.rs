//! IBM Vulnerability Advisor under policies: what it is asked, what its word does, and what somebody may try. Every decision is
//! written down and made again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod asking;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../support/namespace.rs"]
mod namespace;
mod site;
mod statuses;
#[path = "../support/taped.rs"]
mod taped;
mod together;
