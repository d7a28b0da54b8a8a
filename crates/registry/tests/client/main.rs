//! The client against real servers in this process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod cooling;
mod evidence;
mod failed_sources;
mod failover;
mod faults;
mod identity;
mod kept;
mod led;
mod notary;
mod notary_identity;
mod notices;
mod outages;
mod places;
mod policy_access;
mod resources;
mod revocation;
mod scripted;
mod sharing;
mod support;
mod tls;
mod tokens;
mod vulnerability_status;
