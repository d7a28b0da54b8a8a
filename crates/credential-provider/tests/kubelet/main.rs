//! Credential providers that are small shell scripts, good ones and bad ones.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod calls;
mod failures;
mod keeping;
mod opening;
mod registry;
mod site;
