//! The `doorward` command under test.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::site::Site;
use crate::tools::run;

/// What the command said about one image.
pub(crate) struct Judged {
    /// The exit code.
    pub(crate) exit: i32,
    /// The report.
    pub(crate) report: Value,
}

/// Runs `doorward verify` by `rules` on an image of `site`.
pub(crate) fn judge(site: &Site, rules: &[(&str, &Path)], reference: &str) -> Judged {
    let plain = format!("{},{}", site.registry.address(), site.lookaside.address());
    let mut options = vec![("--plain-http", plain.as_ref())];
    options.extend(
        rules
            .iter()
            .map(|(option, path)| (*option, path.as_os_str())),
    );
    verify(site.files(), &options, reference)
}

/// Runs `doorward verify` with these options and nothing of the machine's own settings.
pub(crate) fn verify(home: &Path, options: &[(&str, &OsStr)], reference: &str) -> Judged {
    let mut command = doorward(home);
    command.args(["verify", reference, "--output", "json"]);
    for (option, value) in options {
        command.arg(option).arg(value);
    }
    let output = run(&mut command);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{reference}: {error}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    Judged {
        exit: output.status.code().expect("the command ended by itself"),
        report,
    }
}

/// The `doorward` command with nothing of the machine's own settings.
pub(crate) fn doorward(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command.env_clear().env("HOME", home);
    command
}
