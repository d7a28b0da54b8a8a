//! Verifies one signature from files, without a runtime and without a network:
//!
//! ```text
//! cargo run --example verify_bytes -- KEY MANIFEST SIGNATURE IMAGE TIME
//! ```
//!
//! With no arguments it verifies a case of the test vectors.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the example reads files and prints; the library does neither"
)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use doorward_core::{Budget, Digest, Meter, Timestamp, Witness};
use doorward_simple_signing::{
    Keyring, Requirement, SignatureBlob, SignedIdentity, Subject, evaluate,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/");
    let [key, manifest, signature, image, time] = match arguments.as_slice() {
        [] => [
            format!("{vectors}keys/rsa2048.asc"),
            format!("{vectors}images/oci.manifest.json"),
            format!("{vectors}signatures/ok-rsa2048.sig"),
            "registry.example.com/ns/app:1.0".to_owned(),
            "2026-11-21T00:00:00Z".to_owned(),
        ],
        [key, manifest, signature, image, time] => {
            [key, manifest, signature, image, time].map(Clone::clone)
        }
        _ => return Err("expected KEY MANIFEST SIGNATURE IMAGE TIME, or nothing".into()),
    };
    let read =
        |path: &str| std::fs::read(Path::new(path)).map_err(|error| format!("{path}: {error}"));

    let keyring = Keyring::parse([read(&key)?.as_slice()])?;
    let subject = Subject::new(image.parse()?, Digest::sha256(&read(&manifest)?));
    let blob = SignatureBlob::from_lookaside(&read(&signature)?, signature)?;
    let requirement = Requirement::SignedBy {
        keyring: Arc::new(keyring),
        identity: SignedIdentity::default(),
    };
    let now: Timestamp = time.parse()?;

    let accepted = evaluate(
        &[requirement],
        &subject,
        &[blob],
        now,
        &mut Meter::new(Budget::default()),
    )?;
    for evidence in accepted.evidence() {
        println!(
            "{} is {} says {} ({})",
            accepted.digest(),
            evidence.identity.unwrap_or_default(),
            evidence.signer.unwrap_or_default(),
            evidence.key.unwrap_or_default()
        );
    }
    Ok(())
}
