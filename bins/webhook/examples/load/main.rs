//! Measures the webhook as a program: CPU time per review by the kernel's account of its process, latency, memory.
//!
//! ```sh
//! cargo run --release -p doorward-webhook --example load -- --reviews 10000
//! ```
//!
//! The webhook runs as a process of its own and is asked over TLS. Registry and signature store are the test kit's,
//! in this process. Figures depend on the machine; nothing is asserted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod drive;
mod program;
mod reviews;
mod site;

use std::time::Duration;

use clap::Parser;
use drive::{Figures, drive};
use program::Program;
use reviews::{digest_of, pod};
use site::Site;

/// Measures the webhook.
#[derive(Parser)]
struct Options {
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
}

fn main() {
    // The same executable is the program under test: `load serve ARGUMENTS`.
    let mut arguments = std::env::args();
    if arguments.nth(1).as_deref() == Some("serve") {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
        let arguments = std::iter::once("doorward-webhook".to_owned()).chain(arguments);
        let code = doorward_webhook::run(&doorward_webhook::Args::parse_from(arguments));
        assert_eq!(code, std::process::ExitCode::SUCCESS);
        return;
    }
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let options = Options::parse();
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(measure(&options));
}

async fn measure(options: &Options) {
    let site = Site::start().await;
    let tagged = site.signed("app");
    let unsigned = site.unsigned("bad");
    let three: Vec<String> = ["one", "two", "three"]
        .map(|name| site.signed(name))
        .to_vec();
    let remembering = Program::start(&site, &["--proof-lifetime", "1h", "--log", &options.log]);
    let forgetting = Program::start(&site, &["--proof-lifetime", "0s", "--log", &options.log]);
    let records = site.path("records").display().to_string();
    let recording = |share: &str| {
        let more = ["--proof-lifetime", "0s", "--log", &options.log];
        let records = format!("{records}-{share}");
        let recording = ["--record-dir", &records, "--record-admissions", share];
        Program::start(&site, &[&more[..], &recording[..]].concat())
    };
    let (refusals_recorded, all_recorded) = (recording("0"), recording("1"));
    let digested = format!(
        "{}@{}",
        tagged.rsplit_once(':').unwrap().0,
        digest_of(&site, "app")
    );

    println!("{}", Figures::HEADER);
    let row = async |name: &str,
                     program: &Program,
                     images: &[&str],
                     connections: usize,
                     reviews: usize,
                     allowed| {
        let body = pod(images);
        // Connections, tokens and parsed keys are there after the first reviews.
        drive(
            &site,
            program,
            &body,
            connections,
            10.max(reviews / 50),
            options.h2,
            allowed,
        )
        .await;
        let figures = drive(
            &site,
            program,
            &body,
            connections,
            reviews,
            options.h2,
            allowed,
        )
        .await;
        println!("{}", figures.row(name, connections));
        figures
    };
    let (n, c) = (options.reviews, options.connections);
    for connections in [1, c] {
        row(
            "allow, nothing demanded",
            &remembering,
            &["free.example/app:1"],
            connections,
            n,
            true,
        )
        .await;
        row(
            "verified (RSA-3072)",
            &forgetting,
            &[&tagged],
            connections,
            n,
            true,
        )
        .await;
        row(
            "verified, refusals kept",
            &refusals_recorded,
            &[&tagged],
            connections,
            n,
            true,
        )
        .await;
        row(
            "verified and recorded",
            &all_recorded,
            &[&tagged],
            connections,
            n,
            true,
        )
        .await;
        row(
            "remembered, tag",
            &remembering,
            &[&tagged],
            connections,
            n,
            true,
        )
        .await;
        row(
            "remembered, digest",
            &remembering,
            &[&digested],
            connections,
            n,
            true,
        )
        .await;
        row(
            "denied, unsigned",
            &remembering,
            &[&unsigned],
            connections,
            n,
            false,
        )
        .await;
    }
    site.set_latency(Duration::from_millis(5));
    let few = (n / 50).max(20);
    let one = row(
        "5 ms away, one image",
        &forgetting,
        &[&three[0]],
        1,
        few,
        true,
    )
    .await;
    let all: Vec<&str> = three.iter().map(String::as_str).collect();
    let all = row("5 ms away, three images", &forgetting, &all, 1, few, true).await;
    println!(
        "\nthree images cost {:.2} times one image (median)",
        all.median() / one.median()
    );
}
