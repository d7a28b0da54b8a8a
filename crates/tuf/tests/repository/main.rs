//! Loads from repositories in memory, on a server and in a folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod memory;
mod metadata;
mod roots;
mod served;
mod support;
mod targets;
