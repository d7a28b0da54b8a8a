//! The chart: what Helm makes of it is what an API server takes and what the program understands, and what it should not
//! take it refuses.
//!
//! Each is asked of both Helms in use (`scripts/install-helm` brings them); skipped, by name, where they are not in the
//! `PATH`, which `DOORWARD_REQUIRE_TOOLS=1` makes a failure. `DOORWARD_BLESS=1` writes what is generated from the chart.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test stops at what it cannot do"
)]

#[path = "chart/compatible.rs"]
mod compatible;
#[path = "chart/generated.rs"]
mod generated;
#[path = "chart/helm.rs"]
mod helm;
#[path = "chart/image.rs"]
mod image;
#[path = "chart/monitoring.rs"]
mod monitoring;
#[path = "chart/refused.rs"]
mod refused;
#[path = "chart/rendered.rs"]
mod rendered;
#[path = "chart/rights.rs"]
mod rights;
#[path = "chart/strict.rs"]
mod strict;
#[path = "chart/values.rs"]
mod values;
