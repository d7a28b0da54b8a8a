//! Signatures that name a plug-in, and what plug-ins say about them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "plugins/allowed.rs"]
mod allowed;
#[path = "plugins/asking.rs"]
mod asking;
#[path = "plugins/failures.rs"]
mod failures;
mod held;
#[path = "plugins/verdicts.rs"]
mod verdicts;
#[path = "plugins/world.rs"]
mod world;
