//! The `doorward-webhook` program.

use std::process::ExitCode;

use clap::Parser;
use doorward_webhook::{Args, run};

fn main() -> ExitCode {
    // reqwest and hyper find this provider; everything of our own is given it explicitly.
    let installed = rustls::crypto::ring::default_provider().install_default();
    debug_assert!(installed.is_ok(), "nothing else installs a provider");
    run(&Args::parse())
}
