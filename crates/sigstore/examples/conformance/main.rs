//! A client for the suite `sigstore-conformance`: verifies one bundle by the interface that it calls clients by
//! (its `docs/cli_protocol.md`). It signs nothing and fetches no trusted root: without
//! `--trusted-root` it judges by that of the public instance as the tests have it.
//!
//! ```sh
//! conformance verify-bundle --bundle FILE (--certificate-identity ID --certificate-oidc-issuer URL | --key PEM) \
//!   [--staging] [--trusted-root FILE] FILE_OR_sha256:DIGEST
//! ```

#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program reads its arguments and says what came of them"
)]

mod client;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (outcome, said) = client::run(&arguments);
    eprintln!("{said}");
    ExitCode::from(outcome as u8)
}
