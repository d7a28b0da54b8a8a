//! Loads from repositories in memory, on a server and in a folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod delegations;
mod memory;
mod metadata;
mod process;
mod roots;
mod second_judge;
mod served;
mod shared;
mod shipped;
mod support;
mod targets;
