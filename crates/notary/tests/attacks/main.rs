//! Attacks on Notary v1, each through a whole session. A test is named after what the attacker does or wants; every one
//! asserts the code of the refusal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at what it does not expect"
)]

#[path = "../support/mod.rs"]
mod support;

mod bounds;
mod delegation;
mod forged;
mod freshness;
mod json;
mod memory;
mod mixture;
mod order;
mod pins;
mod reference;
mod returning;
mod rollback;
mod root;
mod rotation;
mod signer;
mod threshold;
