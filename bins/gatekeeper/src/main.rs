#![doc = include_str!("../README.md")]

use std::process::ExitCode;

use doorward_webhook::{Invocation, run};

fn main() -> ExitCode {
    // reqwest and hyper find this provider; everything of our own is given it explicitly.
    let installed = rustls::crypto::ring::default_provider().install_default();
    debug_assert!(installed.is_ok(), "nothing else installs a provider");
    match Invocation::of_gatekeeper(std::env::args_os()) {
        Ok(args) => run(&args),
        Err(error) => error.exit(),
    }
}
