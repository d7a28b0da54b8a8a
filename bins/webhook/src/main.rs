//! The `doorward-webhook` program.

use std::process::ExitCode;

use doorward_webhook::{Invocation, disarm, run};

fn main() -> ExitCode {
    // reqwest and hyper find this provider; everything of our own is given it explicitly.
    let installed = rustls::crypto::ring::default_provider().install_default();
    debug_assert!(installed.is_ok(), "nothing else installs a provider");
    match Invocation::parse() {
        Invocation::Run(args) => run(&args),
        Invocation::Disarm(args) => disarm(&args),
    }
}
