#![doc = include_str!("../README.md")]

mod admin;
mod app;
mod args;
mod audit;
mod caller;
mod connection;
mod fair;
mod fetcher;
mod intake;
mod listen;
mod log;
mod metrics;
mod open_files;
mod policy_files;
mod reload;
mod review;
mod run;
mod settings;
mod signals;
mod snapshot;
mod tls;
mod trust_ends;
mod watch;
mod webhook;

pub use admin::{Readiness, admin};
pub use app::{Limits, app};
pub use args::{Args, LogFormat};
pub use metrics::Metrics;
pub use policy_files::{Content, PolicyFiles};
pub use run::{Running, now, run};
pub use settings::{Listed, Sources, TlsPaths};
pub use snapshot::{Snapshot, SnapshotBuilder};
pub use tls::{Tls, TlsFiles};
pub use watch::Stamp;
pub use webhook::{Clock, Webhook};
