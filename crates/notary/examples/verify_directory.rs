//! Verifies what a tag is released as, from a directory that is laid out as a trust server's URLs below `_trust/tuf/`.
//!
//!     cargo run -p doorward-notary --example verify_directory -- \
//!         crates/notary/tests/live/01-basic/step1 registry.example.com/demo/basic 1.0 2026-11-21T04:00:00Z

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the directory is read here, not in the library, and a person reads the outcome"
)]

use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::{Answer, Budget, Fetch, FetchError, Fetched, Meter, Resource, Run, Timestamp};
use doorward_notary::{NotarySession, Pins, SessionInput, Wanted};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (directory, gun, tag, now) = match arguments.as_slice() {
        [directory, gun, tag] => (directory, gun, tag, clock()?),
        [directory, gun, tag, now] => (directory, gun, tag, now.parse()?),
        _ => {
            return Err(
                "give a directory, a repository, a tag, and a time if it is not now".into(),
            );
        }
    };
    let session = NotarySession::new(SessionInput {
        gun: gun.parse()?,
        servers: vec!["https://trust.example".to_owned()],
        wanted: Wanted::Tag(tag.clone()),
        signers: Vec::new(),
        // The maker of the directory is believed. A policy names keys instead, and keeps what it saw.
        pins: Pins::FirstUse,
        max_staleness: 0,
        remembered: None,
        now,
    });
    // Every answer is checked and counted by the run, wherever it comes from.
    let mut run = Run::new(session);
    let mut meter = Meter::new(Budget::default());
    match run.to_end(&mut meter, |fetch| read(Path::new(directory), fetch)) {
        Ok(proof) => {
            println!("{gun}:{tag} is released as {}", proof.digest());
            Ok(ExitCode::SUCCESS)
        }
        Err(rejection) => {
            eprintln!("{gun}:{tag} is refused: {rejection}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One file of the directory, or that it is not there. Names of files come from roles whose names were checked.
fn read(directory: &Path, fetch: &Fetch) -> Answer {
    let Resource::NotaryMetadata { file, .. } = &fetch.resource else {
        return Err(FetchError::NotSupported);
    };
    match std::fs::read(directory.join(file)) {
        Ok(bytes) => Ok(Fetched::new(bytes, None, file.clone())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(FetchError::NotFound),
        Err(error) => Err(FetchError::Unavailable {
            detail: error.to_string(),
        }),
    }
}

fn clock() -> Result<Timestamp, Box<dyn std::error::Error>> {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_unix(i64::try_from(elapsed.as_secs())?))
}
