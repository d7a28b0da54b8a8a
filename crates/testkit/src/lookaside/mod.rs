//! Signature stores beside a registry.

mod directory;
mod server;
#[cfg(test)]
mod tests;

use doorward_core::Digest;

pub use directory::LookasideDirectory;
pub(crate) use server::basic;
pub use server::{Lookaside, LookasideBuilder};

/// The path of a signature in a store: `<repository>@<algorithm>=<hex>/signature-<number>`.
fn signature_path(repository: &str, digest: &Digest, number: usize) -> String {
    format!(
        "{repository}@{}={}/signature-{number}",
        digest.algorithm(),
        digest.hex()
    )
}
