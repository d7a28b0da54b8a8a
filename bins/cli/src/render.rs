//! Results as text: one module for each form.

pub(crate) mod blob;
pub(crate) mod block;
#[cfg(feature = "kubernetes")]
pub(crate) mod checkup;
pub(crate) mod diagnostic;
pub(crate) mod forecast;
pub(crate) mod graph;
pub(crate) mod name;
pub(crate) mod program;
pub(crate) mod sarif;
pub(crate) mod table;
pub(crate) mod words;

use doorward::{Report, Verdict};
use doorward_core::{Code, Timestamp};
use serde::Serialize;

use crate::failure::Outcome;
use crate::format::Format;
use crate::text::Text;
use program::Output;

/// A result, ready for standard output.
#[derive(Debug)]
pub(crate) enum Rendered {
    /// For people.
    People(Text),
    /// For programs.
    Program(Output),
}

impl From<Text> for Rendered {
    fn from(text: Text) -> Self {
        Self::People(text)
    }
}

impl From<Output> for Rendered {
    fn from(output: Output) -> Self {
        Self::Program(output)
    }
}

/// `value` as JSON.
///
/// # Errors
/// When it cannot be written, which would be a fault of this program.
pub(crate) fn json(value: &impl Serialize) -> Outcome<Rendered> {
    Output::json(value).map(Rendered::from)
}

/// `value` as YAML: the same data as the JSON.
///
/// # Errors
/// When it cannot be written, which would be a fault of this program.
pub(crate) fn yaml(value: &impl Serialize) -> Outcome<Rendered> {
    Output::yaml(value).map(Rendered::from)
}

/// `value` for programs, if that is the form asked for, else `text` for people.
///
/// # Errors
/// When it cannot be written, which would be a fault of this program.
pub(crate) fn form(
    format: Format,
    value: &impl Serialize,
    text: impl FnOnce() -> Text,
) -> Outcome<Rendered> {
    match format {
        Format::Json => json(value),
        Format::Yaml => yaml(value),
        Format::Dot | Format::Name | Format::Sarif | Format::Svg | Format::Table => {
            Ok(text().into())
        }
    }
}

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
) -> Outcome<Rendered> {
    let report = Report::new(at, verdicts);
    match format {
        Format::Name => Ok(name::output(verdicts).into()),
        Format::Sarif => json(&sarif::verdicts(verdicts)),
        Format::Dot | Format::Json | Format::Svg | Format::Table | Format::Yaml => {
            form(format, &report, || table::text(&report, verdicts, verbose))
        }
    }
}
