//! Measures the webhook as a program: CPU time per review by the kernel's account of its process, latency, memory.
//!
//! ```sh
//! cargo run --release -p doorward-webhook --example load -- --reviews 10000
//! cargo run --release -p doorward-webhook --example load -- --scenario neighbours --scenario cold
//! ```
//!
//! The webhook runs as a process of its own and is asked over TLS. Registry and signature store are the test kit's,
//! in this process. Figures depend on the machine; nothing is asserted about them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod changes;
mod cluster;
mod cold;
mod crowd;
mod digests;
mod drive;
mod flat;
mod kinds;
mod neighbours;
mod program;
mod reviews;
mod site;

use clap::{Parser, ValueEnum};

/// Measures the webhook.
#[derive(Parser)]
struct Options {
    /// What to measure; may be repeated. Without it: reviews of each kind
    #[arg(long, value_enum)]
    scenario: Vec<Scenario>,
    /// Reviews of each kind
    #[arg(long, default_value_t = 10_000)]
    reviews: usize,
    /// Connections
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Ask over h2, as newer API servers do
    #[arg(long)]
    h2: bool,
    /// What the webhook logs
    #[arg(long, default_value = "info")]
    log: String,
    /// Different images of the scenario `digests`
    #[arg(long, default_value_t = 100_000)]
    digests: usize,
    /// Pods of the scenario `crowd`
    #[arg(long, default_value_t = 10_000)]
    pods: usize,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Reviews of each kind, beside requests that the same server answers without a review
    Kinds,
    /// The first review of each of many images, with servers 20 ms away
    Cold,
    /// Pods of ten images with five signatures each, also where the registry throttles
    Crowd,
    /// Memory while ever more different images are judged
    Digests,
    /// Descriptors, threads, tasks and memory over many reviews, as many of them refused or cut off
    Flat,
    /// Remembered images while servers of other images are silent or send clients away
    Neighbours,
    /// Pods created through a real API server, without a webhook and with it
    Cluster,
}

fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    // The same executable is the program under test: `load serve ARGUMENTS`.
    let mut arguments = std::env::args();
    if arguments.nth(1).as_deref() == Some("serve") {
        let arguments = std::iter::once("doorward-webhook".to_owned()).chain(arguments);
        let code = doorward_webhook::run(&doorward_webhook::Args::parse_from(arguments));
        assert_eq!(code, std::process::ExitCode::SUCCESS);
        return;
    }
    let mut options = Options::parse();
    if options.scenario.is_empty() {
        options.scenario.push(Scenario::Kinds);
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        for scenario in &options.scenario {
            match scenario {
                Scenario::Kinds => kinds::measure(&options).await,
                Scenario::Cold => cold::measure(&options).await,
                Scenario::Crowd => crowd::measure(&options).await,
                Scenario::Digests => digests::measure(&options).await,
                Scenario::Flat => flat::measure(&options).await,
                Scenario::Neighbours => neighbours::measure(&options).await,
                Scenario::Cluster => cluster::measure(&options).await,
            }
            println!();
        }
    });
}
