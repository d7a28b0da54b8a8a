//! Policies that demand Notary v1, through the engine, with a trust server and a registry in this process.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops at what does not hold"
)]

mod agreement;
mod memory;
mod names;
mod outages;
mod roots;
mod signers;
#[path = "../support/taped.rs"]
mod taped;
mod world;
