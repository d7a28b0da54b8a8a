//! Sigstore signatures through the engine, found in a registry of the test kit in every form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "sigstore/attestation_places.rs"]
mod attestation_places;
#[path = "sigstore/attestations.rs"]
mod attestations;
#[path = "sigstore/authorities.rs"]
mod authorities;
#[path = "sigstore/cases.rs"]
mod cases;
#[path = "sigstore/documents.rs"]
mod documents;
#[path = "sigstore/forms.rs"]
mod forms;
#[path = "sigstore/given.rs"]
mod given;
#[path = "sigstore/given_statements.rs"]
mod given_statements;
#[path = "sigstore/hostile.rs"]
mod hostile;
#[path = "sigstore/identities.rs"]
mod identities;
#[path = "sigstore/kept_in.rs"]
mod kept_in;
#[path = "sigstore/key_sources.rs"]
mod key_sources;
#[path = "sigstore/materials.rs"]
mod materials;
#[path = "sigstore/multi_arch.rs"]
mod multi_arch;
#[path = "sigstore/offline.rs"]
mod offline;
#[path = "sigstore/origins.rs"]
mod origins;
#[path = "sigstore/reports.rs"]
mod reports;
#[path = "sigstore/site.rs"]
mod site;
#[path = "sigstore/stamps.rs"]
mod stamps;
#[path = "sigstore/stated.rs"]
mod stated;
#[path = "sigstore/trips.rs"]
mod trips;
#[path = "sigstore/trust_roots.rs"]
mod trust_roots;
#[path = "sigstore/trust_roots_lost.rs"]
mod trust_roots_lost;
