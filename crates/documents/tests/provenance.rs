//! Provenance and verification summaries, as builders and verifiers write them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "provenance/levels.rs"]
mod levels;
#[path = "provenance/made.rs"]
mod made;
#[path = "provenance/materials.rs"]
mod materials;
#[path = "provenance/patterns.rs"]
mod patterns;
#[path = "provenance/shapes.rs"]
mod shapes;
#[path = "provenance/strangers.rs"]
mod strangers;
#[path = "provenance/summaries.rs"]
mod summaries;
