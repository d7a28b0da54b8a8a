//! Documents that are attached to an image: signed by somebody about their own digest, and evidence for the image.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "attached/bounds.rs"]
mod bounds;
#[path = "attached/outages.rs"]
mod outages;
#[path = "attached/several.rs"]
mod several;
#[path = "attached/signed.rs"]
mod signed;
mod support;
#[path = "attached/world.rs"]
mod world;
