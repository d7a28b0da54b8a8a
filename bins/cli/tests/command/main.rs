//! The real command against a registry and a signature store in the test's own process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod common;
mod trust_common;

mod admit;
mod admit_custom;
mod advisor;
mod blob;
mod causes;
mod containers;
mod credential_providers;
mod credentials;
mod demo;
mod deploy;
#[cfg(feature = "kubernetes")]
mod doctor;
mod documents;
mod forecast;
mod generated;
mod inspect;
mod inspect_trust;
mod install;
mod install_everything;
#[cfg(unix)]
mod key_sources;
mod layout;
#[cfg(feature = "kubernetes")]
mod live;
mod notation;
#[cfg(unix)]
mod pipes;
#[cfg(all(unix, feature = "plugins"))]
mod plugins;
mod policy_lint;
mod policy_match;
mod policy_selecting;
mod proxy;
mod recorded;
mod scan;
mod scan_registry;
mod settings;
mod sigstore;
mod telling;
mod trust_import;
mod trust_pin;
mod trust_policy_faults;
mod trust_roots;
mod trust_stores;
mod verify;
mod verify_denies;
mod verify_output;
mod verify_trust;
