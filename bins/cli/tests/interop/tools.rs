//! Running programs, and saying which are not there.

use std::process::{Command, Output};

/// Whether all programs are there that a test needs.
///
/// # Panics
/// If one is missing and `DOORWARD_REQUIRE_TOOLS=1` forbids to skip tests.
pub(crate) fn are_there(needed: &[&str]) -> bool {
    let missing: Vec<_> = needed.iter().copied().filter(|p| !is_there(p)).collect();
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    assert!(
        std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|v| v != "1"),
        "not installed: {missing}"
    );
    eprintln!("skipped: not installed: {missing}");
    false
}

/// Whether all programs are there, some of which not every system has. Nobody can require them.
pub(crate) fn are_perhaps_there(wanted: &[&str]) -> bool {
    let missing: Vec<_> = wanted.iter().copied().filter(|p| !is_there(p)).collect();
    if !missing.is_empty() {
        eprintln!("skipped: not installed: {}", missing.join(", "));
    }
    missing.is_empty()
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a command to its end.
///
/// # Panics
/// If it cannot be started.
pub(crate) fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Runs a command that must succeed and gives what it printed.
///
/// # Panics
/// If it fails; the message has what it wrote to standard error.
pub(crate) fn must(command: &mut Command) -> Vec<u8> {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}
