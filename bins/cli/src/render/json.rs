//! JSON, indented, with a newline at its end.

use serde::Serialize;

use crate::failure::{Failure, Outcome};

/// `value` as JSON.
///
/// # Errors
/// When it cannot be written, which would be a fault of this program.
pub(crate) fn text(value: &impl Serialize) -> Outcome<String> {
    let mut text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
    text.push('\n');
    Ok(text)
}
