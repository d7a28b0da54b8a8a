//! Results as text: one module for each form.

pub(crate) mod block;
pub(crate) mod json;
pub(crate) mod name;
pub(crate) mod sarif;
pub(crate) mod table;
pub(crate) mod words;
pub(crate) mod yaml;

use doorward::{Report, Verdict};
use doorward_core::{Code, Timestamp};

use crate::failure::Outcome;
use crate::format::Format;
use crate::style::Style;

/// Where a code is explained.
pub(crate) fn address(code: Code) -> String {
    format!("{}/{}", doorward_kube::DOCUMENTATION, code.anchor())
}

/// The verdicts in the form asked for.
///
/// # Errors
/// When the form cannot be written, which would be a fault of this program.
pub(crate) fn verdicts(
    format: Format,
    at: Timestamp,
    verdicts: &[Verdict],
    verbose: bool,
    style: Style,
) -> Outcome<String> {
    let report = Report::new(at, verdicts);
    match format {
        Format::Json => json::text(&report),
        Format::Name => Ok(name::text(verdicts)),
        Format::Sarif => json::text(&sarif::verdicts(verdicts)),
        Format::Table => Ok(table::text(&report, verdicts, verbose, style)),
        Format::Yaml => yaml::text(&report),
    }
}
