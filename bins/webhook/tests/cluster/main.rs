//! A real Kubernetes API server asks the webhook: the built program, behind the configuration that the guide gives.
//!
//! The API server is started once for all tests here, with its controller manager; each test has a namespace, a webhook, a
//! registry and a configuration of its own. Skipped, by name, where a program is missing that this needs
//! (`scripts/install-tools`, `scripts/build-kube-apiserver`); with `DOORWARD_REQUIRE_TOOLS=1` that is a failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test stops at what it cannot do"
)]

mod accounts;
mod armed;
mod audits;
mod break_glass;
mod checks;
mod concurrent;
mod configuration;
mod controllers;
mod custom_resources;
mod door;
mod exceptions;
mod injection;
mod installed;
mod kinds;
mod memory;
mod migration;
mod mirrors;
mod objects;
mod outages;
mod owners;
mod pod_pins;
mod policy_set;
mod program;
mod readiness;
mod replicas;
mod reports;
mod requests;
mod rescan;
mod rights;
mod schemas;
mod server;
mod shared_trust;
mod shares;
mod subresources;
#[path = "../support/mod.rs"]
mod support;
mod updates;
mod upstream;
mod warm_up;
mod watched;
mod words;
