//! The `doorward` command. Everything is in the library beside it, so that documentation can be generated from it.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two providers could be linked by feature unification; the choice is made here, in sight. An error only says
    // that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    doorward_cli::run()
}
