//! What holds for every history of a publisher and every server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at what does not hold"
)]

#[path = "../support/mod.rs"]
mod support;

mod bits;
mod canonical;
mod history;
mod server;
mod updates;
